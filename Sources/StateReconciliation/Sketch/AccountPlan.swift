import Ledger
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
  /// Prefixes of which somebody gave as many accounts as are given, and not what is needed.
  private var crowded: Set<UInt32> = []
  /// Answers that are not what the names say, by who gave them.
  private var doubts: [Int: [AccountDoubt]] = [:]
  /// Who answered with no parts, or with more than was asked for, as no host does.
  private var broken: Set<Int> = []
  /// Who is not to be asked again, since an answer was not what the names say. The names may be
  /// wrong, and of a crowded prefix not all is given: that alone proves nothing.
  public private(set) var passed: Set<Int> = []

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

  /// True if what is missing lies under a prefix with more accounts than are given of one.
  public var isCrowded: Bool { !crowded.isEmpty }
  /// True if somebody's answer was not what the names say.
  public var hasDoubts: Bool { !doubts.isEmpty || !broken.isEmpty }

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
      broken.insert(source)
      passed.insert(source)
      return false
    }
    var again: [Query] = []
    for (part, query) in zip(parts, queries) where !take(part, of: query, from: source) {
      again.append(Query(prefix: query.prefix, isKeyKnown: false))
    }
    giveBack(again + queries[parts.count...])
    return !passed.contains(source)
  }

  /// False if something with this prefix is still needed.
  private mutating func take(
    _ part: AccountsPart, of query: Query, from source: Int
  ) -> Bool {
    switch part {
    case .value(let value):
      guard query.isKeyKnown, let key = stale[query.prefix]?.first else {
        passed.insert(source)
        break
      }
      // If it is not found, another account may have taken the place of ours.
      if find(TrieItem(key: key, value: value)), needed[query.prefix] == nil { return true }
    case .items(let items):
      for item in items { _ = find(item) }
      if needed[query.prefix] == nil { return true }
      passed.insert(source)
      if items.count >= StateReconciliationLimits.accountsPerPrefixMax {
        crowded.insert(query.prefix)
      }
    }
    if doubts[source, default: []].count < StateReconciliationLimits.doubtsPerPeerMax {
      doubts[source, default: []].append(AccountDoubt(query, part))
    }
    return false
  }

  /// Who lied, by the state itself, which has the block's root: whose answer is another than any
  /// host's that has this state.
  /// - Parameter accounts: the accounts of a prefix in that state, as many as are given of one.
  public func liars(
    _ accounts: (UInt32) throws(LedgerStoreError) -> [TrieItem]
  ) throws(LedgerStoreError) -> Set<Int> {
    var liars = broken
    for (source, doubts) in doubts {
      for doubt in doubts where try !doubt.isRight(accounts(doubt.query.prefix)) {
        liars.insert(source)
        break
      }
    }
    return liars
  }

  /// Takes an account if it is one of those that are needed.
  private mutating func find(_ item: TrieItem) -> Bool {
    let name = names.name(of: item)
    let prefix = LeafNames.prefix(of: name)
    guard needed[prefix]?.remove(name) != nil else { return false }
    if needed[prefix]?.isEmpty == true {
      needed[prefix] = nil
      crowded.remove(prefix)
    }
    changed[item.key] = item.value
    return true
  }
}
