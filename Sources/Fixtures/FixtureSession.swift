import EventLog
import Ledger
import LiveSync
import Messages
import Networking
import Peers
import Primitives
import Runtime
import StateTrie

/// A node under a fixture: the live sync of a full node, all of its queues and actors, with a real
/// chain whose state is missing, on the simulated runtime. Recording and replaying both drive it.
final class FixtureSession {
  private let runtime: SimulatedRuntime
  private let network = FixtureNetwork()
  private let log = FixtureLog()
  private let syncer: StateLiveSync
  /// The node's chain.
  let chain: Blockchain

  /// - Parameter seed: decides in which order jobs run; nothing of a fixture may depend on it.
  /// - Parameter chain: At its genesis block, with no state; one in memory if nil.
  init(genesis: Genesis, chunkItems: Int, seed: UInt64, chain: Blockchain? = nil) {
    runtime = SimulatedRuntime(seed: seed)
    let chain = chain ?? Blockchain(genesis: genesis, state: .missing)
    self.chain = chain
    let context = SyncContext(
      chain: chain, network: network, runtime: runtime,
      recorder: EventRecorder(sink: log, context: EventContext(node: "s0", actor: "node")))
    syncer = StateLiveSync(
      context: context,
      configuration: QueueConfiguration(
        blocksPerBatch: genesis.configuration.blocksPerBatch, includeBody: true),
      // A fixture answers one chunk request after another.
      chunkItems: chunkItems, strategy: .sequential)
  }

  /// Starts the node. The peer is known to it from the beginning.
  func start() {
    let (syncer, log) = (syncer, log)
    let events = chain.events()
    runtime.spawn("chain_events") {
      for await event in events { log.add(event) }
    }
    runtime.spawn("live_sync") { await syncer.run() }
    runtime.spawn("live_sync_events") {
      for await event in syncer { log.add(event) }
    }
    syncer.add(FixtureNetwork.peer)
  }

  /// Lets virtual time pass.
  func pass(milliseconds: UInt32) {
    runtime.advance(by: .milliseconds(Int64(milliseconds)), stepsMax: FixtureLimits.jobsPerStepMax)
  }

  /// Runs the node until it waits for something. False if it does not come to rest.
  func rest() -> Bool {
    runtime.runUntilIdle(stepsMax: FixtureLimits.jobsPerStepMax) == .done
  }

  /// Announces a block: its body first, as an honest peer does.
  func announce(_ block: Block) {
    if let body = block.body {
      network.announce(.blockBody, BodyAnnouncement(blockHash: block.hash, body: body).wireBytes)
    }
    network.announce(.blockHeader, HeaderAnnouncement(of: block).wireBytes)
  }

  /// The requests that wait for their answers.
  var pending: [FixtureNetwork.Pending] { network.pending }

  /// The chunk request that waits for its answer; there is one at a time.
  var pendingChunk: (request: RequestChunk, pending: FixtureNetwork.Pending)? {
    for pending in network.pending {
      if case .chunk(let request) = pending.request { return (request, pending) }
    }
    return nil
  }

  /// False if the node has taken its only peer out of the live sync.
  var hasPeer: Bool { !syncer.peers.isEmpty }

  /// What is seen of the node now, and what it did since the last call.
  func observe() -> FixtureObservation {
    let words = log.take()
    let records = network.takeRecords()
    let status = chain.status
    let items = chain.items()
    return FixtureObservation(
      number: status.head.number, head: status.head.hash, macro: status.macro.number,
      root: chain.stateRoot, items: UInt32(items.count),
      held: FixtureItems(items: items).digest, missing: status.missing.ranges.map(\.fixtureWord),
      chain: words.chain, live: words.live, chunks: words.chunks, state: words.state,
      requests: records.sent.sorted(), refused: words.refused.sorted(),
      gossip: records.reports.sorted())
  }

  /// Ends everything. Returns what is wrong at the end: tasks that do not end, or work outside the
  /// simulation; nil if nothing is.
  func shutdown() -> String? {
    let leaked = runtime.shutdown()
    if !leaked.isEmpty { return "tasks do not end: \(leaked.joined(separator: " "))" }
    return runtime.foreignJobs == 0 ? nil : "\(runtime.foreignJobs) jobs ran outside the runtime"
  }
}

extension KeyRange {
  /// Start and end in hexadecimal digits; no digits for the first key and for no end.
  var fixtureWord: String { "\(start.hex)-\(end?.hex ?? "")" }
}
