import Networking
import Peers
import Primitives
import Runtime

/// What is known of one peer that serves chunks. Only verified chunks are to its credit.
///
/// Whether it answers at all is part of its standing (`RankedPeers.silent`). What is measured here
/// only chunks can tell, of which many are on their way at a time: bandwidth and round trip, what
/// the peer lacks, and strikes, by which late answers are weighed against good ones and losses.
public struct PeerRecord: Sendable {
  package init() {}

  /// Requests sent to it.
  public private(set) var requests = 0
  /// Chunks of it that were verified and taken in.
  public private(set) var verifiedChunks = 0
  /// Items of these that were new.
  public private(set) var verifiedItems = 0
  /// Bytes of these.
  public private(set) var verifiedBytes = 0
  /// Bytes of answers that were of no use (any more).
  public private(set) var unusedBytes = 0
  /// Answers that said that it does not have the range.
  public private(set) var empty = 0
  /// Requests that it did not answer in time.
  public private(set) var late = 0
  /// Answers that are provably wrong.
  public private(set) var invalid = 0
  /// Requests on their way to it.
  public private(set) var inFlight = 0

  /// Bytes expected of the requests on their way.
  private(set) var expectedBytes = 0
  /// Bytes of all answers, verified or not: only differences are used, and only once verified.
  package private(set) var arrivedBytes = 0
  /// The largest rate at which anything came. Until something is verified it tells how large the
  /// next requests are; how many there are it never tells.
  private var seenBytesPerSecond: Double?
  /// By verified answers.
  private var bandwidth = GrowingRate()
  private var roundTrip = WindowedFilter(.smallest, window: PeerLimits.roundTripWindow)
  /// Mean deviation of the answering times from what was expected, in nanoseconds.
  private var deviation = 0.0
  private var strikes = 0
  private var strikesAt = Moment.start
  private var lateInRow = 0
  private var emptyInRow = 0
  package private(set) var pausedUntil = Moment.start
  /// Places that it said it does not have, and until when that is believed.
  private var lacking: [(key: KeyNibbles, until: Moment)] = []
  /// Set while the peer is asked after the others for what it did.
  package private(set) var demotion: PeerDemotion?

  /// Verified bytes a second, the most of the last `PeerLimits.bandwidthWindow`; nil if no
  /// chunk was verified yet.
  public var bytesPerSecond: Double? { bandwidth.value }
  /// Bytes a second that sizes of requests go by; nil if nothing came yet.
  var sizingBytesPerSecond: Double? { bytesPerSecond ?? seenBytesPerSecond }
  /// Nanoseconds from a request to its answer, the least of `PeerLimits.roundTripWindow`.
  public var roundTripNanoseconds: Double? { roundTrip.value }

  /// A request goes out.
  package mutating func asked(bytes: Int) {
    requests += 1
    inFlight += 1
    expectedBytes += bytes
  }

  /// A request of `bytes` expected bytes ended, in whatever way.
  package mutating func ended(bytes: Int) {
    inFlight -= 1
    expectedBytes -= bytes
  }

  /// An answer of `bytes` came; nothing of it is verified.
  /// - Parameters:
  ///   - before: what had come from the peer when the answer was asked for.
  ///   - time: from the request to the answer.
  package mutating func arrived(bytes: Int, since before: Int, in time: Duration) {
    arrivedBytes += bytes
    let rate = Double(arrivedBytes - before) * 1e9 / Double(max(1, time.wholeNanoseconds))
    seenBytesPerSecond = max(seenBytesPerSecond ?? 0, rate)
  }

  /// An answer was verified and taken in: now what it showed of the peer counts.
  /// - Parameter lostPerAnswer: how many requests are lost for each that is answered, over all
  ///   peers: so many late ones it makes good for.
  package mutating func verified(
    _ delivery: Delivery, items: Int, lostPerAnswer: Double = 0, at now: Moment
  ) {
    verifiedChunks += 1
    verifiedItems += items
    verifiedBytes += delivery.bytes
    lateInRow = 0
    emptyInRow = 0
    let taken = Double(max(1, delivery.time.wholeNanoseconds))
    if let expected = roundTrip.value {
      deviation += (abs(taken - expected) - deviation) / 4
    } else {
      deviation = taken / 2
    }
    // What waits in the line of a busy peer is not the length of the way to it.
    if delivery.isAlone || roundTrip.value == nil { roundTrip.add(taken, at: now) }
    bandwidth.add(delivery.deliveredBytes, in: taken, at: now)
    settleStrikes(at: now)
    let forgiven = 1 + Int(Double(LiveSyncLimits.strikesForLate) * lostPerAnswer)
    if delivery.isShort { strike(1, .short, at: now) } else { strikes = max(0, strikes - forgiven) }
    if strikes <= LiveSyncLimits.strikesForgiven { demotion = nil }
  }

  /// An answer was of no use. That is nobody's fault.
  package mutating func unused(bytes: Int) { unusedBytes += bytes }

  /// An answer is provably wrong.
  package mutating func lied() { invalid += 1 }

  /// The peer does not have what starts at `key`.
  package mutating func lacks(_ key: KeyNibbles, at now: Moment) {
    empty += 1
    emptyInRow += 1
    lacking.removeAll { $0.until <= now || $0.key == key }
    if lacking.count >= LiveSyncLimits.lackingPlacesMax { lacking.removeFirst() }
    lacking.append((key, now.advanced(by: LiveSyncLimits.lackingTime)))
    guard emptyInRow >= LiveSyncLimits.emptyInRowMax else { return }
    pause(emptyInRow - LiveSyncLimits.emptyInRowMax, at: now)
  }

  /// The peer cannot be asked now, for no fault of its own: refused, or gone.
  package mutating func refused(at now: Moment) {
    emptyInRow += 1
    pause(emptyInRow - 1, at: now)
  }

  /// The peer did not answer in time.
  package mutating func timedOut(at now: Moment) {
    late += 1
    lateInRow += 1
    settleStrikes(at: now)
    strike(LiveSyncLimits.strikesForLate, .late, at: now)
  }

  /// True if it said lately that it does not have what starts at `key`.
  package func isLacking(_ key: KeyNibbles, at now: Moment) -> Bool {
    lacking.contains { $0.key == key && $0.until > now }
  }

  /// Longest wait for an answer of `bytes` more bytes (`AnswerWait`): by what this peer needs for
  /// all that is on its way, which no measure of all peers together tells.
  package func timeout(bytes: Int) -> Duration {
    guard let expected = answerTime(bytes: bytes) else { return LiveSyncLimits.chunkTimeout }
    return AnswerWait(expected: expected, deviation: deviation).doubled(
      min(lateInRow, 4), within: LiveSyncLimits.chunkTimeoutMin...LiveSyncLimits.chunkTimeoutMax)
  }

  /// Nanoseconds until an answer of `bytes` more bytes can be here; nil if nothing is known.
  package func answerTime(bytes: Int) -> Double? {
    guard let roundTrip = roundTrip.value, let bandwidth = bandwidth.value, bandwidth > 0 else {
      return nil
    }
    return roundTrip + Double(expectedBytes + bytes) * 1e9 / bandwidth
  }

  /// Nanoseconds that the peer needs for `bytes` if nothing else is on its way, by all that was
  /// seen of it, verified or not; nil if nothing came yet.
  func emptyLineTime(bytes: Int) -> Double? {
    sizingBytesPerSecond.map { (roundTrip.value ?? 0) + Double(bytes) * 1e9 / max(1, $0) }
  }

  /// Requests of `bytes` that keep the path to the peer full: what is on its way at once (the
  /// bandwidth-delay product) and one more, a quarter above it to notice when there is more room;
  /// twice as much as long as the bandwidth is found to grow. More would only wait in the peer's
  /// line, and the diffs of new blocks behind it.
  /// - Parameter isLineLate: true if all who answer are late: then messages are lost, or the line
  ///   is full, and it says nothing of the peer.
  package func window(bytes: Int, isSlow: Bool, isLineLate: Bool = false) -> Int {
    if isSlow || demotion != nil && !(isLineLate && demotion == .late) { return 1 }
    guard let roundTrip = roundTrip.value, let bandwidth = bandwidth.value else {
      return late > 0 && seenBytesPerSecond == nil ? 1 : LiveSyncLimits.chunkWindowFirst
    }
    let isGrowing = self.bandwidth.isGrowing(within: LiveSyncLimits.growthAnswers)
    let product = bandwidth * roundTrip / 1e9 / Double(max(1, bytes))
    let window = Int(((isGrowing ? 2 : 1.25) * product).rounded(.up)) + (isGrowing ? 0 : 1)
    return min(max(2, window), LiveSyncLimits.chunkWindowMax)
  }

  private mutating func pause(_ doublings: Int, at now: Moment) {
    var pause = LiveSyncLimits.emptyPauseFirst
    for _ in 0..<max(0, doublings) where pause < LiveSyncLimits.emptyPauseMax {
      pause = pause * 2
    }
    pausedUntil = now.advanced(by: min(pause, LiveSyncLimits.emptyPauseMax))
  }

  private mutating func strike(_ count: Int, _ reason: PeerDemotion, at now: Moment) {
    strikes = min(strikes + count, LiveSyncLimits.strikesMax)
    if strikes >= LiveSyncLimits.strikesForDemotion { demotion = reason }
  }

  /// Strikes are forgotten with time, so that a peer that is asked no more gets another chance.
  package mutating func settleStrikes(at now: Moment) {
    let step = LiveSyncLimits.strikeTime.wholeNanoseconds
    let steps = max(0, strikesAt.duration(to: now).wholeNanoseconds) / step
    if strikes == 0 {
      strikesAt = now
    } else if steps > 0 {
      strikes = max(0, strikes - Int(min(steps, Int64(LiveSyncLimits.strikesMax))))
      strikesAt = strikesAt.advanced(by: .nanoseconds(steps * step))
    }
    if strikes <= LiveSyncLimits.strikesForgiven { demotion = nil }
  }
}

/// One answer as it was seen on the wire; it counts once its content is verified.
package struct Delivery: Sendable, Hashable {
  package var sentAt: Moment
  package var arrivedAt: Moment
  /// Bytes of the answer.
  package var bytes: Int
  /// Bytes that came from the peer between request and answer, this one's among them.
  package var deliveredBytes: Int
  /// True if neither the whole range nor the most items asked for were given.
  package var isShort: Bool
  /// True if nothing else was on its way from the peer when this was asked for.
  package var isAlone: Bool
  /// From the request to the answer.
  package var time: Duration { sentAt.duration(to: arrivedAt) }

  package init(
    sentAt: Moment, arrivedAt: Moment, bytes: Int, deliveredBytes: Int, isShort: Bool,
    isAlone: Bool
  ) {
    self.sentAt = sentAt
    self.arrivedAt = arrivedAt
    self.bytes = bytes
    self.deliveredBytes = deliveredBytes
    self.isShort = isShort
    self.isAlone = isAlone
  }
}
