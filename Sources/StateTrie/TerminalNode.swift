import Primitives

/// What stands at the end of a path, or as the own value of a hybrid. Two cache lines: hashing a
/// parent touches only the first, hash and key, of each of its leaves; values of up to 64 bytes
/// (accounts) are held in the second, longer ones in memory of their own.
struct TerminalNode {
  enum Kind: UInt8 {
    /// A held key with its value.
    case leaf
    /// A missing subtree of which only the root hash is known.
    case stump
    /// A missing value of which only the hash is known; where it may stand alone, the node's value
    /// is the node hash it then has.
    case sealedValue
  }

  /// Leaf: its node hash, or its value's hash while it is a hybrid's own value. Stump: the hash of
  /// the subtree's root. Sealed value: the hash of the value.
  var hash: Hash256
  fileprivate var packedKey: PackedKey
  var kind: Kind
  /// A leaf's hash has to be computed before use.
  var isDirty: Bool
  fileprivate var valueBytes: UInt32 = 0
  /// The bytes of a short value, or the address of a long one.
  fileprivate var shortValue = InlineArray<8, UInt64>(repeating: 0)

  /// Longest value in bytes that is held in the node.
  fileprivate static let shortValueBytesMax = 64

  fileprivate init(key: KeyNibbles, kind: Kind, hash: Hash256) {
    self.hash = hash
    packedKey = PackedKey(key)
    self.kind = kind
    isDirty = kind == .leaf && hash == .zero
  }
}

extension UnsafeMutablePointer where Pointee == TerminalNode {
  /// Where the node's second cache line is.
  @inline(__always)
  var shortValueAddress: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(self) + MemoryLayout<TerminalNode>.offset(of: \.shortValue)!
  }

  private var isValueShort: Bool { pointee.valueBytes <= TerminalNode.shortValueBytesMax }

  @inline(__always)
  private var valueAddress: UnsafeMutableRawPointer {
    isValueShort ? shortValueAddress : shortValueAddress.load(as: UnsafeMutableRawPointer.self)
  }

  @inline(__always)
  var packedKey: PackedKey { pointee.packedKey }

  @inline(__always)
  var key: KeyNibbles { pointee.packedKey.key }

  @inline(__always)
  var value: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: valueAddress, count: Int(pointee.valueBytes))
  }

  /// Of a sealed value: its node hash when it has no children, if known.
  var sealedLeafHash: Hash256? {
    pointee.kind == .sealedValue && value.count == Hash256.byteCount ? Hash256(loading: value) : nil
  }

  @inline(__always)
  func initialize(
    key: KeyNibbles, kind: TerminalNode.Kind, value: UnsafeRawBufferPointer, hash: Hash256
  ) {
    initialize(to: TerminalNode(key: key, kind: kind, hash: hash))
    store(value)
  }

  /// Gives a leaf another value. Its hash is then to be computed unless it is known.
  @inline(__always)
  func update(_ value: UnsafeRawBufferPointer, hash: Hash256) {
    if !isValueShort { valueAddress.deallocate() }
    pointee.hash = hash
    pointee.isDirty = hash == .zero
    store(value)
  }

  @inline(__always)
  private func store(_ value: UnsafeRawBufferPointer) {
    pointee.valueBytes = UInt32(value.count)
    guard let source = value.baseAddress, !value.isEmpty else { return }
    var target = shortValueAddress
    if !isValueShort {
      target = .allocate(byteCount: value.count, alignment: 8)
      shortValueAddress.storeBytes(of: target, as: UnsafeMutableRawPointer.self)
    }
    target.copyMemory(from: source, byteCount: value.count)
  }

  /// Gives a node that was copied as bytes memory of its own for what is held outside of it.
  func separate() {
    pointee.packedKey = pointee.packedKey.copy()
    if !isValueShort { store(value) }
  }

  /// Gives back the memory that is held outside of the node.
  @inline(__always)
  func release() {
    pointee.packedKey.deallocate()
    if !isValueShort { valueAddress.deallocate() }
  }
}
