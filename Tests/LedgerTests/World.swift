import Ledger
import Primitives
import StateTrie
import TestSupport

/// A small chain with its users and validators: batches of 8 blocks, epochs of 2 batches, and four
/// validators with 3, 2, 2 and 2 of 9 slots, so that exactly two thirds can be signed.
struct World {
  static let verifier = CachingSignatureVerifier()

  let users: [KeyPair]
  let validators: [KeyPair]
  let genesis: Genesis
  var chain: Blockchain
  var producer: BlockProducer

  init(
    users count: Int = 12, state: InitialState = .complete, options: BlockchainOptions = .init()
  ) throws {
    users = (0..<count).map { Self.keys("user", $0) }
    validators = (0..<4).map { Self.keys("validator", $0) }
    genesis = try Genesis(
      configuration: Self.configuration, timestamp: 1_000,
      accounts: users.map {
        GenesisAccount(address: Address(of: $0.publicKey), account: Account(balance: 1_000_000))
      },
      validators: Self.set(validators))
    chain = Blockchain(genesis: genesis, state: state, options: options, verifier: Self.verifier)
    producer = BlockProducer(chain: chain, keys: validators)
  }

  static let configuration = ChainConfiguration(
    network: 7, blocksPerBatch: 8, batchesPerEpoch: 2, slotCount: 9,
    blockIntervalMilliseconds: 100)

  static func keys(_ role: String, _ index: Int) -> KeyPair {
    KeyPair(seed: Blake2b256.hash(Array("\(role) \(index)".utf8)))
  }

  static func set(_ keys: [KeyPair]) -> ValidatorSet {
    let slots: [UInt16] = [3, 2, 2, 2]
    return ValidatorSet(
      zip(keys, slots).map { Validator(publicKey: $0.publicKey, slots: $1) })!
  }

  /// Another node of the same chain.
  func node(_ state: InitialState = .complete, options: BlockchainOptions = .init()) -> Blockchain {
    Blockchain(genesis: genesis, state: state, options: options, verifier: Self.verifier)
  }

  func address(_ user: Int) -> Address { Address(of: users[user].publicKey) }

  func account(_ user: Int) -> Account? {
    if case .present(let account) = chain.account(address(user)) { account } else { nil }
  }

  func transfer(
    _ user: Int, to recipient: Address, _ amount: UInt64, fee: UInt64 = 1, nonce: UInt64? = nil
  ) -> Transaction {
    .signed(
      by: users[user], network: 7, nonce: nonce ?? account(user)?.nonce ?? 0, fee: fee,
      action: .transfer(to: recipient, amount: amount))
  }

  func data(_ user: Int, _ bytes: [UInt8], fee: UInt64 = 1, nonce: UInt64? = nil) -> Transaction {
    .signed(
      by: users[user], network: 7, nonce: nonce ?? account(user)?.nonce ?? 0, fee: fee,
      action: .setData(bytes))
  }

  /// Makes the next regular block on the head and pushes it.
  @discardableResult
  func grow(_ transactions: [Transaction] = []) throws -> ProducedBlock {
    let made = try producer.next(transactions: transactions)
    try chain.push(made.block, diff: made.diff)
    return made
  }

  /// Grows up to height `number` with one transfer in each micro block.
  @discardableResult
  func grow(to number: UInt32) throws -> [ProducedBlock] {
    var made: [ProducedBlock] = []
    while chain.headNumber < number {
      let next = chain.headNumber + 1
      let user = Int(next) % users.count
      let isMacro = Self.configuration.isMacro(at: next)
      made.append(
        try grow(isMacro ? [] : [transfer(user, to: address((user + 1) % users.count), 10)]))
    }
    return made
  }

  /// Blocks that fork off block `ancestor`, each with a transfer of `amount` by one user, made on a
  /// private twin of the chain.
  func branch(
    from ancestor: UInt32, length: Int, amount: UInt64, skipFirst: Bool = false
  ) throws -> [ProducedBlock] {
    let twin = try copy(upTo: ancestor)
    let producer = BlockProducer(chain: twin, keys: validators)
    var made: [ProducedBlock] = []
    for step in 0..<length {
      let user = step % users.count
      var nonce: UInt64 = 0
      if case .present(let account) = twin.account(address(user)) { nonce = account.nonce }
      let isMacro = Self.configuration.isMacro(at: twin.headNumber + 1)
      let next =
        step == 0 && skipFirst
        ? try producer.skip()
        : try producer.next(
          transactions: isMacro
            ? [] : [transfer(user, to: address((user + 3) % users.count), amount, nonce: nonce)])
      try twin.push(next.block)
      made.append(next)
    }
    return made
  }

  /// A twin with complete state that has our main chain up to `number`.
  func copy(upTo number: UInt32) throws -> Blockchain {
    let twin = node()
    for height in stride(from: UInt32(1), through: number, by: 1) {
      try twin.push(chain.block(at: height)!)
    }
    return twin
  }
}

/// All that can be seen of a chain, to show that nothing has changed.
struct Picture: Equatable {
  let status: ChainStatus
  let root: Hash256?
  let items: [TrieItem]
  let known: [Bool]

  init(_ chain: Blockchain, _ blocks: [Block] = []) {
    status = chain.status
    root = chain.stateRoot
    items = chain.items()
    known = blocks.map { chain.isKnown($0.hash) }
  }
}

/// The error of a push, or nil if it succeeds.
func pushError(
  _ chain: Blockchain, _ block: Block, diff: TrieDiff? = nil
) -> PushError? {
  do throws(PushError) {
    try chain.push(block, diff: diff)
    return nil
  } catch { return error }
}

/// The next `count` events of a stream; waits for them.
func drain<Element>(_ stream: AsyncStream<Element>, count: Int) async -> [Element] {
  var events: [Element] = []
  if count == 0 { return [] }
  for await event in stream {
    events.append(event)
    if events.count == count { break }
  }
  return events
}
