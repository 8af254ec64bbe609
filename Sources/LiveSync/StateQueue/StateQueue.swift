import EventLog
import Ledger
import Networking
import Peers
import Primitives
import Runtime
import StateTrie

/// Joins blocks and their diffs with chunks of the state, and asks for chunks until the state is
/// complete. A shell over a `ChunkCore`: one chunk at a time, or many ranges in parallel.
public actor StateQueue: LiveSyncQueue {
  /// Work for the task group of `run()`.
  enum Order: Sendable {
    case request(ChunkQuery)
    case ask(ChunkOrder)
    case retry(after: Duration)
    case expectBlock(number: UInt32, hash: Hash256, peer: PeerID)
  }

  let context: SyncContext
  let client: RequestClient
  var core: any ChunkCore<Block>
  var account = ChunkAccount()
  /// States that were found to have a wrong root, and given up.
  var wrongStates = WrongStates()
  private let configuration: QueueConfiguration
  /// What gives ranges besides the peers' heads; nil if nothing.
  let source: (any RangeSource)?
  private let orders = Mailbox<Order>(capacity: PeerLimits.ordersMax)
  /// The queue that blocks with diffs come from.
  public nonisolated let diffQueue: DiffQueue
  private nonisolated let outputs = Mailbox<SyncOutput>(capacity: LiveSyncLimits.outputsMax)

  public init(
    context: SyncContext, configuration: QueueConfiguration, chunkItems: Int? = nil,
    strategy: SyncStrategy = .parallel, source: (any RangeSource)? = nil
  ) {
    self.source = source
    self.context = context.actor("state_queue")
    client = RequestClient(
      context: self.context, type: .chunk, isUrgent: false)
    self.configuration = configuration
    core = strategy.makeCore(
      configuration, chunkItems: chunkItems, isComplete: context.chain.stateComplete)
    diffQueue = DiffQueue(context: context, configuration: configuration)
  }

  /// Works until the task is cancelled.
  public func run() async {
    // A store may hold a state that is not the head's.
    await giveUpWrongState()
    await withDiscardingTaskGroup { group in
      group.addTask { await self.diffQueue.run() }
      group.addTask { await self.readBlocks() }
      group.addTask { await self.followChain() }
      group.addTask { await self.followPeers() }
      group.addTask { await self.client.run() }
      for await order in orders {
        group.addTask { await self.execute(order) }
      }
    }
    outputs.finish()
  }

  public nonisolated func next() async -> SyncOutput? { await outputs.next() }

  public var isStateComplete: Bool { core.isComplete }
  public var bufferedBlockCount: Int { get async { await diffQueue.blockQueue.bufferedCount } }
  /// Chunks that wait for their blocks.
  public var bufferedChunkCount: Int { core.bufferedCount }
  /// Chunk requests on their way.
  public var inFlightCount: Int { core.inFlightCount }
  /// Everything about the state at one moment.
  package var reading: StateReading {
    get async {
      let diffs = await diffQueue.traffic
      let view = look(at: context.chain.view)
      return StateReading(
        buffered: core.bufferedCount, inFlight: core.inFlightCount, forwarded: core.forwardedCount,
        lacking: core.lackingCount(view), account: account, diffs: diffs,
        wrongRoots: wrongStates.count, offer: view.offer)
    }
  }

  /// Lets the core take one event, with one view of the world.
  func step(
    _ event: (inout any ChunkCore<Block>, PlannerView, ChainView) -> [StateQueueAction<Block>]
  ) async {
    let chain = context.chain.view
    await perform(event(&core, planned(chain), chain))
  }

  /// What the core is told of the world: while the state is whole, nothing that it does not use.
  private func planned(_ chain: ChainView) -> PlannerView {
    guard core.isComplete, chain.missing.isEmpty, source == nil else { return look(at: chain) }
    let now = context.runtime.now
    context.peers.forgive(at: now)
    return PlannerView(now: now, peers: [])
  }

  private func look(at chain: ChainView) -> PlannerView {
    let now = context.runtime.now
    let (usual, losses) = context.network.pace { ($0.usualTime, $0.losses) }
    // Where the chain makes blocks meanwhile, what it takes to come and go is no waiting.
    let roundTrip = context.blocks(in: usual) > 0 ? usual ?? .zero : .zero
    return PlannerView(
      now: now, peers: wrongStates.doubt(chain.headHash) ? [] : context.peers.peers,
      silent: context.peers.ranked(at: now, for: .chunk).silent,
      urgentWait: max(.zero, context.urgent.longestWait(at: now) - roundTrip), losses: losses,
      offer: source?.offer(window: window.windowAheadMax))
  }

  /// How far the queue looks on a line as long as it is measured to be.
  var window: QueueConfiguration {
    configuration.widened(by: context.blocksInLongTime)
  }

  // MARK: Input

  public func insert(_ block: Block, source: BlockSource) async {
    await diffQueue.blockQueue.insert(block, source: source)
  }

  public func resolve(
    _ hash: Hash256, number: UInt32, firstPeer: PeerID?
  ) async -> ResolveOutcome {
    await diffQueue.blockQueue.resolve(hash, number: number, firstPeer: firstPeer)
  }

  public func isExpected(_ hash: Hash256) async -> Bool {
    await diffQueue.blockQueue.isExpected(hash)
  }

  public func pushed(_ report: PushReport) async {
    let block = report.block.block
    record(report.block.chunks, report.chunks)
    if let root = report.wrongRoot { noteWrongRoot(root) }
    // No block can be taken any more, and none will say why.
    if report.error?.kind == .damagedState { await giveUpWrongState() }
    await step {
      $0.pushed(
        block.hash, number: block.number, chunks: report.block.chunks, result: report.chunks,
        $1, chain: $2)
    }
    await diffQueue.pushed(diffBytes: report.block.diff?.heapBytes ?? 0)
    await diffQueue.blockQueue.pushed(report.block, report.verdict)
  }

  public func applied(_ report: ChunkReport) async {
    record(report.chunks, report.verdict)
    if let root = report.wrongRoot { noteWrongRoot(root) }
    await step { $0.applied(report.chunks, result: report.verdict, $1, chain: $2) }
  }

  /// Gives the state up if it is not the head's. If the store fails, `storeFailure` tells.
  private func giveUpWrongState() async {
    let chain = context.chain
    let root = await context.writer.run { (try? chain.giveUpWrongState()) ?? nil }
    if let root { noteWrongRoot(root) }
  }

  private func noteWrongRoot(_ root: Hash256) {
    let head = context.chain.head
    wrongStates.note(under: head.hash)
    recordWrongRoot(root, under: head)
  }

  private func readBlocks() async {
    for await batch in diffQueue.outputs { await perform(core.add(batch)) }
  }

  private func followChain() async {
    while !Task.isCancelled {
      // A stream that ends without cancellation has lost events, perhaps the one that made the
      // state complete or took a part of it back.
      let events = context.chain.events()
      await step { $0.chainChanged(.advanced, $1, chain: $2) }
      for await event in events {
        guard let change = event.stateChange else { continue }
        await step { $0.chainChanged(change, $1, chain: $2) }
      }
    }
  }

  /// A new peer is asked at once.
  private func followPeers() async {
    for await _ in context.peers.additions() {
      await step { $0.advance($1, chain: $2) }
    }
  }

  // MARK: Actions

  private func perform(_ actions: [StateQueueAction<Block>]) async {
    var givenUp: [BlockEnvelope<Block>] = []
    var diffsAreNeeded: Bool?
    for action in actions {
      switch action {
      case .deliver(let batch):
        if !outputs.offer(.blocks(batch)) {
          context.overflow("state_outputs", limit: outputs.capacity)
          givenUp += batch.blocks
        }
      case .applyHead(let chunks):
        if !outputs.offer(.chunks(chunks)) {
          context.overflow("state_outputs", limit: outputs.capacity)
          await applied(
            ChunkReport(
              chunks: chunks, verdict: ChunkVerdict(ignored: chunks.count)))
        }
      case .request(let query): order(.request(query))
      case .ask(let chunkOrder): order(.ask(chunkOrder))
      case .retry(let pause), .wake(let pause): order(.retry(after: pause))
      case .demote(let peer, let reason): demote(peer, reason)
      case .expectBlock(let number, let hash, let peer):
        order(.expectBlock(number: number, hash: hash, peer: peer))
      case .buffered(let chunk): context.recorder.record(.chunk(chunk.event(Event.Chunk.buffered)))
      case .discard(let chunk, let reason):
        account.discarded(chunk)
        recordDiscard(of: chunk, reason)
      case .prune(let chunk, let reason):
        account.discarded(chunk)
        context.recorder.record(
          .chunk(chunk.event(Event.Chunk.pruned, reason: reason.rawValue)))
      case .refuse(let chunk, let reason): context.ban(chunk, reason: reason)
      case .behind(let peer): context.leave(peer, reason: "chunk")
      case .ahead(let peer): context.noteAhead(peer, reason: "chunk")
      case .reset(let reason):
        let start = context.chain.missing.first ?? .empty
        context.recorder.record(.state(.reset(startKey: start, reason: reason.rawValue)))
      case .completed: diffsAreNeeded = false
      case .incompleteAgain: diffsAreNeeded = true
      }
    }
    if let diffsAreNeeded { await switchDiffs(diffsAreNeeded) }
    for block in givenUp { await pushed(PushReport(block: block, verdict: .failed)) }
  }

  /// For other kinds of requests the peer comes after the others too, for a while.
  private func demote(_ peer: PeerID, _ reason: PeerDemotion) {
    let end = context.runtime.now.advanced(by: PeerLimits.demotionTime)
    if context.peers.demote(peer, for: .chunk, until: end) {
      context.recorder.record(.peer(.demoted(peer: peer.number, reason: reason.rawValue)))
    }
  }

  private func switchDiffs(_ areNeeded: Bool) async {
    let chain = context.chain.view
    let head = chain.head
    if areNeeded {
      context.recorder.record(
        .state(
          .incomplete(
            block: head.number, hash: head.hash,
            missingRanges: chain.missing.ranges.count, reason: "incomplete_again")))
    } else {
      context.recorder.record(
        .state(.complete(block: head.number, hash: head.hash, items: chain.itemCount)))
      source?.completed()
    }
    await diffQueue.setActive(areNeeded)
  }

  /// Requests and buffered chunks are bounded, and each has one order at a time; the mailbox has
  /// room for all.
  private func order(_ order: Order) {
    if !orders.offer(order) { context.overflow("state_orders", limit: orders.capacity) }
  }
}
