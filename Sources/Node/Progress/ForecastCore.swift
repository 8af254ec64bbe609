import EventLog
import Runtime

/// Judges from samples how far the sync is and when it will end.
///
/// One line carries chunks and the diffs of new blocks. Diffs go first, so what they leave is for
/// chunks:
///
///     chunks a second = has − pace × diff
///
/// where *has* are the useful bytes of chunks and diffs a second, *pace* is how many blocks the
/// network makes in a second, and *diff* is what one of them takes. The missing part shrinks by
/// that, and grows by what the diffs add to it, in proportion to its share of the key space. That
/// share falls to nothing meanwhile, so on average half of the present growth counts. The last
/// chunk is of a block that we do not have yet: the diffs up to there have to come as well, by
/// then at the whole rate. So
///
///     eta = missing bytes / (has − pace × diff − growth / 2) + blocks behind × diff / has
///
/// The blocks behind stay about as many as they are while chunks are fetched, since chunks yield to
/// diffs that are late. If *has* is not more than *needs* = pace × diff + growth, the missing part
/// does not shrink, and the sync never ends.
///
/// *Has* and *needs* are close together where it matters most, and their difference is what
/// counts. So they are measured over long times, from one arrival to another, and diffs are counted
/// when they are here: the head moves by many blocks at once. The model is that of a fluid queue:
/// work that is left by the rate at which it shrinks; pace and height come from headers
/// (`NetworkClock`).
public struct ForecastCore: Sendable {
  /// Progress of the phases before and after the state, in parts per million each.
  private static let livePpm = 20_000
  private static let catchUpPpm = 20_000
  /// Blocks by which a node that gets all diffs may seem to be behind: the last is on its way.
  private static let onItsWay = 1.0
  /// Share of the key space that must go missing at once for a state to count as given up: less may
  /// be a few ranges that were lost.
  private static let givenUpShare = 0.05

  /// A sync that was found not to end, and then gave its state up.
  private struct Failure: Sendable {
    /// Missing share that it got down to.
    var missingShare: Double
    /// What was found.
    var forecast: SyncForecast
  }

  /// The first sample, and those at which something had come in: rates are measured from one such
  /// moment to another.
  private var samples: [SyncSample] = []
  private var clock = NetworkClock()
  private var progress = 0
  /// The latest sample and forecast.
  private var last: (sample: SyncSample, forecast: SyncForecast)?
  /// Where the head was when the sync was found not to end.
  private var divergedAt: UInt32?
  private var failure: Failure?
  /// How far the head was behind when the state became complete.
  private var lagAtCompletion: UInt32?

  public init() {}

  /// Takes a sample; they come in the order of time.
  public mutating func add(_ sample: SyncSample) -> SyncForecast {
    if let last, Self.isGivenUp(last.sample, sample) { startAnew(after: last) }
    if sample.isLive {
      clock.add(sample)
      keep(sample)
    }
    progress = max(progress, share(of: sample))
    let forecast = hold(judge(sample), sample)
    divergedAt = forecast.verdict == .diverges ? sample.head : nil
    last = (sample, forecast)
    return forecast
  }

  /// True if most of what was held is missing again.
  private static func isGivenUp(_ before: SyncSample, _ now: SyncSample) -> Bool {
    if before.missingShare == 0 { return now.missingShare > 0 }
    let lost = now.missingShare - before.missingShare
    return lost >= givenUpShare && lost > (1 - before.missingShare) / 2
  }

  /// What follows is another sync. If the last one could not end, this one will not either before
  /// it has shown that it comes further.
  private mutating func startAnew(after last: (sample: SyncSample, forecast: SyncForecast)) {
    var failure: Failure?
    if last.forecast.verdict == .diverges {
      let share = min(last.sample.missingShare, self.failure?.missingShare ?? 1)
      failure = Failure(missingShare: share, forecast: last.forecast)
    }
    self = ForecastCore()
    self.failure = failure
  }

  /// A finding that the sync does not end stands until there is reason to think otherwise.
  private mutating func hold(_ forecast: SyncForecast, _ sample: SyncSample) -> SyncForecast {
    if let found = failure {
      if sample.missingShare >= found.missingShare {
        var forecast = found.forecast
        forecast.progressPpm = progress
        return forecast
      }
      failure = nil
    }
    // Where no block comes in any more, rates say nothing.
    guard divergedAt == sample.head, sample.missingShare > 0 else { return forecast }
    var forecast = forecast
    forecast.verdict = .diverges
    forecast.eta = nil
    return forecast
  }

  /// Keeps a sample if something came in; when there are too many, every second one is dropped.
  private mutating func keep(_ sample: SyncSample) {
    if let last = samples.last {
      // From completion on blocks are not held up by diffs any more.
      if last.missingShare > 0, sample.missingShare == 0 { samples = [] }
      let isStep =
        sample.missingShare > 0 || last.missingShare > 0
        ? sample.chunkBytes != last.chunkBytes || sample.diffBytes > last.diffBytes
        : sample.head > last.head
      guard isStep else { return }
    }
    samples.append(sample)
    guard samples.count > NodeLimits.forecastSamplesMax else { return }
    samples = samples.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
  }

  /// Progress over all phases: getting to know the network, the state, the last blocks.
  private mutating func share(of sample: SyncSample) -> Int {
    guard sample.isLive else { return 0 }
    let whole = 1_000_000
    if sample.missingShare > 0 {
      let state = Double(whole - Self.livePpm - Self.catchUpPpm) * (1 - sample.missingShare)
      return min(Self.livePpm + Int(state), whole - Self.catchUpPpm - 1)
    }
    let lag = sample.target > sample.head ? sample.target - sample.head : 0
    let first = lagAtCompletion ?? max(1, lag)
    lagAtCompletion = first
    let rest = Int(UInt64(Self.catchUpPpm) * UInt64(min(lag, first)) / UInt64(first))
    return whole - rest
  }

  private func judge(_ now: SyncSample) -> SyncForecast {
    var forecast = SyncForecast(
      verdict: .unknown, eta: nil, progressPpm: progress, hasBytesPerSecond: 0,
      needsBytesPerSecond: 0)
    let named = Double(now.target > now.head ? now.target - now.head : 0)
    if now.missingShare == 0, named == 0 {
      forecast.verdict = .converges
      forecast.eta = .zero
      return forecast
    }
    guard let (first, end, seconds, age) = window(now) else { return forecast }
    let pace = clock.blocksPerSecond
    if now.missingShare == 0 {
      // Nothing but blocks is left, and they need no diffs any more.
      let applied = Double(end.head > first.head ? end.head - first.head : 0)
      return Self.conclude(forecast, work: named, speed: applied / seconds - pace, age: age)
    }
    // What was here and turned out to be of no use counts against what came.
    let fetched = max(0, end.chunkBytes - first.chunkBytes + end.diffBytes - first.diffBytes)
    let has = Double(fetched) / seconds
    let (diff, grown) = perBlock(end)
    let growth = pace * grown * now.missingShare
    let needs = pace * diff + growth
    forecast.hasBytesPerSecond = has
    forecast.needsBytesPerSecond = needs
    let came = end.diffs + end.emptyDiffs - first.diffs - first.emptyDiffs
    let keepsUp = Double(came) + Self.onItsWay >= pace * seconds
    if end.chunkBytes <= first.chunkBytes, keepsUp {
      // All that the chain takes comes in, and no chunk does: the line is not to blame.
      return forecast
    }
    let behind = max(0, max(named, clock.lag(at: now.at)) - Double(now.diffsWaiting))
    if let missing = now.missingBytes, missing == 0, has > 0 {
      // All chunks are here, and wait for their blocks. If these do not come, nothing but the time
      // for which they have not come tells how long that will last.
      return Self.conclude(
        forecast, work: behind * diff, speed: has, age: 0, least: silence(now))
    }
    if has > needs, now.missingBytes == nil { return forecast }
    guard has > needs else { return Self.conclude(forecast, work: 0, speed: 0, age: age) }
    return Self.conclude(
      forecast, work: now.missingBytes ?? 0, speed: has - needs + growth / 2, age: age,
      more: behind * diff / has)
  }

  /// - Parameters:
  ///   - age: seconds since something came in last; the work is as it was then.
  ///   - more: seconds that are needed after the work.
  ///   - least: seconds that it takes in any case.
  private static func conclude(
    _ forecast: SyncForecast, work: Double, speed: Double, age: Double, more: Double = 0,
    least: Double = 0
  ) -> SyncForecast {
    var forecast = forecast
    if speed <= 0 {
      forecast.verdict = .diverges
    } else {
      let seconds = max(least, max(0, work / speed - age) + more)
      forecast.verdict = .converges
      forecast.eta = .nanoseconds(Int64(min(seconds * 1e9, 9e18)))
    }
    return forecast
  }

  /// Seconds since something came in last, as far as that is longer than a block takes.
  private func silence(_ now: SyncSample) -> Double {
    guard let last = samples.last else { return 0 }
    let seconds = Double(last.at.duration(to: now.at).wholeNanoseconds) / 1e9
    return seconds * clock.blocksPerSecond > 1 ? seconds : 0
  }

  /// Bytes that the diff of a block takes on average, and by which it makes the state grow: by the
  /// later half of the diffs, since sizes change, but not by fewer than tell an average; and by how
  /// many blocks had one so far, since macro blocks and quiet times come rarely and at once.
  private func perBlock(_ end: SyncSample) -> (diff: Double, grown: Double) {
    guard let start = samples.first else { return (0, 0) }
    let count = max(NodeLimits.forecastDiffsMin, (end.diffs - start.diffs) / 2)
    let from = samples.last { $0.diffs <= end.diffs - count } ?? start
    let filled = Double(end.diffs) / Double(max(1, end.diffs + end.emptyDiffs))
    let share = filled / Double(max(1, end.diffs - from.diffs))
    return (
      Double(end.diffBytes - from.diffBytes) * share,
      Double(max(0, end.grownBytes - from.grownBytes)) * share
    )
  }

  /// What rates are measured over: half of the time so far, so that the slow start is forgotten,
  /// but not less than `forecastWindowMin`. It ends when something came in last, or later if the
  /// longest usual gap has passed since.
  private func window(
    _ now: SyncSample
  ) -> (first: SyncSample, end: SyncSample, seconds: Double, age: Double)? {
    guard let start = samples.first, let last = samples.last else { return nil }
    let elapsed = start.at.duration(to: last.at)
    guard elapsed >= NodeLimits.forecastTimeMin else { return nil }
    let length = max(elapsed / 2, min(elapsed, NodeLimits.forecastWindowMin))
    let index = samples.lastIndex { $0.at.advanced(by: length) <= last.at } ?? 0
    let gaps = zip(samples[index...], samples[(index + 1)...]).map { $0.at.duration(to: $1.at) }
    let gap = gaps.max() ?? .zero
    let since = last.at.duration(to: now.at)
    let seconds = samples[index].at.duration(to: last.at) + max(.zero, since - gap)
    return (
      samples[index], since > gap ? now : last, Double(seconds.wholeNanoseconds) / 1e9,
      Double(min(since, gap).wholeNanoseconds) / 1e9
    )
  }
}
