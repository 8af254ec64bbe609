import Reconciliation
import Runtime

/// What is known of one peer while the node runs.
struct PeerLink {
  /// A push that is not answered.
  struct Flight {
    let stream: UInt64
    /// The keys in the order of the items, then the dead records.
    let keys: [PushQueue.Waiting]
    let dead: [DeadRecord]
    let bytes: Int
    let sentAt: Moment
    /// Whether the peer fetches values before it answers: the time tells nothing of the line.
    let hasLarge: Bool

    var before: UInt64 { keys.reduce(.max) { min($0, $1.before) } }
  }

  var state = ReplicationStatus.Peer.State.away
  /// Whether the peer has proven the cluster key on this connection.
  var isProven = false
  /// Whether its hello came before word of the connection.
  var isEarly = false
  /// The address that was connected to.
  var dialled: String?
  var monitor = LinkMonitor()
  var statistics = ReplicationStatistics()

  // MARK: To the peer

  var queue = PushQueue()
  var flights: [UInt64: Flight] = [:]
  var stream: UInt64 = 0
  var streamStart: UInt64 = 0
  var sequence: UInt64 = 0
  var window = KeyValueLimits.pushWindowBytesMin
  /// Nothing is pushed before; nil: at once.
  var resumeAt: Moment?
  var pause = KeyValueLimits.pushPauseFirst
  /// The peer has all writes of this node up to these ticks.
  var held: UInt64 = 0

  // MARK: From the peer

  var incoming = IncomingStream()
  /// Bytes of its pushes that are being applied.
  var applyingBytes = 0
  /// Whether a time too far ahead was told since it last was right.
  var isClockTold = false
  var clockAhead: UInt64 = 0
  var floor: UInt64 = 0

  // MARK: Rounds

  var nextRound = Moment.never
  /// A round is begun here whoever has the smaller key.
  var wantsRound = false
  /// The round under way: its token, and what was said with it.
  var round: (token: UInt64, said: RoundState)?
  /// The peer is to be told that it has all up to these ticks.
  var synced: UInt64?
  /// The next round only confirms what a session did, and starts none.
  var isConfirming = false
  var putOff = 0
  var isInSession = false
  /// The least floor that the peer told since the roots were found to differ.
  var sessionFloor: UInt64?
  /// What the peer's clock showed before the session that is under way.
  var sessionClock: UInt64 = 0
  var fruitless = 0
  var isEqual: Bool?
  var nextGossip = Moment.start

  var isLinked: Bool { state == .linked }
  var bytesUnderWay: Int { flights.values.reduce(0) { $0 + $1.bytes } }
  var isQuiet: Bool { queue.isEmpty && flights.isEmpty }

  /// What is left when the connection goes: figures, and what the peer said of itself.
  var unlinked: PeerLink {
    var link = PeerLink()
    link.statistics = statistics
    link.floor = floor
    link.isEqual = isEqual
    return link
  }

  /// The writes of this node up to these ticks were all acknowledged since the stream began.
  func acknowledged(told: UInt64) -> UInt64 {
    flights.values.reduce(queue.before ?? told) { min($0, $1.before) }
  }

  /// Up to which of this node's writes the stream is complete with the push at hand: what is under
  /// way in earlier streams may not come.
  func through(told: UInt64) -> UInt64 {
    flights.values.filter { $0.stream != stream }
      .reduce(queue.before ?? told) { min($0, $1.before) }
  }

  /// The peer has all writes of this node up to these ticks.
  mutating func raiseHeld(to ticks: UInt64) { held = max(held, ticks) }

  /// Concludes from what was acknowledged what the peer holds.
  mutating func settleHeld(told: UInt64) {
    guard isLinked, held >= streamStart else { return }
    held = max(held, acknowledged(told: told))
  }

  /// Whether a push may begin. While one is under way few keys wait, so that many are pushed
  /// together.
  func canPush(at now: Moment) -> Bool {
    guard isLinked, !queue.isEmpty else { return false }
    if let resumeAt, resumeAt > now { return false }
    return flights.isEmpty
      || flights.count < KeyValueLimits.pushesUnderWayMax && bytesUnderWay < window
        && queue.count >= KeyValueLimits.pushKeysWanted
  }

  /// The next push of the stream.
  mutating func push(_ isCompressed: Bool, _ body: [UInt8], told: UInt64) -> PushRequest {
    defer { sequence += 1 }
    return PushRequest(
      stream: stream, start: streamStart, sequence: sequence, through: through(told: told),
      isCompressed: isCompressed, body: body)
  }

  /// How long an answer is waited for, behind what is under way.
  func patience(bytes: Int) -> Duration { monitor.patience(bytes: bytesUnderWay + bytes) }

  /// Nothing is pushed for a while, longer each time.
  mutating func slowDown(at now: Moment) {
    resumeAt = now.advanced(by: pause)
    pause = min(pause * 2, KeyValueLimits.pushPauseMax)
    window = max(window / 2, KeyValueLimits.pushWindowBytesMin)
  }
}

/// Which pushes of a peer's stream were stored without a gap.
package struct IncomingStream {
  package private(set) var stream: UInt64 = 0
  package private(set) var start: UInt64 = 0
  private var next: UInt64 = 0
  /// The peer's writes after `start` and up to these ticks are here.
  package private(set) var through: UInt64 = 0
  /// Pushes that were stored before an earlier one.
  private var early: [UInt64: UInt64] = [:]
  private var isBroken = false

  package init() {}

  /// A push came.
  package mutating func saw(_ push: PushRequest) {
    guard push.stream > stream else { return }
    self = IncomingStream()
    (stream, start) = (push.stream, push.start)
  }

  /// All of a push is stored; or, if not `whole`, something of it is not and never will be by this
  /// stream.
  package mutating func stored(stream: UInt64, sequence: UInt64, through: UInt64, whole: Bool) {
    guard stream == self.stream, !isBroken else { return }
    guard whole else {
      isBroken = true
      early = [:]
      return
    }
    guard sequence >= next else { return }
    guard early.count < KeyValueLimits.pushesUnderWayMax else {
      isBroken = true
      return
    }
    early[sequence] = through
    while let ticks = early.removeValue(forKey: next) {
      self.through = max(self.through, ticks)
      next += 1
    }
  }
}
