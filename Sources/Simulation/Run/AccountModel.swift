import Ledger
import Primitives
import StateTrie

/// All accounts after one block as plain sorted lists: the oracle. It applies transactions by
/// itself and knows nothing of tries, diffs or the ledger's execution.
///
/// The models of nearby blocks share one list and hold only what they changed in it, so that
/// a model for each block of a large state costs little.
package struct AccountModel: Sendable {
  /// The accounts that models share.
  private final class Ground: Sendable {
    let accounts: SortedAccounts<Account>

    init(_ accounts: SortedAccounts<Account>) { self.accounts = accounts }
  }

  private let ground: Ground
  /// What is different from the ground; nil = no account.
  private var changes = SortedAccounts<Account?>()
  /// Number of accounts.
  package private(set) var count: Int

  /// A model of accounts in the order of their addresses.
  private init(_ accounts: some Collection<(Address, Account)>) {
    var list = SortedAccounts<Account>(capacity: accounts.count)
    for (address, account) in accounts { list.append(account, at: AccountPlace(address)) }
    self.init(Ground(list), count: list.count)
  }

  private init(_ ground: Ground, count: Int) {
    self.ground = ground
    self.count = count
  }

  package init(accounts: [Address: Account]) {
    self.init(accounts.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 })
  }

  package init(_ genesis: Genesis) {
    self.init(genesis.accounts.lazy.map { ($0.address, $0.account) })
  }

  /// The account at `address`, if there is one.
  package private(set) subscript(address: Address) -> Account? {
    get { self[AccountPlace(address)] }
    set {
      let place = AccountPlace(address)
      count += (newValue == nil ? 0 : 1) - (self[place] == nil ? 0 : 1)
      changes.set(newValue, at: place)
    }
  }

  private subscript(place: AccountPlace) -> Account? {
    changes[place] ?? ground.accounts[place]
  }

  /// These models with this model's accounts as their ground, unless it is hardly different from
  /// the one they have. All must share its present ground.
  func ground(of models: [Hash256: AccountModel]) -> [Hash256: AccountModel] {
    if changes.count < SimulationLimits.modelChangesMax { return models }
    var list = SortedAccounts<Account>(capacity: count)
    var merged = accounts(in: .all)
    while let (place, account) = merged.next() { list.append(account, at: place) }
    let ground = Ground(list)
    return models.mapValues { model in
      precondition(model.ground === self.ground, "a model of another ground")
      var moved = AccountModel(ground, count: model.count)
      // An account may be as it was in the old ground and not in the new one.
      for place in [changes.places, model.changes.places].joined() {
        let account = model[place]
        if ground.accounts[place] != account { moved.changes.set(account, at: place) }
      }
      return moved
    }
  }

  /// Applies the transactions of block `number` and pays their fees to `producer`.
  package mutating func apply(_ transactions: [Transaction], number: UInt32, producer: Address) {
    var fees: UInt64 = 0
    for (index, transaction) in transactions.enumerated() {
      fees += transaction.fee
      apply(transaction, number: number, index: index)
    }
    if fees > 0 { credit(producer, fees, number: number, index: transactions.count) }
  }

  /// Applies one transaction without its producer's fee.
  mutating func apply(_ transaction: Transaction, number: UInt32, index: Int) {
    let sender = Address(of: transaction.sender)
    guard var account = self[sender] else {
      preconditionFailure("the oracle does not know sender \(sender) of block \(number)")
    }
    account.nonce += 1
    account.balance -= transaction.fee
    switch transaction.action {
    case .setData(let data):
      account.data = data
      store(sender, account)
    case .transfer(let recipient, let amount):
      if recipient == sender {
        store(sender, account)
      } else {
        account.balance -= amount
        store(sender, account)
        credit(recipient, amount, number: number, index: index)
      }
    }
  }

  private mutating func credit(_ address: Address, _ coins: UInt64, number: UInt32, index: Int) {
    var account =
      self[address]
      ?? Account(balance: 0, nonce: Account.firstNonce(number: number, index: index))
    account.balance += coins
    self[address] = account
  }

  private mutating func store(_ address: Address, _ account: Account) {
    self[address] = account.balance == 0 && account.data.isEmpty ? nil : account
  }

  private func accounts(in range: KeyRange) -> MergedAccounts {
    MergedAccounts(ground.accounts, changes, in: range)
  }

  /// The accounts in `range`, but not in `missing`, in the order of their keys.
  func accounts(in range: KeyRange, outside missing: KeyRangeSet) -> HeldAccounts {
    HeldAccounts(accounts(in: range), outside: missing.intersection(range))
  }

  /// The accounts outside `missing` as items in key order.
  func items(outside missing: KeyRangeSet) -> [TrieItem] {
    var items: [TrieItem] = []
    var held = accounts(in: .all, outside: missing)
    while let (place, account) = held.next() {
      items.append(TrieItem(key: place.key, value: account.wireBytes))
    }
    return items
  }

  /// The state root, by putting everything into a new trie.
  package func stateRoot() -> Hash256? {
    let trie = StateTrie()
    var all = accounts(in: .all)
    while let (place, account) = all.next() {
      guard (try? trie.put(place.key, account.wireBytes)) != nil else { return nil }
    }
    return trie.rootHash()
  }
}
