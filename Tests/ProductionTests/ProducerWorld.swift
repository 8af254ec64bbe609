import EventLog
import Ledger
import LoopbackNetworking
import Networking
import Node
import Peers
import Primitives
import Production
import Runtime
import SimulatedNetworking
import Storage
import TestSupport
import Testing
import WorldSupport

/// A chain that producers make, and nodes around them.
final class ProducerWorld: Sendable {
  let world: TestWorld
  let file: GenesisFile
  /// The keys of the validators, in the order of the set.
  let keys: [KeyPair]
  var runtime: any Runtime { world.runtime }

  /// - Parameter blocksPerBatch: every so many blocks one is a macro block; three are an epoch.
  init(
    seed: UInt64, _ backend: Backend = .simulated, validators: Int = 4, slots: Int = 4,
    accounts: Int = 200, keyed: Int = 20, blocksPerBatch: UInt32 = 8
  ) throws {
    let pairs = (0..<validators).map {
      KeyPair(seed: Blake2b256.hash([3, UInt8($0), UInt8(seed & 255)]))
    }
    keys = pairs.sorted { $0.publicKey < $1.publicKey }
    let list = keys.enumerated().map { index, pair in
      Validator(
        publicKey: pair.publicKey,
        slots: UInt16(slots / validators + (index < slots % validators ? 1 : 0)))
    }
    file = try GenesisFile(
      configuration: ChainConfiguration(
        blocksPerBatch: blocksPerBatch, batchesPerEpoch: 3, slotCount: UInt16(slots),
        blockIntervalMilliseconds: backend.isSimulated ? 1_000 : 40),
      timestamp: 1_700_000_000_000, validators: try #require(ValidatorSet(list)),
      generated: GeneratedAccounts(count: accounts, seed: seed, keyed: keyed, balance: 1_000_000))
    world = try TestWorld(seed: seed, backend)
  }

  /// A chain of this world.
  func chain(_ state: InitialState, store: (any KeyValueStore)? = nil) throws -> Blockchain {
    guard let store else { return Blockchain(genesis: file.genesis, state: state) }
    return try Blockchain(genesis: file.genesis, state: state, store: store)
  }

  func store(on disk: MemoryDisk = MemoryDisk()) throws -> MemoryStore {
    try MemoryStore(on: disk, owner: .chain(file.genesis.hash))
  }

  /// A node that makes blocks with `keys`; it is not running yet.
  func producer(
    _ number: UInt32, keys: [KeyPair], transactions: Int = 0, chain: Blockchain? = nil,
    store: (any KeyValueStore)? = nil, skipAfter: Duration? = nil
  ) throws -> Made {
    let store = try store ?? self.store()
    let settle: Duration = world.backend.isSimulated ? .seconds(1) : .milliseconds(50)
    let configuration = ProducerConfiguration(
      keys: keys, clock: WallClock(startingAt: file.genesis.timestamp, runtime),
      skipAfter: skipAfter, settle: settle, transactionsPerBlock: transactions,
      testKeys: file.testKeys)
    return try make(number, chain: try chain ?? self.chain(.complete)) { context, relay in
      [Producer(context: context, configuration: configuration, relay: relay, store: store)]
    }
  }

  /// A node that makes no blocks.
  func follower(_ number: UInt32, _ state: InitialState = .missing) throws -> Made {
    try make(number, chain: try chain(state)) { _, _ in [] }
  }

  /// A node with what tests need of it.
  struct Made: Sendable {
    let node: FullNode
    let relay: TransactionRelay
    let sink: MemorySink
    let peer: PeerID
    var chain: Blockchain { node.chain }

    func count(_ name: String) -> Int { sink.events.count { $0.name == name } }
  }

  private func make(
    _ number: UInt32, chain: Blockchain,
    _ more: (SyncContext, TransactionRelay) -> [any NodeService]
  ) throws -> Made {
    let peer = PeerID(number)
    let runtime = runtime
    let sink = MemorySink(now: { runtime.now.nanoseconds })
    var relay: TransactionRelay?
    let node = FullNode(
      chain: chain, network: world.network.endpoint(peer), runtime: runtime, sink: sink,
      configuration: NodeConfiguration(name: "n\(number)", chunkItems: 50)
    ) { context in
      let made = TransactionRelay(context: context)
      relay = made
      return [made] + more(context, made)
    }
    return Made(node: node, relay: try #require(relay), sink: sink, peer: peer)
  }

  /// Connects a node and lets it run.
  @discardableResult
  func start(_ made: Made) -> SpawnedTask {
    world.network.join(made.peer)
    return runtime.spawn("node \(made.peer)") { await made.node.run() }
  }

  /// Disconnects a node and ends it.
  func stop(_ made: Made, _ task: SpawnedTask) async {
    world.network.leave(made.peer)
    task.cancel()
    await task.value
  }

  /// Waits until the chain has this height.
  func wait(_ chain: Blockchain, for height: UInt32, limit: Duration = .seconds(120)) async -> Bool
  {
    await world.wait(limit) { chain.headNumber >= height }
  }

  /// All blocks of a chain after the first, which are final up to its last macro block.
  func blocks(_ chain: Blockchain) -> [Block] {
    (1...max(1, chain.headNumber)).compactMap { chain.block(at: $0) }
  }
}
