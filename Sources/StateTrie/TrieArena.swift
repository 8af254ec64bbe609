import CBlake2Batch
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
///
/// What a parent needs for its own hash, key and hash, stands first and together.
struct InnerNode {
  /// The node's hash, valid unless dirty.
  var hash = Hash256.zero
  /// Full path from the root.
  var key: KeyNibbles
  var children = InlineArray<16, NodeRef>(repeating: .none)
  /// Terminal with this node's own value, or none.
  var own = NodeRef.none
  var childCount: UInt8 = 0
  var isDirty = true
  /// The node, or something below it, has changed since it was last saved.
  var isUnsaved = true

  init(key: KeyNibbles) {
    self.key = key
  }
}

/// The memory of a trie's nodes: two growing arrays with free lists, addressed by 32-bit indices
/// (half the size of pointers, and a copy of the arrays is a copy of the trie).
struct TrieArena: ~Copyable {
  private(set) var inners: UnsafeMutablePointer<InnerNode>
  private var terminals: UnsafeMutablePointer<TerminalNode>
  private var innerCapacity: Int
  private var terminalCapacity: Int
  private var innerEnd = 2
  private var terminalEnd = 1
  private var freeInners: [NodeRef] = []
  private var freeTerminals: [NodeRef] = []

  /// Bytes that a node takes up, a terminal with a short value.
  static let innerBytes = MemoryLayout<InnerNode>.stride
  static let terminalBytes = MemoryLayout<TerminalNode>.stride + TrieBacking.shortValueBytes

  /// Bytes of the nodes in use, without values that are long.
  var nodeBytes: Int {
    (innerEnd - 1 - freeInners.count) * Self.innerBytes
      + (terminalEnd - 1 - freeTerminals.count) * Self.terminalBytes
  }

  /// Reference to the root node, which is always there.
  static let root = NodeRef.inner(1)

  init() {
    innerCapacity = 16
    terminalCapacity = 16
    inners = Self.allocate(innerCapacity)
    terminals = Self.allocate(terminalCapacity)
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
    inners = Self.allocate(innerCapacity)
    terminals = Self.allocate(terminalCapacity)
    (inners + 1).initialize(from: other.inners + 1, count: innerEnd - 1)
    (terminals + 1).initialize(from: other.terminals + 1, count: terminalEnd - 1)
    for index in liveTerminals() { (terminals + index).copyBlob() }
  }

  deinit {
    for index in liveTerminals() { terminals[index].blob.deallocate() }
    inners.deallocate()
    terminals.deallocate()
  }

  /// Room for `capacity` nodes at a cache line's boundary. Keys are read in whole words, so there
  /// is a little room behind the last node.
  private static func allocate<Node>(_ capacity: Int) -> UnsafeMutablePointer<Node> {
    UnsafeMutableRawPointer.allocate(
      byteCount: (capacity + 1) * MemoryLayout<Node>.stride, alignment: 64
    ).bindMemory(to: Node.self, capacity: capacity)
  }

  private borrowing func liveTerminals() -> [Int] {
    var isFree = [Bool](repeating: false, count: terminalEnd)
    for ref in freeTerminals { isFree[ref.index] = true }
    return (1..<terminalEnd).filter { !isFree[$0] }
  }

  /// The terminal at `index`; the pointer holds until the next terminal is made.
  @inline(__always)
  func terminal(_ index: Int) -> UnsafeMutablePointer<TerminalNode> {
    terminals + index
  }

  /// A new inner node without children.
  mutating func makeInner(key: KeyNibbles) -> NodeRef {
    if let ref = freeInners.popLast() {
      inners[ref.index] = InnerNode(key: key)
      return ref
    }
    if innerEnd == innerCapacity {
      let grown: UnsafeMutablePointer<InnerNode> = Self.allocate(innerCapacity * 2)
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
    let ref: NodeRef
    if let free = freeTerminals.popLast() {
      ref = free
    } else {
      if terminalEnd == terminalCapacity {
        let grown: UnsafeMutablePointer<TerminalNode> = Self.allocate(terminalCapacity * 2)
        (grown + 1).moveInitialize(from: terminals + 1, count: terminalEnd - 1)
        terminals.deallocate()
        terminals = grown
        terminalCapacity *= 2
      }
      ref = .terminal(terminalEnd)
      terminalEnd += 1
    }
    (terminals + ref.index).initialize(key: key, kind: kind, value: value, hash: hash)
    return ref
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
    ref.isTerminal ? (terminals + ref.index).key : inners[ref.index].key
  }

  /// Asks for the value of a leaf that will be needed soon; the node itself must be near.
  @inline(__always)
  func prefetchValue(_ index: Int) {
    livesync_prefetch(terminals[index].blob)
  }

  /// Asks for the memory of a node that will be needed soon.
  @inline(__always)
  func prefetch(_ ref: NodeRef) {
    if ref.isTerminal {
      livesync_prefetch(terminals + ref.index)
    } else {
      livesync_prefetch(inners + ref.index)
      livesync_prefetch(UnsafeRawPointer(inners + ref.index) + 64)
    }
  }
}
