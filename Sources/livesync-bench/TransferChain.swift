import Ledger
import Primitives
import Runtime
import Storage

/// A chain in a store on disk whose blocks are full of transfers, and who makes them.
final class TransferChain {
  /// Transfers in each micro block.
  static let transfers = 100

  let genesis: Genesis
  let chain: Blockchain
  private let store: LMDBStore
  private let producer: BlockProducer
  private let users: [KeyPair]
  private var random = RandomStream(seed: 0x5eed)
  /// Transfers that each user has sent.
  private var sent: UInt64 = 0

  /// - Parameters:
  ///   - accounts: accounts beside those who send.
  ///   - batch: blocks from one macro block to the next.
  ///   - path: where the store is made.
  init(accounts: Int, batch: UInt32, path: String, durability: Durability) throws {
    users = (0..<UInt8(Self.transfers)).map { KeyPair(seed: Blake2b256.hash([7, $0])) }
    let key = KeyPair(seed: Blake2b256.hash(Array("livesync-bench".utf8)))
    guard let validators = ValidatorSet([Validator(publicKey: key.publicKey, slots: 4)]) else {
      throw BenchmarkError("no validators")
    }
    var random = random
    let entries =
      users.map {
        GenesisAccount(address: Address(of: $0.publicKey), account: Account(balance: 1 << 40))
      }
      + (0..<accounts).compactMap { _ in
        Address(bytes: random.bytes(20)).map {
          GenesisAccount(address: $0, account: Account(balance: 1 + random.next() % 1_000))
        }
      }
    self.random = random
    genesis = try Genesis(
      configuration: ChainConfiguration(blocksPerBatch: batch, slotCount: 4), timestamp: 1_000,
      accounts: entries, validators: validators)
    store = try LMDBStore(
      path: path, owner: .chain(genesis.hash), options: LMDBOptions(durability: durability))
    chain = try Blockchain(genesis: genesis, state: .complete, store: store)
    producer = BlockProducer(chain: chain, keys: [key])
  }

  /// Makes the next block: every user sends a coin to somebody, unless it is a macro block.
  func next() throws -> ProducedBlock {
    guard !genesis.configuration.isMacro(at: chain.headNumber + 1) else {
      return try producer.next(transactions: [])
    }
    let transactions = users.map { user in
      let place = Int(random.next() % UInt64(genesis.accounts.count))
      return Transaction.signed(
        by: user, network: genesis.configuration.network, nonce: sent, fee: 1,
        action: .transfer(to: genesis.accounts[place].address, amount: 1))
    }
    sent += 1
    return try producer.next(transactions: transactions)
  }

  func close() throws { try store.close() }
}
