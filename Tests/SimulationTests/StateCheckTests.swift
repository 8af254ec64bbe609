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
    let full = Blockchain(genesis: genesis, state: .complete)
    let chain = Blockchain(genesis: genesis, state: .missing)
    #expect(broken(chain) { $0 = [:] } == nil, "a state without leaves agrees with everything")
    guard case .chunk(let chunk, let block) = full.chunk(from: .empty, limit: 25) else {
      Issue.record("no chunk")
      return
    }
    let push = try chain.push(chunks: [
      ChunkPush(chunk: chunk, start: .empty, blockHash: block.hash)
    ])
    #expect(push.committed == 1 && !chain.missing.isEmpty)
    let absent = try #require(Address(bytes: [UInt8](repeating: 0, count: Address.byteCount)))
    expectDifferencesFound(in: chain, held: sorted[3], absent: absent)
    #expect(broken(chain) { $0[sorted[39]] = nil } == nil, "what is missing cannot be wrong")
  }
}
