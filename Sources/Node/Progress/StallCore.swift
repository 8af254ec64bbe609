import EventLog
import Networking
import Runtime

/// What the cause of a stall is judged from. Counts are totals since the start.
public struct StallSample: Sendable, Hashable {
  public var at = Moment.start
  /// True if there is no work: nothing is missing, or no state is held at all.
  public var isDone = false
  /// Anything that changes whenever the state comes nearer to being complete.
  public var mark = 0
  /// Connected peers.
  public var connected = 0
  /// Peers in live sync.
  public var peers = 0
  /// Peers in live sync that lately said they do not have what is asked for.
  public var lacking = 0
  /// Chunk requests on their way.
  public var inFlight = 0
  /// Chunks that wait for their blocks.
  public var buffered = 0
  /// Chunks that are here with their blocks and wait for the trie.
  public var forwarded = 0
  /// Requests that were not answered in time, by their kinds.
  public var late: [RequestType: Int] = [:]
  /// Requests of other kinds than chunks on their way.
  public var awaited = 0
  /// Chunks that were provably wrong.
  public var refused = 0

  public init() {}
}

/// Says that nothing moves, and why.
///
/// The cause is the first of these that holds, nearest first, for what is nearer keeps everything
/// behind it from mattering:
///
/// | cause | rule |
/// |---|---|
/// | `local_work` | chunks with their blocks wait for the trie |
/// | `no_peers` | no peer is connected |
/// | `proofs_fail` | chunks were refused since the last movement, as many as requests were late |
/// | `timeouts` | requests were late since the last movement |
/// | `waiting_for_block` | chunks wait for their blocks |
/// | `timeouts` | no peer is in live sync, and answers of some are awaited |
/// | `peers_incomplete` | no peer is in live sync, or all of them lack what is asked for |
/// | `timeouts` | requests are on their way: their answers are awaited |
public struct StallCore: Sendable {
  /// A change of what is known.
  public enum Change: Sendable, Hashable {
    /// Nothing has moved since then. Comes again if the cause changes for more than a moment.
    case detected(Event.StallBlocker, since: Moment)
    /// Something moves again.
    case resolved(Event.StallBlocker, duration: Duration)
  }

  /// How long nothing may move before it is called a stall.
  public let patience: Duration
  /// The sample at which something moved last.
  private var moved: StallSample?
  private var stall: Event.StallBlocker?
  /// Another cause than the one told, and since when it is judged so.
  private var other: (cause: Event.StallBlocker, since: Moment)?

  public init(patience: Duration) {
    self.patience = patience
  }

  /// True while nothing moves: a stall was told, and nothing has moved since.
  public var isStalled: Bool { stall != nil }

  /// Takes a sample; they come in the order of time.
  public mutating func add(_ sample: StallSample) -> Change? {
    guard let last = moved, last.mark == sample.mark, !sample.isDone else {
      defer {
        moved = sample
        stall = nil
        other = nil
      }
      guard let stall, let last = moved else { return nil }
      return .resolved(stall, duration: last.at.duration(to: sample.at))
    }
    guard last.at.duration(to: sample.at) >= patience else { return nil }
    let cause = Self.cause(sample, since: last)
    if cause == stall {
      other = nil
      return nil
    }
    // Causes flicker while peers come and go; only the first is told at once.
    if stall != nil {
      if other?.cause != cause { other = (cause, sample.at) }
      guard let since = other?.since,
        since.duration(to: sample.at) >= NodeLimits.stallCauseTime
      else { return nil }
    }
    stall = cause
    other = nil
    return .detected(cause, since: last.at)
  }

  /// What the missing part waits for now, whether that is a stall or not; nil if nothing is missing
  /// or requests are on their way without trouble.
  public func blocker(_ sample: StallSample) -> Event.StallBlocker? {
    if sample.isDone { return nil }
    let cause = Self.cause(sample, since: moved ?? sample)
    let isUnderWay = sample.inFlight > 0 && cause == .timeouts && sample.late == moved?.late
    return isUnderWay ? nil : cause
  }

  /// The requests that were not answered in time since something moved, by their kinds.
  public func lateRequests(_ sample: StallSample) -> [(type: RequestType, count: Int)] {
    Self.lateRequests(sample, since: moved ?? sample)
  }

  private static func lateRequests(
    _ now: StallSample, since last: StallSample
  ) -> [(type: RequestType, count: Int)] {
    now.late.sorted { $0.key < $1.key }.compactMap { type, count in
      let new = count - (last.late[type] ?? 0)
      return new > 0 ? (type, new) : nil
    }
  }

  private static func cause(_ now: StallSample, since last: StallSample) -> Event.StallBlocker {
    if now.forwarded > 0 { return .localWork }
    if now.connected == 0 { return .noPeers }
    let late = lateRequests(now, since: last).reduce(0) { $0 + $1.count }
    let refused = now.refused - last.refused
    if refused > 0, refused >= late { return .proofsFail }
    if late > 0 { return .timeouts }
    if now.buffered > 0 { return .waitingForBlock }
    if now.peers == 0, now.awaited > 0 { return .timeouts }
    if now.peers == 0 || now.lacking >= now.peers { return .peersIncomplete }
    return now.inFlight > 0 ? .timeouts : .peersIncomplete
  }
}
