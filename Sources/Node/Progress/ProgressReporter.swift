import EventLog
import Ledger
import LiveSync
import Locking
import Peers
import Primitives
import Runtime

/// What a node remembers to judge its progress.
struct ProgressMonitor: Sendable {
  var forecast = ForecastCore()
  var stall: StallCore
  /// The latest forecast.
  var last: SyncForecast?
  /// What the missing part is expected to take, as of the last record.
  var expected: ExpectedBytes?
  /// True once a peer was in live sync, or a part of the state was held.
  var isLive = false
}

/// Writes progress and forecast to the log, and says when nothing moves and why.
final class ProgressReporter<Queue: LiveSyncQueue>: NodeService {
  private let context: SyncContext
  private let consensus: ConsensusJudge
  private let liveSync: LiveSyncer<Queue>
  private let syncer: Syncer
  private let readState: @Sendable (Queue) async -> StateReading
  private let monitor: Lock<ProgressMonitor>

  init(
    context: SyncContext, consensus: ConsensusJudge, liveSync: LiveSyncer<Queue>, syncer: Syncer,
    stallAfter: Duration, readState: @escaping @Sendable (Queue) async -> StateReading
  ) {
    self.context = context
    self.consensus = consensus
    self.liveSync = liveSync
    self.syncer = syncer
    self.readState = readState
    monitor = Lock(ProgressMonitor(stall: StallCore(patience: stallAfter)))
  }

  /// Everything that is read for one look at the progress.
  private struct Look: Sendable {
    var chain: ChainView
    var reading: StateReading
    var bufferedBlocks: Int
    var stall: StallSample
    var sample: SyncSample
    var pace: AnswerPace

    /// What the missing part is expected to take; nil if nothing is, or before it is known.
    var expected: ExpectedBytes? {
      guard !stall.isDone, chain.holdsState else { return nil }
      return sample.missingBytes.map { ExpectedBytes($0, of: chain.missing, reading.offer) }
    }
  }

  /// Where the node stands now.
  func progress() async -> SyncProgress {
    let look = await look()
    let missing = look.chain.holdsState ? look.chain.missing : .none
    return SyncProgress(
      headNumber: look.chain.headNumber, headHash: look.chain.headHash,
      macroNumber: look.chain.macroNumber, heldPartsPerMillion: missing.absentPartsPerMillion,
      missingRanges: missing.ranges.count, peers: context.peers.count,
      bufferedBlocks: look.bufferedBlocks, bufferedChunks: look.reading.buffered,
      requests: look.reading.inFlight, traffic: look.reading.account.traffic,
      wrongRoots: look.reading.wrongRoots,
      isEstablished: consensus.isEstablished,
      blocker: context.chain.storeFailure == nil
        ? monitor.withLock { $0.stall.blocker(look.stall) } : .storeFailed,
      forecast: monitor.withLock { $0.last })
  }

  private func look() async -> Look {
    let reading = await readState(liveSync.queue)
    let bufferedBlocks = await liveSync.queue.bufferedBlockCount
    let chain = context.chain.view
    let head = chain.head
    let missing = chain.holdsState ? chain.missing : .none
    let now = context.runtime.now
    let account = reading.account
    let peers = context.peers.count
    var stall = StallSample()
    stall.at = now
    stall.isDone = missing.isEmpty
    stall.mark = account.traffic.verified + syncer.macroPartsVerified
    stall.connected = context.network.connectedPeers().count
    stall.peers = peers
    stall.lacking = reading.lacking
    stall.inFlight = reading.inFlight
    stall.buffered = reading.buffered
    stall.forwarded = reading.forwarded
    let pace = context.network.pace
    stall.late = pace.late
    stall.awaited = pace.awaited.reduce(0) { $0 + ($1.key == .chunk ? 0 : $1.value) }
    stall.refused = account.refused
    var sample = SyncSample()
    sample.at = now
    sample.isLive = monitor.withLock {
      $0.isLive = $0.isLive || peers > 0 || missing != .all
      return $0.isLive
    }
    sample.missingShare = missing.ranges.reduce(0) { $0 + $1.share }
    // Ranges too narrow to be measured are missing all the same.
    if !missing.isEmpty { sample.missingShare = max(sample.missingShare, .leastNormalMagnitude) }
    // What waits for its block counts as here: it nearly always proves true, and waiting chunks
    // come in by bursts that say nothing of the line.
    let traffic = account.traffic
    sample.missingBytes = account.expectedBytes(of: missing).map {
      max(0, $0 - Double(traffic.pending))
    }
    sample.chunkBytes = traffic.verified + traffic.pending
    sample.diffs = reading.diffs.count
    sample.emptyDiffs = reading.diffs.empty
    sample.diffBytes = reading.diffs.bytes
    sample.diffsWaiting = reading.diffs.waiting
    sample.grownBytes = reading.diffs.grownBytes
    sample.head = head.number
    sample.headMilliseconds = head.header.timestamp
    sample.blockMilliseconds = max(1, context.chain.configuration.blockIntervalMilliseconds)
    let buffered = head.number &+ UInt32(clamping: bufferedBlocks)
    sample.target = max(head.number, account.highestNumber, buffered)
    return Look(
      chain: chain, reading: reading, bufferedBlocks: bufferedBlocks, stall: stall,
      sample: sample, pace: pace)
  }

  func run() async {
    var nextRecord = context.runtime.now.advanced(by: NodeLimits.progressInterval)
    let view = context.chain.view
    var wasDone = view.missing.isEmpty || !view.holdsState
    while !Task.isCancelled {
      let pause = wasDone ? NodeLimits.progressInterval : NodeLimits.sampleInterval
      try? await context.runtime.sleep(for: pause)
      if Task.isCancelled { return }
      let look = await look()
      let isDue = look.stall.at >= nextRecord
      let (forecast, change) = monitor.withLock { monitor in
        // Pieces are many, so it is not counted with each sample.
        if isDue || monitor.expected == nil || look.stall.isDone {
          monitor.expected = look.expected
        }
        let change = monitor.stall.add(look.stall)
        var forecast = monitor.forecast.add(look.sample)
        if monitor.stall.isStalled { forecast = forecast.whileStalled }
        forecast.expected = monitor.expected
        monitor.last = forecast
        return (forecast, change)
      }
      if let change { record(change, look, forecast) }
      let isDone = look.stall.isDone
      if isDue {
        nextRecord = nextRecord.advanced(by: NodeLimits.progressInterval)
        record(look)
        if !isDone { record(look, forecast) }
      }
      if isDone, !wasDone { record(look, forecast) }
      wasDone = isDone
    }
  }

  private func record(_ look: Look) {
    let missing = look.chain.holdsState ? look.chain.missing : .none
    context.recorder.record(
      .state(
        .progress(
          block: look.chain.headNumber, items: look.chain.itemCount,
          missingRanges: missing.ranges.count, heldPpm: missing.absentPartsPerMillion,
          inFlight: look.reading.inFlight, buffered: look.reading.buffered)))
  }

  private func record(_ look: Look, _ forecast: SyncForecast) {
    let traffic = look.reading.account.traffic
    context.recorder.record(
      .state(
        .traffic(
          verifiedBytes: traffic.verified, unusedBytes: traffic.unused,
          refusedBytes: traffic.refused)))
    context.recorder.record(
      .state(
        .forecast(
          forecast: forecast.verdict, etaNs: forecast.eta?.wholeNanoseconds,
          progressPpm: forecast.progressPpm,
          hasBytesPerS: Int(min(forecast.hasBytesPerSecond, 9e15)),
          needsBytesPerS: Int(min(forecast.needsBytesPerSecond, 9e15)), detail: forecast.text)))
    guard let expected = forecast.expected, let snapshot = expected.snapshot else { return }
    context.recorder.record(
      .state(
        .sources(
          block: snapshot.block, snapshot: snapshot.hash, pieceBytes: expected.pieceBytes,
          chunkBytes: expected.chunkBytes)))
  }

  /// Which requests were late since the last movement, and what the line has shown of its rate.
  private func lateness(_ look: Look, of blocker: Event.StallBlocker) -> String {
    guard blocker == .timeouts else { return "" }
    let late = monitor.withLock { $0.stall.lateRequests(look.stall) }.map {
      "\($0.type) \($0.count)"
    }
    let awaited = look.pace.awaited.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let rate = look.pace.bytesPerSecond.map { "\(Int(min($0, 1e15))) B/s" } ?? "no answer yet"
    let parts = [("late", late), ("awaited", awaited)].filter { !$0.1.isEmpty }.map {
      "; \($0.0): \($0.1.joined(separator: ", "))"
    }
    return parts.joined() + "; " + rate
  }

  private func record(_ change: StallCore.Change, _ look: Look, _ forecast: SyncForecast) {
    switch change {
    case .detected(let blocker, let since):
      let percent = forecast.progressPpm / 10_000
      context.recorder.record(
        .stall(
          .detected(
            blocker: blocker, sinceNs: since.nanoseconds,
            detail: "at \(percent) %, \(look.stall.peers) peers, \(look.stall.inFlight) requests, "
              + "\(look.stall.buffered) chunks waiting" + lateness(look, of: blocker))))
    case .resolved(let blocker, let duration):
      context.recorder.record(
        .stall(.resolved(blocker: blocker, durationNs: duration.wholeNanoseconds)))
    }
  }
}
