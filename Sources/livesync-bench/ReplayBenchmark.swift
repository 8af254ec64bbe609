import Compression
import Foundation
import Ledger
import Primitives
import Snapshot
import StateTrie
import Storage

/// Brings a node from the genesis to the state of one block twice: by executing all blocks, and
/// from the snapshot of the last one. Measures what each takes.
struct ReplayBenchmark {
  /// Blocks from one macro block to the next.
  static let batch: UInt32 = 50
  /// Pieces that are stored together, as many items as live sync stores together.
  private static let piecesPerPush = 13

  let accounts: Int
  let blocks: UInt32
  let directory: String
  let durability: Durability

  /// What a node needs to get to the state.
  struct Cost {
    var seconds = 0.0
    var processor = 0.0
    /// Bytes that others must send.
    var received = 0
    /// Bytes of the store on the disk afterwards.
    var stored = 0
  }

  struct Result {
    var transactions = 0
    var replay = Cost()
    var restore = Cost()
  }

  func run() throws -> Result {
    let source = try TransferChain(
      accounts: accounts, batch: Self.batch, path: directory + "/source", durability: .onRequest)
    var result = Result()
    var blocks: [[UInt8]] = []
    while source.chain.headNumber < self.blocks {
      let made = try source.next()
      try source.chain.push(made.block, diff: made.diff)
      result.transactions += made.block.body?.transactions.count ?? 0
      blocks.append(made.block.wireBytes)
    }
    let snapshots = SnapshotDirectory(path: directory + "/snapshots")
    let reading = try source.chain.readMacroState { state in
      Swift.Result { () throws(SnapshotError) in
        try SnapshotTaking.take(
          state, chain: source.genesis.hash, into: snapshots, options: SnapshotOptions())
      }
    }
    guard case .read(let taken) = reading,
      let way = source.chain.macroChain(locators: [source.genesis.hash])
    else { throw BenchmarkError("there is no snapshot of block \(self.blocks)") }
    let files = try snapshots.open(SnapshotName(height: try taken.get().height))
    result.restore = try reach(source, "restored", state: .missing) { node in
      try restore(files, way, to: node)
    }
    result.replay = try reach(source, "replayed", state: .complete) { node in
      for bytes in blocks { try node.push(Block(wireBytes: bytes)) }
      return blocks.reduce(0) { $0 + $1.count }
    }
    try source.close()
    return result
  }

  /// What it takes a new node to get to the head of `source` by `body`, which returns the bytes
  /// that it needed from others.
  private func reach(
    _ source: TransferChain, _ name: String, state: InitialState,
    _ body: (Blockchain) throws -> Int
  ) throws -> Cost {
    let path = "\(directory)/\(name)"
    let store = try LMDBStore(
      path: path, owner: .chain(source.genesis.hash), options: LMDBOptions(durability: durability))
    // The accounts of the genesis are there before: whoever executes has them from its file.
    let node = try Blockchain(genesis: source.genesis, state: state, store: store)
    var cost = Cost()
    let before = Measure.processorSeconds()
    cost.seconds = try Measure.seconds { cost.received = try body(node) }
    cost.processor = Measure.processorSeconds() - before
    guard node.stateComplete, node.headHash == source.chain.headHash else {
      throw BenchmarkError("the node '\(name)' is not at the head with its state")
    }
    try store.close()
    cost.stored = try Measure.bytesOnDisk(path + "/data.mdb")
    return cost
  }

  private func restore(
    _ files: SnapshotFiles, _ way: MacroChain, to node: Blockchain
  ) throws -> Int {
    let decompressor = ZstdDecompressor()
    try node.adopt(node.verify(way))
    var pushes: [ChunkPush] = []
    for number in 0..<files.pieceCount {
      let info = files.info(ofPiece: number)
      let chunk = try StoredPiece.chunk(
        of: files.frame(ofPiece: number), rawBytes: Int(info.rawBytes), with: decompressor)
      pushes.append(
        ChunkPush(chunk: chunk, start: info.start, edges: .both, blockHash: node.headHash))
      guard pushes.count == Self.piecesPerPush || number + 1 == files.pieceCount else { continue }
      if let failure = try node.push(chunks: pushes).failure { throw failure.error }
      pushes.removeAll(keepingCapacity: true)
    }
    return Int(files.index.storedBytes) + files.manifest.wireBytes.count + way.wireBytes.count
  }
}
