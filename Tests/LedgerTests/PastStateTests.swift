import Ledger
import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// The state after a block below the head, and states that are carried over a jump.
@Suite struct PastStateTests {
  private static let key = KeyPair(seed: Blake2b256.hash([1]))

  private static func genesis() throws -> Genesis {
    var random = SeededGenerator(seed: 4)
    var accounts = [
      GenesisAccount(address: Address(of: key.publicKey), account: Account(balance: 1_000_000))
    ]
    for _ in 0..<200 {
      let address = try #require(Address(bytes: random.bytes(20)))
      accounts.append(GenesisAccount(address: address, account: Account(balance: 5)))
    }
    return try Genesis(
      configuration: ChainConfiguration(blocksPerBatch: 4, batchesPerEpoch: 2, slotCount: 4),
      timestamp: 1, accounts: accounts,
      validators: try #require(ValidatorSet([Validator(publicKey: key.publicKey, slots: 4)])))
  }

  private static func chain(_ genesis: Genesis, isStored: Bool) throws -> Blockchain {
    guard isStored else { return Blockchain(genesis: genesis, state: .complete) }
    return try Blockchain(
      genesis: genesis, state: .complete, store: MemoryStore(owner: .chain(genesis.hash)))
  }

  private static func grow(_ chain: Blockchain, to number: UInt32) throws {
    let producer = BlockProducer(chain: chain, keys: [key])
    while chain.headNumber < number {
      var list: [Transaction] = []
      if !chain.configuration.isMacro(at: chain.headNumber + 1),
        case .present(let account) = chain.account(Address(of: key.publicKey))
      {
        list = [
          .signed(
            by: key, network: chain.configuration.network, nonce: account.nonce, fee: 1,
            action: .transfer(
              to: chain.genesis.accounts[Int(chain.headNumber) % 200].address, amount: 2))
        ]
      }
      try chain.push(try producer.next(transactions: list).block)
    }
  }

  private static func items(_ chain: Blockchain, after hash: Hash256?) throws -> [TrieItem]? {
    let reading = try chain.readState(after: hash) { (state) throws(LedgerStoreError) in
      var items: [TrieItem] = []
      try state.forEachItem {
        items.append($0)
        return true
      }
      return items
    }
    if case .read(let items) = reading { return items }
    return nil
  }

  @Test(arguments: [false, true]) func pastState_shouldBeTheBlocks_andLeaveTheHeads(
    _ isStored: Bool
  ) throws {
    let chain = try Self.chain(Self.genesis(), isStored: isStored)
    var states: [Hash256: [TrieItem]] = [chain.headHash: chain.items()]
    for number in 1...14 as ClosedRange<UInt32> {
      try Self.grow(chain, to: number)
      states[chain.headHash] = chain.items()
    }
    for (hash, items) in states { #expect(try Self.items(chain, after: hash) == items) }
    #expect(try Self.items(chain, after: nil) == chain.items())
    #expect(try Self.items(chain, after: .zero) == nil)
    #expect(chain.stateComplete)
    try Self.grow(chain, to: 20)
  }

  @Test func pastState_shouldBeUnavailable_whereTooMuchHasChanged() throws {
    let genesis = try Self.genesis()
    let chain = Blockchain(
      genesis: genesis, state: .complete, options: BlockchainOptions(finalDiffsKept: 4))
    try Self.grow(chain, to: 20)
    #expect(try Self.items(chain, after: genesis.hash) == nil)
    #expect(LedgerLimits.takenBackEntriesMax > 0)
    let missing = Blockchain(genesis: genesis, state: .missing)
    #expect(try Self.items(missing, after: nil) == nil)
  }

  @Test(arguments: [false, true]) func carriedState_shouldBeTheNewHeads_orNothingChanges(
    _ isStored: Bool
  ) throws {
    let genesis = try Self.genesis()
    let source = try Self.chain(genesis, isStored: false)
    try Self.grow(source, to: 16)
    let own = try Self.chain(genesis, isStored: isStored)
    let before = own.items()
    let part = try #require(source.macroChain(locators: [genesis.hash]))
    let verified = try own.verify(part)
    let old = Dictionary(uniqueKeysWithValues: before.map { ($0.key, $0.value) })
    let new = source.items()
    let changes: [(key: KeyNibbles, value: [UInt8]?)] =
      new.filter { old[$0.key] != $0.value }.map { ($0.key, $0.value) }
    #expect(!changes.isEmpty)
    do throws(PushError) {
      try own.adopt(verified, carrying: .changes(Array(changes.dropLast())))
      Issue.record("a wrong state was taken")
    } catch { #expect(error.reason == "state_root_mismatch") }
    #expect(own.items() == before && own.headNumber == 0 && own.stateComplete)
    do throws(PushError) {
      try own.adopt(verified, carrying: .outline(StateOutline(root: .zero)))
      Issue.record("an outline of another state was taken")
    } catch { #expect(error.reason == "state_root_mismatch") }
    #expect(own.items() == before)
    #expect(try own.adopt(verified, carrying: .changes(changes)) == .extended)
    #expect(own.items() == new && own.stateComplete && own.headNumber == 16)
    try Self.grow(source, to: 18)
    for number in 17...18 as ClosedRange<UInt32> {
      try own.push(try #require(source.block(at: number)))
    }
    #expect(own.items() == source.items())
  }

  @Test(arguments: [false, true])
  func partOfAState_shouldBeReadWhereThatWillDo(isStored: Bool) throws {
    let genesis = try Self.genesis()
    let whole = try Self.chain(genesis, isStored: false)
    let chain =
      isStored
      ? try Blockchain(
        genesis: genesis, state: .missing, store: MemoryStore(owner: .chain(genesis.hash)))
      : Blockchain(genesis: genesis, state: .missing)
    guard case .chunk(let chunk, let block) = whole.chunk(from: .empty, limit: 120) else {
      Issue.record("no chunk")
      return
    }
    _ = try chain.push(chunks: [ChunkPush(chunk: chunk, start: .empty, blockHash: block.hash)])
    try Self.grow(whole, to: 3)
    for number in 1...3 as ClosedRange<UInt32> {
      let next = try #require(whole.block(at: number))
      guard case .diff(let diff) = whole.trieDiff(of: next.hash) else {
        Issue.record("no diff")
        return
      }
      try chain.push(next, diff: diff)
    }
    let keys = (0..<16).map { KeyNibbles.empty.appending($0) }
    for hash in [genesis.hash, whole.headHash] {
      guard case .incomplete = try chain.readState(after: hash, { _ in true }),
        case .read(let own) = try chain.readState(
          after: hash, partly: true,
          { (state) throws(LedgerStoreError) in try state.nodeHashes(at: keys) }),
        case .read(let all) = try whole.readState(
          after: hash, { (state) throws(LedgerStoreError) in try state.nodeHashes(at: keys) })
      else {
        Issue.record("not read, or read in whole")
        return
      }
      // What is known is right, held or not; what is held is known.
      #expect(zip(own, all).allSatisfy { $0 == nil || $0 == $1 })
      #expect(own[0] != nil && own[0] == all[0])
    }
  }
}
