import Ledger
import Primitives
import Runtime

/// Makes up transfers among the test accounts of a genesis file, from the `workload` stream.
struct TransferWorkload: Sendable {
  private let users: [(keys: KeyPair, address: Address)]
  private let network: UInt16
  private var random: RandomStream

  init(keys: [KeyPair], network: UInt16, random: RandomStream) {
    users = keys.map { ($0, Address(of: $0.publicKey)) }
    self.network = network
    self.random = random
  }

  /// At most `count` transfers that are valid in this order on the accounts that `read` gives,
  /// none of them sent by one of `busy`.
  mutating func transactions(
    _ count: Int, busy: Set<Address>, read: (Address) -> Account?
  ) -> [Transaction] {
    guard !users.isEmpty else { return [] }
    var list: [Transaction] = []
    var accounts: [Address: Account] = [:]
    // An account may be poor or busy; a few more tries than transfers are enough.
    for _ in 0..<count * ProductionLimits.triesPerTransfer where list.count < count {
      let user = users[random.below(users.count)]
      let recipient = users[random.below(users.count)].address
      let amount = UInt64(1 + random.below(ProductionLimits.amountMax))
      guard !busy.contains(user.address),
        var account = accounts[user.address] ?? read(user.address),
        // Never emptied, so that its nonce goes on.
        account.balance > amount + ProductionLimits.fee
      else { continue }
      list.append(
        .signed(
          by: user.keys, network: network, nonce: account.nonce, fee: ProductionLimits.fee,
          action: .transfer(to: recipient, amount: amount)))
      account.nonce += 1
      account.balance -= amount + ProductionLimits.fee
      accounts[user.address] = account
    }
    return list
  }
}
