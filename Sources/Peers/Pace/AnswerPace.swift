import Networking
import Runtime

/// How long answers take and how fast they come, over all peers and kinds of requests of one node.
/// What a single request asks for, and how long its answer is waited for, follow from it.
package struct AnswerPace: Sendable {
  private var times = AnswerTimes()
  private var roundTripFilter = WindowedFilter(
    .smallest, window: PeerLimits.roundTripWindow)
  private var rateFilter = WindowedFilter(.largest, window: PeerLimits.bandwidthWindow)
  /// The same, of answers that are not much smaller than the largest so far: a small one says
  /// little of what a line carries, and less the longer the line.
  private var largeRateFilter = WindowedFilter(
    .largest, window: PeerLimits.bandwidthWindow)
  /// What large answers brought a second beside the way there and back.
  private var partRateFilter = WindowedFilter(.largest, window: PeerLimits.bandwidthWindow)
  /// Requests of each kind in a row that were not answered in time, one sent after the other; of
  /// those that were on their way together one counts.
  private var lateInRow: [RequestType: Int] = [:]
  /// The longest that one of each kind in a row was waited for in vain. A wait may end before its
  /// time: by a timer that rings early, or by a network that gives up sooner than it was told to.
  private var waitedInRow: [RequestType: Duration] = [:]
  /// When one of each kind was counted last.
  private var countedAt: [RequestType: Moment] = [:]
  /// When an answer of any kind came last; nil before the first.
  private var answeredAt: Moment?
  /// Bytes of the largest answer of each kind so far.
  private var largest: [RequestType: Int] = [:]
  private var largestOfAll: Int { largest.values.max() ?? 0 }
  /// Requests of each kind that are on their way.
  package private(set) var awaited: [RequestType: Int] = [:]
  /// When the latest request went out that a peer has answered; above `PeerLimits.peersMax`
  /// peers they are forgotten.
  private var heard: [PeerID: Moment] = [:]
  /// How many requests are lost: those that were not answered in time while their peers answered a
  /// later one. If nothing comes from a peer any more, its line may be full.
  package private(set) var losses = LossShare()
  /// Requests of each kind so far that were not answered in time.
  package private(set) var late: [RequestType: Int] = [:]

  package init() {}

  /// The least time an answer took lately; nil before the first.
  package var roundTrip: Duration? {
    roundTripFilter.value.map { .nanoseconds(Int64(min($0, 1e18))) }
  }

  /// The most bytes a second that one answer brought lately, its way there and back included; nil
  /// before the first.
  package var bytesPerSecond: Double? { rateFilter.value }

  /// A request goes out.
  package mutating func asked(_ type: RequestType) { awaited[type, default: 0] += 1 }

  /// A request ended, in whatever way.
  package mutating func ended(_ type: RequestType) {
    let left = (awaited[type] ?? 0) - 1
    awaited[type] = left > 0 ? left : nil
  }

  /// An answer came, whether it is of use or not.
  package mutating func answered(
    _ type: RequestType, of peer: PeerID? = nil, bytes: Int, after time: Duration, at now: Moment
  ) {
    times.add(time)
    losses.add(isLost: false)
    if let peer {
      if heard.count > PeerLimits.peersMax { heard = [:] }
      heard[peer] = max(heard[peer] ?? .start, now.advanced(by: .zero - time))
    }
    lateInRow[type] = nil
    waitedInRow[type] = nil
    // Of the other kinds it shows that the line is there: what was late before says little now.
    lateInRow = lateInRow.mapValues { min($0, PeerLimits.patienceDoublings) }
    answeredAt = now
    largest[type] = max(bytes, largest[type] ?? 0)
    let taken = Double(max(1, time.wholeNanoseconds))
    roundTripFilter.add(taken, at: now)
    let rate = Double(bytes) * 1e9 / taken
    rateFilter.add(rate, at: now)
    let isLarge = Double(bytes) * PeerLimits.partGrowthMax >= Double(largestOfAll)
    if isLarge || rate > largeRateFilter.value ?? 0 { largeRateFilter.add(rate, at: now) }
    guard bytes >= PeerLimits.partBytesMin else { return }
    let carried = max(taken - (roundTripFilter.value ?? 0), taken / PeerLimits.partGrowthMax)
    partRateFilter.add(Double(bytes) * 1e9 / carried, at: now)
  }

  /// A request that went out at `asked` was not answered in time. What was on its way when one of
  /// its kind was counted was waited for as long as that one, and says no more than it of how long
  /// the line is, however many peers were asked at a time.
  package mutating func timedOut(
    _ type: RequestType, of peer: PeerID? = nil, asked: Moment, at now: Moment
  ) {
    if let peer, let later = heard[peer], later > asked { losses.add(isLost: true) }
    late[type, default: 0] += 1
    waitedInRow[type] = max(waitedInRow[type] ?? .zero, asked.duration(to: now))
    if let counted = countedAt[type], asked < counted { return }
    countedAt[type] = now
    lateInRow[type, default: 0] += 1
  }

  /// How long the answer to a request is waited for: twice what answers take, and what `bytes` take
  /// at the measured rate; `PeerLimits.patienceFirst` before anything came. While few answers
  /// came, the rate is believed for answers up to `partGrowthMax` times as large, and so much more
  /// for each request of the kind in a row that was late. Doubled for each
  /// request of the kind in a row that was late, since it is the only way to learn of a line that
  /// is longer or thinner than that. Once an answer came, messages are lost rather, so it is
  /// doubled for every second one: where each second message is lost, doubling for each would
  /// wait without bound on average. And a line that carried an answer a moment ago is not much
  /// longer than that: beyond `PeerLimits.patienceDoublings` doublings it is waited for twice
  /// as long as nothing came.
  package func patience(_ type: RequestType, bytes: Int = 0, at now: Moment) -> Duration {
    var wait = AnswerWait(first: PeerLimits.patienceFirst)
    let long = times.percentile95
    if let roundTrip = roundTripFilter.value, let rate = largeRateFilter.value {
      let usual = long.map { Double($0.wholeNanoseconds) } ?? roundTrip
      var believed = Double(bytes)
      if long == nil {
        var known = Double(largestOfAll) * PeerLimits.partGrowthMax
        for _ in 0..<(lateInRow[type] ?? 0) where known < believed {
          known *= PeerLimits.partGrowthMax
        }
        believed = min(believed, known)
      }
      let carried = roundTrip + believed * 1e9 / max(1, rate)
      // Too few answers tell little of how they scatter.
      let least = long == nil ? PeerLimits.patienceFirst : PeerLimits.patienceMin
      wait.first = max(AnswerWait(expected: max(usual, carried)).first, least)
    }
    let late = lateInRow[type] ?? 0
    let silence = answeredAt.map { $0.duration(to: now) * 2 } ?? PeerLimits.patienceMax
    let known = max(wait.first * (1 << PeerLimits.patienceDoublings), silence)
    let tried = max(wait.first, (waitedInRow[type] ?? .zero) * 2)
    let most = min(known, tried, PeerLimits.patienceMax)
    return wait.doubled(answeredAt == nil ? late : late / 2, within: .zero...most)
  }

  /// How long the answer is waited for by who knows how long those of its kind take.
  /// - Parameter usual: in which 95 of 100 came; nil while few did.
  package func patience(
    _ type: RequestType, bytes: Int, usual: Duration?, at now: Moment
  ) -> Duration {
    let ofKind = usual.map { $0 * 2 } ?? PeerLimits.patienceFirst
    return atLeast(max(patience(type, bytes: bytes, at: now), ofKind))
  }

  /// A wait that somebody measured, or what is waited for whatever is asked for: no answer can be
  /// here sooner than in three round trips, or those of all kinds scatter so much.
  package func atLeast(_ wait: Duration) -> Duration {
    max(wait, (roundTrip ?? .zero) * 3, times.percentile95 ?? .zero)
  }

  /// Bytes to wait for of an answer that may have `most`: twice as much as the largest of its kind
  /// that came, or the smallest part of one that comes in parts.
  package func expectedBytes(_ type: RequestType, most: Int) -> Int {
    min(most, max(PeerLimits.partBytesMin, 2 * (largest[type] ?? 0)))
  }

  /// Bytes that a part of a large answer may have: what comes in `PeerLimits.partTime`, or in a
  /// round trip if that is longer, and `PeerLimits.partBytesFirst` before that is known; half
  /// for each request of the kind in a row that was late. At least `PeerLimits.partBytesMin`.
  package func partBytes(_ type: RequestType, most: Int) -> Int {
    let time =
      Double(max(PeerLimits.partTime, roundTrip ?? .zero).wholeNanoseconds) / 1e9
    let wanted = partRateFilter.value.map { Int(min(1e15, $0 * time)) }
    var bytes = (wanted ?? PeerLimits.partBytesFirst) >> min(lateInRow[type] ?? 0, 32)
    if let largest = largest[type] {
      bytes = min(bytes, Int(Double(largest) * PeerLimits.partGrowthMax))
    }
    return min(max(bytes, PeerLimits.partBytesMin), most)
  }

  /// The time in which half of the answers came lately: where they scatter, far more than the
  /// least. Nil before the first.
  package var usualTime: Duration? { roundTrip.map { max($0, times.median ?? .zero) } }

  /// The time in which nearly all answers came lately, which is what a row of blocks waits for,
  /// each of which needs one; longer by the tries that are lost before each. Nil before the first.
  package var longTime: Duration? {
    usualTime.map {
      let time = max($0, times.percentile95 ?? .zero)
      return time + time / 100 * losses.percentPerAnswer
    }
  }

  /// How long one part of what was sent in two is waited for: at least
  /// `PeerLimits.halfWait`, and longer where messages scatter more.
  package var halfWait: Duration {
    min(max(PeerLimits.halfWait, (times.percentile95 ?? .zero) * 2), PeerLimits.patienceMax)
  }
}

/// How large the next part of something is that is fetched in parts: it grows while a part takes no
/// longer than `PeerLimits.partTime` beyond the round trip, and shrinks to what comes in it.
package struct PartSize: Sendable, Hashable {
  /// Bytes to ask for.
  package private(set) var bytes: Int
  private let range: ClosedRange<Int>

  /// - Parameter range: the smallest and the largest part, in bytes; the first is the smallest.
  package init(in range: ClosedRange<Int>) {
    self.range = range
    bytes = range.lowerBound
  }

  /// A part of `size` bytes came after `time`.
  package mutating func came(_ size: Int, after time: Duration, roundTrip: Duration?) {
    let target = Double(PeerLimits.partTime.wholeNanoseconds)
    let carried = Double(max(1, (time - (roundTrip ?? .zero)).wholeNanoseconds))
    let fitting = Double(max(1, size)) * target / carried
    bytes = clamped(min(fitting, Double(bytes) * PeerLimits.partGrowthMax))
  }

  /// A part did not come in time.
  package mutating func wasLate() { bytes = clamped(Double(bytes) / 2) }

  private func clamped(_ bytes: Double) -> Int {
    Int(min(max(bytes, Double(range.lowerBound)), Double(range.upperBound)))
  }
}
