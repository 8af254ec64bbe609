import Ledger
import Primitives
import Runtime
import StateTrie

/// The chain of a fixture as the network has it, and beside it the state after every block in a
/// plain dictionary that knows nothing of tries.
struct FixtureChain {
  /// A state as it is: values under keys.
  typealias State = [KeyNibbles: [UInt8]]

  static let blocksPerBatch: UInt32 = 10
  static let batchesPerEpoch: UInt32 = 2
  private static let slotCount = 4
  private static let validatorKeys = 6
  private static let ownerCount = 12

  let genesis: Genesis
  /// The network's chain, with its whole state.
  let twin: Blockchain
  /// Every block made so far.
  private(set) var blocks: [Hash256: FixtureBlock] = [:]
  private var states: [Hash256: State] = [:]
  private let producer: BlockProducer
  private let validators: [KeyPair]
  /// They have much and pay for most of what happens.
  private let owners: [KeyPair]
  /// They have little and spend it all at once.
  private let spenders: [KeyPair]
  private var random: RandomStream

  init(_ options: FixtureOptions) throws(FixtureRecordingError) {
    random = RandomStream(seed: options.seed, consumer: RandomConsumer(.workload))
    let seed = options.seed
    func keys(_ tag: UInt8, _ count: Int) -> [KeyPair] {
      (0..<count).map { index in
        var encoder = WireEncoder()
        encoder.append(byte: tag)
        encoder.append(seed)
        encoder.append(count: index)
        return KeyPair(seed: Blake2b256.hash(encoder.bytes))
      }
    }
    validators = keys(1, Self.validatorKeys)
    owners = keys(2, Self.ownerCount)
    spenders = keys(3, options.accounts / 10)
    var accounts = owners.map {
      GenesisAccount(address: Address(of: $0.publicKey), account: Account(balance: 1_000_000_000))
    }
    for spender in spenders {
      accounts.append(
        GenesisAccount(
          address: Address(of: spender.publicKey),
          account: Account(balance: UInt64(random.number(in: 2...90)))))
    }
    while accounts.count < options.accounts {
      accounts.append(
        GenesisAccount(
          address: Self.address(&random),
          account: Account(balance: UInt64(random.number(in: 1...100_000)))))
    }
    do {
      genesis = try Genesis(
        configuration: ChainConfiguration(
          blocksPerBatch: Self.blocksPerBatch, batchesPerEpoch: Self.batchesPerEpoch,
          slotCount: UInt16(Self.slotCount)),
        timestamp: 1_700_000_000_000, accounts: accounts,
        validators: Self.validators(of: 0, among: validators))
    } catch { throw FixtureRecordingError("no genesis: \(error)") }
    twin = Blockchain(genesis: genesis, state: .complete)
    producer = BlockProducer(chain: twin, keys: validators)
    states[genesis.hash] = Dictionary(
      genesis.accounts.map { ($0.address.key, $0.account.wireBytes) }
    ) { first, _ in first }
  }

  /// The state after a block that was made here, or genesis.
  func state(after hash: Hash256) -> State? { states[hash] }

  /// Makes a block on `parent` and gives it to the network's chain.
  /// - Parameter skip: true for a skip block, where that can stand.
  /// - Returns: the block, and false if it is one that was made before: blocks without transactions
  ///   on one parent are all the same.
  mutating func make(
    on parent: Hash256? = nil, skip: Bool = false
  ) throws(FixtureRecordingError) -> (block: FixtureBlock, isNew: Bool) {
    let ground = parent ?? twin.headHash
    guard let before = twin.block(ground), let state = states[ground] else {
      throw FixtureRecordingError("there is no block \(ground)")
    }
    let number = before.number + 1
    let isMicro = !twin.configuration.isMacro(at: number)
    let transactions = isMicro && !skip ? transactions(on: state) : []
    do {
      let made =
        skip && isMicro
        ? try producer.skip(on: ground)
        : try producer.next(
          on: ground, transactions: transactions,
          nextValidators: Self.validators(of: number, among: validators))
      let block = FixtureBlock(block: made.block, diff: made.diff)
      guard blocks[made.block.hash] == nil else { return (block, false) }
      states[made.block.hash] = try Self.applied(made.diff, to: state)
      try twin.push(made.block)
      blocks[made.block.hash] = block
      return (block, true)
    } catch { throw FixtureRecordingError("block \(number) cannot be made: \(error)") }
  }

  /// Who signs after election block `number`: two of the six leave with every epoch.
  private static func validators(of number: UInt32, among keys: [KeyPair]) -> ValidatorSet {
    let epoch = Int(number / (blocksPerBatch * batchesPerEpoch))
    let members = (0..<slotCount).map { keys[(epoch * 2 + $0) % keys.count] }
    guard let set = ValidatorSet(members.map { Validator(publicKey: $0.publicKey, slots: 1) })
    else { preconditionFailure("\(slotCount) different keys are no validator set") }
    return set
  }

  private static func applied(
    _ diff: TrieDiff, to state: State
  ) throws(FixtureRecordingError) -> State {
    var state = state
    for entry in diff.entries {
      guard state[entry.key] == entry.old else {
        throw FixtureRecordingError("the diff's old value of \(entry.key) is wrong")
      }
      state[entry.key] = entry.new
    }
    return state
  }

  private static func address(_ random: inout RandomStream) -> Address {
    guard let address = Address(bytes: random.bytes(Address.byteCount)) else {
      preconditionFailure("\(Address.byteCount) bytes are no address")
    }
    return address
  }

  // MARK: Transactions

  /// None to four transactions of different senders.
  private mutating func transactions(on state: State) -> [Transaction] {
    if random.chance(perMillion: 80_000) { return [] }
    var senders = owners
    random.shuffle(&senders)
    var made = senders.prefix(random.number(in: 1...3)).compactMap {
      transaction(by: $0, on: state)
    }
    if random.chance(perMillion: 400_000), let spender = random.pick(spenders),
      let account = Self.account(of: spender, in: state), account.balance > 1
    {
      made.append(
        signed(
          by: spender, account.nonce, .transfer(to: recipient(), amount: account.balance - 1)))
    }
    return made
  }

  private mutating func transaction(by sender: KeyPair, on state: State) -> Transaction? {
    guard let account = Self.account(of: sender, in: state) else { return nil }
    switch random.below(10) {
    case 0, 1:
      let data = account.data.isEmpty ? random.bytes(random.number(in: 8...40)) : []
      return signed(by: sender, account.nonce, .setData(data))
    case 2, 3, 4:
      let new = Self.address(&random)
      return signed(by: sender, account.nonce, .transfer(to: new, amount: 7))
    default:
      let amount = UInt64(random.number(in: 1...1_000))
      return signed(by: sender, account.nonce, .transfer(to: recipient(), amount: amount))
    }
  }

  private mutating func recipient() -> Address {
    genesis.accounts[random.below(genesis.accounts.count)].address
  }

  private func signed(
    by sender: KeyPair, _ nonce: UInt64, _ action: Transaction.Action
  ) -> Transaction {
    .signed(
      by: sender, network: genesis.configuration.network, nonce: nonce, fee: 1, action: action)
  }

  private static func account(of owner: KeyPair, in state: State) -> Account? {
    state[Address(of: owner.publicKey).key].flatMap { try? Account(wireBytes: $0) }
  }
}
