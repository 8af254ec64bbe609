import Primitives

/// What stands at the end of a path, or as the own value of a hybrid. Exactly one cache line, so
/// that hashing a parent touches one line for each of its leaves: keys of up to 20 bytes
/// (addresses) are held in the node, longer ones before the value in the blob.
struct TerminalNode {
  enum Kind: UInt8 {
    /// A held key with its value.
    case leaf
    /// A missing subtree of which only the root hash is known.
    case stump
    /// A missing value of which only the hash is known; where it may stand alone, the blob's value
    /// is the node hash it then has.
    case sealedValue
    /// A held leaf, or an inner node with all keys below it held, that is in the store and not in
    /// memory: only its hash is known.
    case storedLeaf
    case storedNode

    /// Whether the content is in the store only.
    @inline(__always)
    var isStored: Bool { rawValue >= Self.storedLeaf.rawValue }
  }

  /// Leaf: its node hash, or its value's hash while it is a hybrid's own value. Stump: the hash of
  /// the subtree's root. Sealed value: the hash of the value.
  var hash: Hash256
  /// Eight bytes number of value bytes, a long key rounded up to whole words, the value.
  var blob: UnsafeMutableRawPointer
  var keyCount: UInt8
  var kind: Kind
  /// A leaf's hash has to be computed before use.
  var isDirty: Bool
  /// The value has changed since it was last saved.
  var isUnsaved = true
  /// Bytes of a short key.
  var shortKey: (UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)

  /// Bytes of the number before key and value in the blob.
  fileprivate static let blobHeaderBytes = 8
  /// Longest key in bytes that is held in the node.
  fileprivate static let shortKeyBytesMax = 20
}

extension UnsafeMutablePointer where Pointee == TerminalNode {
  private var keyBytes: Int { (Int(pointee.keyCount) + 1) / 2 }
  private var isKeyShort: Bool { keyBytes <= TerminalNode.shortKeyBytesMax }
  private var valueOffset: Int {
    TerminalNode.blobHeaderBytes + (isKeyShort ? 0 : (keyBytes + 7) & ~7)
  }
  private var valueCount: Int { pointee.blob.load(as: Int.self) }

  private var shortKeyAddress: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(self) + MemoryLayout<TerminalNode>.offset(of: \.shortKey)!
  }

  var key: KeyNibbles {
    KeyNibbles(
      loading: isKeyShort ? shortKeyAddress : pointee.blob + TerminalNode.blobHeaderBytes,
      nibbles: Int(pointee.keyCount))
  }

  var value: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: pointee.blob + valueOffset, count: valueCount)
  }

  /// Of a sealed value: its node hash when it has no children, if known.
  var sealedLeafHash: Hash256? {
    pointee.kind == .sealedValue && value.count == Hash256.byteCount ? Hash256(loading: value) : nil
  }

  func initialize(
    key: KeyNibbles, kind: TerminalNode.Kind, value: UnsafeRawBufferPointer, hash: Hash256
  ) {
    let isShort = key.byteCount <= TerminalNode.shortKeyBytesMax
    let header = TerminalNode.blobHeaderBytes
    let offset = header + (isShort ? 0 : (key.byteCount + 7) & ~7)
    let blob = UnsafeMutableRawPointer.allocate(byteCount: offset + value.count, alignment: 8)
    blob.storeBytes(of: value.count, as: Int.self)
    if value.count > 0 {
      (blob + offset).copyMemory(from: value.baseAddress!, byteCount: value.count)
    }
    initialize(
      to: TerminalNode(
        hash: hash, blob: blob, keyCount: UInt8(key.count), kind: kind,
        isDirty: kind == .leaf && hash == .zero))
    key.store(to: isShort ? shortKeyAddress : blob + header)
  }

  /// Gives the node a blob of its own with the same bytes.
  func copyBlob() {
    let bytes = valueOffset + valueCount
    let blob = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 8)
    blob.copyMemory(from: pointee.blob, byteCount: bytes)
    pointee.blob = blob
  }
}
