import Ledger
import Primitives
import Simulation
import StateTrie
import TestSupport
import Testing

/// The oracle's comparison must see every way in which a state can be wrong.
@Suite struct StateCheckTests {
  let genesis: Genesis
  let accounts: [Address: Account]
  let sorted: [Address]

  init() throws {
    var random = SeededGenerator(seed: 7)
    var accounts: [Address: Account] = [:]
    while accounts.count < 40 {
      let bytes = (0..<Address.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
      let address = try #require(Address(bytes: bytes))
      accounts[address] = Account(balance: UInt64.random(in: 1...1_000, using: &random))
    }
    let key = KeyPair(seed: Blake2b256.hash([1]))
    let configuration = ChainConfiguration(
      blocksPerBatch: 4, batchesPerEpoch: 2, slotCount: 4, blockIntervalMilliseconds: 1_000)
    let validators = try #require(ValidatorSet([Validator(publicKey: key.publicKey, slots: 4)]))
    genesis = try Genesis(
      configuration: configuration, timestamp: 0,
      accounts: accounts.map { GenesisAccount(address: $0, account: $1) }, validators: validators)
    self.accounts = accounts
    sorted = accounts.keys.sorted()
  }

  /// The check that a chain's state breaks if the oracle's accounts are changed.
  func broken(_ chain: Blockchain, _ change: (inout [Address: Account]) -> Void) -> String? {
    var changed = accounts
    change(&changed)
    return StateCheck.compare(chain, with: AccountModel(accounts: changed))?.check
  }

  func expectDifferencesFound(in chain: Blockchain, held: Address, absent: Address) {
    #expect(broken(chain) { _ in } == nil)
    #expect(broken(chain) { $0[held] = nil } == "S1", "an account too many")
    #expect(broken(chain) { $0[absent] = Account(balance: 1) } == "S1", "an account too few")
    #expect(broken(chain) { $0[held]?.balance += 1 } == "S1", "a wrong balance")
    #expect(broken(chain) { $0[held]?.nonce += 1 } == "S1", "a wrong nonce")
    #expect(broken(chain) { $0[held]?.data = [0] } == "S1", "wrong data")
    let moved = broken(chain) { accounts in
      accounts[absent] = accounts[held]
      accounts[held] = nil
    }
    #expect(moved == "S1", "an account under another key")
  }

  @Test func differences_shouldBeFound_inACompleteState() throws {
    let chain = Blockchain(genesis: genesis, state: .complete)
    let absent = try #require(Address(bytes: [UInt8](repeating: 0x77, count: Address.byteCount)))
    expectDifferencesFound(in: chain, held: sorted[20], absent: absent)
  }

  /// A part of a large state is compared at a time.
  @Test func differences_shouldBeFound_inTheRangesLookedAt() {
    let chain = Blockchain(genesis: genesis, state: .complete)
    let low = KeyRange(start: .empty, end: sorted[20].key)
    let high = KeyRange(start: sorted[20].key, end: nil)
    func broken(_ range: KeyRange, _ change: (inout [Address: Account]) -> Void) -> Bool {
      var changed = accounts
      change(&changed)
      return StateCheck.compare(chain, with: AccountModel(accounts: changed), in: [range]) != nil
    }
    for index in [0, 19, 20, 39] {
      let address = sorted[index]
      #expect(broken(low) { $0[address]?.balance += 1 } == (index < 20), "\(index)")
      #expect(broken(high) { $0[address]?.balance += 1 } == (index >= 20), "\(index)")
      #expect(broken(low) { $0[address] = nil } == (index < 20), "\(index)")
      #expect(broken(high) { $0[address] = nil } == (index >= 20), "\(index)")
    }
  }

  @Test func differences_shouldBeFound_inTheHeldPartOnly() throws {
    let nothing = try holding(0)
    #expect(broken(nothing) { $0 = [:] } == nil, "a state without leaves agrees with everything")
    let chain = try holding(25)
    #expect(!chain.missing.isEmpty)
    let absent = try #require(Address(bytes: [UInt8](repeating: 0, count: Address.byteCount)))
    expectDifferencesFound(in: chain, held: sorted[3], absent: absent)
    #expect(broken(chain) { $0[sorted[39]] = nil } == nil, "what is missing cannot be wrong")
  }

  /// What is walked part by part finds what a comparison of everything with everything finds.
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func parts_shouldShowTheDifferencesThatTheWholeShows(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let chain = try holding(Int.random(in: 0...40, using: &random))
    var changed = accounts
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let address = try #require(sorted.randomElement(using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: changed[address] = nil
      case 1: changed[address]?.balance += 1
      case 2: changed[address]?.nonce += 1
      case 3: changed[address]?.data = [1]
      default:
        let bytes = address.bytes.dropLast() + [address.bytes[19] ^ 1]
        changed[try #require(Address(bytes: bytes))] = Account(balance: 1)
      }
    }
    let model = AccountModel(accounts: changed)
    let missing = chain.missing
    let expected = changed.filter { !missing.contains($0.key.key) }.sorted { $0.key < $1.key }.map {
      TrieItem(key: $0.key.key, value: $0.value.wireBytes)
    }
    let differs = chain.items() != expected
    let found = StateCheck.compare(chain, with: model)
    #expect((found?.check == "S1") == differs, "seed \(seed)")
    let parts = StateCheck.parts.compactMap { StateCheck.compare(chain, with: model, in: [$0]) }
    #expect(parts.isEmpty != differs, "seed \(seed)")
    #expect(parts.allSatisfy { $0 == found }, "seed \(seed)")
  }

  /// A chain that holds the first `count` accounts and lacks the rest of the key space.
  private func holding(_ count: Int) throws -> Blockchain {
    let full = Blockchain(genesis: genesis, state: .complete)
    if count == accounts.count { return full }
    let chain = Blockchain(genesis: genesis, state: .missing)
    if count == 0 { return chain }
    guard case .chunk(let chunk, let block) = full.chunk(from: .empty, limit: count) else {
      Issue.record("no chunk")
      return chain
    }
    let push = try chain.push(chunks: [
      ChunkPush(chunk: chunk, start: .empty, blockHash: block.hash)
    ])
    #expect(push.committed == 1)
    return chain
  }
}
