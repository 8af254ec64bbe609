import Ledger
import Primitives
import TestSupport

/// The accounts in a plain dictionary, written again from the rules and not from the code.
struct AccountModel {
  var accounts: [Address: Account] = [:]

  init(_ genesis: Genesis) {
    for entry in genesis.accounts { accounts[entry.address] = entry.account }
  }

  /// Executes a block; false if a transaction is invalid (then the model is of no use any more).
  mutating func execute(_ transactions: [Transaction], number: UInt32, producer: Address) -> Bool {
    var fees: UInt64 = 0
    for (index, transaction) in transactions.enumerated() {
      let sender = Address(of: transaction.sender)
      guard var account = accounts[sender], account.nonce == transaction.nonce else {
        return false
      }
      account.nonce += 1
      var amount: UInt64 = 0
      var recipient = sender
      switch transaction.action {
      case .setData(let data): account.data = data
      case .transfer(let to, let sum): (recipient, amount) = (to, sum)
      }
      guard account.balance >= transaction.fee, account.balance - transaction.fee >= amount else {
        return false
      }
      fees += transaction.fee
      account.balance -= transaction.fee
      if recipient == sender {
        set(sender, account)
      } else {
        account.balance -= amount
        set(sender, account)
        add(recipient, amount, nonce: UInt64(number) << 20 + UInt64(index))
      }
    }
    if fees > 0 { add(producer, fees, nonce: UInt64(number) << 20 + UInt64(transactions.count)) }
    return true
  }

  private mutating func set(_ address: Address, _ account: Account) {
    accounts[address] = account.balance == 0 && account.data.isEmpty ? nil : account
  }

  private mutating func add(_ address: Address, _ amount: UInt64, nonce: UInt64) {
    var account = accounts[address] ?? Account(balance: 0, nonce: nonce)
    account.balance += amount
    set(address, account)
  }

  /// Random transactions that are valid one after the other, with many deletions and re-creations.
  func randomTransactions(
    _ random: inout SeededGenerator, world: World, number: UInt32, producer: Address, count: Int
  ) -> [Transaction] {
    var model = self
    var list: [Transaction] = []
    for _ in 0..<count {
      let user = random.below(world.users.count)
      guard let account = model.accounts[world.address(user)] else { continue }
      let fee = min(account.balance, UInt64(random.below(3)))
      let action: Transaction.Action
      if random.chance(30) {
        action = .setData(random.chance(40) ? [] : random.bytes(random.below(40)))
      } else {
        let rest = account.balance - fee
        guard rest > 0 else { continue }
        let amount = random.chance(40) ? rest : UInt64(random.below(Int(rest))) + 1
        action = .transfer(to: world.address(random.below(world.users.count)), amount: amount)
      }
      let transaction = Transaction.signed(
        by: world.users[user], network: 7, nonce: account.nonce, fee: fee, action: action)
      var next = self
      guard next.execute(list + [transaction], number: number, producer: producer) else {
        continue
      }
      // The fees of the block are not spendable in it, so the model is run without them.
      model = self
      _ = model.executeWithoutFees(list + [transaction], number: number)
      list.append(transaction)
    }
    return list
  }

  private mutating func executeWithoutFees(_ list: [Transaction], number: UInt32) -> Bool {
    let sink = Address(of: World.keys("sink", 0).publicKey)
    defer { accounts[sink] = nil }
    return execute(list, number: number, producer: sink)
  }
}
