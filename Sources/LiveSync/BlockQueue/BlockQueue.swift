import EventLog
import Ledger
import Networking
import Primitives
import Runtime

/// What a block queue hands to the next stage.
public enum BlockQueueOutput: Sendable {
  /// Blocks for the chain.
  case batch(BlockBatch<Block>)
  /// The peer is too far below us; it has left the peer set.
  case behind(PeerID)
  /// The peer is too far above us; it has left the peer set.
  case ahead(PeerID)
}

/// Gathers blocks from gossip, answers and outside, and hands them on in the order of the chain.
///
/// A shell: `BlockQueueCore` decides, this actor reads the network and performs. Callers wait until
/// their event has been handled, so nothing piles up in front of it.
public actor BlockQueue {
  private typealias Assembler = HeaderBodyAssembler<HeaderAnnouncement, BlockBody>

  private let context: SyncContext
  private let client: RequestClient
  private var core: BlockQueueCore<Block>
  private var assembler = Assembler { header, body in header.block(body: body).bodyFitsHeader }
  /// Requests to be started by the task group of `run()`.
  private let orders = Mailbox<MissingBlocksQuery>(capacity: LiveSyncLimits.ordersMax)
  /// What is ready for the next stage.
  nonisolated let outputs = Mailbox<BlockQueueOutput>(capacity: LiveSyncLimits.outputsMax)
  /// Who waits for which block.
  private var resolvers: [Hash256: CheckedContinuation<ResolveOutcome, Never>] = [:]

  public init(context: SyncContext, configuration: QueueConfiguration) {
    self.context = context.actor("block_queue")
    client = RequestClient(
      context: self.context, timeout: LiveSyncLimits.blocksTimeout, isUrgent: true)
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
      for await query in orders {
        group.addTask { await self.request(query) }
      }
    }
    outputs.finish()
    for hash in resolvers.keys.sorted() {
      resolvers.removeValue(forKey: hash)?.resume(returning: .failed)
    }
  }

  // MARK: Input

  /// A block from outside, such as from a head request.
  public func insert(_ block: Block, source: BlockSource) {
    announce(block, from: source)
  }

  /// A block that was handed on has been pushed, or given up on its way.
  public func pushed(_ sourced: SourcedBlock<Block>, _ verdict: PushVerdict) {
    perform(core.pushed(sourced, verdict, chain: context.chain))
  }

  /// Waits until the chain has block `hash`, asking `firstPeer` and then others for it.
  public func resolve(
    _ hash: Hash256, number: UInt32, firstPeer: PeerID?
  ) async -> ResolveOutcome {
    let actions = core.resolve(hash, number: number, first: firstPeer, chain: context.chain)
    for case .resolved(hash, let outcome) in actions { return outcome }
    return await withCheckedContinuation { continuation in
      resolvers[hash] = continuation
      perform(actions)
    }
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
      perform(core.resynchronise(chain: context.chain))
      for await event in events {
        perform(core.chainChanged(event.added, chain: context.chain))
      }
    }
  }

  // MARK: Requests

  private func request(_ first: MissingBlocksQuery) async {
    var isOffMainChain = false
    var next = first
    while true {
      let query = next
      let request = query.message
      let answer = await client.ask(
        request, tries: RequestTries(first: query.firstPeer),
        willAsk: { peer, _ in recordRequest(query, to: peer) },
        didFail: { peer, verdict in recordRefusal(query, by: peer, verdict) },
        judge: { response, _ -> RequestClient.Verdict<[Block]> in
          guard case .blocks(let blocks) = response else {
            if response == .targetOffMainChain { isOffMainChain = true }
            return .next(reason: response.reason)
          }
          return judge(blocks, query)
        })
      switch answer {
      case .value(let blocks, let peer):
        recordAnswer(blocks, by: peer)
        perform(core.answered(query.id, blocks, by: peer, chain: context.chain))
        return
      case .failed(let reason):
        context.recorder.record(
          .blocks(.failed(block: query.targetNumber, hash: query.target, reason: reason)))
        perform(core.failed(query.id, offMainChain: isOffMainChain, chain: context.chain))
        return
      case .noPeers:
        await client.waitForPeers()
        let isFinal = query.targetNumber <= context.chain.macroNumber
        if isFinal || context.chain.isKnown(query.target) {
          perform(core.failed(query.id, offMainChain: false, chain: context.chain))
          return
        }
        next = query.renewed(by: context.chain)
      case .cancelled:
        return
      }
    }
  }

  private nonisolated func judge(
    _ blocks: [Block], _ query: MissingBlocksQuery
  ) -> RequestClient.Verdict<[Block]> {
    do throws(AnswerError) {
      try MissingBlocksCheck.verify(blocks, answer: query)
    } catch {
      guard error.isOffence else { return .next(reason: error.reason) }
      return .refuse(
        reason: error.reason,
        evidence: .answer(AnswerStatement(request: query.message, blocks: blocks)))
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
    return .use(blocks)
  }

  // MARK: Actions

  private func announce(_ block: Block, from source: BlockSource) {
    let wasBuffered = core.isBuffered(block.hash)
    perform(core.announce(block, from: source, chain: context.chain))
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
        guard outputs.offer(.batch(batch)) else {
          context.overflow("block_outputs", limit: outputs.capacity)
          for sourced in batch.blocks {
            perform(core.pushed(sourced, .failed, chain: context.chain))
          }
          break
        }
      case .request(let query):
        if !orders.offer(query) {
          context.overflow("block_orders", limit: orders.capacity)
          perform(core.failed(query.id, offMainChain: false, chain: context.chain))
        }
      case .report(let gossip, let acceptance):
        for id in gossip { context.network.report(id, acceptance) }
      case .behind(let peer):
        if context.peers.remove(peer) { offer(.behind(peer)) }
      case .ahead(let peer):
        if context.peers.remove(peer) { offer(.ahead(peer)) }
      case .drop, .reject:
        break
      case .resolved(let hash, let outcome):
        resolvers.removeValue(forKey: hash)?.resume(returning: outcome)
      }
    }
  }

  private func offer(_ output: BlockQueueOutput) {
    if !outputs.offer(output) { context.overflow("block_outputs", limit: outputs.capacity) }
  }

  // MARK: Log

  private func record(_ action: BlockQueueAction<Block>) {
    switch action {
    case .behind(let peer):
      context.recorder.record(.peer(.behind(peer: peer.number, reason: "announced_block")))
    case .ahead(let peer):
      context.recorder.record(.peer(.ahead(peer: peer.number, reason: "announced_block")))
    case .drop(let hash, let number, _, let reason):
      if reason == .bufferFull {
        context.overflow("block_buffer", limit: LiveSyncLimits.bufferedBlocksBytes.total)
      }
      context.recorder.record(
        .block(.dropped(block: number, hash: hash, reason: reason.rawValue)))
    case .reject(let hash, let number, let peer):
      context.recorder.record(
        .block(
          .rejected(block: number, hash: hash, peer: peer?.number, reason: "invalid_ancestor")))
    case .deliver, .request, .report, .resolved:
      break
    }
  }

  private func recordDroppedHalf(_ hash: Hash256, of peer: PeerID, _ reason: String) {
    context.recorder.record(
      .block(.ignored(block: 0, hash: hash, peer: peer.number, reason: reason)))
  }

  private func recordRequest(_ query: MissingBlocksQuery, to peer: PeerID) {
    context.recorder.record(
      .blocks(
        .requested(
          peer: peer.number, block: query.targetNumber, hash: query.target,
          direction: query.direction == .forward ? .forward : .backward,
          locators: query.locators.count)))
  }

  private func recordRefusal(
    _ query: MissingBlocksQuery, by peer: PeerID, _ verdict: RequestClient.Verdict<[Block]>
  ) {
    guard let reason = verdict.reason else { return }
    context.recorder.record(
      .blocks(.rejected(peer: peer.number, hash: query.target, reason: reason)))
  }

  private func recordAnswer(_ blocks: [Block], by peer: PeerID) {
    guard let first = blocks.first, let last = blocks.last else { return }
    context.recorder.record(
      .blocks(
        .received(
          peer: peer.number, blocks: blocks.count, first: first.number, last: last.number)))
  }
}
