import Ledger
import Primitives
import Testing

@Suite struct AccountTests {
  @Test func transfer_shouldMoveAmountAndPayFee_toProducer() throws {
    let world = try World()
    let producer = world.genesis.validators.producer(
      number: 1, parentSeed: world.genesis.block.header.seed)
    try world.grow([world.transfer(0, to: world.address(1), 500, fee: 7)])
    #expect(world.account(0) == Account(balance: 999_493, nonce: 1))
    #expect(world.account(1) == Account(balance: 1_000_500))
    let first = Account.firstNonce(number: 1, index: 1)
    #expect(
      world.chain.account(producer.address) == .present(Account(balance: 7, nonce: first)))
  }

  @Test func account_shouldBeDeleted_whenNothingIsLeft_andDataShouldKeepIt() throws {
    let world = try World()
    try world.grow([
      world.transfer(0, to: world.address(1), 999_999), world.data(2, [1, 2, 3]),
    ])
    #expect(world.chain.account(world.address(0)) == .absent)
    try world.grow([world.transfer(2, to: world.address(1), 999_998)])
    #expect(world.account(2) == Account(balance: 0, nonce: 2, data: [1, 2, 3]))
    try world.grow([world.data(2, [], fee: 0)])
    #expect(world.chain.account(world.address(2)) == .absent)
  }

  @Test func transaction_shouldNotBeReplayable_afterItsAccountWasCreatedAgain() throws {
    let world = try World()
    let emptying = world.transfer(0, to: world.address(1), 999_999)
    // Deleted and created again within one block.
    let refill = world.transfer(1, to: world.address(0), 1_000_000)
    let made = try world.producer.next(transactions: [emptying, refill])
    try world.chain.push(made.block)
    #expect(world.account(0)?.nonce == Account.firstNonce(number: 1, index: 1))
    #expect(throws: ProductionError.self) { try world.grow([emptying]) }
    // Replaying within the same block fails too.
    let twice = try World()
    #expect {
      try twice.producer.next(transactions: [
        emptying, refill, emptying,
      ])
    } throws: {
      let fault = ($0 as? ProductionError)?.transaction
      return fault?.index == 2 && fault?.fault == .wrongNonce
    }
  }

  @Test func firstNonce_shouldLeaveRoomForEveryTransactionOfABlock() throws {
    // The bound the first nonce relies on: an account's nonce after block n is at most (n+1)·2^20.
    #expect(
      Account.firstNonce(number: 5, index: LedgerLimits.transactionsPerBlockMax)
        < Account.firstNonce(number: 6, index: 0))
    #expect(UInt64(LedgerLimits.transactionsPerBlockMax) < Account.noncesPerBlock)
  }

  @Test func selfTransfer_shouldOnlyCostTheFee_andKeepTheAccount() throws {
    let world = try World()
    try world.grow([world.transfer(0, to: world.address(0), 999_999)])
    #expect(world.account(0) == Account(balance: 999_999, nonce: 1))
  }

  static let faults: [(String, TransactionFault)] = [
    ("network", .wrongNetwork), ("signature", .signatureInvalid), ("amount", .zeroAmount),
    ("data", .dataTooLong), ("sender", .unknownSender), ("nonce", .wrongNonce),
    ("balance", .insufficientBalance), ("fee", .insufficientBalance), ("fees", .overflow),
  ]

  @Test(arguments: faults.indices)
  func invalidTransaction_shouldBeNamed_withIndexAndReason(_ index: Int) throws {
    let world = try World()
    let (what, expected) = Self.faults[index]
    let good = world.transfer(1, to: world.address(2), 5)
    var bad = [world.transfer(0, to: world.address(1), 5)]
    switch what {
    case "network":
      bad[0] = .signed(
        by: world.users[0], network: 8, nonce: 0, fee: 0,
        action: .transfer(to: world.address(1), amount: 1))
    case "signature": bad[0].fee += 1
    case "amount": bad[0] = world.transfer(0, to: world.address(1), 0)
    case "data":
      bad[0] = world.data(0, [UInt8](repeating: 0, count: LedgerLimits.dataBytesMax + 1))
    case "sender":
      bad[0] = .signed(
        by: World.keys("stranger", 0), network: 7, nonce: 0, fee: 0,
        action: .transfer(to: world.address(1), amount: 1))
    case "nonce": bad[0] = world.transfer(0, to: world.address(1), 5, nonce: 1)
    case "balance": bad[0] = world.transfer(0, to: world.address(1), 1_000_000)
    case "fee": bad[0] = world.transfer(0, to: world.address(1), 1, fee: .max - 1)
    default: bad[0] = world.transfer(0, to: world.address(1), 1, fee: .max)
    }
    #expect {
      try world.producer.next(transactions: [good] + bad)
    } throws: {
      let fault = ($0 as? ProductionError)?.transaction
      return fault?.index == 1 && fault?.fault == expected
    }
  }

  @Test func wireForms_shouldComeBack_andRefuseRubbish() throws {
    let world = try World()
    let block = try world.grow([world.data(0, [9, 9]), world.transfer(1, to: world.address(5), 3)])
      .block
    #expect(try Block(wireBytes: block.wireBytes) == block)
    #expect(try Genesis(wireBytes: world.genesis.wireBytes).hash == world.genesis.hash)
    try world.grow(to: 16)
    let election = try #require(world.chain.block(at: 16))
    #expect(try Block(wireBytes: election.wireBytes) == election)
    for cut in stride(from: 0, to: block.wireBytes.count, by: 7) {
      #expect(throws: WireError.self) { try Block(wireBytes: Array(block.wireBytes.prefix(cut))) }
    }
  }

  @Test func genesis_shouldRefuse_whatCannotBeStored() throws {
    let world = try World()
    func make(_ accounts: [GenesisAccount], _ configuration: ChainConfiguration) -> GenesisError? {
      do throws(GenesisError) {
        _ = try Genesis(
          configuration: configuration, timestamp: 0, accounts: accounts,
          validators: world.genesis.validators)
        return nil
      } catch { return error }
    }
    let good = World.configuration
    var bad = good
    bad.slotCount = 8
    #expect(make([], bad) == .slotCount)
    bad = good
    bad.blocksPerBatch = 1
    #expect(make([], bad) == .configuration)
    let a = GenesisAccount(address: world.address(0), account: Account(balance: .max))
    let b = GenesisAccount(address: world.address(1), account: Account(balance: 1))
    #expect(make([a, b], good) == .supplyOverflow)
    #expect(make([a, a], good) == .duplicateAddress(a.address))
    let empty = GenesisAccount(address: a.address, account: Account(balance: 0))
    #expect(make([empty], good) == .invalidAccount(a.address))
    #expect(make([a], good) == nil)
  }
}
