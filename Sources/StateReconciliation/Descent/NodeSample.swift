import Primitives
import StateTrie

/// How much an old and a new state differ in, by some nodes of the new one: their children are
/// compared with what we hold in their places. A value.
///
/// Nothing of it is proven. It says what each way would cost, and a wrong one costs as much as the
/// wrong way takes; what comes in is proven whichever is taken.
public struct NodeSample: Sendable {
  /// Nodes that lie evenly, on the deepest level where each has many accounts below it.
  public let queries: [RequestSubtrees.Query]
  /// Accounts of the whole state, about, and those below one child.
  private let items: Double
  private let itemsPerChild: Double
  private let missing: KeyRangeSet
  private var children: [(key: KeyNibbles, hash: Hash256)] = []

  /// Accounts below a node that is asked for, at least.
  private static let itemsPerNodeMin = 64.0

  /// - Parameters:
  ///   - items: accounts of the whole state, about.
  ///   - missing: what we do not hold of the old one, and cannot compare.
  public init(items: Int, missing: KeyRangeSet = .none) {
    self.items = Double(max(1, items))
    self.missing = missing
    let children = Double(StateTrieLimits.childrenMax)
    var (depth, nodes) = (0, 1.0)
    while self.items / (nodes * children) >= Self.itemsPerNodeMin {
      nodes *= children
      depth += 1
    }
    itemsPerChild = self.items / nodes / children
    let count = min(Int(nodes), StateReconciliationLimits.sampledNodesMax)
    queries = (0..<count).map { place in
      // The middle of each part.
      let index = (2 * place + 1) * Int(nodes) / (2 * count)
      var key = KeyNibbles()
      for level in (0..<depth).reversed() {
        key.append(index >> (4 * level) & 15)
      }
      return RequestSubtrees.Query(key: key, wantsItems: false)
    }
  }

  /// Takes an answer to the queries. Keys whose hashes of ours are wanted next; nil if it is none.
  public mutating func take(_ parts: [SubtreePart]) -> [KeyNibbles]? {
    guard parts.count == queries.count else { return nil }
    children = []
    for (part, query) in zip(parts, queries) {
      guard case .node(let node) = part, node.key == query.key else { return nil }
      for case let child? in node.children {
        guard let key = node.key.appending(child.suffix) else { return nil }
        if !missing.intersects(KeyRange(subtree: key)) {
          children.append((key, child.hash))
        }
      }
    }
    return children.count < StateReconciliationLimits.sampledChildrenMin
      ? nil : children.map(\.key)
  }

  /// How many accounts of both states differ, those that are stale and those that are needed, by
  /// the hashes that we have at the keys that were wanted.
  public func differences(_ own: [Hash256?]) -> Double {
    let count = Double(min(children.count, own.count))
    guard count > 0 else { return 0 }
    let differing = Double(zip(children, own).count { $0.hash != $1 })
    // None and all mean less than one, and more than all but one.
    let share = min(max(differing, 0.5), count - 0.5) / count
    // The share of changed accounts with which so many children have one: 1 - (1 - p)^n = share.
    var (low, high) = (0.0, 1.0)
    for _ in 0..<Self.halvings {
      let middle = (low + high) / 2
      if 1 - UnitPower.of(1 - middle, itemsPerChild) < share { low = middle } else { high = middle }
    }
    return 2 * low * items
  }

  /// Steps to a share of one in a million.
  private static let halvings = 20
}
