import Primitives
import Reconciliation
import StateTrie

/// The changes that bring an old state to the new one, from the names of the accounts that differ:
/// what is asked for, and what came of it. A value.
public struct AccountPlan: Sendable {
  public typealias Query = RequestAccounts.Query

  private let names: LeafNames
  /// Names that are still to be found, by the digits that they say.
  private var needed: [UInt32: Set<ShortID>] = [:]
  /// Keys of our accounts that the new state does not have so.
  private let stale: [UInt32: [KeyNibbles]]
  private var wanted: [Query]
  private var changed: [KeyNibbles: [UInt8]?] = [:]

  /// - Parameters:
  ///   - needed: names of accounts that only the new state has.
  ///   - stale: keys of accounts that only ours has.
  public init(_ names: LeafNames, needed: [ShortID], stale: [KeyNibbles]) {
    self.names = names
    for name in needed { self.needed[LeafNames.prefix(of: name), default: []].insert(name) }
    let byPrefix = Dictionary(grouping: stale) { UInt32($0.word(0) >> 32) }
    self.stale = byPrefix
    for key in stale { changed[key] = .some(nil) }
    wanted = self.needed.keys.sorted().map { prefix in
      Query(prefix: prefix, isKeyKnown: byPrefix[prefix]?.count == 1)
    }
  }

  /// True if nothing is to be asked for.
  public var isIdle: Bool { wanted.isEmpty }

  /// All keys that differ with their new values, nil for those that are gone, in order.
  public var changes: [(key: KeyNibbles, value: [UInt8]?)] {
    changed.keys.sorted().map { ($0, changed[$0] ?? nil) }
  }

  /// The next queries of one request.
  public mutating func next(
    _ limit: Int = StateReconciliationLimits.accountsPerRequestMax
  ) -> [Query] {
    let batch = Array(wanted.prefix(limit))
    wanted.removeFirst(batch.count)
    return batch
  }

  /// Takes an answer to `queries`: parts of the first of them. False if one is not what the names
  /// say; then the whole is of no use.
  public mutating func take(_ parts: [AccountsPart], of queries: [Query]) -> Bool {
    guard !parts.isEmpty, parts.count <= queries.count else { return queries.isEmpty }
    var again: [Query] = []
    for (part, query) in zip(parts, queries) {
      switch part {
      case .value(let value):
        guard query.isKeyKnown, let key = stale[query.prefix]?.first else { return false }
        if find(TrieItem(key: key, value: value)), needed[query.prefix] == nil { continue }
        // Another account may have taken the place of ours.
        again.append(Query(prefix: query.prefix, isKeyKnown: false))
      case .items(let items):
        for item in items { _ = find(item) }
        guard needed[query.prefix] == nil else { return false }
      }
    }
    wanted = (again + queries[parts.count...] + wanted).sorted { $0.prefix < $1.prefix }
    return true
  }

  /// Takes an account if it is one of those that are needed.
  private mutating func find(_ item: TrieItem) -> Bool {
    let name = names.name(of: item)
    let prefix = LeafNames.prefix(of: name)
    guard needed[prefix]?.remove(name) != nil else { return false }
    if needed[prefix]?.isEmpty == true { needed[prefix] = nil }
    changed[item.key] = item.value
    return true
  }
}
