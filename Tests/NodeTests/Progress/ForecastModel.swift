import Node
import Runtime
import TestSupport

/// A sync at known rates, sampled every half second: one line for chunks and diffs, of which diffs
/// get what they need once they are `lagMax` blocks behind.
struct ForecastModel: Sendable {
  /// Bytes a second that come in, chunks and diffs together.
  var line = 2e6
  /// By how much of that each five seconds may differ from it, in percent.
  var noise = 0
  /// Bytes of one block's diff.
  var diff = 20_000.0
  /// Part of it that makes the state larger.
  var growth = 2_000.0
  var blockSeconds = 1.0
  /// Seconds between two blocks by the chain's configuration.
  var configuredSeconds = 1.0
  /// Bytes of the whole state at the start.
  var state = 60e6
  /// Blocks that diffs may be behind before they come first.
  var lagMax = 0.0
  /// Every how many blocks one changes nothing; 0 is never.
  var quietEvery = 0
  /// Most blocks by which the head moves at once.
  var batch = 4.0
  /// When the last height is named that can be used.
  var namedUntil = Double.infinity

  private(set) var missing = 0.0
  private(set) var time = 0.0
  private var height = Self.start
  private var diffed = Self.start
  private var head = Self.start
  private var batchEnd = Self.start
  private var received = 0.0
  private var named = Self.start
  /// Chunks that wait for their blocks.
  private var waiting: [(block: Double, bytes: Double)] = []
  private var rate = 1.0
  private var random = SeededGenerator(seed: 3)

  private static let start = 10.0
  private static let stepSeconds = 0.5

  init(_ change: (inout ForecastModel) -> Void = { _ in }) {
    change(&self)
    missing = state
  }

  private var waitingBytes: Double { waiting.reduce(0) { $0 + $1.bytes } }
  var isDone: Bool { missing <= 0 }

  /// The state is given up, and filled anew by chunks of blocks from now on.
  mutating func giveUp() {
    missing = state
    waiting = []
    diffed = height.rounded(.down)
    head = diffed
    batchEnd = diffed
  }

  mutating func step() -> SyncSample {
    time += Self.stepSeconds
    height += Self.stepSeconds / blockSeconds
    if time < namedUntil { named = height }
    if Int(time / Self.stepSeconds) % 10 == 0, noise > 0 {
      rate = 1 + Double(random.below(2 * noise + 1) - noise) / 100
    }
    let bytes = line * rate * Self.stepSeconds
    let wanted = max(0, missing - waitingBytes)
    let overdue = height.rounded(.down) - diffed - (wanted > 0 ? lagMax : 0)
    let forDiffs = min(bytes, max(0, overdue) * diff)
    diffed += forDiffs / diff
    if diffed >= batchEnd {
      head = batchEnd
      batchEnd = min(head + batch, height.rounded(.down))
    }
    let chunk = min(wanted, bytes - forDiffs)
    received += chunk
    if chunk > 0 { waiting.append((height.rounded(.down), chunk)) }
    missing += Self.stepSeconds / blockSeconds * growth * wanted / state
    for (block, bytes) in waiting where block <= head { missing -= bytes }
    waiting.removeAll { $0.block <= head }
    if missing < 1 { missing = 0 }
    return sample
  }

  private var sample: SyncSample {
    var sample = SyncSample()
    sample.at = Moment(nanoseconds: Int64(time * 1e9))
    sample.isLive = true
    sample.missingShare = min(1, missing / state)
    sample.missingBytes = max(0, missing - waitingBytes)
    sample.chunkBytes = Int(received)
    let blocks = (diffed - Self.start).rounded(.down)
    // What a block takes on average is `diff`, so the others take more.
    let quiet = quietEvery > 0 ? Int(blocks) / quietEvery : 0
    let loud = quietEvery > 0 ? diff * Double(quietEvery) / Double(quietEvery - 1) : diff
    let diffs = Int(blocks) - quiet
    sample.diffs = diffs
    sample.emptyDiffs = quiet
    sample.diffBytes = Int(Double(diffs) * loud)
    sample.diffsWaiting = Int(max(0, diffed - head))
    sample.grownBytes = Int(blocks * growth)
    sample.head = UInt32(head)
    sample.headMilliseconds = UInt64((head - Self.start) * blockSeconds * 1e3)
    sample.blockMilliseconds = UInt64(configuredSeconds * 1e3)
    sample.target = UInt32(max(head, named))
    return sample
  }

  /// All forecasts until the end, with their times.
  mutating func run(
    limit: Double = 2_000, change: (inout SyncSample) -> Void = { _ in }
  ) -> [(time: Double, forecast: SyncForecast)] {
    var core = ForecastCore()
    var list: [(Double, SyncForecast)] = []
    while !isDone, time < limit {
      var sample = step()
      change(&sample)
      list.append((time, core.add(sample)))
    }
    return list
  }

  /// The largest distance of a forecast end from the true one, in parts of the whole time, from a
  /// fifth of the progress on; infinite if one says that there is no end.
  mutating func worstError(change: (inout SyncSample) -> Void = { _ in }) -> Double {
    let judged = run(change: change).filter { $0.forecast.progressPpm >= 200_000 }
    return judged.map { time, forecast in
      guard let eta = forecast.eta else { return .infinity }
      return abs(time + Double(eta.wholeNanoseconds) / 1e9 - self.time) / self.time
    }.max() ?? .infinity
  }
}
