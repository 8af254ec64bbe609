import Primitives

/// What is known of one state from its root down: nodes that were opened, subtrees of which all
/// items are known, and the hashes of everything else.
///
/// It grows by what others say, and takes nothing in that has not the hash which the node above it
/// says. So an outline is a part of the one state with its root, whoever gave the parts.
public struct StateOutline: Sendable {
  /// A child of an opened node.
  public struct Child: Sendable, Hashable {
    /// Full path of the child's node.
    public var key: KeyNibbles
    /// The node's hash.
    public var hash: Hash256
  }

  /// Root of the state.
  public let root: Hash256
  /// Subtrees of which only the hash is known.
  private var closed: [KeyNibbles: Hash256]
  private var filled: [KeyNibbles: [TrieItem]] = [:]
  /// Hashes of the values of opened nodes.
  private var values: [KeyNibbles: Hash256] = [:]

  /// An outline of which nothing is known but the root.
  public init(root: Hash256) {
    self.root = root
    closed = [.empty: root]
  }

  /// The hash of the node at `key` if nothing below it is known; nil for every other key.
  public func closedHash(at key: KeyNibbles) -> Hash256? { closed[key] }

  /// True if nothing is known but the root.
  public var isEmpty: Bool { closed[.empty] != nil }

  /// Takes in a node of which only the hash was known, and returns its children. A leaf has none,
  /// and its value is known then. Throws `childMismatch` if the outline has no such hash at its
  /// key, and `malformedNode`; then nothing has changed.
  public mutating func open(_ node: ProofNode) throws(ProofError) -> [Child] {
    guard let expected = closed[node.key] else { throw .childMismatch(node.key) }
    guard node.keysAreSound else { throw .malformedNode(node.key) }
    guard node.hash.isEqualInConstantTime(to: expected) else { throw .childMismatch(node.key) }
    var children: [Child] = []
    for (slot, child) in node.children.enumerated() {
      guard let child, let key = node.childKey(slot) else { continue }
      children.append(Child(key: key, hash: child.hash))
    }
    closed[node.key] = nil
    for child in children { closed[child.key] = child.hash }
    switch node.value {
    case .none: break
    case .leaf(let value): filled[node.key] = [TrieItem(key: node.key, value: value)]
    case .hybrid(let value): values[node.key] = Blake2b256.hash(value)
    case .hybridHash(let hash): values[node.key] = hash
    }
    return children
  }

  /// Takes in all items of a subtree of which only the hash was known, in key order. Throws
  /// `childMismatch` if they do not have that hash; then nothing has changed.
  public mutating func fill(_ key: KeyNibbles, with items: [TrieItem]) throws(ProofError) {
    guard let expected = closed[key], !key.isEmpty,
      items.allSatisfy({
        (try? StateTrie.check($0.key, $0.value)) != nil && key.isPrefix(of: $0.key)
      })
    else { throw .childMismatch(key) }
    var rebuild = ChunkRebuild(left: [], items: items, right: [])
    guard let top = rebuild.subtree(), top.key == key,
      top.hash.isEqualInConstantTime(to: expected)
    else { throw .childMismatch(key) }
    closed[key] = nil
    filled[key] = items
  }

  /// What stands at one place of the state.
  struct Part {
    enum Content {
      /// Only the hash of the node is known.
      case closed(Hash256)
      case items([TrieItem])
      /// The hash of the value alone.
      case value(Hash256)
    }
    var key: KeyNibbles
    var content: Content

    /// The keys it speaks for.
    var range: KeyRange {
      if case .value = content { return KeyRange(start: key, end: key.successor) }
      return KeyRange(subtree: key)
    }
  }

  /// All of it in key order. Keys that lie in no part are absent.
  func parts() -> [Part] {
    var parts = closed.map { Part(key: $0, content: .closed($1)) }
    parts += filled.map { Part(key: $0, content: .items($1)) }
    parts += values.map { Part(key: $0, content: .value($1)) }
    return parts.sorted { $0.key < $1.key }
  }
}
