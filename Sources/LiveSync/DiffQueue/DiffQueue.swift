import EventLog
import Ledger
import Locking
import Messages
import Networking
import Peers
import Primitives
import Runtime
import StateTrie
import Synchronization

/// Joins the blocks of a block queue with their trie diffs. A shell over `DiffQueueCore`.
public actor DiffQueue {
  /// Work for the task group of `run()`.
  private enum Order: Sendable {
    case request(DiffQuery)
    case wait(id: UInt64, Duration)
  }

  private let context: SyncContext
  private let client: RequestClient
  private var core: DiffQueueCore<Block>
  /// Verified diffs so far.
  private var verified = DiffTraffic()
  /// Bytes of diffs that were pushed and that the core was not told of yet.
  private nonisolated let pushedBytes = Lock(0)
  /// True while the core looks for no more diffs until it is told.
  private nonisolated let isCrowded = Atomic(false)
  private let orders = Mailbox<Order>(capacity: PeerLimits.ordersMax)
  /// The queue that blocks come from.
  public nonisolated let blockQueue: BlockQueue
  /// What is ready for the next stage.
  nonisolated let outputs = Mailbox<BlockBatch<Block>>(capacity: LiveSyncLimits.outputsMax)

  public init(context: SyncContext, configuration: QueueConfiguration) {
    self.context = context.actor("diff_queue")
    client = RequestClient(context: self.context, type: .trieDiff, isUrgent: true)
    core = DiffQueueCore(isActive: !context.chain.stateComplete)
    blockQueue = BlockQueue(context: context, configuration: configuration)
  }

  /// Works until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.blockQueue.run() }
      group.addTask { await self.readBlocks() }
      group.addTask { await self.followChain() }
      group.addTask { await self.client.run() }
      for await order in orders {
        switch order {
        case .request(let query):
          group.addTask { await self.request(query) }
        case .wait(let id, let pause):
          group.addTask { await self.wait(id, pause) }
        }
      }
    }
    outputs.finish()
  }

  /// Verified diffs so far, read at one moment.
  var traffic: DiffTraffic {
    var traffic = verified
    traffic.empty = core.emptyDiffCount
    traffic.waiting = core.waitingDiffCount
    return traffic
  }

  /// True while blocks need their diffs.
  public var isActive: Bool { core.isActive }

  /// The state became complete or incomplete.
  public func setActive(_ active: Bool) async {
    await perform(core.setActive(active))
  }

  private func readBlocks() async {
    for await batch in blockQueue.outputs {
      // An operator may have given the state up since the last chain event; without its diff the
      // next block could not be pushed, and no event would ever come.
      if !core.isActive, context.chain.needsDiffs { await perform(core.setActive(true)) }
      await settle()
      await perform(core.add(batch))
    }
  }

  private func followChain() async {
    while !Task.isCancelled {
      for await _ in context.chain.events() {
        await perform(core.chainChanged(chain: context.chain.view))
      }
    }
  }

  /// A block was pushed, or given up on its way to the chain, with a diff of so many bytes.
  nonisolated func pushed(diffBytes bytes: Int) async {
    guard bytes > 0 else { return }
    pushedBytes.withLock { $0 += bytes }
    if isCrowded.load(ordering: .relaxed) { await settle() }
  }

  /// Tells the core what was pushed.
  private func settle() async {
    let bytes = pushedBytes.withLock { bytes in
      defer { bytes = 0 }
      return bytes
    }
    if bytes > 0 { await perform(core.pushed(diffBytes: bytes)) }
  }

  // MARK: Requests

  /// One round: each peer is asked at most once, and again as long as it may have it soon.
  private func request(_ query: DiffQuery) async {
    guard let header = core.block(of: query.id)?.header else { return }
    let answer = await client.ask(
      RequestTrieDiff(blockHash: query.blockHash),
      tries: RequestTries(
        first: query.firstPeer, triesMin: 1, triesMax: PeerLimits.peersMax),
      isPatient: false,
      willAsk: { peer, attempt in
        context.recorder.record(
          .diff(
            .requested(
              peer: peer.number, block: query.number, hash: query.blockHash, attempt: attempt)))
      },
      wasDenied: { await perform(core.denied(query.id)) },
      handling: handling(of: query, header))
    switch answer {
    case .value(let diff, let peer):
      await take(diff, for: query, from: peer)
    case .failed(let reason, let isSoon):
      await roundFailed(query, reason: reason, isSoon: isSoon)
    case .noPeers:
      await roundFailed(query, reason: "no_peers", isSoon: false)
    case .cancelled:
      break
    }
  }

  private nonisolated func handling(
    of query: DiffQuery, _ header: BlockHeader
  ) -> RequestClient.Handling<TrieDiffResponse, TrieDiff> {
    RequestClient.Handling(
      judge: { response, _ in
        #if MUTANTS
          if Mutant.isOn(.noDiffCommitment), case .partialDiff(let diff) = response {
            return .use(diff)
          }
        #endif
        return switch response {
        case .partialDiff(let diff) where diff.root == query.diffRoot: .use(diff)
        case .partialDiff(let diff):
          .refuse(
            reason: AnswerError.diffRootMismatch.reason, evidence: .diff(header, diff))
        case .unknownBlockHash: .notYet(reason: "unknown_block")
        case .incompleteState: .next(reason: "incomplete_state")
        }
      },
      didFail: { [context] peer, verdict in
        context.recorder.record(
          .diff(
            .rejected(
              peer: peer.number, block: query.number, hash: query.blockHash,
              reason: verdict.reason ?? "")))
      },
      cameLate: { [self] diff, peer in await take(diff, for: query, from: peer, isLate: true) })
  }

  /// A verified diff is here. It may be of use even if its round has ended meanwhile.
  private func take(
    _ diff: TrieDiff, for query: DiffQuery, from peer: PeerID, isLate: Bool = false
  ) async {
    core.requestsMax = requestsAtOnce
    guard core.block(of: query.id) != nil else { return }
    let bytes = diff.wireBytes.count
    verified.add(diff, bytes: bytes)
    context.recorder.record(
      .diff(
        .accepted(
          peer: peer.number, block: query.number, hash: query.blockHash,
          entries: diff.entries.count, bytes: bytes)))
    await settle()
    await perform(core.answered(query.id, diff, isLate: isLate))
  }

  /// Rounds at a time: where a round trip is longer than the time between blocks, more of them have
  /// to be on their way to keep up with the chain.
  private var requestsAtOnce: Int {
    let blocks = min(context.blocksInRoundTrip, LiveSyncLimits.diffRequestsMax)
    let wanted = blocks * LiveSyncLimits.diffRequestsPerBlock
    return min(max(wanted, LiveSyncLimits.diffRequestsMin), LiveSyncLimits.diffRequestsMax)
  }

  /// - Parameter isSoon: whether somebody may have the diff soon.
  private func roundFailed(_ query: DiffQuery, reason: String, isSoon: Bool) async {
    let actions = core.roundFailed(query.id, soon: isSoon ? client.hedgeDelay : nil)
    var pause = Duration.zero
    for case .wait(query.id, let duration) in actions { pause = duration }
    context.recorder.record(
      .diff(
        .failed(
          block: query.number, hash: query.blockHash, reason: reason,
          backoffNs: pause.wholeNanoseconds)))
    await perform(actions)
  }

  private func wait(_ id: UInt64, _ pause: Duration) async {
    await client.pause(pause)
    if !Task.isCancelled { await perform(core.waited(id)) }
  }

  // MARK: Actions

  /// What comes out is offered before anything is awaited, so that batches keep their order.
  private func perform(_ actions: [DiffQueueAction<Block>]) async {
    var givenUp: [BlockEnvelope<Block>] = []
    for action in actions {
      switch action {
      case .deliver(let batch):
        if !outputs.offer(batch) {
          context.overflow("diff_outputs", limit: outputs.capacity)
          pushedBytes.withLock { $0 += batch.diffBytes }
          givenUp += batch.blocks
        }
      case .request(let query):
        order(.request(query))
      case .wait(let id, let pause):
        order(.wait(id: id, pause))
      case .drop(let sourced, let reason):
        context.recorder.record(
          .block(
            .dropped(
              block: sourced.block.number, hash: sourced.block.hash, reason: reason.rawValue)))
        givenUp.append(sourced)
      }
    }
    noteCrowd()
    for sourced in givenUp { await blockQueue.pushed(sourced, .failed) }
  }

  private func noteCrowd() {
    let isCrowded = core.isCrowded
    if self.isCrowded.exchange(isCrowded, ordering: .relaxed) || !isCrowded { return }
    context.overflow("diffs", limit: LiveSyncLimits.diffsBytesMax)
  }

  /// Orders are bounded by the diffs in the queue, each of which has one at a time; the mailbox has
  /// room for all.
  private func order(_ order: Order) {
    if !orders.offer(order) { context.overflow("diff_orders", limit: orders.capacity) }
  }
}
