import Ledger
import Locking
import Primitives
import Snapshot
import StateTrie
import Storage
import TestSupport

/// A chain that snapshots are taken of.
public final class RestoreWorld {
  public let genesis: Genesis
  public let chain: Blockchain
  private let producer: BlockProducer
  private let users: [KeyPair]

  /// - Parameters:
  ///   - dataBytes: each account has fewer bytes of data.
  ///   - store: makes where the chain is kept; in memory if it gives nil.
  public init(
    accounts: Int = 300, blocksPerBatch: UInt32 = 4, batchesPerEpoch: UInt32 = 2,
    dataBytes: Int = 40, seed: UInt64 = 1,
    store: (Genesis) throws -> (any KeyValueStore)? = { _ in nil }
  ) throws {
    var random = SeededGenerator(seed: seed)
    let keys = (0..<4).map { KeyPair(seed: Blake2b256.hash([1, UInt8($0)])) }
    users = (0..<6).map { KeyPair(seed: Blake2b256.hash([2, UInt8($0)])) }
    var entries = users.map {
      GenesisAccount(
        address: Address(of: $0.publicKey), account: Account(balance: 1_000_000_000))
    }
    for _ in 0..<accounts {
      guard let address = Address(bytes: random.bytes(20)) else { throw Failure.address }
      entries.append(
        GenesisAccount(
          address: address,
          account: Account(
            balance: UInt64(1 + random.below(1_000)), nonce: 0,
            data: random.bytes(random.below(dataBytes)))))
    }
    guard
      let set = ValidatorSet(keys.map { Validator(publicKey: $0.publicKey, slots: 1) })
    else { throw Failure.address }
    genesis = try Genesis(
      configuration: ChainConfiguration(
        blocksPerBatch: blocksPerBatch, batchesPerEpoch: batchesPerEpoch, slotCount: 4),
      timestamp: 1_000, accounts: entries, validators: set)
    if let store = try store(genesis) {
      chain = try Blockchain(genesis: genesis, state: .complete, store: store)
    } else {
      chain = Blockchain(genesis: genesis, state: .complete)
    }
    producer = BlockProducer(chain: chain, keys: keys)
  }

  public enum Failure: Error { case address, state, shelf }

  /// The next block, with a transfer if it can have one; pushed.
  @discardableResult
  public func grow() throws -> ProducedBlock {
    let number = chain.headNumber + 1
    let isMacro = genesis.configuration.isMacro(at: number)
    let transactions = isMacro ? [] : [try transfer(to: 1 + Int(number) % 5)]
    let made = try producer.next(transactions: transactions)
    try chain.push(made.block)
    return made
  }

  private func transfer(to user: Int) throws -> Transaction {
    guard case .present(let account) = chain.account(Address(of: users[0].publicKey)) else {
      throw Failure.address
    }
    return Transaction.signed(
      by: users[0], network: genesis.configuration.network, nonce: account.nonce, fee: 1,
      action: .transfer(to: Address(of: users[user].publicKey), amount: 5))
  }

  /// Grows up to and with block `number`.
  public func grow(to number: UInt32) throws {
    while chain.headNumber < number { try grow() }
  }

  /// The head's state as a snapshot of format 2, in many small chunks.
  public func provable(itemsPerPiece: Int = 20, piecesPerChunk: Int = 3) throws -> KeptSnapshot {
    try reading { point, chunks in
      var pieces: [(start: KeyNibbles, chunk: TrieChunk)] = []
      var next: KeyNibbles? = .empty
      while let start = next {
        let chunk = try chunks(start, itemsPerPiece)
        pieces.append((start, chunk))
        next = chunk.end
      }
      return KeptSnapshot(
        pieces, perChunk: piecesPerChunk, chain: genesis.hash, anchor: SnapshotAnchor(point),
        elections: elections(point))
    }
  }

  /// The same of format 1, in chunks of `SnapshotLimits.hashOnlyChunkBytes`.
  public func hashOnly(
    _ compression: HashOnlyManifest.Compression = .gzip,
    changing change: (TrieItem) -> TrieItem? = { $0 }
  ) throws -> KeptSnapshot {
    try reading { point, chunks in
      var items: [TrieItem] = []
      var next: KeyNibbles? = .empty
      while let start = next {
        let chunk = try chunks(start, 500)
        items += chunk.items
        next = chunk.end
      }
      return KeptSnapshot(
        items.compactMap(change), compression, chain: genesis.hash, anchor: SnapshotAnchor(point),
        elections: elections(point))
    }
  }

  /// The election blocks that lead to `point`.
  public func elections(_ point: MacroPoint) -> [Block] {
    stride(
      from: genesis.configuration.blocksPerEpoch, through: point.election.number,
      by: Int(genesis.configuration.blocksPerEpoch)
    ).compactMap { chain.block(at: $0, includeBody: false) }
  }

  private func reading(
    _ body: (MacroPoint, (KeyNibbles, Int) throws(LedgerStoreError) -> TrieChunk) throws ->
      KeptSnapshot
  ) throws -> KeptSnapshot {
    var result: Result<KeptSnapshot, any Error> = .failure(Failure.state)
    _ = try chain.readMacroState { state in
      result = Result {
        try body(state.point) { (start, limit) throws(LedgerStoreError) in
          try state.chunk(from: start, limit: limit, bytesMax: SnapshotLimits.pieceBytesMax)
        }
      }
    }
    return try result.get()
  }
}

extension SnapshotAnchor {
  public init(_ point: MacroPoint) {
    self.init(block: point.block, election: point.election, history: point.history)
  }
}
