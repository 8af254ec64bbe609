import Ledger
import Primitives
import StateTrie

/// All accounts after one block as a plain dictionary: the oracle. It applies transactions by
/// itself and knows nothing of tries, diffs or the ledger's execution.
package struct AccountModel: Sendable {
  package private(set) var accounts: [Address: Account]

  package init(accounts: [Address: Account]) {
    self.accounts = accounts
  }

  init(_ genesis: Genesis) {
    self.init(
      accounts: Dictionary(
        uniqueKeysWithValues: genesis.accounts.map { ($0.address, $0.account) }))
  }

  /// Applies the transactions of block `number` and pays their fees to `producer`.
  mutating func apply(_ transactions: [Transaction], number: UInt32, producer: Address) {
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
    guard var account = accounts[sender] else {
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
      accounts[address]
      ?? Account(balance: 0, nonce: Account.firstNonce(number: number, index: index))
    account.balance += coins
    accounts[address] = account
  }

  private mutating func store(_ address: Address, _ account: Account) {
    accounts[address] = account.balance == 0 && account.data.isEmpty ? nil : account
  }

  /// True if `items` are exactly the accounts outside `missing`.
  func agrees(with items: [TrieItem], outside missing: KeyRangeSet) -> Bool {
    let count =
      missing.isEmpty
      ? accounts.count : accounts.count { !missing.contains($0.key.key) }
    return items.count == count
      && items.allSatisfy { item in
        guard let address = Address(bytes: item.key.bytes) else { return false }
        return accounts[address]?.wireBytes == item.value
      }
  }

  /// The accounts outside `missing` as items in key order.
  func items(outside missing: KeyRangeSet) -> [TrieItem] {
    accounts.keys.sorted().compactMap { address in
      guard !missing.contains(address.key), let account = accounts[address] else { return nil }
      return TrieItem(key: address.key, value: account.wireBytes)
    }
  }

  /// The state root, by putting everything into a new trie.
  func stateRoot() -> Hash256? {
    let trie = StateTrie()
    for item in items(outside: .none) {
      guard (try? trie.put(item.key, item.value)) != nil else { return nil }
    }
    return trie.rootHash()
  }
}
