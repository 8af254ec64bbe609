import EventLog
import Runtime

/// What a forecast is made from, read at one moment. Bytes and blocks are totals since the start.
public struct SyncSample: Sendable, Hashable {
  public var at = Moment.start
  /// True once a peer has been through macro sync, so that blocks and chunks can come.
  public var isLive = false
  /// Missing share of the key space, 0…1; 0 only if nothing is missing.
  public var missingShare = 1.0
  /// Bytes that the missing part will take; nil before there is anything to go by.
  public var missingBytes: Double?
  /// Bytes of chunks that were taken in, or wait for their blocks.
  public var chunkBytes = 0
  /// Verified diffs.
  public var diffs = 0
  /// Their bytes.
  public var diffBytes = 0
  /// Those of blocks that are not applied yet.
  public var diffsWaiting = 0
  /// Bytes by which these diffs make the state grow.
  public var grownBytes = 0
  /// Blocks that were applied, by the height of the head.
  public var head: UInt32 = 0
  /// When the head was made, by its header: milliseconds.
  public var headMilliseconds: UInt64 = 0
  /// Height of the network's chain as far as it is known.
  public var target: UInt32 = 0

  public init() {}
}

/// When the sync will end, or why it will not.
public struct SyncForecast: Sendable, Hashable {
  public var verdict: Event.StateForecast
  /// Time until state and head are those of the network; nil unless the verdict is `converges`.
  public var eta: Duration?
  /// Share of the whole sync that is done, in parts per million; never falls.
  public var progressPpm: Int
  /// Bytes of chunks and diffs a second, without those of no use.
  public var hasBytesPerSecond: Double
  /// Bytes a second that the changes of the chain alone take: its diffs, and what they add to the
  /// missing part.
  public var needsBytesPerSecond: Double

  /// One line for people.
  public var text: String {
    switch verdict {
    case .converges:
      let seconds = ((eta ?? .zero).wholeNanoseconds + 999_999_999) / 1_000_000_000
      return "done in \(seconds) s"
    case .diverges:
      return "will not finish: needs \(Self.rate(needsBytesPerSecond)), "
        + "has \(Self.rate(hasBytesPerSecond))"
    case .unknown:
      return "too little is known yet"
    }
  }

  /// A rate with one decimal in a fitting unit.
  private static func rate(_ value: Double) -> String {
    let (unit, scale) = value >= 1e6 ? ("MB/s", 1e6) : value >= 1e3 ? ("kB/s", 1e3) : ("B/s", 1)
    let tenths = Int64((min(value / scale, 1e12) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}

/// Judges from samples how far the sync is and when it will end.
///
/// All of it is one work: the missing bytes and the diffs of the blocks that the head is behind. It
/// shrinks by what is fetched and verified, and grows by what the chain changes meanwhile: every
/// diff has to be fetched too, and what it adds to the missing part as well. So
///
///     eta = (missing bytes + bytes of diffs behind) / (has − needs)
///
/// where *has* are the bytes of chunks and diffs a second and *needs* is what the chain
/// takes. If *has* is not more than *needs*, it never ends.
public struct ForecastCore: Sendable {
  /// Progress of the phases before and after the state, in parts per million each.
  private static let livePpm = 20_000
  private static let catchUpPpm = 20_000
  /// Share of what the chain takes that counts as all of it: the last block may be on its way.
  private static let enough = 0.9

  /// The first sample, and those at which something had come in. Chunks that wait for a block come
  /// in together with it: rates are measured from one such moment to another.
  private var samples: [SyncSample] = []
  private var progress = 0
  /// Where the head was when the sync was found not to end.
  private var divergedAt: UInt32?
  /// How far the head was behind when the state became complete.
  private var lagAtCompletion: UInt32?

  public init() {}

  /// Takes a sample; they come in the order of time.
  public mutating func add(_ sample: SyncSample) -> SyncForecast {
    if let last = samples.last, last.missingShare == 0, sample.missingShare > 0 {
      // The state was given up: what follows is another sync.
      self = ForecastCore()
    }
    if sample.isLive { keep(sample) }
    progress = max(progress, share(of: sample))
    var forecast = judge(sample)
    if forecast.verdict == .diverges {
      divergedAt = sample.head
    } else if divergedAt == sample.head, sample.missingShare > 0 {
      // Where no block comes in any more, rates say nothing: what was found stands.
      forecast.verdict = .diverges
      forecast.eta = nil
    } else {
      divergedAt = nil
    }
    return forecast
  }

  /// Keeps a sample if something came in; when there are too many, every second one is dropped.
  private mutating func keep(_ sample: SyncSample) {
    if let last = samples.last {
      let isStep =
        sample.missingShare > 0 || last.missingShare > 0
        ? sample.chunkBytes > last.chunkBytes : sample.head > last.head
      // Where no chunk comes in for long, diffs tell the rates.
      let isOld = last.at.advanced(by: LiveSyncLimits.forecastWindowMin) <= sample.at
      guard isStep || (isOld && sample.diffBytes > last.diffBytes) else { return }
    }
    samples.append(sample)
    guard samples.count > LiveSyncLimits.forecastSamplesMax else { return }
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
    let lag = Double(now.target > now.head ? now.target - now.head : 0)
    if now.missingShare == 0, lag == 0 {
      forecast.verdict = .converges
      forecast.eta = .zero
      return forecast
    }
    guard let (first, end, seconds, age) = window(now) else { return forecast }
    // What was here and turned out to be of no use counts against what came.
    let fetched = max(0, end.chunkBytes - first.chunkBytes + end.diffBytes - first.diffBytes)
    // What a block takes on average, and how many blocks the network makes.
    let applied = Double(end.head > first.head ? end.head - first.head : 0)
    let pace = Double(end.target > first.target ? end.target - first.target : 0) / seconds
    let diff = Double(end.diffBytes - first.diffBytes) / max(1, applied)
    let growth = Double(max(0, end.grownBytes - first.grownBytes)) / max(1, applied)
    let has = Double(fetched) / seconds
    let needs = pace * (diff + growth * now.missingShare)
    forecast.hasBytesPerSecond = has
    forecast.needsBytesPerSecond = needs
    if now.missingShare == 0 {
      // Nothing but blocks is left, and they need no diffs any more.
      let speed = applied / seconds - pace
      return Self.conclude(forecast, work: lag, speed: speed, age: age)
    }
    let hasChunks = end.chunkBytes > first.chunkBytes
    if !hasChunks, has >= Self.enough * needs {
      // All that the chain takes comes in, and no chunk does: the line is not to blame.
      return forecast
    }
    if has > needs, now.missingBytes == nil { return forecast }
    return Self.conclude(
      forecast, work: (now.missingBytes ?? 0) + lag * diff, speed: has - needs, age: age)
  }

  /// - Parameter age: seconds since something came in last; the work is as it was then.
  private static func conclude(
    _ forecast: SyncForecast, work: Double, speed: Double, age: Double
  ) -> SyncForecast {
    var forecast = forecast
    if speed <= 0 {
      forecast.verdict = .diverges
    } else {
      forecast.verdict = .converges
      forecast.eta = .nanoseconds(Int64(min(max(0, work / speed - age) * 1e9, 9e18)))
    }
    return forecast
  }

  /// What rates are measured over: half of the time so far, so that the slow start is soon
  /// forgotten. It ends when something came in last, or later if the longest usual gap has passed
  /// since.
  private func window(
    _ now: SyncSample
  ) -> (first: SyncSample, end: SyncSample, seconds: Double, age: Double)? {
    guard let start = samples.first, let last = samples.last else { return nil }
    let elapsed = start.at.duration(to: last.at)
    guard elapsed >= LiveSyncLimits.forecastTimeMin else { return nil }
    let length = max(elapsed / 2, min(elapsed, LiveSyncLimits.forecastWindowMin))
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
