import Ledger
import MerkleTree
import Primitives

/// A chain of a few blocks of every kind, for honest inputs.
struct FuzzChain: Sendable {
  let users: [KeyPair]
  let genesis: Genesis
  let blocks: [ProducedBlock]
  let transactions: [Transaction]
  let forkProof: ForkProof
  let macroChain: MacroChain

  static let shared = FuzzChain()

  /// What is made here is legal by construction, so an error is a fault of this code.
  private init() {
    func keys(_ name: String) -> KeyPair { KeyPair(seed: Blake2b256.hash(Array(name.utf8))) }
    let users = ["a", "b", "c"].map(keys)
    let validators = ["v", "w"].map(keys)
    genesis = try! Genesis(
      configuration: ChainConfiguration(
        network: 7, blocksPerBatch: 3, batchesPerEpoch: 2, slotCount: 3,
        blockIntervalMilliseconds: 100),
      timestamp: 1_000,
      accounts: users.map {
        GenesisAccount(address: Address(of: $0.publicKey), account: Account(balance: 1_000))
      },
      validators: ValidatorSet(
        zip(validators, [2, 1]).map { Validator(publicKey: $0.publicKey, slots: $1) })!)
    let chain = Blockchain(genesis: genesis, state: .complete)
    let producer = BlockProducer(chain: chain, keys: validators)
    var blocks: [ProducedBlock] = []
    var transactions: [Transaction] = []
    forkProof = Self.forkProof(by: producer)
    for number in UInt32(1)...7 {
      var orders: [Transaction] = []
      if !genesis.configuration.isMacro(at: number), number != 4 {
        let sender = users[Int(number) % users.count]
        let actions: [Transaction.Action] = [
          .transfer(to: Address(of: users[0].publicKey), amount: UInt64(number)),
          .setData([UInt8](repeating: 9, count: Int(number))),
        ]
        var nonce: UInt64 = 0
        if case .present(let account) = chain.account(Address(of: sender.publicKey)) {
          nonce = account.nonce
        }
        for (index, action) in actions.enumerated() {
          orders.append(
            .signed(by: sender, network: 7, nonce: nonce + UInt64(index), fee: 1, action: action))
        }
      }
      let made = try! number == 4 ? producer.skip() : producer.next(transactions: orders)
      try! chain.push(made.block, diff: made.diff)
      blocks.append(made)
      transactions += orders
    }
    self.users = users
    self.blocks = blocks
    self.transactions = transactions
    let macros = blocks.map(\.block).filter { $0.kind.isMacro }.map(\.withoutBody)
    var history = MountainFrontier()
    history.append(leaf: genesis.hash.bytes)
    macroChain = MacroChain(blocks: macros, history: history)
  }

  /// Two headers for one height by one producer.
  private static func forkProof(by producer: BlockProducer) -> ForkProof {
    let blocks = [1_100, 1_101].map { try! producer.next(timestamp: $0).block }
    let signatures = blocks.compactMap { block -> Signature? in
      if case .producer(let mine) = block.justification { mine.signature } else { nil }
    }
    guard signatures.count == 2,
      let proof = ForkProof(
        blocks[0].header, signature: signatures[0], blocks[1].header, signature: signatures[1])
    else { preconditionFailure("two micro blocks on one parent make no fork proof") }
    return proof
  }
}
