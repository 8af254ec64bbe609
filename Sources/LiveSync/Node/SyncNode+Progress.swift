import EventLog
import Ledger
import Primitives
import Runtime

extension SyncNode {
  /// Where the node stands now.
  public func progress() async -> SyncProgress {
    let status = chain.status
    let reading = await readState(liveSync.queue)
    let missing = status.holdsState ? status.missing : .none
    var progress = SyncProgress(
      headNumber: status.head.number, headHash: status.head.hash,
      macroNumber: status.macro.number, heldPartsPerMillion: missing.absentPartsPerMillion,
      missingRanges: missing.ranges.count, peers: context.peers.count,
      bufferedBlocks: await liveSync.queue.bufferedBlockCount,
      bufferedChunks: reading.bufferedChunks, isRequesting: reading.inFlight > 0,
      isEstablished: consensus.withLock { $0.isEstablished })
    if !missing.isEmpty { progress.blocker = blocker(reading) }
    return progress
  }

  /// What the missing part of the state waits for.
  private func blocker(_ reading: StateReading) -> Event.StallBlocker? {
    if context.network.connectedPeers().isEmpty { return .noPeers }
    if context.peers.count == 0 { return .peersIncomplete }
    if reading.inFlight > 0 { return nil }
    if reading.isPaused || reading.bufferedChunks > 0 { return .waitingForBlock }
    return .timeouts
  }

  /// Writes progress to the log, and says when nothing moves and why.
  func reportProgress() async {
    var last = await progress()
    var lastMove = context.runtime.now
    var stall: (blocker: Event.StallBlocker, since: Moment)?
    while !Task.isCancelled {
      try? await context.runtime.sleep(for: LiveSyncLimits.progressInterval)
      if Task.isCancelled { return }
      let now = await progress()
      record(now)
      let moment = context.runtime.now
      let isIdle = now.missingRanges == 0 || !now.hasMoved(since: last)
      if now.hasMoved(since: last) || now.missingRanges == 0 {
        lastMove = moment
        if let resolved = stall {
          stall = nil
          context.recorder.record(
            .stall(
              .resolved(
                blocker: resolved.blocker,
                durationNs: resolved.since.duration(to: moment).wholeNanoseconds)))
        }
      } else if isIdle, stall == nil,
        lastMove.duration(to: moment) >= LiveSyncLimits.stallAfter
      {
        let blocker = now.blocker ?? .timeouts
        stall = (blocker, lastMove)
        context.recorder.record(
          .stall(
            .detected(
              blocker: blocker, sinceNs: lastMove.nanoseconds,
              detail: "held \(now.heldPartsPerMillion) ppm, \(now.peers) peers")))
      }
      last = now
    }
  }

  private func record(_ progress: SyncProgress) {
    context.recorder.record(
      .state(
        .progress(
          block: progress.headNumber, items: chain.itemCount,
          missingRanges: progress.missingRanges, heldPpm: progress.heldPartsPerMillion,
          inFlight: progress.isRequesting ? 1 : 0, buffered: progress.bufferedChunks)))
  }
}

extension SyncProgress {
  /// True if the state has grown or changed since.
  fileprivate func hasMoved(since earlier: SyncProgress) -> Bool {
    heldPartsPerMillion != earlier.heldPartsPerMillion || missingRanges != earlier.missingRanges
  }
}
