import Messages
import Networking
import Primitives
import Runtime
import StateTrie

/// Joins blocks with the chunks that wait for them and keeps many ranges on their way. What to ask
/// whom for is the planner's choice; here is decided what becomes of an answer.
///
/// Every chunk proves both its edges, so it stands on its own. One of a block that is known is
/// pushed at once: the ledger checks it against that block's state root and, if the head has moved
/// on or to another branch, brings it forward by the diffs between. One of a block that is still to
/// come waits. Nothing that is or can be verified is thrown away because it is late.
public struct ParallelQueueCore<Block: SyncBlock>: Sendable, ChunkCore {
  public typealias Action = StateQueueAction<Block>

  /// How far the queue looks.
  public internal(set) var configuration: QueueConfiguration
  /// The requests, and what is known of the peers.
  public private(set) var ranges: RangePlanner
  /// True if nothing is missing.
  public private(set) var isComplete: Bool
  /// Chunks that wait for their blocks.
  private var buffer = ChunkBuffer()
  /// Chunks forwarded whose push has not been reported yet.
  private var forwarded = 0
  /// True if the state was found complete while chunks were forwarded: it is called complete once
  /// the last of them is reported, so that no chunk is accepted after that.
  private var isCompletionDue = false
  private var isWakePending = false
  /// Peers that were reported as demoted.
  private var demoted: Set<PeerID> = []

  /// - Parameters:
  ///   - chunkItems: most items asked for in one request.
  ///   - isComplete: true if no range of the state is missing at the start.
  public init(configuration: QueueConfiguration, chunkItems: Int, isComplete: Bool) {
    self.configuration = configuration
    self.isComplete = isComplete
    ranges = RangePlanner(itemsMax: chunkItems)
  }

  public var bufferedCount: Int { buffer.count }
  public var inFlightCount: Int { ranges.flightCount }
  /// Chunks forwarded and not reported yet.
  public var forwardedCount: Int { forwarded }

  func lackingCount(_ view: PlannerView) -> Int {
    ranges.peers.pausing(of: view.peers, at: view.now)
  }

  /// Asks for what is missing as far as peers have room.
  public mutating func advance(_ view: PlannerView, chain: some ChainReader) -> [Action] {
    guard !isComplete else { return [] }
    let orders = ranges.fill(
      view.peers, silent: view.silent, missing: chain.missing, urgentWait: view.urgentWait,
      losses: view.losses, offer: view.offer, at: view.now)
    var actions: [Action] = orders.map { .ask($0) }
    for peer in view.peers {
      let demotion = ranges.peers.demotion(of: peer)
      if let demotion, demoted.insert(peer).inserted { actions.append(.demote(peer, demotion)) }
      if demotion == nil { demoted.remove(peer) }
    }
    if !isWakePending {
      isWakePending = true
      actions.append(.wake(after: LiveSyncLimits.plannerInterval))
    }
    return actions
  }

  /// The time of `wake` is over.
  public mutating func retryDue(_ view: PlannerView, chain: some ChainReader) -> [Action] {
    isWakePending = false
    return advance(view, chain: chain)
  }

  /// A peer gave a chunk for request `id`, of the state after the block that it names.
  public mutating func received(
    _ id: UInt64, _ chunk: SourcedChunk, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    guard ranges.arrived(id, chunk, at: view.now) != nil else {
      preconditionFailure("an answer to chunk request \(id), which is not open")
    }
    let (actions, hasRoom) = makeRoom(for: id, view)
    return actions
      + (hasRoom ? place(chunk, view, chain: chain) : discard(chunk, .bufferFull, view))
      + advance(view, chain: chain)
  }

  /// Lets chunks that wait give way to one that is here; false if that is not enough.
  private mutating func makeRoom(for id: UInt64, _ view: PlannerView) -> ([Action], Bool) {
    var actions: [Action] = []
    while true {
      switch ranges.charge(id) {
      case .fits: return (actions, true)
      case .refused: return (actions, false)
      case .makeRoom(let peer):
        guard let chunk = buffer.removeNewest(of: peer) else { return (actions, false) }
        actions.append(prune(chunk, .bufferFull, view))
      }
    }
  }

  /// Request `id` brought nothing.
  public mutating func failed(
    _ id: UInt64, _ failure: ChunkFailure, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    ranges.failed(id, failure, at: view.now)
    return advance(view, chain: chain)
  }

  private mutating func place(
    _ chunk: SourcedChunk, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    if isComplete { return discard(chunk, .complete, view) }
    let range = KeyRange(start: chunk.start, end: chunk.chunk.end)
    // A chunk that ends before it starts is wrong, and goes to the trie to be found so.
    if !range.isEmpty, !chain.missing.intersects(range) {
      return discard(chunk, .superseded, view)
    }
    if chain.isKnown(chunk.hash) { return [apply([chunk])] }
    let number = UInt64(chunk.number)
    let head = UInt64(chain.headNumber)
    if number + UInt64(configuration.tolerancePastMax) < head {
      return discard(chunk, .tooFarBehind, view) + [.behind(chunk.peer)]
    }
    if chunk.number <= chain.macroNumber {
      ranges.peers.update(chunk.peer) { $0.refused(at: view.now) }
      return discard(chunk, .finalized, view)
    }
    if number > head + UInt64(configuration.windowAheadMax) {
      return discard(chunk, .tooFarAhead, view) + [.ahead(chunk.peer)]
    }
    let isFirst = !buffer.contains(number: chunk.number, hash: chunk.hash)
    buffer.insert(chunk)
    return [.buffered(chunk)]
      + (isFirst
        ? [.expectBlock(number: chunk.number, hash: chunk.hash, peer: chunk.peer)] : [])
  }

  /// The block that chunks wait for cannot be had. Its branch may have died: whoever named it is
  /// asked again a little later.
  public mutating func blockNeverCame(
    number: UInt32, hash: Hash256, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    let chunks = buffer.remove(number: number, hash: hash)
    for peer in Set(chunks.map(\.peer)) {
      ranges.peers.update(peer) { $0.refused(at: view.now) }
    }
    return chunks.map { prune($0, .blockUnknown, view) } + advance(view, chain: chain)
  }

  private mutating func discard(
    _ chunk: SourcedChunk, _ reason: ChunkDiscardReason, _ view: PlannerView
  ) -> [Action] {
    ranges.settled(chunk.request, .unused, at: view.now)
    return [.discard(chunk, reason)]
  }

  private mutating func prune(
    _ chunk: SourcedChunk, _ reason: ChunkDiscardReason, _ view: PlannerView
  ) -> Action {
    ranges.settled(chunk.request, .unused, at: view.now)
    return .prune(chunk, reason)
  }

  // MARK: The chain

  /// Blocks came from the diff queue: each takes the chunks along that waited for it.
  public mutating func add(_ batch: BlockBatch<Block>) -> [Action] {
    let (joined, count) = buffer.join(batch)
    forwarded += count
    return [.deliver(joined)]
  }

  /// A block was pushed with `chunks`; `result` is nil if the block was not taken.
  public mutating func pushed(
    _ hash: Hash256, number: UInt32, chunks: [SourcedChunk], result: ChunkVerdict?,
    _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    forwarded -= chunks.count
    var actions: [Action] = []
    if let result {
      actions += judged(chunks, result, view, chain: chain)
    } else {
      for chunk in chunks { ranges.settled(chunk.request, .unused, at: view.now) }
      // What still waits for the block waits in vain.
      let lost = buffer.remove(number: number, hash: hash)
      actions += lost.map { prune($0, .blockPassed, view) }
    }
    actions += completeIfDue(view, chain: chain)
    return actions + settle(view, chain: chain) + advance(view, chain: chain)
  }

  /// Chunks were pushed by themselves.
  public mutating func applied(
    _ chunks: [SourcedChunk], result: ChunkVerdict, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    forwarded -= chunks.count
    return judged(chunks, result, view, chain: chain) + completeIfDue(view, chain: chain)
      + advance(view, chain: chain)
  }

  /// Each chunk has its own outcome; a bad one costs its own range only.
  private mutating func judged(
    _ chunks: [SourcedChunk], _ result: ChunkVerdict, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    var actions: [Action] = []
    for (index, chunk) in chunks.enumerated() {
      if let failure = result.failures.first(where: { $0.index == index }) {
        ranges.settled(chunk.request, .lie, at: view.now)
        actions.append(.refuse(chunk, reason: failure.reason))
      } else if result.accepted.contains(index) {
        ranges.settled(
          chunk.request, .taken(items: result.items[index] ?? 0), at: view.now)
      } else {
        ranges.settled(chunk.request, .unused, at: view.now)
        let oldest = UInt64(chunk.number) + UInt64(configuration.tolerancePastMax)
        if oldest < UInt64(chain.headNumber) { actions.append(.behind(chunk.peer)) }
      }
    }
    // Said at once: the next block may be a whole block interval away.
    if !isComplete, !result.accepted.isEmpty, chain.missing.isEmpty { isCompletionDue = true }
    #if MUTANTS
      if Mutant.isOn(.completeBeforeLastChunk), !isComplete, !result.accepted.isEmpty {
        isCompletionDue = true
      }
    #endif
    return actions
  }

  /// The chain changed. A rebranch takes nothing back here: what is on its way or waits is brought
  /// to the new branch when it comes in.
  public mutating func chainChanged(
    _ change: ChainStateChange, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    let isIncomplete = !chain.missing.isEmpty
    var actions: [Action] = []
    if isComplete, isIncomplete {
      isComplete = false
      actions += [.incompleteAgain, .reset(.incompleteAgain)]
    } else if !isComplete, !isIncomplete, change == .advanced {
      isCompletionDue = true
      actions += completeIfDue(view, chain: chain)
    }
    return actions + settle(view, chain: chain) + advance(view, chain: chain)
  }

  /// The state was found complete, and the last chunk is reported.
  private mutating func completeIfDue(
    _ view: PlannerView, chain: some ChainReader
  ) -> [Action] {
    guard isCompletionDue, forwarded == 0, !isComplete else { return [] }
    isCompletionDue = chain.missing.isEmpty
    #if MUTANTS
      if Mutant.isOn(.completeBeforeLastChunk) {
        isCompletionDue = chain.missing.ranges.count <= 1
      }
    #endif
    guard isCompletionDue else { return [] }
    isCompletionDue = false
    isComplete = true
    let rest = buffer.removeAll { _ in true }
    return rest.map { prune($0, .complete, view) } + [.completed]
  }

  /// Chunks whose block has come by another way go to the chain; those whose block can no longer
  /// come are given up.
  private mutating func settle(_ view: PlannerView, chain: some ChainReader) -> [Action] {
    guard buffer.count > 0 else { return [] }
    let macro = chain.macroNumber
    let due = buffer.removeAll { chain.isKnown($0.hash) }
    let lost = buffer.removeAll { $0.number <= macro }
    return (due.isEmpty ? [] : [apply(due)]) + lost.map { prune($0, .finalized, view) }
  }

  private mutating func apply(_ chunks: [SourcedChunk]) -> Action {
    forwarded += chunks.count
    return .applyHead(chunks)
  }
}
