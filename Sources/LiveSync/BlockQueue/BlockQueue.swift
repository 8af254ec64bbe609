import EventLog
import Ledger
import Messages
import Networking
import Peers
import Primitives
import Runtime

/// Gathers blocks from gossip, answers and outside, and forwards them in the order of the chain.
///
/// A shell: `BlockQueueCore` decides, this actor reads the network and performs. Callers wait until
/// their event has been handled, so nothing piles up in front of it.
public actor BlockQueue {
  private typealias Assembler = HeaderBodyAssembler<HeaderAnnouncement, BlockBody>

  nonisolated let context: SyncContext
  private let client: RequestClient
  private let configuration: QueueConfiguration
  private var core: BlockQueueCore<Block>
  private var assembler = Assembler { header, body in header.block(body: body).bodyFitsHeader }
  /// Requests to be started by the task group of `run()`.
  private let orders = Mailbox<MissingBlocksQuery>(capacity: PeerLimits.ordersMax)
  /// What is ready for the next stage.
  nonisolated let outputs = Mailbox<BlockBatch<Block>>(capacity: LiveSyncLimits.outputsMax)
  /// Who waits for which block.
  private var resolvers: [Hash256: Mailbox<ResolveOutcome>] = [:]
  /// True once `run()` has ended: nothing comes any more.
  private var hasEnded = false

  public init(context: SyncContext, configuration: QueueConfiguration) {
    self.context = context.actor("block_queue")
    client = RequestClient(context: self.context, type: .missingBlocks, isUrgent: true)
    self.configuration = configuration
    core = BlockQueueCore(configuration: configuration)
  }

  /// Blocks that wait for their ancestors.
  public var bufferedCount: Int { core.bufferedCount }

  /// Works until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.readHeaders() }
      if core.configuration.includeBody {
        group.addTask { await self.readBodies() }
        group.addTask { await self.sweepHalves() }
      }
      group.addTask { await self.followChain() }
      group.addTask { await self.client.run() }
      for await query in orders {
        group.addTask { await self.request(query) }
      }
    }
    hasEnded = true
    outputs.finish()
    for hash in resolvers.keys.sorted() { resolvers.removeValue(forKey: hash)?.finish() }
  }

  // MARK: Input

  /// A block from outside, such as from a head request.
  public func insert(_ block: Block, source: BlockSource) {
    announce(block, from: source)
  }

  /// A block that was forwarded has been pushed, or given up on its way.
  public func pushed(_ sourced: BlockEnvelope<Block>, _ verdict: PushVerdict) {
    perform(core.pushed(sourced, verdict, chain: context.chain.view))
  }

  /// Waits until the chain has block `hash`, asking `firstPeer` and then others for it. Fails when
  /// the queue has ended or the calling task is cancelled.
  public func resolve(
    _ hash: Hash256, number: UInt32, firstPeer: PeerID?
  ) async -> ResolveOutcome {
    let actions = core.resolve(hash, number: number, first: firstPeer, chain: context.chain.view)
    for case .resolved(hash, let outcome) in actions { return outcome }
    if hasEnded { return .failed }
    let outcome = Mailbox<ResolveOutcome>(capacity: 1)
    resolvers[hash] = outcome
    perform(actions)
    return await outcome.next() ?? .failed
  }

  /// True if the block, or a part of it, is here or asked for, and not in the chain yet.
  public func isExpected(_ hash: Hash256) -> Bool {
    core.isExpected(hash) || assembler.isWaiting(for: hash)
  }

  private func readHeaders() async {
    for await message in context.network.subscribe(.blockHeader) {
      do throws(WireError) {
        receive(try HeaderAnnouncement(wireBytes: message.payload), in: message)
      } catch {
        refuse(message)
      }
    }
  }

  private func receive(_ announcement: HeaderAnnouncement, in message: GossipMessage) {
    let header = announcement.header
    context.recorder.record(
      .block(
        .announced(peer: message.from.number, block: header.number, hash: header.hash)))
    let bare = announcement.block(body: nil)
    guard bare.bodyFitsHeader else {
      // Whoever put other validators to a header must not spoil the body that comes with it.
      context.network.report(message.id, .reject)
      context.ban(
        message.from, reason: AnswerError.bodyMismatch.reason, evidence: .body(bare))
      return
    }
    guard core.configuration.includeBody else {
      let source = BlockSource(origin: .announced, peer: message.from, gossip: [message.id])
      announce(bare, from: source)
      return
    }
    perform(
      assembler.add(
        header: announcement, of: header.hash, from: message.from, gossip: message.id,
        at: context.runtime.now))
  }

  private func readBodies() async {
    for await message in context.network.subscribe(.blockBody) {
      do throws(WireError) {
        let announcement = try BodyAnnouncement(wireBytes: message.payload)
        perform(
          assembler.add(
            body: announcement.body, of: announcement.blockHash, from: message.from,
            gossip: message.id, at: context.runtime.now))
      } catch {
        refuse(message)
      }
    }
  }

  private func sweepHalves() async {
    while !Task.isCancelled {
      try? await context.runtime.sleep(for: LiveSyncLimits.halfSweepInterval)
      assembler.wait = context.network.pace.halfWait
      perform(assembler.sweep(at: context.runtime.now))
    }
  }

  /// Who forwards what cannot be decoded lies: an honest neighbour would have refused it.
  private func refuse(_ message: GossipMessage) {
    context.network.report(message.id, .reject)
    context.ban(
      message.from, reason: "undecodable_announcement",
      evidence: .undecodable(message.topic, payload: message.payload))
  }

  private func followChain() async {
    while !Task.isCancelled {
      // A stream that ends without cancellation has lost events: look at everything again.
      let events = context.chain.events()
      perform(core.resynchronise(chain: context.chain.view))
      for await event in events {
        perform(core.chainChanged(event.added, chain: context.chain.view))
      }
    }
  }

  // MARK: Requests

  private func request(_ first: MissingBlocksQuery) async {
    var next = first
    while true {
      let query = next
      let request = query.message(
        bytesMax: context.network.pace.partBytes(
          .missingBlocks, most: MessageLimits.blocksAnswerBytesMax))
      let answer = await client.ask(
        request, tries: RequestTries(first: query.firstPeer),
        expecting: context.network.pace.expectedBytes(.missingBlocks, most: request.bytesMax),
        isWanted: { core.isOpen(query.id) },
        willAsk: { peer, _ in recordRequest(query, to: peer) },
        handling: handling(of: query, as: request))
      switch answer {
      case .value(.blocks(let blocks), let peer):
        recordAnswer(blocks, by: peer)
        perform(core.answered(query.id, blocks, by: peer, chain: context.chain.view))
        return
      case .value(.offMainChain, _):
        let reason = MissingBlocksResponse.targetOffMainChain.reason
        recordFailure(query, reason: reason)
        perform(core.failed(query.id, offMainChain: true, chain: context.chain.view))
        return
      case .failed(let reason, _):
        recordFailure(query, reason: reason)
        perform(core.failed(query.id, offMainChain: false, chain: context.chain.view))
        return
      case .noPeers:
        await client.waitForPeers()
        let chain = context.chain.view
        if query.targetNumber <= chain.macroNumber || chain.isKnown(query.target) {
          perform(core.failed(query.id, offMainChain: false, chain: chain))
          return
        }
        next = query.renewed(by: chain)
      case .cancelled:
        return
      }
    }
  }

  /// What can be made of an answer.
  enum Find: Sendable {
    case blocks([Block])
    /// The target is there, but on another branch: it is looked for backward.
    case offMainChain
  }

  private nonisolated func handling(
    of query: MissingBlocksQuery, as request: RequestMissingBlocks
  ) -> RequestClient.Handling<MissingBlocksResponse, Find> {
    RequestClient.Handling(
      judge: { [self] response, _ in
        switch response {
        case .blocks(let blocks): judge(blocks, query, request)
        case .targetOffMainChain where query.direction == .forward: .use(.offMainChain)
        case .targetUnknown: .notYet(reason: response.reason)
        case .targetOffMainChain, .locatorsUnknown, .tooManyLocators, .failed:
          .next(reason: response.reason)
        }
      },
      didFail: { [self] peer, verdict in recordRefusal(query, by: peer, verdict) })
  }

  private nonisolated func judge(
    _ blocks: [Block], _ query: MissingBlocksQuery, _ request: RequestMissingBlocks
  ) -> RequestClient.Verdict<Find> {
    do throws(AnswerError) {
      try MissingBlocksCheck.verify(blocks, answer: query)
    } catch {
      guard error.isOffence else { return .next(reason: error.reason) }
      return .refuse(
        reason: error.reason,
        evidence: .answer(AnswerStatement(request: request, blocks: blocks)))
    }
    if let bad = blocks.first(where: { !$0.bodyFitsHeader }) {
      return .refuse(reason: AnswerError.bodyMismatch.reason, evidence: .body(bad))
    }
    for block in blocks {
      guard case .refused = context.chain.checkQuorum(of: block) else { continue }
      let witness = context.chain.quorumWitness(of: block)
      return .refuse(
        reason: AnswerError.quorumMissing.reason,
        evidence: witness.map { .block(block.withoutBody, $0) })
    }
    return .use(.blocks(blocks))
  }

  // MARK: Actions

  private func announce(_ block: Block, from source: BlockSource) {
    core.configuration = configuration.widened(by: context.blocksInLongTime)
    core.forwardsEarly = context.blocksInRoundTrip > 0
    let wasBuffered = core.isBuffered(block.hash)
    perform(core.announce(block, from: source, chain: context.chain.view))
    guard !wasBuffered, core.isBuffered(block.hash) else { return }
    context.recorder.record(
      .block(
        .buffered(
          block: block.number, hash: block.hash, peer: source.peer?.number,
          buffered: core.bufferedCount)))
  }

  private func perform(_ actions: [Assembler.Action]) {
    for action in actions {
      switch action {
      case .assembled(let header, let body, let peer, let gossip):
        let source = BlockSource(origin: .announced, peer: peer, gossip: gossip)
        announce(header.block(body: body), from: source)
      case .drop(let hash, let peer, let gossip, let reason, let acceptance):
        if reason == .bufferFull || reason == .peerLimit {
          context.overflow("halves", limit: LiveSyncLimits.halvesBytes.total)
        }
        context.network.report(gossip, acceptance)
        recordDroppedHalf(hash, of: peer, reason.rawValue)
      }
    }
  }

  private func perform(_ actions: [BlockQueueAction<Block>]) {
    for action in actions {
      record(action)
      switch action {
      case .deliver(let batch):
        guard outputs.offer(batch) else {
          context.overflow("block_outputs", limit: outputs.capacity)
          for sourced in batch.blocks {
            perform(core.pushed(sourced, .failed, chain: context.chain.view))
          }
          break
        }
      case .request(let query):
        if !orders.offer(query) {
          context.overflow("block_orders", limit: orders.capacity)
          perform(core.failed(query.id, offMainChain: false, chain: context.chain.view))
        }
      case .report(let gossip, let acceptance):
        for id in gossip { context.network.report(id, acceptance) }
      case .behind(let peer): context.leave(peer, reason: "announced_block")
      case .ahead(let peer): context.noteAhead(peer, reason: "announced_block")
      case .drop, .reject:
        break
      case .resolved(let hash, let outcome):
        resolvers.removeValue(forKey: hash)?.offer(outcome)
      }
    }
  }
}
