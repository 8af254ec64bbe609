import Ledger
import Primitives
import Runtime

/// Makes up accounts and transactions, from the `workload` stream only.
struct Workload {
  private let scenario: Scenario
  private let shape: WorldShape
  private let users: [KeyPair]
  /// The addresses of the users.
  private let userAddresses: [Address]
  /// Where all accounts of the start are, those of the users first.
  private let places: [AccountPlace]
  private var accounts: [GenesisAccount]
  private let network: UInt16
  private var random: RandomStream
  /// The next account that `gifts` are for.
  private var nextGift: Int

  /// The users' keys and all accounts of the start, for transactions of the chain `network`.
  init(_ scenario: Scenario, shape: WorldShape, network: UInt16, random: RandomStream) {
    self.network = network
    self.scenario = scenario
    self.shape = shape
    self.random = random
    var random = random
    let usersMax =
      shape.sharedPrefixBytes > 0 ? scenario.accounts / 4 : SimulationLimits.usersMax
    users = (0..<min(scenario.accounts, usersMax, SimulationLimits.usersMax)).map { _ in
      KeyPair(seed: Hash256(bytes: random.bytes(32))!)
    }
    userAddresses = users.map { Address(of: $0.publicKey) }
    var known = Set(userAddresses.map(AccountPlace.init))
    known.reserveCapacity(scenario.accounts)
    var entries: [GenesisAccount] = []
    entries.reserveCapacity(scenario.accounts)
    for address in userAddresses {
      entries.append(
        .init(
          address: address,
          account: Account(
            balance: SimulationLimits.userCoins, data: random.bytes(scenario.accountDataBytes))))
    }
    while entries.count < scenario.accounts {
      guard let address = shape.address(random.bytes(Address.byteCount)),
        known.insert(AccountPlace(address)).inserted
      else { continue }
      let coins = UInt64(1 + random.below(1_000_000))
      entries.append(
        .init(
          address: address,
          account: Account(
            balance: coins,
            data: random.bytes(
              max(scenario.accountDataBytes, shape.dataBytes(of: entries.count))))))
    }
    places = entries.map { AccountPlace($0.address) }
    nextGift = users.count
    accounts = entries
    self.random = random
  }

  /// Gives out the accounts of the start, in the order in which they were made up; once.
  mutating func takeAccounts() -> [GenesisAccount] {
    defer { accounts = [] }
    return accounts
  }

  /// Transactions that are valid on top of `model`, as block `number`.
  mutating func transactions(on model: AccountModel, number: UInt32) -> [Transaction] {
    var model = model
    var list: [Transaction] = []
    // A user may be poor or have been used; a few more tries than transactions are enough.
    for _ in 0..<scenario.transactionsPerBlock * 4 {
      guard list.count < scenario.transactionsPerBlock else { break }
      guard let transaction = transaction(on: model) else { continue }
      model.apply(transaction, number: number, index: list.count)
      list.append(transaction)
    }
    return list
  }

  /// Transactions that give something to the next `count` accounts of nobody, as block `number`.
  mutating func gifts(_ count: Int, on model: AccountModel, number: UInt32) -> [Transaction] {
    var model = model
    var list: [Transaction] = []
    for _ in 0..<count where nextGift < places.count {
      let user = users[nextGift % users.count]
      guard let account = model[userAddresses[nextGift % users.count]] else { break }
      let transaction = Transaction.signed(
        by: user, network: network, nonce: account.nonce, fee: SimulationLimits.fee,
        action: .transfer(to: places[nextGift].address, amount: 1))
      model.apply(transaction, number: number, index: list.count)
      list.append(transaction)
      nextGift += 1
    }
    return list
  }

  private mutating func transaction(on model: AccountModel) -> Transaction? {
    let place = random.below(users.count)
    let (user, address) = (users[place], userAddresses[place])
    guard let account = model[address], account.balance > SimulationLimits.fee + 1 else {
      return nil
    }
    let action: Transaction.Action
    let available = account.balance - SimulationLimits.fee
    if random.chance(perMillion: scenario.setDataPerMillion) {
      action = .setData(
        random.bytes(random.below(max(SimulationLimits.dataBytesMax, scenario.accountDataBytes))))
    } else if random.chance(perMillion: scenario.emptyAccountPerMillion) {
      action = .transfer(to: recipient(other: address), amount: available)
    } else {
      let amount = 1 + UInt64(random.below(Int(min(available, UInt64(SimulationLimits.amountMax)))))
      action = .transfer(to: recipient(other: address), amount: min(amount, available))
    }
    return .signed(
      by: user, network: network, nonce: account.nonce, fee: SimulationLimits.fee, action: action)
  }

  /// An address without an account, a user (so that emptied ones come back), or any old one.
  private mutating func recipient(other sender: Address) -> Address {
    while true {
      let address: Address?
      if random.chance(perMillion: scenario.newAccountPerMillion) {
        address = shape.address(random.bytes(Address.byteCount))
      } else if random.below(2) == 0 {
        address = userAddresses[random.below(users.count)]
      } else {
        address = places[random.below(places.count)].address
      }
      if let address, address != sender { return address }
    }
  }
}

extension WorldShape {
  /// The address of these random bytes.
  fileprivate func address(_ bytes: [UInt8]) -> Address? {
    let shared = [UInt8](repeating: 0x5a, count: sharedPrefixBytes)
    return Address(bytes: shared + bytes.dropFirst(sharedPrefixBytes))
  }

  /// Bytes of data of the account with this number.
  fileprivate func dataBytes(of number: Int) -> Int { number % 16 == 0 ? hugeDataBytes : 0 }
}
