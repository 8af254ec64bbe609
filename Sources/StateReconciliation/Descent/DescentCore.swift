import Primitives
import StateTrie

/// What an old state and the state after a block differ in, found from the root of the trie down: a
/// node whose hash we have is held with all below it, of any other the children are asked for, and
/// where only few accounts lie below, those themselves.
///
/// A value: it is told what peers answered and what we hold, and says what to ask for. Nothing that
/// has not the hash that the verified node above says comes in.
public struct DescentCore: Sendable {
  public typealias Query = RequestSubtrees.Query

  /// What is known of the new state.
  public private(set) var outline: StateOutline
  /// What is to be asked for, in the order in which it was found.
  private var wanted: [Query] = [Query(key: .empty, wantsItems: false)]
  private let ownItems: Double
  private let missing: KeyRangeSet
  private let bytesMax: Int
  /// Bytes in memory of the outline, about.
  public private(set) var bytes = 0
  /// Subtrees that both states have.
  public private(set) var held = 0
  /// Subtrees that differ and are left to chunks, since there is no room for more or nothing of
  /// them is held.
  public private(set) var left = 0

  /// - Parameters:
  ///   - root: of the new state.
  ///   - ownItems: accounts of the whole old state, by which the depth of the new one is estimated.
  ///   - missing: what of the old state is not held: it is left to chunks.
  ///   - bytesMax: room for what is fetched, in bytes.
  public init(
    root: Hash256, ownItems: Int, missing: KeyRangeSet = .none,
    bytesMax: Int = StateReconciliationLimits.outlineBytesMax
  ) {
    outline = StateOutline(root: root)
    self.ownItems = Double(max(1, ownItems))
    self.missing = missing
    self.bytesMax = bytesMax
  }

  /// True if nothing is to be asked for.
  public var isIdle: Bool { wanted.isEmpty }

  /// The next queries of one request; whoever takes them gives an answer or gives them back.
  public mutating func next(
    _ limit: Int = StateReconciliationLimits.subtreesPerRequestMax
  ) -> [Query] {
    if bytes >= bytesMax {
      left += wanted.count
      wanted.removeAll()
    }
    let batch = Array(wanted.prefix(limit))
    wanted.removeFirst(batch.count)
    return batch
  }

  /// These were not answered.
  public mutating func giveBack(_ queries: some Collection<Query>) { wanted += queries }

  /// Takes an answer to `queries`: parts of the first of them. The rest is asked for again.
  /// - Returns: the children of the nodes, to be compared with ours, and if a part is not what the
  ///   outline says, or there are too many, what is wrong: the peer lied. The parts before it are
  ///   taken in.
  public mutating func take(
    _ parts: [SubtreePart], of queries: [Query]
  ) -> (children: [StateOutline.Child], fault: ProofError?) {
    var children: [StateOutline.Child] = []
    for (index, query) in queries.enumerated() {
      guard index < parts.count else {
        giveBack(queries[index...])
        break
      }
      do throws(ProofError) { children += try take(parts[index], of: query) } catch {
        giveBack(queries[index...])
        return (children, error)
      }
    }
    return (children, parts.count > queries.count ? .unusedNode(.empty) : nil)
  }

  private mutating func take(
    _ part: SubtreePart, of query: Query
  ) throws(ProofError) -> [StateOutline.Child] {
    switch part {
    case .node(let node):
      guard node.key == query.key else { throw .childMismatch(query.key) }
      let children = try outline.open(node)
      bytes += StateReconciliationLimits.nodeBytes + (node.value.bytes?.count ?? 0)
      return children
    case .items(let items):
      guard query.wantsItems else { throw .unaskedValue(query.key) }
      try outline.fill(query.key, with: items)
      bytes += items.reduce(0) { $0 + $1.value.count + StateReconciliationLimits.itemBytes }
      return []
    }
  }

  /// The hashes that we have at the keys of `children`; nil where there is none.
  public mutating func compared(_ children: [StateOutline.Child], with own: [Hash256?]) {
    for (child, hash) in zip(children, own) {
      if hash == child.hash {
        held += 1
      } else if bytes >= bytesMax || missing.contains(KeyRange(subtree: child.key)) {
        left += 1
      } else {
        wanted.append(Query(key: child.key, wantsItems: isSmall(child.key)))
      }
    }
  }

  /// Whether few accounts are expected below this path.
  private func isSmall(_ key: KeyNibbles) -> Bool {
    var expected = ownItems
    for _ in 0..<key.count where expected > 1 { expected /= Double(StateTrieLimits.childrenMax) }
    return expected <= Double(StateReconciliationLimits.itemsWanted)
  }
}
