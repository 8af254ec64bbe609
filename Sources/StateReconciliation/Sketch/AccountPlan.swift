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
  /// Who gave a value alone that was not what the names say.
  private var claimed: [UInt32: Set<Int>] = [:]
  /// Who answered otherwise than the names say. If what came together has the state's root, they
  /// lied.
  public private(set) var contradicting: Set<Int> = []

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
  /// Names that are still to be found.
  public var missing: Int { needed.reduce(0) { $0 + $1.value.count } }
  /// Queries that are to be asked.
  public var wantedCount: Int { wanted.count }

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

  /// These were not answered.
  public mutating func giveBack(_ queries: [Query]) {
    guard !queries.isEmpty else { return }
    wanted = (queries + wanted).sorted { $0.prefix < $1.prefix }
  }

  /// Takes an answer to `queries`: parts of the first of them. What is not what the names say is
  /// asked for again, and the rest, too.
  /// - Parameter source: who answered.
  /// - Returns: false if the source is not to be asked again.
  public mutating func take(
    _ parts: [AccountsPart], of queries: [Query], from source: Int
  ) -> Bool {
    guard !parts.isEmpty, parts.count <= queries.count else {
      giveBack(queries)
      contradicting.insert(source)
      return false
    }
    var again: [Query] = []
    for (part, query) in zip(parts, queries) where !take(part, of: query, from: source) {
      again.append(Query(prefix: query.prefix, isKeyKnown: false))
    }
    giveBack(again + queries[parts.count...])
    return !contradicting.contains(source)
  }

  /// False if something with this prefix is still needed.
  private mutating func take(
    _ part: AccountsPart, of query: Query, from source: Int
  ) -> Bool {
    let own = stale[query.prefix]
    switch part {
    case .value(let value):
      guard query.isKeyKnown, let key = own?.first else {
        contradicting.insert(source)
        return false
      }
      if find(TrieItem(key: key, value: value)), needed[query.prefix] == nil { return true }
      // Another account may have taken the place of ours.
      claimed[query.prefix, default: []].insert(source)
      return false
    case .items(let items):
      for item in items { _ = find(item) }
      guard needed[query.prefix] == nil else {
        contradicting.insert(source)
        return false
      }
      // Who gave a value alone said that there is one account, and was taken to mean ours.
      let isAnother = items.count == 1 && items[0].key != own?.first
      if let claimed = claimed.removeValue(forKey: query.prefix), !isAnother {
        contradicting.formUnion(claimed)
      }
      return true
    }
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
