import Ledger
import Primitives
import StateTrie

/// An answer for one prefix that is not what the names of a sketch say. Whether it is a lie is
/// known once there is a state with the right root.
struct AccountDoubt: Sendable, Hashable {
  let query: RequestAccounts.Query
  /// The hash of the answer: the answer itself may be large.
  private let hash: Hash256

  init(_ query: RequestAccounts.Query, _ part: AccountsPart) {
    self.query = query
    hash = Self.hash(part)
  }

  /// Whether this is an answer to the query from a state in which the prefix has these accounts.
  func isRight(_ accounts: [TrieItem]) -> Bool {
    if hash == Self.hash(.items(accounts)) { return true }
    return query.isKeyKnown && accounts.count == 1 && hash == Self.hash(.value(accounts[0].value))
  }

  /// Accounts count in any order.
  private static func hash(_ part: AccountsPart) -> Hash256 {
    guard case .items(let items) = part else { return Blake2b256.hash(part.wireBytes) }
    return Blake2b256.hash(AccountsPart.items(items.sorted { $0.key < $1.key }).wireBytes)
  }
}

extension PastState {
  /// The accounts of a prefix, in the order of their keys: all, or the first
  /// `StateReconciliationLimits.accountsPerPrefixMax`.
  package func accounts(of prefix: UInt32) throws(LedgerStoreError) -> [TrieItem] {
    var items: [TrieItem] = []
    try forEachItem(in: LeafNames.range(of: prefix)) { item in
      items.append(item)
      return items.count < StateReconciliationLimits.accountsPerPrefixMax
    }
    return items
  }
}
