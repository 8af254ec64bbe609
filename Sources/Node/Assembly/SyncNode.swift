import EventLog
import Ledger
import LiveSync
import Locking
import Networking
import Peers
import Primitives
import Runtime

/// What a node is told beforehand.
public struct NodeConfiguration: Sendable {
  /// Who speaks in the event log, such as "s0".
  public var name: String
  /// Windows and buffers; the reference's values for the chain if nil.
  public var queue: QueueConfiguration?
  /// Most items asked for in one chunk, 1…`MessageLimits.chunkItemsMax`.
  public var chunkItems: Int
  /// How the state is filled.
  public var strategy: SyncStrategy
  /// How many requests others may send.
  public var rateLimits: RateLimits
  /// Time without progress after which the node says that it is stalled, and why.
  public var stallAfter: Duration

  public init(
    name: String, queue: QueueConfiguration? = nil,
    chunkItems: Int? = nil, strategy: SyncStrategy = .parallel,
    rateLimits: RateLimits = RateLimits(), stallAfter: Duration = NodeLimits.stallAfter
  ) {
    self.name = name
    self.queue = queue
    self.chunkItems = chunkItems ?? strategy.chunkItems
    self.strategy = strategy
    self.rateLimits = rateLimits
    self.stallAfter = stallAfter
  }
}

/// A node: follows the network's chain, serves others, and writes down everything it does.
///
/// Give it a chain, a network, a runtime and a sink, and let `run()` run; everything it starts is a
/// child of that call and ends with it.
public final class SyncNode<Queue: LiveSyncQueue>: Sendable {
  private let context: SyncContext
  /// Following the chain; iterated by `run()`.
  public let liveSync: LiveSyncer<Queue>
  private let server: RequestServer
  private let consensus: ConsensusJudge
  private let reporter: ProgressReporter<Queue>
  /// What works as long as the node does.
  private let services: [any NodeService]
  private let subscribers = Broadcaster<LiveSyncEvent>(
    capacity: NodeLimits.subscriberEventsMax, whenFull: .loseOldest)

  init(
    context: SyncContext, configuration: NodeConfiguration, queueConfiguration: QueueConfiguration,
    liveSync: LiveSyncer<Queue>, source: (any StateSource)? = nil,
    carrier: (any StateCarrier)? = nil,
    more: (SyncContext) -> [any NodeService],
    readState: @escaping @Sendable (Queue) async -> StateReading
  ) {
    self.context = context
    self.liveSync = liveSync
    let consensus = ConsensusJudge(context: context)
    self.consensus = consensus
    server = RequestServer(context: context)
    let syncer = Syncer(
      context: context, configuration: queueConfiguration, source: source,
      carrier: carrier, resolve: { await liveSync.resolveBlock($0, number: $1, firstPeer: $2) },
      goLive: { liveSync.add($0) })
    reporter = ProgressReporter(
      context: context, consensus: consensus, liveSync: liveSync, syncer: syncer,
      stallAfter: configuration.stallAfter, readState: readState)
    let own: [any NodeService] = [
      ChainRecorder(context: context, consensus: consensus), liveSync, syncer,
      HeadFollower(context: context, consensus: consensus, liveSync: liveSync), reporter,
    ]
    services = own + (source.map { [$0] } ?? []) + (carrier.map { [$0] } ?? []) + more(context)
  }

  /// The chain of this node.
  public var chain: Blockchain { context.chain }
  /// The local peer.
  public var peer: PeerID { context.network.local }
  /// The peers of live sync, in order.
  public var peers: [PeerID] { context.peers.peers }

  /// Works until the task is cancelled; to be called once.
  public func run() async {
    let view = chain.view
    context.recorder.record(
      .node(
        .started(
          block: view.headNumber, hash: view.headHash, missingRanges: view.missing.ranges.count)))
    server.start()
    await withDiscardingTaskGroup { group in
      for service in services { group.addTask { await service.run() } }
      for await event in liveSync { self.handle(event) }
      group.cancelAll()
    }
    subscribers.finish()
    if let failure = chain.storeFailure { await serveOnly(after: failure) }
    context.recorder.record(.node(.stopped(reason: "cancelled")))
  }

  /// The store failed: nothing is asked for any more, since nothing of it could be kept. What can
  /// be read is served until the task is cancelled; an operator has to make room, or give the store
  /// up.
  private func serveOnly(after failure: LedgerStoreError) async {
    let now = context.runtime.now
    context.recorder.record(
      .stall(
        .detected(blocker: .storeFailed, sinceNs: now.nanoseconds, detail: failure.description)))
    consensus.look()
    while !Task.isCancelled {
      try? await context.runtime.sleep(for: NodeLimits.peerRecheckInterval)
    }
  }

  /// What live sync does from now on. A subscriber that does not read loses the oldest of
  /// `NodeLimits.subscriberEventsMax` events.
  public func events() -> AsyncStream<LiveSyncEvent> { subscribers.subscribe() }

  /// Announces a block that was made here, after it was pushed into the chain.
  public func announce(_ block: Block) async {
    await context.network.announce(block)
  }

  /// Where the node stands now.
  public func progress() async -> SyncProgress { await reporter.progress() }

  private func handle(_ event: LiveSyncEvent) {
    switch event {
    case .acceptedAnnouncedBlock: consensus.acceptedAnnouncement()
    case .acceptedBufferedBlock, .receivedMissingBlocks, .rejectedBlock, .acceptedChunks:
      consensus.look()
    }
    subscribers.send(event)
  }
}

/// A node that gathers the state: the one this program is about.
public typealias FullNode = SyncNode<StateQueue>

/// A node that follows blocks only.
public typealias BlockNode = SyncNode<BlockQueue>

extension SyncNode where Queue == StateQueue {
  /// A node that follows `chain`, whose state may be complete, partial or missing.
  /// - Parameters:
  ///   - services: makes what is to work beside the node's own services.
  ///   - source: makes another way to the state than chunks of the peers' heads; used by the
  ///     parallel strategy.
  ///   - carrier: makes what brings an old state along when the node jumps.
  public convenience init(
    chain: Blockchain, network: any Network, runtime: any Runtime, sink: any EventSink,
    configuration: NodeConfiguration, services: (SyncContext) -> [any NodeService] = { _ in [] },
    source: (SyncContext) -> (any StateSource)? = { _ in nil },
    carrier: (SyncContext) -> (any StateCarrier)? = { _ in nil }
  ) {
    let (context, queue) = SyncContext.make(chain, network, runtime, sink, configuration)
    let source = configuration.strategy == .parallel ? source(context) : nil
    self.init(
      context: context, configuration: configuration, queueConfiguration: queue,
      liveSync: StateLiveSync(
        context: context, configuration: queue, chunkItems: configuration.chunkItems,
        strategy: configuration.strategy, source: source), source: source,
      carrier: carrier(context),
      more: services
    ) { await $0.reading }
  }
}

extension SyncNode where Queue == BlockQueue {
  /// A node that follows `chain`: with complete state it executes blocks, without state it follows
  /// headers.
  public convenience init(
    chain: Blockchain, network: any Network, runtime: any Runtime, sink: any EventSink,
    configuration: NodeConfiguration, services: (SyncContext) -> [any NodeService] = { _ in [] }
  ) {
    let (context, queue) = SyncContext.make(chain, network, runtime, sink, configuration)
    self.init(
      context: context, configuration: configuration, queueConfiguration: queue,
      liveSync: BlockLiveSync(context: context, configuration: queue), more: services
    ) { _ in .none }
  }
}

extension SyncContext {
  fileprivate static func make(
    _ chain: Blockchain, _ network: any Network, _ runtime: any Runtime, _ sink: any EventSink,
    _ configuration: NodeConfiguration
  ) -> (SyncContext, QueueConfiguration) {
    let recorder = EventRecorder(
      sink: sink, context: EventContext(node: configuration.name, actor: "node"))
    let queue =
      configuration.queue
      ?? QueueConfiguration(
        blocksPerBatch: chain.configuration.blocksPerBatch, includeBody: chain.holdsState)
    return (
      SyncContext(
        chain: chain, network: network, runtime: runtime, recorder: recorder,
        rateLimits: configuration.rateLimits), queue
    )
  }
}
