import Ledger
import Primitives
import StateTrie

/// All accounts after one block as a plain dictionary: the oracle. It applies transactions by
/// itself and knows nothing of tries, diffs or the ledger's execution.
///
/// The models of nearby blocks share one dictionary and hold only what they changed in it, so that
/// a model for each block of a large state costs little.
package struct AccountModel: Sendable {
  /// The accounts that models share.
  private final class Ground: Sendable {
    let accounts: [Address: Account]
    /// Their addresses in order.
    let addresses: [Address]

    init(_ accounts: [Address: Account]) {
      self.accounts = accounts
      addresses = accounts.keys.sorted()
    }

    /// The ground with these changes made to it; nil = no account.
    init(_ ground: Ground, changes: [Address: Account?]) {
      var accounts = ground.accounts
      for (address, account) in changes { accounts[address] = account }
      var added = changes.keys.filter { ground.accounts[$0] == nil }.sorted()[...]
      var addresses: [Address] = []
      addresses.reserveCapacity(accounts.count + added.count)
      for address in ground.addresses {
        while let next = added.first, next < address { addresses.append(added.removeFirst()) }
        addresses.append(address)
      }
      addresses += added
      addresses.removeAll { accounts[$0] == nil }
      self.accounts = accounts
      self.addresses = addresses
    }

    /// Number of addresses below `key`.
    func count(below key: KeyNibbles) -> Int {
      var low = 0
      var high = addresses.count
      while low < high {
        let middle = (low + high) / 2
        if addresses[middle].key < key { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private let ground: Ground
  /// What is different from the ground; nil = no account.
  private var changes: [Address: Account?] = [:]
  /// Number of accounts.
  package private(set) var count: Int

  package init(accounts: [Address: Account]) {
    ground = Ground(accounts)
    count = accounts.count
  }

  private init(_ ground: Ground, changes: [Address: Account?], count: Int) {
    self.ground = ground
    self.changes = changes
    self.count = count
  }

  package init(_ genesis: Genesis) {
    self.init(
      accounts: Dictionary(
        uniqueKeysWithValues: genesis.accounts.map { ($0.address, $0.account) }))
  }

  /// The account at `address`, if there is one.
  package private(set) subscript(address: Address) -> Account? {
    get { changes[address] ?? ground.accounts[address] }
    set {
      count += (newValue == nil ? 0 : 1) - (self[address] == nil ? 0 : 1)
      changes.updateValue(newValue, forKey: address)
    }
  }

  /// These models with this model's accounts as their ground, unless it is hardly different from
  /// the one they have. All must share its present ground.
  func ground(of models: [Hash256: AccountModel]) -> [Hash256: AccountModel] {
    if changes.count < SimulationLimits.modelChangesMax { return models }
    let ground = Ground(ground, changes: changes)
    return models.mapValues { model in
      precondition(model.ground === self.ground, "a model of another ground")
      var moved = AccountModel(ground, changes: [:], count: model.count)
      // An account may be as it was in the old ground and not in the new one.
      for address in [changes.keys, model.changes.keys].joined() {
        let account = model[address]
        if ground.accounts[address] != account {
          moved.changes.updateValue(account, forKey: address)
        }
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

  /// Number of accounts in `range`, but not in `missing`.
  func count(in range: KeyRange, outside missing: KeyRangeSet) -> Int {
    func count(_ range: KeyRange) -> Int {
      (range.end.map(ground.count(below:)) ?? ground.addresses.count)
        - ground.count(below: range.start)
    }
    let held = missing.intersection(range).reduce(count(range)) { $0 - count($1) }
    return changes.reduce(held) { held, change in
      guard range.contains(change.key.key), !missing.contains(change.key.key) else { return held }
      let was = ground.accounts[change.key] != nil
      return held + (change.value == nil ? 0 : 1) - (was ? 1 : 0)
    }
  }

  /// True if the item is one of the accounts.
  func contains(_ item: TrieItem) -> Bool {
    guard let address = Address(bytes: item.key.bytes) else { return false }
    return self[address]?.wireBytes == item.value
  }

  /// The accounts outside `missing` as items in key order.
  func items(outside missing: KeyRangeSet) -> [TrieItem] {
    let current = changes.isEmpty ? ground : Ground(ground, changes: changes)
    return current.addresses.compactMap { address in
      guard !missing.contains(address.key), let account = current.accounts[address] else {
        return nil
      }
      return TrieItem(key: address.key, value: account.wireBytes)
    }
  }

  /// The state root, by putting everything into a new trie.
  package func stateRoot() -> Hash256? {
    let trie = StateTrie()
    for item in items(outside: .none) {
      guard (try? trie.put(item.key, item.value)) != nil else { return nil }
    }
    return trie.rootHash()
  }
}
