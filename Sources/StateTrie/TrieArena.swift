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
/// Two cache lines: the first has what a parent needs for its own hash, the second the children.
struct InnerNode {
  /// The node's hash, valid unless dirty.
  var hash = Hash256.zero
  fileprivate(set) var packedKey: PackedKey
  var childCount: UInt8 = 0
  private(set) var isDirty = true
  /// The node, or something below it, has changed since it was last saved.
  var isUnsaved = true
  /// Terminal with this node's own value, or none.
  var own = NodeRef.none
  /// The children that may be dirty, one bit a slot; all of a new node. They are found without
  /// looking at the others, whose memory is far away.
  private(set) var dirtySlots = UInt16.max
  /// Puts the children at the start of the second cache line.
  private let padding: UInt16 = 0
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

  /// Marks the node as changed; which child, `markChanged(slot:)` says.
  @inline(__always)
  mutating func markChanged() {
    isDirty = true
    isUnsaved = true
  }

  /// Marks what stands in `slot` as changed.
  @inline(__always)
  mutating func markChanged(slot: Int) {
    dirtySlots |= 1 &<< UInt16(truncatingIfNeeded: slot)
  }

  /// From now on the hash is valid.
  @inline(__always)
  mutating func markHashed() {
    isDirty = false
    dirtySlots = 0
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
  static let terminalBytes = MemoryLayout<TerminalNode>.stride

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
    for index in Self.live(terminalEnd, freeTerminals) { (terminals + index).separate() }
    for index in Self.live(innerEnd, freeInners) {
      inners[index].packedKey = inners[index].packedKey.copy()
    }
  }

  deinit {
    for index in Self.live(terminalEnd, freeTerminals) { (terminals + index).release() }
    for index in Self.live(innerEnd, freeInners) { inners[index].packedKey.deallocate() }
    Self.deallocate(inners, innerCapacity)
    Self.deallocate(terminals, terminalCapacity)
  }

  /// From this size on memory comes in huge pages from the kernel: below, most of one would stay
  /// unused.
  private static let mappedBytesMin = 4 << 20

  /// Room for `capacity` nodes at a cache line's boundary.
  private static func allocate<Node>(_ capacity: Int) -> UnsafeMutablePointer<Node> {
    let bytes = capacity * MemoryLayout<Node>.stride
    if bytes < mappedBytesMin {
      return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        .bindMemory(to: Node.self, capacity: capacity)
    }
    return bind(livesync_map(bytes), capacity)
  }

  /// Gives the memory of `allocate` back.
  private static func deallocate<Node>(_ nodes: UnsafeMutablePointer<Node>, _ capacity: Int) {
    let bytes = capacity * MemoryLayout<Node>.stride
    if bytes < mappedBytesMin { nodes.deallocate() } else { livesync_unmap(nodes, bytes) }
  }

  /// Twice the room for full `nodes`, which move.
  private static func grow<Node>(
    _ nodes: UnsafeMutablePointer<Node>, _ capacity: inout Int
  ) -> UnsafeMutablePointer<Node> {
    let bytes = capacity * MemoryLayout<Node>.stride
    defer { capacity *= 2 }
    if bytes >= mappedBytesMin {
      return bind(livesync_remap(nodes, bytes, 2 * bytes), 2 * capacity)
    }
    let grown: UnsafeMutablePointer<Node> = allocate(2 * capacity)
    (grown + 1).moveInitialize(from: nodes + 1, count: capacity - 1)
    nodes.deallocate()
    return grown
  }

  private static func bind<Node>(
    _ memory: UnsafeMutableRawPointer?, _ capacity: Int
  ) -> UnsafeMutablePointer<Node> {
    guard let memory else { preconditionFailure("no memory for \(capacity) nodes of the trie") }
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
    if innerEnd == innerCapacity { inners = Self.grow(inners, &innerCapacity) }
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
      if terminalEnd == terminalCapacity { terminals = Self.grow(terminals, &terminalCapacity) }
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

  /// Asks for key and value of a leaf that will be needed soon.
  @inline(__always)
  func prefetchLeaf(_ index: Int) {
    livesync_prefetch(terminals + index)
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
