import Foundation
import Ledger
import Locking
import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// A store that calls out in the middle of a transaction, when everything is written and nothing
/// committed.
private final class HeldStore: KeyValueStore {
  let inner: any KeyValueStore
  let hook = Lock<(@Sendable () -> Void)?>(nil)
  /// Snapshots opened so far.
  let snapshots = Lock(0)

  init(_ inner: any KeyValueStore) { self.inner = inner }

  func read<Output>(
    _ body: (borrowing StoreSnapshot) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    snapshots.withLock { $0 += 1 }
    return try inner.read(body)
  }

  func write<Output>(
    _ body: (inout StoreTransaction) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try inner.write { transaction throws(StorageError) in
      let output = try body(&transaction)
      hook.withLock { $0 }?()
      return output
    }
  }

  func synchronize() throws(StorageError) { try inner.synchronize() }
  func close() throws(StorageError) { try inner.close() }
}

/// A stored chain answers from a snapshot: never half a push, and never after waiting for one.
@Suite struct SnapshotServingTests {
  /// The world's chain in a store.
  private func stored(_ world: inout World, in store: any KeyValueStore) throws {
    world.chain = try Blockchain(
      genesis: world.genesis, state: .complete, verifier: World.verifier, store: store)
    world.producer = BlockProducer(chain: world.chain, keys: world.validators)
  }

  /// All that a chain gives to others, at one moment.
  private struct Answers: Equatable, Sendable {
    let chunk: ChunkLookup
    let proof: ProofLookup
    let account: AccountLookup
    let diff: DiffLookup
    let blocks: MissingBlocksResult
    let macro: MacroChain?
    let status: ChainStatus
    let locators: [Hash256]
    let isOnMain: Bool

    init(_ chain: Blockchain, address: Address, newest: Block) {
      chunk = chain.chunk(from: .empty, limit: 100)
      proof = chain.proof(of: [address.key])
      account = chain.account(address)
      diff = chain.trieDiff(of: newest.hash)
      blocks = chain.missingBlocks(
        target: newest.hash, locators: [chain.genesis.hash], direction: .backward,
        includeBody: true)
      macro = chain.macroChain(locators: [chain.genesis.hash])
      status = chain.status
      locators = chain.locators()
      isOnMain = chain.isOnMainChain(newest.hash)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func answers_shouldBeThoseBeforeThePush_whileItIsGoingOn() throws {
    var world = try World()
    let store = HeldStore(try MemoryStore(owner: .chain(world.genesis.hash)))
    try stored(&world, in: store)
    try world.grow(to: 18)
    let chain = world.chain
    let (address, newest) = (world.address(0), chain.head)
    let before = Answers(chain, address: address, newest: newest)
    #expect(before.account != .missing && before.macro != nil)
    let during = Lock<Answers?>(nil)
    // The push's own thread asks: behind the chain's lock it would wait for itself.
    store.hook.withLock {
      $0 = { during.withLock { $0 = Answers(chain, address: address, newest: newest) } }
    }
    try world.grow([world.transfer(0, to: world.address(1), 10)])
    store.hook.withLock { $0 = nil }
    #expect(during.withLock { $0 } == before)
    #expect(Answers(chain, address: address, newest: newest) != before)
  }

  @Test func block_shouldBeLookedForOnce_whetherTheStoreHasItOrNot() throws {
    var world = try World()
    let store = HeldStore(try MemoryStore(owner: .chain(world.genesis.hash)))
    try stored(&world, in: store)
    try world.grow(to: 18)
    let old = try #require(world.chain.block(at: 3))
    for (hash, block, count) in [
      (world.chain.headHash, world.chain.head, 0), (old.hash, old, 1), (.zero, nil, 1),
    ] as [(Hash256, Block?, Int)] {
      store.snapshots.withLock { $0 = 0 }
      #expect(world.chain.block(hash) == block)
      #expect(store.snapshots.withLock { $0 } == count, "\(hash)")
    }
  }

  /// The file of an open store is damaged: what is asked for later meets it.
  @Test func answer_shouldFail_andNothingElse_whenItsRecordIsDamagedWhileTheStoreIsOpen() throws {
    var world = try World()
    let folder = TemporaryFolder()
    let store = try LMDBStore(
      path: folder.path + "/store", owner: .chain(world.genesis.hash),
      options: .init(durability: .onRequest))
    try stored(&world, in: store)
    try world.grow(to: 18)
    let chain = world.chain
    let (address, newest) = (world.address(0), chain.head)
    let sound = Answers(chain, address: address, newest: newest)
    let old = try #require(chain.block(at: 3))
    let file = folder.path + "/store/data.mdb"
    func oldBlocks() -> MissingBlocksResult {
      chain.missingBlocks(
        target: old.hash, locators: [chain.genesis.hash], direction: .backward, includeBody: false)
    }
    let soundBlocks = oldBlocks()
    let key = try store.read { snapshot throws(StorageError) in
      let key = ChainRecord.block(old.hash).key
      return [try snapshot.view.byte(of: key.namespace)] + key.bytes
    }
    try flip(after: key, in: file)
    for _ in 0..<2 {
      #expect(oldBlocks() == .refused(.failed))
      let failure = chain.takeServingFailure()
      #expect(failure?.reason == "corrupted" && failure?.description.contains(file) == true)
      #expect(chain.servedBlock(old.hash, includeBody: false) == nil)
      #expect(chain.takeServingFailure()?.reason == "corrupted")
    }
    #expect(Answers(chain, address: address, newest: newest) == sound)
    #expect(chain.servedBlock(newest.hash, includeBody: false) == newest.withoutBody)
    #expect(chain.takeServingFailure() == nil && chain.storeFailure == nil)
    try world.grow(to: 20)
    try flip(after: key, in: file)
    #expect(oldBlocks() == soundBlocks)
    #expect(chain.servedBlock(old.hash, includeBody: true) == old)
  }

  /// Flips a bit in the byte behind each place of `key` in a file.
  private func flip(after key: [UInt8], in file: String) throws {
    let handle = try FileHandle(forUpdating: URL(filePath: file))
    defer { try? handle.close() }
    let bytes = try #require(try handle.read(upToCount: 4 << 20))
    var from = bytes.startIndex
    var count = 0
    while let place = bytes.range(of: Data(key), in: from..<bytes.endIndex) {
      try handle.seek(toOffset: UInt64(place.upperBound))
      try handle.write(contentsOf: Data([bytes[place.upperBound] ^ 1]))
      from = place.upperBound
      count += 1
    }
    #expect(count > 0)
  }

  @Test(.timeLimit(.minutes(1)), arguments: [false, true])
  func chunk_shouldVerifyAgainstTheBlockItNames_whileOthersPush(isOnDisk: Bool) throws {
    var world = try World(users: 40)
    let folder = TemporaryFolder()
    let store: any KeyValueStore =
      isOnDisk
      ? try LMDBStore(
        path: folder.path + "/store", owner: .chain(world.genesis.hash),
        options: .init(durability: .onRequest))
      : try MemoryStore(owner: .chain(world.genesis.hash))
    try stored(&world, in: store)
    let chain = world.chain
    let isOver = Lock(false)
    let group = DispatchGroup()
    let tallies = (0..<2).map { _ in Tally() }
    for (index, tally) in tallies.enumerated() {
      group.enter()
      Thread.detachNewThread {
        var random = SeededGenerator(seed: UInt64(index))
        while !isOver.withLock({ $0 }) || tally.served.withLock({ $0 }) < 20 {
          tally.ask(chain, &random)
        }
        group.leave()
      }
    }
    var heads: Set<Hash256> = []
    while chain.headNumber < 60 || tallies.contains(where: { $0.served.withLock { $0 } < 20 }) {
      heads.insert(try world.grow(to: chain.headNumber + 1)[0].block.hash)
      if chain.headNumber > 400 { break }
    }
    isOver.withLock { $0 = true }
    group.wait()
    for tally in tallies {
      #expect(tally.faults.withLock { $0 } == [])
      #expect(tally.served.withLock { $0 } >= 20)
    }
    #expect(chain.storeFailure == nil)
  }

  /// What one thread was served.
  private final class Tally: Sendable {
    let served = Lock(0)
    let faults = Lock<[String]>([])

    func ask(_ chain: Blockchain, _ random: inout SeededGenerator) {
      let start = random.chance(30) ? KeyNibbles.empty : KeyNibbles(bytes: random.bytes(2))
      let limit = 1 + random.below(20)
      switch chain.chunk(from: start, limit: limit, edges: .both) {
      case .chunk(let chunk, let id):
        guard let block = chain.block(id.hash) else { return fail("no block \(id)") }
        do {
          _ = try StateTrie(missing: .all).verify(
            chunk, from: start, edges: .both, stateRoot: block.header.stateRoot)
        } catch { fail("chunk at \(id): \(error)") }
      case let other: fail("\(other)")
      }
      let key = KeyNibbles(bytes: random.bytes(20))
      guard case .proof(let proof, let id) = chain.proof(of: [key]),
        let block = chain.block(id.hash),
        (try? proof.verify(root: block.header.stateRoot, keys: [key])) != nil
      else { return fail("proof") }
      served.withLock { $0 += 1 }
    }

    private func fail(_ what: String) { faults.withLock { $0.append(what) } }
  }

  /// Keys are counted until their values have the bytes, in memory and in a store alike.
  @Test func fittingKeys_shouldBeThoseWhoseValuesFit_butOneAlways() throws {
    let world = try World(users: 12)
    let stored = try Blockchain(
      genesis: world.genesis, state: .complete, verifier: World.verifier,
      store: try MemoryStore(owner: .chain(world.genesis.hash)))
    let items = world.chain.items()
    let keys = items.map(\.key)
    let sizes = items.map(\.value.count)
    for chain in [world.chain, stored] {
      for count in 1...keys.count {
        let bytes = sizes.prefix(count).reduce(0, +)
        #expect(chain.fittingCount(of: keys, bytesMax: bytes) == count)
        #expect(chain.fittingCount(of: keys, bytesMax: bytes - 1) == max(1, count - 1))
      }
      #expect(chain.fittingCount(of: [], bytesMax: 100) == 0)
    }
  }

  @Test func chunk_shouldSayWhatIsMissing_whenANodeHoldsAPart() throws {
    let world = try World(users: 40)
    for store in [nil, try MemoryStore(owner: .chain(world.genesis.hash))] {
      let node =
        try store.map {
          try Blockchain(
            genesis: world.genesis, state: .missing, verifier: World.verifier, store: $0)
        } ?? world.node(.missing)
      #expect(node.chunk(from: .empty, limit: 5) == .incomplete(.all))
      guard case .chunk(let chunk, let at) = world.chain.chunk(from: .empty, limit: 10) else {
        Issue.record("no chunk")
        return
      }
      try node.push(chunks: [ChunkPush(chunk: chunk, start: .empty, blockHash: at.hash)])
      let gap = try #require(node.missing.ranges.first)
      #expect(node.chunk(from: gap.start, limit: 5) == .incomplete(gap))
      #expect(node.chunk(from: .empty, limit: 100, edges: .last) == .incomplete(gap))
      guard case .chunk(let part, _) = node.chunk(from: .empty, limit: 100, edges: .both) else {
        Issue.record("a held part was not given")
        return
      }
      #expect(part.items == chunk.items && part.end == gap.start)
    }
  }
}
