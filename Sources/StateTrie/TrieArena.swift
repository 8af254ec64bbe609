import Primitives

/// Reference to a node: 0 is none, bit 31 marks a terminal, the rest is an index into its arena.
typealias NodeRef = UInt32

extension NodeRef {
  static let none: NodeRef = 0
  private static let terminalBit: NodeRef = 1 << 31
  static func terminal(_ index: Int) -> NodeRef { NodeRef(index) | terminalBit }
  static func inner(_ index: Int) -> NodeRef { NodeRef(index) }
  var isTerminal: Bool { self & Self.terminalBit != 0 }
  var index: Int { Int(self & ~Self.terminalBit) }
}

/// A node with children: the root, a branch, or a hybrid (`own` is then its value).
struct InnerNode {
  var children = InlineArray<16, NodeRef>(repeating: .none)
  /// Full path from the root.
  var key: KeyNibbles
  /// The node's hash, valid unless dirty.
  var hash = Hash256.zero
  /// Terminal with this node's own value, or none.
  var own = NodeRef.none
  var childCount: UInt8 = 0
  var isDirty = true

  init(key: KeyNibbles) {
    self.key = key
  }
}

/// What stands at the end of a path, or as the own value of a hybrid.
struct TerminalNode {
  enum Kind: UInt8 {
    /// A held key with its value.
    case leaf
    /// A missing subtree of which only the root hash is known.
    case stump
    /// A missing value of which only the hash is known; where it may stand alone, the blob's value
    /// is the node hash it then has.
    case sealedValue
  }

  /// Key bytes, then value bytes.
  var blob: UnsafeMutableRawPointer
  var valueCount: UInt32
  var keyCount: UInt8
  var kind: Kind
  /// A leaf's hash has to be computed before use.
  var isDirty: Bool
  /// Leaf: its node hash, or its value's hash while it is a hybrid's own value. Stump: the hash of
  /// the subtree's root. Sealed value: the hash of the value.
  var hash: Hash256

  var key: KeyNibbles { KeyNibbles(loading: blob, nibbles: Int(keyCount)) }

  /// Of a sealed value: its node hash when it has no children, if known.
  var sealedLeafHash: Hash256? {
    kind == .sealedValue && value.count == Hash256.byteCount ? Hash256(loading: value) : nil
  }

  var value: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: blob + (Int(keyCount) + 1) / 2, count: Int(valueCount))
  }
}

/// The memory of a trie's nodes: two growing arrays with free lists, addressed by 32-bit indices
/// (half the size of pointers, and a copy of the arrays is a copy of the trie).
struct TrieArena: ~Copyable {
  private(set) var inners: UnsafeMutablePointer<InnerNode>
  private(set) var terminals: UnsafeMutablePointer<TerminalNode>
  private var innerCapacity: Int
  private var terminalCapacity: Int
  private var innerEnd = 2
  private var terminalEnd = 1
  private var freeInners: [NodeRef] = []
  private var freeTerminals: [NodeRef] = []

  /// Index of the root node, which is always there.
  static let root = NodeRef.inner(1)

  init() {
    innerCapacity = 16
    terminalCapacity = 16
    inners = .allocate(capacity: innerCapacity)
    terminals = .allocate(capacity: terminalCapacity)
    (inners + 1).initialize(to: InnerNode(key: .empty))
  }

  /// A copy of every node of `other`.
  init(copying other: borrowing TrieArena) {
    innerCapacity = other.innerCapacity
    terminalCapacity = other.terminalCapacity
    innerEnd = other.innerEnd
    terminalEnd = other.terminalEnd
    freeInners = other.freeInners
    freeTerminals = other.freeTerminals
    inners = .allocate(capacity: innerCapacity)
    terminals = .allocate(capacity: terminalCapacity)
    (inners + 1).initialize(from: other.inners + 1, count: innerEnd - 1)
    (terminals + 1).initialize(from: other.terminals + 1, count: terminalEnd - 1)
    for index in liveTerminals() {
      let bytes = Self.blobBytes(
        keyCount: Int(terminals[index].keyCount), valueCount: Int(terminals[index].valueCount))
      let blob = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 8)
      blob.copyMemory(from: terminals[index].blob, byteCount: bytes)
      terminals[index].blob = blob
    }
  }

  deinit {
    for index in liveTerminals() { terminals[index].blob.deallocate() }
    inners.deallocate()
    terminals.deallocate()
  }

  private borrowing func liveTerminals() -> [Int] {
    var isFree = [Bool](repeating: false, count: terminalEnd)
    for ref in freeTerminals { isFree[ref.index] = true }
    return (1..<terminalEnd).filter { !isFree[$0] }
  }

  /// Keys are read in whole words, so a blob holds at least the key rounded up to eight bytes.
  private static func blobBytes(keyCount: Int, valueCount: Int) -> Int {
    let keyBytes = (keyCount + 1) / 2
    return max(keyBytes + valueCount, (keyBytes + 7) & ~7, 8)
  }

  /// A new inner node without children.
  mutating func makeInner(key: KeyNibbles) -> NodeRef {
    if let ref = freeInners.popLast() {
      inners[ref.index] = InnerNode(key: key)
      return ref
    }
    if innerEnd == innerCapacity {
      let grown = UnsafeMutablePointer<InnerNode>.allocate(capacity: innerCapacity * 2)
      (grown + 1).moveInitialize(from: inners + 1, count: innerEnd - 1)
      inners.deallocate()
      inners = grown
      innerCapacity *= 2
    }
    (inners + innerEnd).initialize(to: InnerNode(key: key))
    innerEnd += 1
    return .inner(innerEnd - 1)
  }

  /// A new terminal. A leaf starts dirty; for the other kinds `hash` is what is known.
  mutating func makeTerminal(
    key: KeyNibbles, kind: TerminalNode.Kind, value: UnsafeRawBufferPointer, hash: Hash256
  ) -> NodeRef {
    let keyBytes = key.byteCount
    let blob = UnsafeMutableRawPointer.allocate(
      byteCount: Self.blobBytes(keyCount: key.count, valueCount: value.count), alignment: 8)
    key.store(to: blob)
    if value.count > 0 {
      (blob + keyBytes).copyMemory(from: value.baseAddress!, byteCount: value.count)
    }
    let node = TerminalNode(
      blob: blob, valueCount: UInt32(value.count), keyCount: UInt8(key.count), kind: kind,
      isDirty: kind == .leaf, hash: hash)
    if let ref = freeTerminals.popLast() {
      terminals[ref.index] = node
      return ref
    }
    if terminalEnd == terminalCapacity {
      let grown = UnsafeMutablePointer<TerminalNode>.allocate(capacity: terminalCapacity * 2)
      (grown + 1).moveInitialize(from: terminals + 1, count: terminalEnd - 1)
      terminals.deallocate()
      terminals = grown
      terminalCapacity *= 2
    }
    (terminals + terminalEnd).initialize(to: node)
    terminalEnd += 1
    return .terminal(terminalEnd - 1)
  }

  mutating func free(_ ref: NodeRef) {
    if ref.isTerminal {
      terminals[ref.index].blob.deallocate()
      freeTerminals.append(ref)
    } else {
      freeInners.append(ref)
    }
  }

  /// The full key of any node.
  func key(of ref: NodeRef) -> KeyNibbles {
    ref.isTerminal ? terminals[ref.index].key : inners[ref.index].key
  }
}
