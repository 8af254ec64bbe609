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

/// A node with children: the root, a branch, or a hybrid (`own` is then its value). Two cache lines:
/// the first has what a parent needs for its own hash, the second the children.
struct InnerNode {
  /// The node's hash, valid unless dirty.
  var hash = Hash256.zero
  fileprivate(set) var packedKey: PackedKey
  var childCount: UInt8 = 0
  var isDirty = true
  /// Terminal with this node's own value, or none.
  var own = NodeRef.none
  /// Puts the children at the start of the second cache line.
  private let padding: UInt32 = 0
  var children = InlineArray<16, NodeRef>(repeating: .none)

  fileprivate init(key: KeyNibbles) {
    packedKey = PackedKey(key)
  }

  /// Full path from the root.
  @inline(__always)
  var key: KeyNibbles { packedKey.key }

  /// Number of nibbles of the key.
  @inline(__always)
  var depth: Int { packedKey.count }
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
    for index in Self.live(terminalEnd, freeTerminals) { (terminals + index).separate() }
    for index in Self.live(innerEnd, freeInners) {
      inners[index].packedKey = inners[index].packedKey.copy()
    }
  }

  deinit {
    for index in Self.live(terminalEnd, freeTerminals) { (terminals + index).release() }
    for index in Self.live(innerEnd, freeInners) { inners[index].packedKey.deallocate() }
    inners.deallocate()
    terminals.deallocate()
  }

  /// From this size on memory is asked for in huge pages: below, most of one would stay unused.
  private static let hugeBytesMin = 4 << 20
  private static let hugePageBytes = 2 << 20

  /// Room for `capacity` nodes at a cache line's boundary.
  private static func allocate<Node>(_ capacity: Int) -> UnsafeMutablePointer<Node> {
    let bytes = capacity * MemoryLayout<Node>.stride
    let isHuge = bytes >= hugeBytesMin
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: isHuge ? hugePageBytes : 64)
    if isHuge { livesync_advise_huge_pages(memory, bytes) }
    return memory.bindMemory(to: Node.self, capacity: capacity)
  }

  /// The indices below `end` whose nodes are in use.
  private static func live(_ end: Int, _ free: [NodeRef]) -> [Int] {
    var isFree = [Bool](repeating: false, count: end)
    for ref in free { isFree[ref.index] = true }
    return (1..<end).filter { !isFree[$0] }
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
      (terminals + ref.index).release()
      freeTerminals.append(ref)
    } else {
      inners[ref.index].packedKey.deallocate()
      freeInners.append(ref)
    }
  }

  /// The full key of any node.
  @inline(__always)
  func key(of ref: NodeRef) -> KeyNibbles {
    packedKey(of: ref).key
  }

  /// The full key of any node, which holds as long as the node is there.
  @inline(__always)
  func packedKey(of ref: NodeRef) -> PackedKey {
    ref.isTerminal ? (terminals + ref.index).packedKey : inners[ref.index].packedKey
  }

  /// Asks for the value of a leaf that will be needed soon.
  @inline(__always)
  func prefetchValue(_ index: Int) {
    livesync_prefetch((terminals + index).shortValueAddress)
  }

  /// Asks for hash and key of a node that will be needed soon.
  @inline(__always)
  func prefetch(_ ref: NodeRef) {
    if ref.isTerminal {
      livesync_prefetch(terminals + ref.index)
    } else {
      livesync_prefetch(inners + ref.index)
    }
  }

  /// Asks for the children of an inner node that will be needed soon.
  @inline(__always)
  func prefetchChildren(_ ref: NodeRef) {
    livesync_prefetch(UnsafeRawPointer(inners + ref.index) + 64)
  }
}
