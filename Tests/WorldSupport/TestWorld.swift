import EventLog
import Ledger
import LiveSync
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing

/// A chain that grows, peers that serve it, and a node that joins.
package final class TestWorld: Sendable {
  package static let node = PeerID(0)

  package let backend: Backend
  package let runtime: any Runtime
  package let network: WorldNetwork
  package let genesis: Genesis
  /// The chain of the network: what honest peers serve.
  package let source: Blockchain
  package let producer: BlockProducer
  package let sink: MemorySink
  package let machine: Machine
  private let senders: [KeyPair]
  private let random: Lock<SeededGenerator>
  package let seed: UInt64
  /// Peers that announce, in turn.
  package let announcers = Lock<[PeerID]>([])
  /// Whether the chain stands still for a while.
  package let isPaused = Lock(false)

  /// What runs the world.
  package enum Machine {
    case simulated(SimulatedRuntime)
    case system(WatchedRuntime)
  }

  package init(
    seed: UInt64, _ backend: Backend = .simulated, accounts: Int = 400,
    blocksPerBatch: UInt32 = 8, latency: Duration = .milliseconds(20)
  ) throws {
    self.seed = seed
    self.backend = backend
    switch backend.kind {
    case .simulated:
      let simulated = SimulatedRuntime(seed: seed)
      machine = .simulated(simulated)
      runtime = simulated
      network = WorldNetwork(simulated, latency: latency)
    case .system:
      let system = WatchedRuntime(SystemRuntime(seed: seed))
      machine = .system(system)
      runtime = system
      network = WorldNetwork(system, latency: latency / Backend.haste)
    case .sockets:
      let loop = try EventLoopRuntime(seed: seed)
      let system = WatchedRuntime(loop)
      machine = .system(system)
      runtime = system
      network = WorldNetwork(system, loop)
    }
    var random = SeededGenerator(seed: seed)
    func pair(_ tag: UInt8, _ index: Int) -> KeyPair {
      KeyPair(seed: Blake2b256.hash([tag, UInt8(index & 255), UInt8(seed & 255)]))
    }
    let validators = (0..<4).map { pair(1, $0) }
    senders = (0..<6).map { pair(2, $0) }
    var entries = senders.map {
      GenesisAccount(
        address: Address(of: $0.publicKey), account: Account(balance: 1_000_000_000))
    }
    for _ in 0..<accounts {
      let address = try #require(Address(bytes: random.bytes(20)))
      entries.append(
        GenesisAccount(
          address: address, account: Account(balance: UInt64(1 + random.below(1_000)))))
    }
    let set = try #require(
      ValidatorSet(validators.map { Validator(publicKey: $0.publicKey, slots: 1) }))
    genesis = try Genesis(
      configuration: ChainConfiguration(
        blocksPerBatch: blocksPerBatch, batchesPerEpoch: 3, slotCount: 4),
      timestamp: 1_000, accounts: entries, validators: set)
    source = Blockchain(genesis: genesis, state: .complete)
    producer = BlockProducer(chain: source, keys: validators)
    let runtime = runtime
    sink = MemorySink(now: { runtime.now.nanoseconds })
    self.random = Lock(random)
    _ = network.endpoint(Self.node)
    network.join(Self.node)
  }

  /// Peers that serve the source chain, connected.
  package func addHonest(_ numbers: Range<UInt32>) {
    for number in numbers {
      let peer = PeerID(number)
      serve(source, as: peer)
      announcers.withLock { $0.append(peer) }
    }
  }

  /// Honest peers that connect a while later.
  package func addHonest(_ numbers: Range<UInt32>, after pause: Duration) {
    runtime.spawn("late peers") {
      try? await self.pause(pause)
      self.addHonest(numbers)
    }
  }

  /// A peer that serves `chain`, connected.
  package func serve(_ chain: Blockchain, as peer: PeerID) {
    let context = SyncContext(
      chain: chain, network: network.endpoint(peer), runtime: runtime, recorder: .none)
    RequestServer(context: context).start()
    network.join(peer)
  }

  /// The node under test.
  package func makeNode(
    chunkItems: Int = 20, strategy: SyncStrategy = .parallel, chain: Blockchain? = nil,
    services: (SyncContext) -> [any NodeService] = { _ in [] }
  ) -> FullNode {
    FullNode(
      chain: chain ?? Blockchain(genesis: genesis, state: .missing),
      network: network.endpoint(Self.node), runtime: runtime, sink: sink,
      configuration: NodeConfiguration(name: "s0", chunkItems: chunkItems, strategy: strategy),
      services: services)
  }

  /// Makes the next block with a few transfers and pushes it; announces it if asked to.
  @discardableResult
  package func produce(transfers: Int = 3, announce: Bool = true) async throws -> Block {
    let isMicro = !genesis.configuration.isMacro(at: source.headNumber + 1)
    let made = try producer.next(
      transactions: isMicro ? try transactions(transfers) : [])
    try source.push(made.block)
    if announce { await self.announce(made.block) }
    return made.block
  }

  package func announce(_ block: Block) async {
    let peer = announcers.withLock { list -> PeerID? in
      let connected = network.endpoint(Self.node).connectedPeers()
      let live = list.filter { connected.contains($0) }
      return live.isEmpty ? nil : live[Int(block.number) % live.count]
    }
    guard let peer else { return }
    await network.endpoint(peer).announce(block)
  }

  package func transactions(_ count: Int) throws -> [Transaction] {
    try senders.prefix(count).map { pair in
      guard case .present(let account) = source.account(Address(of: pair.publicKey)) else {
        throw WorldError.senderMissing
      }
      let bytes = random.withLock { random -> [UInt8] in
        random.chance(30)
          ? random.bytes(20) : Array(self.genesis.accounts[random.below(200)].address.bytes)
      }
      guard let to = Address(bytes: bytes) else { throw WorldError.senderMissing }
      return Transaction.signed(
        by: pair, network: genesis.configuration.network, nonce: account.nonce, fee: 1,
        action: .transfer(to: to, amount: 10))
    }
  }

  /// Makes blocks without announcing them.
  package func grow(_ count: Int) async throws {
    for _ in 0..<count { try await produce(announce: false) }
  }

  /// Lets the chain grow and announces each block, until cancelled.
  package func produceForever(every interval: Duration = .seconds(1)) async {
    while !Task.isCancelled {
      guard (try? await pause(interval)) != nil else { return }
      if isPaused.withLock({ $0 }) { continue }
      do { try await produce() } catch { Issue.record("no block was made: \(error)") }
    }
  }

  /// What a part of the node works with when it is tried alone, on a chain with a complete state.
  package func context() -> SyncContext {
    SyncContext(
      chain: Blockchain(genesis: genesis, state: .complete),
      network: network.endpoint(Self.node), runtime: runtime,
      recorder: EventRecorder(sink: sink, context: .init(node: "s0", actor: "test")))
  }

  /// Reasons why `peer` was banned, in order.
  package func bans(of peer: PeerID) -> [String] {
    sink.events.compactMap {
      if case Event.Peer.banned(peer, let reason) = $0.group { reason } else { nil }
    }
  }

  package func count(_ name: String) -> Int { sink.events.count { $0.name == name } }
}

package enum WorldError: Error {
  case senderMissing
  case chunkMissing
}
