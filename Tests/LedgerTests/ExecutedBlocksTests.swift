import Ledger
import Primitives
import StateTrie
import TestSupport
import Testing

@Suite struct ExecutedBlocksTests {
  /// A state of users, and transactions among them.
  private struct Place {
    let users = (0..<6).map { World.keys("user", $0) }
    var accounts: [Address: Account] = [:]

    init() {
      for (index, user) in users.enumerated() {
        accounts[Address(of: user.publicKey)] = Account(balance: 1_000 + UInt64(index))
      }
    }

    func address(_ user: Int) -> Address { Address(of: users[user].publicKey) }

    func trie() throws -> StateTrie {
      let trie = StateTrie()
      for (address, account) in accounts { try trie.put(address.key, account.wireBytes) }
      return trie
    }

    func transfer(_ user: Int, to other: Int, _ amount: UInt64) -> Transaction {
      .signed(
        by: users[user], network: 7, nonce: 0, fee: 1,
        action: .transfer(to: address(other), amount: amount))
    }

    func question(
      _ transactions: [Transaction], parent: UInt8 = 1, number: UInt32 = 5, producer: Int = 5
    ) -> ExecutedBlocks.Question {
      .init(
        parent: Blake2b256.hash([parent]), bodyRoot: .zero, number: number,
        producer: address(producer), transactions: transactions)
    }
  }

  /// What a memory that knows nothing answers.
  private func executed(
    _ question: ExecutedBlocks.Question, on trie: StateTrie
  ) throws -> ExecutedBlocks.Answer {
    try ExecutedBlocks().answer(to: question, on: trie)
  }

  @Test func block_shouldBeExecutedOnce_byAllChainsThatShareWhatWasExecuted() throws {
    let executed = ExecutedBlocks()
    let world = try World()
    let chains = (0..<4).map { _ in
      Blockchain(
        genesis: world.genesis, state: .complete, verifier: World.verifier,
        executedBlocks: executed)
    }
    let producer = BlockProducer(chain: chains[0], keys: world.validators)
    for height in 1...5 {
      let made = try producer.next(transactions: [world.transfer(0, to: world.address(1), 10)])
      for chain in chains { try chain.push(made.block) }
      try world.chain.push(made.block)
      #expect(chains.allSatisfy { $0.stateRoot == world.chain.stateRoot && $0.stateRoot != nil })
      #expect(executed.statistics == .init(hits: 4 * height, misses: height))
    }
  }

  @Test func stateWithAnotherValue_shouldNotProfit_whereverItIsRead() throws {
    let place = Place()
    let question = place.question([place.transfer(0, to: 1, 10), place.transfer(1, to: 2, 20)])
    for (user, isRead) in [(0, true), (1, true), (2, true), (3, false), (4, false), (5, true)] {
      let memory = ExecutedBlocks()
      let first = try memory.answer(to: question, on: place.trie())
      var other = place
      other.accounts[place.address(user)]?.balance += 7
      let trie = try other.trie()
      let second = try memory.answer(to: question, on: trie)
      #expect(try second == executed(question, on: trie), "user \(user)")
      #expect((second == first) == !isRead, "user \(user)")
      #expect(memory.statistics.hits == (isRead ? 0 : 1), "user \(user)")
      // Which of two states is asked about may change from time to time.
      #expect(try memory.answer(to: question, on: place.trie()) == first, "user \(user)")
    }
  }

  @Test func valueThatIsReadAndNotChanged_shouldCount() throws {
    var place = Place()
    let question = place.question([place.transfer(0, to: 1, 0)])
    let memory = ExecutedBlocks()
    let first = try memory.answer(to: question, on: place.trie())
    let key = place.address(1).key
    #expect(!first.diff.entries.contains { $0.key == key })
    place.accounts[place.address(1)]?.balance += 1
    let trie = try place.trie()
    #expect(try memory.answer(to: question, on: trie) == executed(question, on: trie))
    #expect(memory.statistics == .init(hits: 0, misses: 2))
  }

  @Test func stateThatLacksWhatIsRead_shouldGetTheErrorOfExecution() throws {
    var place = Place()
    let question = place.question([place.transfer(0, to: 1, 10)])
    let memory = ExecutedBlocks()
    _ = try memory.answer(to: question, on: place.trie())
    let nothing = StateTrie(missing: .all)
    #expect(throws: Execution.Failure.incomplete) { try memory.answer(to: question, on: nothing) }
    place.accounts[place.address(0)] = nil
    let poor = try place.trie()
    #expect(throws: Execution.Failure.transaction(index: 0, .unknownSender)) {
      try memory.answer(to: question, on: poor)
    }
  }

  @Test func otherQuestionInTheSamePlace_shouldBeExecuted() throws {
    let place = Place()
    let trie = try place.trie()
    let memory = ExecutedBlocks()
    let transactions = [place.transfer(0, to: 1, 10)]
    _ = try memory.answer(to: place.question(transactions), on: trie)
    let others = [
      place.question([place.transfer(0, to: 1, 11)]), place.question(transactions, number: 6),
      place.question(transactions, producer: 4), place.question([]),
    ]
    for question in others {
      #expect(try memory.answer(to: question, on: trie) == executed(question, on: trie))
    }
    #expect(memory.statistics.hits == 0)
  }

  @Test func memory_shouldForgetTheOldest_beyondItsCapacity() throws {
    let place = Place()
    let trie = try place.trie()
    let memory = ExecutedBlocks(capacity: 2)
    let transactions = [place.transfer(0, to: 1, 10)]
    for parent in [1, 2, 3, 1, 3] as [UInt8] {
      _ = try memory.answer(to: place.question(transactions, parent: parent), on: trie)
    }
    #expect(memory.statistics == .init(hits: 1, misses: 4))
  }

  @Test func largeResult_shouldNotBeRemembered() throws {
    let place = Place()
    let trie = try place.trie()
    for (count, hits) in [(1_000, 1), (LedgerLimits.executedBlockBytesMax, 0)] {
      let memory = ExecutedBlocks()
      let data = [UInt8](repeating: 1, count: count)
      let question = place.question([
        .signed(by: place.users[0], network: 7, nonce: 0, fee: 1, action: .setData(data))
      ])
      for _ in 0..<2 { _ = try memory.answer(to: question, on: trie) }
      #expect(memory.statistics.hits == hits, "\(count) bytes")
    }
  }

  @Test func chainThatTakesAStateOver_shouldGoOnLikeOneThatMadeIt() throws {
    let world = try World()
    let made = try Genesis.withState(
      configuration: World.configuration, timestamp: 1_000,
      accounts: world.genesis.accounts.reversed(), validators: world.genesis.validators)
    let bare = made.genesis.withoutAccounts
    #expect(made.genesis == world.genesis)
    #expect(bare.hash == world.genesis.hash && bare.accounts.isEmpty && !bare.hasAccounts)
    let first = Blockchain(genesis: bare, taking: made.state, verifier: World.verifier)
    let copy = try #require(first.copyOfState())
    let blocks = try world.grow(to: 9).map(\.block)
    for block in blocks { try first.push(block) }
    let second = Blockchain(genesis: bare, taking: copy, verifier: World.verifier)
    for block in blocks { try second.push(block) }
    #expect(first.items() == world.chain.items() && second.items() == world.chain.items())
    #expect(world.node(.missing).copyOfState() == nil)
  }
}
