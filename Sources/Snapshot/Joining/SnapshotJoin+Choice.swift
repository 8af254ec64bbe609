import Ledger
import LiveSync
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime

/// Which snapshot is joined from, and whether any.
extension SnapshotJoin {
  public var isDeciding: Bool { !core.withLock { $0.isDecided } }

  public var isHolding: Bool {
    let (own, now) = (context.chain.view, context.runtime.now)
    let long = (context.network.pace.longTime ?? .zero) * SnapshotLimits.holdAnswers
    return core.withLock { core in
      core.has(own.macroHead.hash)
      core.look(head: own.headNumber, at: now)
      return core.isHolding(at: now, patience: max(SnapshotLimits.holdPatience, long))
    }
  }

  public func waypoint(on chain: VerifiedMacroChain) async -> VerifiedMacroChain? {
    guard let last = chain.blocks.last else { return nil }
    core.withLock { $0.reached(target: last.number) }
    guard await mayChoose() else { return nil }
    defer { isChoosing.withLock { $0 = false } }
    let own = context.chain.view
    guard own.missing == .all, own.headNumber < last.number, !(await resumed()) else { return nil }
    if let chosen = core.withLock({ $0.chosenAnchor }) {
      // Another peer's macro sync chose it, and has not adopted it yet.
      return await way(to: chosen, on: chain)
    }
    guard isDeciding else { return nil }
    if let (reason, detail) = trustFault(on: chain) {
      decline(last.number, reason, detail)
      return nil
    }
    for _ in 0..<SnapshotLimits.candidatesMax {
      let next = core.withLock { $0.candidates(above: own.macroNumber, upTo: last.number).first }
      guard let next else { break }
      if let way = await consider(next, on: chain, upTo: last.number) { return way }
    }
    decline(last.number, "none", "no snapshot that peers name is of use")
    return nil
  }

  /// Waits until peers were heard, and nobody else chooses; false if the task was cancelled.
  private func mayChoose() async -> Bool {
    while !Task.isCancelled {
      let now = context.runtime.now
      let isSettled = core.withLock { $0.isDecided || $0.isSettled(at: now) }
      if isSettled, begin() { return true }
      try? await context.runtime.sleep(for: SnapshotLimits.lookInterval)
    }
    return false
  }

  /// True if nobody chooses: the caller does now.
  func begin() -> Bool {
    isChoosing.withLock { isTaken in
      defer { isTaken = true }
      return !isTaken
    }
  }

  private func decline(_ block: UInt32, _ reason: String, _ detail: String) {
    core.withLock { $0.decline() }
    context.recorder.record(.joining(.declined(block: block, reason: reason, detail: detail)))
  }

  /// The way to the candidate's block, if its manifest holds and it is worth it.
  private func consider(
    _ candidate: JoinCore.Candidate, on chain: VerifiedMacroChain, upTo target: UInt32
  ) async -> VerifiedMacroChain? {
    guard let manifest = await manifest(of: candidate),
      let way = await way(to: manifest.anchor, on: chain)
    else {
      refuse(candidate, reason: "not_on_the_chain")
      return nil
    }
    let pace = context.network.pace
    let cost = JoinCost(
      candidate.summary, rawBytes: manifest.rawBytes, blocks: target - manifest.height,
      bytesPerSecond: pace.bytesPerSecond ?? Double(NodeLimits.bytesPerSecondFirst),
      roundTrip: pace.roundTrip ?? .zero)
    guard cost.isWorth else {
      core.withLock { $0.refuse(candidate.summary.hash) }
      context.recorder.record(
        .joining(
          .declined(
            block: manifest.height, reason: "chunks_cost_less", detail: cost.description)))
      return nil
    }
    choose(manifest, of: candidate, cost.description)
    return way
  }

  private func choose(
    _ manifest: SnapshotManifest, of candidate: JoinCore.Candidate, _ detail: String
  ) {
    core.withLock { $0.choose(manifest, candidate.summary.hash) }
    context.recorder.record(
      .joining(
        .chosen(
          block: manifest.height, hash: candidate.summary.hash,
          pieces: manifest.chunks.reduce(0) { $0 + $1.pieces.count },
          hosts: candidate.hosts.count, detail: detail)))
  }

  private func refuse(_ candidate: JoinCore.Candidate, reason: String) {
    core.withLock { $0.refuse(candidate.summary.hash) }
    context.recorder.record(
      .joining(
        .refused(
          block: candidate.summary.height, hash: candidate.summary.hash, reason: reason)))
  }

  /// The verified chain that ends in the snapshot's block; nil if it does not lead there.
  private func way(
    to anchor: SnapshotAnchor, on chain: VerifiedMacroChain
  ) async -> VerifiedMacroChain? {
    let result = await context.writer.run { [ours = context.chain] in
      Result { () throws(PushError) in try ours.verify(anchor.macroChain, after: chain) }
    }
    guard case .success(let way) = result, way.blocks.last?.hash == anchor.block.hash,
      way.history != nil
    else { return nil }
    return way
  }

  /// The candidate's manifest from the first of its hosts that gives it; nil if none does, or if it
  /// is not of our chain.
  private func manifest(of candidate: JoinCore.Candidate) async -> SnapshotManifest? {
    let hash = candidate.summary.hash
    for peer in candidate.hosts.prefix(SnapshotLimits.manifestHostsMax) {
      guard case .bytes(let bytes)? = await ask(RequestSnapshotManifest(hash: hash), peer)
      else {
        _ = core.withLock { $0.lost(hash, by: peer) }
        continue
      }
      guard Blake2b256.hash(bytes) == hash else {
        context.ban(peer, reason: "snapshot_manifest_hash")
        continue
      }
      guard let manifest = try? SnapshotManifest(wireBytes: bytes),
        manifest.chain == context.chain.genesis.hash
      else { return nil }
      return manifest
    }
    return nil
  }

  // MARK: Going on

  /// Goes on with a snapshot of a block that our chain has already: after a restart, or when the
  /// one that was joined from is gone. False if there is none.
  @discardableResult
  func resumed() async -> Bool {
    let own = context.chain.view
    if own.missing.isEmpty || core.withLock({ $0.choice != nil }) {
      return core.withLock { core in
        core.has(own.macroHead.hash)
        return core.offer(head: own.headNumber) != nil
      }
    }
    let candidates = core.withLock {
      $0.candidates(above: 0, upTo: own.macroNumber)
    }
    var best: (candidate: JoinCore.Candidate, manifest: SnapshotManifest, bytes: UInt64)?
    for candidate in candidates.prefix(SnapshotLimits.candidatesMax)
    where isOfUse(candidate.summary.height) {
      guard let manifest = await manifest(of: candidate),
        context.chain.isOnMainChain(manifest.anchor.block.hash)
      else {
        refuse(candidate, reason: "not_on_the_chain")
        continue
      }
      // Whose pieces brought what is held already fits the gaps best.
      let bytes = manifest.rawBytes(touching: own.missing)
      if best.map({ bytes < $0.bytes }) ?? true { best = (candidate, manifest, bytes) }
    }
    guard let (candidate, manifest, bytes) = best else { return false }
    choose(manifest, of: candidate, "our chain has its block; \(bytes) bytes of it are missing")
    core.withLock { $0.has(manifest.anchor.block.hash) }
    return true
  }

  /// True if our chain has the block at this height and the diffs after it.
  private func isOfUse(_ height: UInt32) -> Bool {
    let chain = context.chain
    guard chain.block(at: height, includeBody: false) != nil else { return false }
    guard height < chain.headNumber else { return true }
    guard let next = chain.block(at: height + 1, includeBody: false) else { return false }
    if case .diff = chain.trieDiff(of: next.hash) { return true }
    return false
  }

  // MARK: Trust

  /// Why the chain is not the one that the operator trusts: a reason, and a sentence; nil if it is.
  private func trustFault(on chain: VerifiedMacroChain) -> (String, String)? {
    guard let trust = settings.trust else { return nil }
    let own = context.chain.view
    let block =
      trust.height <= own.macroNumber
      ? context.chain.block(at: trust.height, includeBody: false)
      : chain.blocks.first { $0.number == trust.height }
    guard let block else {
      return (
        "trust_height_unknown",
        "trust_height \(trust.height) is no election block of the chain that peers prove"
      )
    }
    guard block.hash == trust.hash else {
      return (
        "trust_hash_differs",
        "block \(trust.height) is \(block.hash), and trust_hash is \(trust.hash)"
      )
    }
    let age = Duration.milliseconds(
      Int64(clamping: clock.milliseconds) - Int64(clamping: block.header.timestamp))
    guard age <= trust.period else {
      return (
        "trust_expired",
        "block \(trust.height) is \(age.components.seconds / 3_600) hours old, and trust_period "
          + "is \(trust.period.components.seconds / 3_600) hours: take a newer trust_height"
      )
    }
    return nil
  }
}
