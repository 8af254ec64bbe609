import Compression
import Foundation
import Ledger
import MerkleTree
import Primitives
import Runtime
import Snapshot
import StateTrie
import Storage

/// Takes a snapshot of a state on disk and fills an empty store from it, and measures both.
struct SnapshotBenchmark {
  private static let owner = StoreOwner(kind: "bench", version: 1)
  /// Accounts that are stored together while the source is made.
  private static let batch = 64_000
  /// Pieces that are stored together, as many items as live sync stores together.
  private static let piecesPerCommit = 13

  /// What the accounts have.
  enum Values: String, CaseIterable {
    /// A balance of 1…1,000, as in the other benchmarks of chains.
    case balances
    /// A balance of 64 random bits.
    case words
    /// 40 random bytes, which nothing makes smaller.
    case bytes
  }

  let accounts: Int
  let values: Values
  let directory: String
  let durability: Durability

  struct Result {
    var takenSeconds = 0.0
    var takenCPU = 0.0
    var pieces = 0
    var chunks = 0
    var rawBytes: UInt64 = 0
    var storedBytes: UInt64 = 0
    /// Bytes of live chunks of 5,000 items of the same accounts.
    var liveBytes: UInt64 = 0
    var restoredSeconds = 0.0
    var restoredCPU = 0.0
    var peakBytes = 0
  }

  func run() throws -> Result {
    let options = LMDBOptions(durability: .onRequest)
    let source = try LMDBStore(path: directory + "/source", owner: Self.owner, options: options)
    let root = try makeSource(source)
    var result = Result()
    let snapshots = SnapshotDirectory(path: directory + "/snapshots")
    let manifest = try take(source, root, snapshots, &result)
    result.liveBytes = try liveBytes(source)
    try source.close()
    let files = try snapshots.open(SnapshotName(height: manifest.height))
    result.pieces = files.pieceCount
    result.chunks = manifest.chunks.count
    result.rawBytes = manifest.rawBytes
    result.storedBytes = files.index.storedBytes
    try restore(files, &result)
    return result
  }

  /// The accounts in key order: one at a random place in each of as many equal parts of the space.
  private func account(_ index: Int) -> TrieItem {
    var random = RandomStream(seed: UInt64(index) &* 0x9e37_79b9 &+ 0x5eed)
    let part = UInt64.max / UInt64(accounts)
    let place = UInt64(index) * part + random.next() % part
    let head = (0..<8).map { UInt8(truncatingIfNeeded: place >> UInt64(56 - 8 * $0)) }
    let key = KeyNibbles(bytes: head + random.bytes(12))
    let value =
      switch values {
      case .balances: Account(balance: 1 + random.next() % 1_000).wireBytes
      case .words: Account(balance: random.next()).wireBytes
      case .bytes: random.bytes(40)
      }
    return TrieItem(key: key, value: value)
  }

  private func makeSource(_ store: LMDBStore) throws -> Hash256 {
    let trie = try StateTrie(store: store, missing: .none)
    for start in stride(from: 0, to: accounts, by: Self.batch) {
      try trie.put((start..<min(accounts, start + Self.batch)).map(account))
      try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
      trie.committed()
    }
    guard let root = trie.rootHash() else { throw BenchmarkError("the source has no root") }
    return root
  }

  private func take(
    _ store: LMDBStore, _ root: Hash256, _ snapshots: SnapshotDirectory, _ result: inout Result
  ) throws -> SnapshotManifest {
    let point = try Self.point(root)
    var made: Swift.Result<SnapshotManifest, SnapshotError>?
    let before = Measure.processorSeconds()
    result.takenSeconds = try Measure.seconds {
      made = try store.read { snapshot throws(StorageError) in
        let state = MacroState(point, in: snapshot)
        return Swift.Result { () throws(SnapshotError) in
          try SnapshotTaking.take(
            state, chain: root, into: snapshots, options: SnapshotOptions())
        }
      }
    }
    result.takenCPU = Measure.processorSeconds() - before
    guard let made else { throw BenchmarkError("nothing was taken") }
    return try made.get()
  }

  /// A macro block that names the root, as far as a snapshot asks.
  private static func point(_ root: Hash256) throws -> MacroPoint {
    let key = KeyPair(seed: Blake2b256.hash(Array("livesync-bench".utf8)))
    guard let validators = ValidatorSet([Validator(publicKey: key.publicKey, slots: 4)]) else {
      throw BenchmarkError("no validators")
    }
    let genesis = try Genesis(
      configuration: ChainConfiguration(blocksPerBatch: 2, slotCount: 4), timestamp: 1_000,
      accounts: [], validators: validators)
    let chain = Blockchain(genesis: genesis, state: .complete)
    let producer = BlockProducer(chain: chain, keys: [key])
    var history = MountainFrontier()
    history.append(leaf: genesis.hash.bytes)
    let first = try producer.next(transactions: [])
    try chain.push(first.block, diff: first.diff)
    history.append(leaf: first.block.hash.bytes)
    let macro = try producer.next(transactions: []).block
    let fields = BlockHeader.Fields(
      kind: macro.kind, number: macro.number, timestamp: macro.header.timestamp,
      network: macro.header.network, version: macro.header.version,
      parentHash: macro.parentHash, lastElectionHash: macro.header.lastElectionHash,
      stateRoot: root, diffRoot: macro.header.diffRoot, bodyRoot: macro.header.bodyRoot,
      historyRoot: macro.header.historyRoot, seed: macro.header.seed)
    var block = macro.withoutBody
    block.header = BlockHeader(fields)
    return MacroPoint(block: block, election: genesis.block.withoutBody, history: history)
  }

  private func liveBytes(_ store: LMDBStore) throws -> UInt64 {
    var bytes: UInt64 = 0
    var next: KeyNibbles? = .empty
    while let start = next {
      let chunk = try store.read { snapshot throws(StorageError) in
        Swift.Result { () throws(TrieError) in
          try StateTrie.chunk(
            in: snapshot, from: start, limit: StateTrieLimits.chunkItemsMax, edges: .both)
        }
      }.get()
      bytes += UInt64(chunk.wireBytes.count)
      next = chunk.end
    }
    return bytes
  }

  private func restore(_ files: SnapshotFiles, _ result: inout Result) throws {
    let store = try LMDBStore(
      path: directory + "/target", owner: Self.owner, options: LMDBOptions(durability: durability))
    let trie = try StateTrie(store: store)
    let root = files.manifest.stateRoot
    let before = Measure.processorSeconds()
    let decompressor = ZstdDecompressor()
    result.restoredSeconds = try Measure.seconds {
      for number in 0..<files.pieceCount {
        let info = files.info(ofPiece: number)
        let bytes = try decompressor.content(
          of: files.frame(ofPiece: number), .exactly(Int(info.rawBytes)))
        let chunk = try RawPiece.chunk(of: bytes)
        trie.apply(try chunk.verify(from: info.start, edges: .both, stateRoot: root))
        if (number + 1) % Self.piecesPerCommit == 0 || trie.isComplete {
          var peak = 0
          try store.write { transaction throws(StorageError) in
            try trie.save(to: &transaction)
            peak = Measure.anonymousBytes()
          }
          trie.committed()
          result.peakBytes = max(result.peakBytes, peak)
        }
      }
      guard trie.isComplete, trie.rootHash() == root, trie.itemCount == accounts else {
        throw BenchmarkError("the restored state is another one")
      }
      try store.close()
    }
    result.restoredCPU = Measure.processorSeconds() - before
  }
}
