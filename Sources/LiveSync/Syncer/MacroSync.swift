import EventLog
import Ledger
import Networking
import Primitives
import StateTrie

/// Brings the chain to the latest macro block that a peer can prove.
///
/// A peer's claim alone changes nothing: what is adopted carries the signatures of more than two
/// thirds of the slots of validators that follow from our own election block. A node that holds a
/// part of the state does not jump unless it must: it catches up block by block and keeps it.
struct MacroSync: Sendable {
  private let context: SyncContext
  private let configuration: QueueConfiguration
  /// Waits until the chain has a block; asks the peer first.
  private let resolve: @Sendable (Hash256, UInt32, PeerID) async -> ResolveOutcome

  init(
    context: SyncContext, configuration: QueueConfiguration,
    resolve: @escaping @Sendable (Hash256, UInt32, PeerID) async -> ResolveOutcome
  ) {
    self.context = context.actor("macro_sync")
    self.configuration = configuration
    self.resolve = resolve
  }

  /// What one answer led to.
  private enum Round {
    /// Blocks were adopted; there may be more.
    case adopted
    /// There is nothing (more) to adopt; so far ahead is the peer's macro block, if it has a newer
    /// one.
    case end(BlockID?)
    /// The peer is of no use.
    case stop(MacroOutcome)
  }

  /// Macro sync with one peer.
  func run(with peer: PeerID) async -> MacroOutcome {
    for _ in 0..<LiveSyncLimits.macroRoundsMax {
      switch await round(with: peer) {
      case .adopted: continue
      case .stop(let outcome): return outcome
      case .end(let target):
        guard let status = await head(of: peer) else { return .failed }
        let ours = context.chain.headNumber
        if UInt64(status.number) + UInt64(configuration.tolerancePastMax) < UInt64(ours) {
          return .outdated
        }
        let head = BlockID(number: status.number, hash: status.head)
        if let target { return await catchUp(to: target, of: head, with: peer) }
        let macro = context.chain.macroHead
        context.recorder.record(
          .macroSync(.completed(peer: peer.number, block: macro.number, hash: macro.hash)))
        return .good(head: head)
      }
    }
    return .failed
  }

  private func round(with peer: PeerID) async -> Round {
    let chain = context.chain
    let request = RequestMacroChain(
      locators: chain.macroLocators(limit: LiveSyncLimits.macroLocatorsMax),
      limit: LiveSyncLimits.macroBlocksPerAnswerMax)
    let asked = context.runtime.now
    guard let response = await ask(request, peer) else { return .stop(.failed) }
    let roundTrip = asked.duration(to: context.runtime.now)
    guard case .chain(let macro) = response else {
      context.recorder.record(
        .macroSync(.failed(peer: peer.number, reason: "locators_unknown")))
      return .stop(.incompatible)
    }
    guard let last = macro.blocks.last, last.number > chain.macroNumber else { return .end(nil) }
    if last.number <= chain.headNumber { return .end(nil) }
    if !mustJump(to: last.number, roundTrip: roundTrip) {
      return .end(BlockID(number: last.number, hash: last.hash))
    }
    return adopt(macro, last: last, from: peer)
  }

  /// True if nothing is lost by jumping, or if the way block by block is long and what is lost is
  /// fetched anew for less.
  private func mustJump(to number: UInt32, roundTrip: Duration) -> Bool {
    let chain = context.chain
    if chain.holdsState, chain.missing == .all { return true }
    let blocks = number - chain.headNumber
    let isFar = blocks > LiveSyncLimits.catchUpBatchesMax * chain.configuration.blocksPerBatch
    guard isFar, chain.holdsState else { return isFar }
    let facts = CatchUpFacts(
      blocks: Int(blocks), bytesPerBlock: bytesPerBlock,
      blocksKept: LedgerLimits.finalDiffsKeptDefault, heldItems: chain.itemCount,
      roundTrip: roundTrip)
    return CatchUpPlan(facts).way == .chunks
  }

  /// Bytes that the diff of one of our last blocks has on average.
  private var bytesPerBlock: Double {
    let sizes = context.chain.locators(limit: LiveSyncLimits.sampledDiffsMax).compactMap { hash in
      if case .diff(let diff) = context.chain.trieDiff(of: hash) {
        diff.wireBytes.count
      } else {
        nil
      }
    }
    if sizes.isEmpty { return Double(LiveSyncLimits.blockBytesFirst) }
    return Double(sizes.reduce(0, +)) / Double(sizes.count)
  }

  private func adopt(_ macro: MacroChain, last: Block, from peer: PeerID) -> Round {
    do throws(PushError) {
      guard try context.chain.adopt(macro: macro) == .extended else { return .end(nil) }
      context.recorder.record(
        .macroSync(
          .adopted(
            block: last.number, hash: last.hash,
            elections: macro.blocks.count { $0.kind == .election })))
      return .adopted
    } catch {
      context.recorder.record(
        .macroSync(.rejected(peer: peer.number, reason: error.reason)))
      // Our own store failed: that says nothing about the peer.
      if error.judgement == .failed { return .end(nil) }
      let proof = context.chain.witness(of: error.block, in: macro)
      context.ban(
        peer, reason: error.reason, evidence: proof.map { .block($0.0.withoutBody, $0.1) })
      return .stop(.banned)
    }
  }

  private func catchUp(
    to target: BlockID, of head: BlockID, with peer: PeerID
  ) async -> MacroOutcome {
    // The wish is worked on with the peers of live sync, so the peer must be one of them.
    context.peers.add(peer)
    switch await resolve(target.hash, target.number, peer) {
    case .found, .outdated, .duplicate: return .good(head: head)
    case .failed:
      context.peers.remove(peer)
      context.recorder.record(
        .macroSync(.failed(peer: peer.number, reason: "ancestors_unavailable")))
      return .failed
    }
  }

  private func head(of peer: PeerID) async -> HeadResponse? {
    await ask(RequestHead(), peer)
  }

  private func ask<R: Request>(_ request: R, _ peer: PeerID) async -> R.Response? {
    do throws(RequestError) {
      return try await context.network.request(
        request, to: peer, timeout: LiveSyncLimits.headTimeout)
    } catch {
      context.recorder.record(
        .macroSync(.failed(peer: peer.number, reason: error.reason)))
      if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
      return nil
    }
  }
}
