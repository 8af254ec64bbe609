import EventLog
import Node
import Runtime
import TestSupport
import Testing

@Suite struct ForecastCoreTests {
  /// Syncs that end, each hard in its own way.
  static let ending = [
    ForecastModel(), ForecastModel { $0.noise = 20 },
    ForecastModel {
      $0.diff = 1.2e6
      $0.growth = 200_000
    },
    // A quarter of what is left for chunks comes and goes.
    ForecastModel {
      $0.diff = 1.6e6
      $0.noise = 5
    },
    // Close to the border: one part in ten is left for chunks.
    ForecastModel { $0.diff = 1.8e6 },
    // Every fifth block changes nothing.
    ForecastModel {
      $0.diff = 1.6e6
      $0.quietEvery = 5
    },
    // Slow blocks, other than the configuration says.
    ForecastModel {
      $0.blockSeconds = 6
      $0.state = 400e6
    },
    hard,
  ]

  /// Diffs far behind, which come by batches, and no height is named for long.
  static let hard = ForecastModel {
    $0.diff = 1.5e6
    $0.lagMax = 12
    $0.batch = 16
    $0.namedUntil = 20
  }

  @Test(arguments: ending)
  func forecast_shouldBeWithin15Percent_fromAFifthOn(model: ForecastModel) {
    var model = model
    let error = model.worstError()
    #expect(error <= 0.15, "\(error) of \(model.time) s")
  }

  @Test func forecast_shouldBeWrong_whereWhatItNeedsIsNotTold() {
    var blind = Self.hard
    // Without the times of headers the blocks that are behind are not known.
    #expect(blind.worstError { $0.headMilliseconds = 0 } > 0.15)
    var hasty = Self.hard
    // What waits is taken for missing.
    #expect(hasty.worstError { $0.diffsWaiting = 0 } > 0.15)
  }

  @Test(arguments: [
    ForecastModel { $0.diff = 2.2e6 },
    ForecastModel {
      $0.diff = 2.5e6
      $0.noise = 10
    },
    // What the diffs leave is less than what they add.
    ForecastModel {
      $0.diff = 1.5e6
      $0.growth = 1.4e6
    },
    // Chunks come first until the diffs are far behind, and then no height is named any more.
    ForecastModel {
      $0.diff = 2.6e6
      $0.lagMax = 10
      $0.namedUntil = 12
      $0.batch = 16
    },
  ])
  func forecast_shouldSayThatThereIsNoEnd_allTheTime(model: ForecastModel) {
    var model = model
    let list = model.run(limit: 300).filter { $0.time >= 30 }
    #expect(!model.isDone)
    #expect(list.allSatisfy { $0.forecast.verdict == .diverges && $0.forecast.eta == nil })
  }

  @Test func finding_shouldStand_whenTheStateWasGivenUpBecauseOfIt() {
    var model = ForecastModel {
      $0.diff = 2.1e6
      $0.lagMax = 15
    }
    var core = ForecastCore()
    var forecast = core.add(model.step())
    var sample = model.step()
    while model.time < 60 {
      sample = model.step()
      forecast = core.add(sample)
    }
    #expect(forecast.verdict == .diverges)
    let reached = sample.missingShare
    #expect(reached < 0.7)
    model.giveUp()
    // More comes in now; but that was so before as well.
    model.line = 4e6
    model.lagMax = 1
    sample = model.step()
    #expect(core.add(sample).progressPpm < forecast.progressPpm)
    while sample.missingShare >= reached {
      let held = core.add(sample)
      #expect(held.verdict == .diverges && held.text == forecast.text, "at \(model.time) s")
      sample = model.step()
    }
    while sample.missingShare > reached / 2 {
      sample = model.step()
      forecast = core.add(sample)
    }
    #expect(forecast.verdict == .converges)
  }

  @Test func finding_shouldNotBeMade_whenAStateThatWouldHaveEndedIsGivenUp() {
    var model = ForecastModel()
    var core = ForecastCore()
    while model.time < 15 { _ = core.add(model.step()) }
    model.giveUp()
    for _ in 0..<20 { #expect(core.add(model.step()).verdict != .diverges) }
  }

  @Test func forecast_shouldSayWhatIsNeeded_whenTheChainChangesFasterThanWeFetch() {
    var model = ForecastModel {
      $0.line = 2.2e6
      $0.diff = 3.1e6
      $0.growth = 0
    }
    let last = model.run(limit: 60).last?.forecast
    #expect(last?.verdict == .diverges && last?.eta == nil)
    #expect(last?.text == "will not finish: needs 3.1 MB/s, has 2.2 MB/s")
  }

  @Test func forecast_shouldPromiseNoEnd_whileNothingMoves() {
    var core = ForecastCore()
    var forecast = core.add(SyncSample())
    forecast.verdict = .converges
    forecast.eta = .seconds(1)
    #expect(forecast.whileStalled.verdict == .stalled && forecast.whileStalled.eta == nil)
    #expect(forecast.whileStalled.text == "stalled: nothing comes in")
    forecast.verdict = .unknown
    forecast.eta = nil
    #expect(forecast.whileStalled.verdict == .stalled)
    // That there is no end stays true.
    forecast.verdict = .diverges
    #expect(forecast.whileStalled == forecast)
  }

  @Test func forecast_shouldNotSayOneSecond_whenTheLastBlocksDoNotCome() throws {
    var core = ForecastCore()
    var sample = SyncSample()
    sample.isLive = true
    var last: SyncForecast?
    for second in Int64(0)...60 {
      sample.at = Moment(nanoseconds: second * 1_000_000_000)
      // All chunks are here after 30 s; the blocks they wait for are not.
      if second <= 30 {
        sample.missingShare = 1 - Double(second) / 60
        sample.chunkBytes = Int(second) * 10_000
        sample.missingBytes = Double(30 - second) * 10_000
        sample.diffs = Int(second)
        sample.diffBytes = Int(second) * 500
        sample.head = UInt32(second)
        sample.headMilliseconds = UInt64(second) * 1_000
        sample.target = UInt32(second) + 2
      }
      last = core.add(sample)
    }
    let eta = try #require(last?.eta)
    #expect(eta >= .seconds(30), "\(eta)")
  }

  @Test func forecast_shouldSayHowLong_inWords() {
    var model = ForecastModel()
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
      sample.headMilliseconds += 11_000
      sample.target += 1
      forecast = core.add(sample)
    }
    // 300 blocks behind, ten a second nearer.
    #expect(abs(Double(forecast.eta?.wholeNanoseconds ?? 0) / 1e9 - 30) < 1)
  }

  @Test func needs_shouldFollowTheLatestDiffs_butNotFewOfThem() {
    let count = NodeLimits.forecastDiffsMin
    var core = ForecastCore()
    var sample = SyncSample()
    sample.isLive = true
    var needs: [Double] = []
    for block in 1...(2 * count) {
      sample.at = Moment(nanoseconds: Int64(block) * 1_000_000_000)
      sample.head += 1
      sample.headMilliseconds += 1_000
      sample.target = sample.head
      sample.diffs += 1
      sample.diffBytes += block <= count ? 10_000 : 20_000
      needs.append(core.add(sample).needsBytesPerSecond)
    }
    #expect(needs[count - 1] == 10_000)
    #expect(needs[count + count / 2 - 1] == 15_000)
    #expect(needs[2 * count - 1] == 20_000)
  }

  @Test func samples_shouldBeThinnedOut_aboveTheirLimit() {
    var model = ForecastModel { $0.state = 2e9 }
    var core = ForecastCore()
    var forecast: SyncForecast?
    for _ in 0..<(NodeLimits.forecastSamplesMax * 3) { forecast = core.add(model.step()) }
    let eta = Double((forecast?.eta ?? .zero).wholeNanoseconds) / 1e9
    let left = model.missing / (model.line - model.diff)
    #expect(abs(eta - left) < 0.05 * left)
  }
}
