import EventLog
import LiveSync
import Runtime
import TestSupport
import Testing

@Suite struct ForecastCoreTests {
  /// A sync at known rates, sampled every half second.
  struct Model {
    /// Bytes a second that come in, chunks and diffs together.
    var line = 2e6
    /// Bytes of one block's diff.
    var diff = 20_000.0
    /// Part of it that makes the state larger.
    var growth = 2_000.0
    var blockSeconds = 1.0
    var state = 60e6
    /// Chunks come in only together with a block.
    var isBursty = false
    var noise = 0

    var missing: Double
    var time = 0.0
    var chunkBytes = 0.0
    var diffBytes = 0.0
    var pending = 0.0
    var head = 10.0
    var target = 10.0
    var random = SeededGenerator(seed: 3)

    init(_ change: (inout Model) -> Void = { _ in }) {
      missing = state
      change(&self)
      missing = state
    }

    mutating func step(_ seconds: Double = 0.5) -> SyncSample {
      let before = head.rounded(.down)
      time += seconds
      target += seconds / blockSeconds
      // Blocks are applied as fast as their diffs come.
      let changes = min(line * seconds, (target - head) * diff)
      head += changes / diff
      let wobble = noise == 0 ? 1 : 1 + Double(random.below(2 * noise + 1) - noise) / 100
      let share = missing / state
      missing += seconds / blockSeconds * growth * share
      diffBytes += changes
      pending += max(0, line * seconds * wobble - changes)
      if !isBursty || head.rounded(.down) > before {
        let taken = min(pending, missing)
        chunkBytes += taken
        missing -= taken
        pending = 0
      }
      var sample = SyncSample()
      sample.at = Moment(nanoseconds: Int64(time * 1e9))
      sample.isLive = true
      sample.missingShare = max(0, missing / state)
      sample.missingBytes = missing
      sample.chunkBytes = Int(chunkBytes)
      sample.diffBytes = Int(diffBytes)
      sample.grownBytes = Int((head - 10) * growth)
      sample.head = UInt32(head)
      sample.target = UInt32(target)
      return sample
    }

    /// All forecasts until the end, with their times.
    mutating func run(limit: Double = 2_000) -> [(time: Double, forecast: SyncForecast)] {
      var core = ForecastCore()
      var list: [(Double, SyncForecast)] = []
      while missing > 0, time < limit {
        list.append((0, core.add(step())))
        list[list.count - 1].0 = time
      }
      return list
    }
  }

  @Test(arguments: [
    Model(), Model { $0.isBursty = true }, Model { $0.noise = 20 },
    Model {
      $0.diff = 1.2e6
      $0.growth = 200_000
    },
    Model {
      $0.blockSeconds = 6
      $0.isBursty = true
      $0.state = 400e6
    },
  ])
  func forecast_shouldBeWithin15Percent_fromAFifthOn(model: Model) {
    var model = model
    let list = model.run()
    let end = model.time
    var judged = 0
    for (time, forecast) in list where forecast.progressPpm >= 200_000 && end - time > 3 {
      judged += 1
      #expect(forecast.verdict == .converges)
      let eta = Double((forecast.eta ?? .zero).wholeNanoseconds) / 1e9
      #expect(abs(time + eta - end) <= 0.15 * end, "at \(time) s: \(eta) s, but \(end - time) s")
    }
    #expect(judged > 10)
  }

  @Test func forecast_shouldSayWhatIsNeeded_whenTheChainChangesFasterThanWeFetch() {
    var model = Model {
      $0.line = 2.2e6
      $0.diff = 3.1e6
      $0.growth = 0
    }
    let last = model.run(limit: 60).last?.forecast
    #expect(last?.verdict == .diverges && last?.eta == nil)
    #expect(last?.text == "will not finish: needs 3.1 MB/s, has 2.2 MB/s")
  }

  @Test func forecast_shouldSayHowLong_inWords() {
    var model = Model()
    let list = model.run()
    #expect(list.first?.forecast.text == "too little is known yet")
    #expect(list[list.count / 2].forecast.text.hasPrefix("done in "))
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func progress_shouldNeverFall_norPassTheEnd(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var core = ForecastCore()
    var last = 0
    var sample = SyncSample()
    for step in 0..<2_000 {
      sample.at = Moment(nanoseconds: Int64(step) * 500_000_000)
      sample.isLive = sample.isLive || random.chance(5)
      // Ranges come in, are lost again, and others cannot be measured.
      sample.missingShare = min(
        1, max(1e-9, sample.missingShare - 0.001 * Double(random.below(9) - 3)))
      sample.missingBytes = random.chance(10) ? nil : sample.missingShare * 1e6
      sample.chunkBytes += random.below(1_000)
      sample.diffBytes += random.below(1_000)
      sample.head += UInt32(random.below(2))
      sample.target = sample.head + UInt32(random.below(20))
      let forecast = core.add(sample)
      #expect((last..<1_000_000).contains(forecast.progressPpm), "seed \(seed)")
      if let eta = forecast.eta { #expect(eta >= .zero, "seed \(seed)") }
      last = forecast.progressPpm
    }
    sample.missingShare = 0
    for lag in [9, 5, 7, 0] as [UInt32] {
      sample.at = sample.at.advanced(by: .seconds(1))
      sample.target = sample.head + lag
      let forecast = core.add(sample)
      #expect(forecast.progressPpm >= last, "seed \(seed)")
      #expect((forecast.progressPpm == 1_000_000) == (lag == 0), "seed \(seed)")
      last = forecast.progressPpm
    }
  }

  @Test func progress_shouldStartAnew_whenTheStateIsGivenUp() {
    var core = ForecastCore()
    var sample = SyncSample()
    sample.isLive = true
    sample.missingShare = 0
    #expect(core.add(sample).progressPpm == 1_000_000)
    sample.missingShare = 1
    #expect(core.add(sample).progressPpm == 20_000)
  }

  @Test func estimate_shouldKnowTheBlocksThatAreBehind() {
    var core = ForecastCore()
    var sample = SyncSample()
    sample.isLive = true
    sample.missingShare = 0
    sample.target = 500
    var forecast = core.add(sample)
    for step in 1...20 {
      sample.at = Moment(nanoseconds: Int64(step) * 1_000_000_000)
      sample.head += 11
      sample.target += 1
      forecast = core.add(sample)
    }
    // 300 blocks behind, ten a second nearer.
    #expect(abs(Double(forecast.eta?.wholeNanoseconds ?? 0) / 1e9 - 30) < 1)
  }

  @Test func samples_shouldBeThinnedOut_aboveTheirLimit() {
    var model = Model { $0.state = 2e9 }
    var core = ForecastCore()
    var forecast: SyncForecast?
    for _ in 0..<(LiveSyncLimits.forecastSamplesMax * 3) { forecast = core.add(model.step()) }
    let eta = Double((forecast?.eta ?? .zero).wholeNanoseconds) / 1e9
    let left = model.missing / (model.line - model.diff)
    #expect(abs(eta - left) < 0.05 * left)
  }
}
