import EventLog
import Ledger
import LiveSync
import Locking
import Messages
import Networking
import Peers
import Primitives
import Runtime
import StateTrie

/// Brings the chain to the latest macro block that a peer can prove.
///
/// A peer's claim alone changes nothing: what is adopted carries the signatures of more than two
/// thirds of the slots of validators that follow from our own election block. A node that holds a
/// part of the state does not jump unless it must: it catches up block by block and keeps it.
final class MacroSync: Sendable {
  private let fetch = Lock(MacroFetch())
  private let context: SyncContext
  private let configuration: QueueConfiguration
  /// Another way to the state; nil if there is none.
  private let source: (any StateSource)?
  /// What brings an old state along; nil if nothing does.
  private let carrier: (any StateCarrier)?
  /// Waits until the chain has a block; asks the peer first.
  private let resolve: @Sendable (Hash256, UInt32, PeerID) async -> ResolveOutcome

  init(
    context: SyncContext, configuration: QueueConfiguration, source: (any StateSource)?,
    carrier: (any StateCarrier)?,
    resolve: @escaping @Sendable (Hash256, UInt32, PeerID) async -> ResolveOutcome
  ) {
    self.context = context.actor("macro_sync")
    self.configuration = configuration
    self.source = source
    self.carrier = carrier
    self.resolve = resolve
  }

  /// Answers so far that brought new macro blocks.
  var verifiedCount: Int { fetch.withLock { $0.verifiedCount } }

  /// What one answer led to.
  private enum Round {
    /// There is more: of the peer's chain, or of what follows the blocks that were adopted.
    case more
    /// The answer did not come in time.
    case late
    /// There is nothing (more) to adopt; so far ahead is the peer's macro block, if it has a newer
    /// one.
    case end(BlockID?)
    /// The peer is of no use.
    case stop(MacroOutcome)
  }

  /// Macro sync with one peer.
  func run(with peer: PeerID) async -> MacroOutcome {
    defer { fetch.withLock { $0.end(peer) } }
    var lateInRow = 0
    for _ in 0..<NodeLimits.macroRoundsMax {
      guard await isTurn(of: peer) else { return .failed }
      switch await round(with: peer) {
      case .more: lateInRow = 0
      case .late:
        fetch.withLock { $0.wasLate() }
        lateInRow += 1
        if lateInRow >= NodeLimits.lateInRowMax { return .failed }
      case .stop(let outcome): return outcome
      case .end(let target):
        fetch.withLock { $0.end(peer) }
        return await compare(with: peer, target: target)
      }
    }
    return .failed
  }

  /// Waits until the peer may be asked for the next part; false if the task was cancelled.
  private func isTurn(of peer: PeerID) async -> Bool {
    while !Task.isCancelled {
      let now = context.runtime.now
      let patience = patience
      if fetch.withLock({ $0.begin(peer, patience: patience, at: now) }) { return true }
      try? await context.runtime.sleep(for: NodeLimits.macroLookInterval)
    }
    return false
  }

  /// How long the next part is waited for.
  private var patience: Duration {
    let bytes = fetch.withLock { $0.partSize.bytes }
    return context.network.pace.patience(
      RequestMacroChain.type, bytes: bytes, at: context.runtime.now)
  }

  /// Nothing (more) is to be adopted: says where the peer stands, and follows it.
  private func compare(with peer: PeerID, target: BlockID?) async -> MacroOutcome {
    // What the source gives can be asked for at once; where the peer stands is told after it.
    let isEarly = source?.isHolding == true && context.peers.add(peer)
    guard let status = await head(of: peer) else {
      if isEarly { context.peers.remove(peer) }
      return .failed
    }
    let chain = context.chain.view
    if UInt64(status.number) + UInt64(configuration.tolerancePastMax) < UInt64(chain.headNumber) {
      return .outdated
    }
    let head = BlockID(number: status.number, hash: status.head)
    if let target { return await catchUp(to: target, of: head, with: peer) }
    context.recorder.record(
      .macroSync(
        .completed(peer: peer.number, block: chain.macroNumber, hash: chain.macroHead.hash)))
    return .good(head: head)
  }

  private func head(of peer: PeerID) async -> HeadResponse? {
    for _ in 0..<NodeLimits.lateInRowMax {
      switch await ask(RequestHead(), peer, bytes: 0) {
      case .success(let answer): return answer.response
      case .failure(.timeout): continue
      case .failure: return nil
      }
    }
    return nil
  }

  private func round(with peer: PeerID) async -> Round {
    let (verified, bytes) = fetch.withLock { ($0.verified, $0.partSize.bytes) }
    let own = context.chain.macroLocators(limit: MessageLimits.macroLocatorsMax - 1)
    let request = RequestMacroChain(
      locators: (verified.map { [$0.lastElection.hash] } ?? []) + own, bytesMax: bytes)
    let asked = context.runtime.now
    let answer = await ask(request, peer, bytes: bytes)
    guard case .success(let held) = answer else {
      if case .failure(.timeout) = answer { return .late }
      return .stop(.failed)
    }
    defer { withExtendedLifetime(held.claim) {} }
    let time = asked.duration(to: context.runtime.now)
    guard case .chain(let part) = held.response else {
      return .stop(failed(peer, "locators_unknown", .incompatible))
    }
    let size = part.blocks.reduce(0) { $0 + $1.wireBytes.count }
    let roundTrip = context.network.pace.roundTrip
    fetch.withLock { $0.came(size, after: time, roundTrip: roundTrip) }
    let chain: VerifiedMacroChain
    do throws(PushError) { chain = try await verify(part, after: verified) } catch {
      return reject(peer, error, of: part, after: verified)
    }
    let isKept = fetch.withLock { $0.keep(chain) }
    if !isKept {
      context.overflow("macro_chain", limit: NodeLimits.macroChainBytesMax)
    }
    return part.reachesHead
      ? await end(chain, of: peer, roundTrip: time)
      : await goOn(chain, beyond: verified, with: peer, isKept: isKept)
  }

  private func verify(
    _ part: MacroChain, after verified: VerifiedMacroChain?
  ) async throws(PushError) -> VerifiedMacroChain {
    try await context.writer.run { [chain = context.chain] in
      Result { () throws(PushError) in try chain.verify(part, after: verified) }
    }.get()
  }

  /// The peer has more than it gave.
  private func goOn(
    _ chain: VerifiedMacroChain, beyond verified: VerifiedMacroChain?, with peer: PeerID,
    isKept: Bool
  ) async -> Round {
    let now = context.runtime.now
    let patience = patience
    fetch.withLock { $0.goOn(with: peer, patience: patience, at: now) }
    let own = context.chain.view
    // Where nothing is lost, what is here counts at once; what cannot be kept must be adopted.
    let isFree = own.holdsState && own.missing == .all
    let mayWait = isKept && source?.isDeciding == true
    if let last = chain.blocks.last, chain.history != nil, !mayWait, isFree || !isKept,
      last.number > own.headNumber
    {
      return await adopt(chain, last: last, from: peer)
    }
    let before = verified?.lastElection.number ?? own.electionHead.number
    guard isKept, chain.lastElection.number > before else {
      return .stop(failed(peer, isKept ? "no_progress" : "chain_too_long", .failed))
    }
    return .more
  }

  /// The chain leads to the peer's last macro block.
  private func end(
    _ chain: VerifiedMacroChain, of peer: PeerID, roundTrip: Duration
  ) async -> Round {
    let own = context.chain.view
    guard let last = chain.blocks.last, last.number > own.headNumber else { return .end(nil) }
    if let way = await waypoint(on: chain, from: own), let stop = way.blocks.last {
      _ = await adopt(way, last: stop, from: peer)
    }
    let target = BlockID(number: last.number, hash: last.hash)
    if source?.isHolding == true { return .end(target) }
    switch await way(on: chain, to: last.number, of: peer, roundTrip: roundTrip) {
    case .blocks: return .end(target)
    case .carried:
      noteAdopted(chain, last: last)
      return .more
    case .chunks: break
    }
    guard chain.history != nil else { return .stop(failed(peer, "history_missing", .failed)) }
    let round = await adopt(chain, last: last, from: peer)
    // Where a batch takes no longer than an answer there is always one more: what was made
    // meanwhile is for live sync.
    if case .more = round, isBatch(madeIn: roundTrip) { return .end(nil) }
    return round
  }

  /// Where to stop for what another source gives, if nothing is held yet.
  private func waypoint(
    on chain: VerifiedMacroChain, from own: ChainView
  ) async -> VerifiedMacroChain? {
    guard let source, own.holdsState, own.missing == .all else { return nil }
    return await source.waypoint(on: chain)
  }

  /// True if the chain makes a batch in this time, and no more than live sync takes in.
  private func isBatch(madeIn time: Duration) -> Bool {
    let blocks = context.blocks(in: time)
    let window = configuration.widened(by: context.blocksInLongTime).windowAheadMax
    return blocks >= Int(context.chain.configuration.blocksPerBatch) && blocks <= Int(window)
  }

  private func failed(_ peer: PeerID, _ reason: String, _ outcome: MacroOutcome) -> MacroOutcome {
    context.recorder.record(.macroSync(.failed(peer: peer.number, reason: reason)))
    return outcome
  }

  /// By chunks if nothing is lost by jumping, or if the way block by block is long and what is lost
  /// is fetched anew for less. What is on its way is lost as well, so a node that follows others
  /// does not jump over what live sync brings: where a batch takes no longer than a round trip, it
  /// would never get to follow.
  private func way(
    on chain: VerifiedMacroChain, to number: UInt32, of peer: PeerID, roundTrip: Duration
  ) async -> CarryOutcome {
    let own = context.chain.view
    // A waypoint may be as far as the network is.
    guard number > own.headNumber else { return .blocks }
    let blocks = number - own.headNumber
    if own.holdsState, own.missing == .all {
      let window = configuration.widened(by: context.blocksInLongTime).windowAheadMax
      return context.peers.count == 0 || blocks > window ? .chunks : .blocks
    }
    let isFar = blocks > NodeLimits.catchUpBatchesMax * context.chain.configuration.blocksPerBatch
    guard isFar else { return .blocks }
    guard own.holdsState else { return .chunks }
    let facts = CatchUpFacts(
      blocks: Int(blocks), bytesPerBlock: bytesPerBlock,
      blocksKept: LedgerLimits.finalDiffsKeptDefault, heldItems: own.itemCount,
      roundTrip: roundTrip)
    if let carrier, chain.history != nil {
      return await carrier.carry(facts, to: chain, with: peer)
    }
    return CatchUpPlan(facts).way == .chunks ? .chunks : .blocks
  }

  /// Bytes that the diff of one of our last blocks has on average.
  private var bytesPerBlock: Double {
    Double(
      context.chain.meanDiffBytes(of: NodeLimits.sampledDiffsMax) ?? NodeLimits.blockBytesFirst)
  }

  private func adopt(_ verified: VerifiedMacroChain, last: Block, from peer: PeerID) async -> Round
  {
    let result = await context.writer.run { [chain = context.chain] in
      Result { () throws(PushError) in try chain.adopt(verified) }
    }
    do throws(PushError) {
      guard try result.get() == .extended else { return .end(nil) }
    } catch {
      context.recorder.record(.macroSync(.rejected(peer: peer.number, reason: error.reason)))
      // Our own store failed, or our chain has gone another way meanwhile: neither says anything
      // about the peer, whose blocks were verified.
      return .end(nil)
    }
    noteAdopted(verified, last: last)
    return .more
  }

  private func noteAdopted(_ chain: VerifiedMacroChain, last: Block) {
    fetch.withLock { $0.adopted() }
    context.recorder.record(
      .macroSync(
        .adopted(
          block: last.number, hash: last.hash,
          elections: chain.blocks.count { $0.kind == .election })))
  }

  /// The part breaks a rule: the peer lied, unless it was our own store that failed.
  private func reject(
    _ peer: PeerID, _ error: PushError, of part: MacroChain, after verified: VerifiedMacroChain?
  ) -> Round {
    context.recorder.record(.macroSync(.rejected(peer: peer.number, reason: error.reason)))
    if error.judgement == .failed { return .end(nil) }
    var chain = part
    if let verified, verified.lastElection.hash == part.blocks.first?.header.lastElectionHash {
      chain.blocks = verified.blocks + part.blocks
    }
    let proof = context.chain.witness(of: error.block, in: chain)
    context.ban(
      peer, reason: error.reason, evidence: proof.map { .block($0.0.withoutBody, $0.1) })
    return .stop(.banned)
  }

  private func catchUp(
    to target: BlockID, of head: BlockID, with peer: PeerID
  ) async -> MacroOutcome {
    // The request is made with the peers of live sync, so the peer must be one of them.
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

  private func ask<R: Request>(
    _ request: R, _ peer: PeerID, bytes: Int
  ) async -> Result<HeldAnswer<R.Response>, RequestError> {
    do throws(RequestError) {
      return .success(try await context.network.ask(request, to: peer, expecting: bytes))
    } catch {
      context.recorder.record(
        .macroSync(.failed(peer: peer.number, reason: error.reason)))
      if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
      return .failure(error)
    }
  }
}
