import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct AdaptivePolicyTests {
  /// Pairs of sets as the cost model has them, with estimates that scatter as real ones do.
  private func worlds() -> [RecordedWorld] {
    var random = SeededGenerator(seed: 4)
    var worlds: [RecordedWorld] = []
    for count in [10_000, 100_000, 1_000_000] {
      for share in [1e-4, 1e-3, 1e-2, 0.1, 0.5] {
        let difference = max(2, Int(Double(count) * share))
        for clustering in [RecordedWorld.Clustering.scattered, .newest] {
          var world = RecordedWorld(
            localCount: count, remoteCount: count, difference: difference, clustering: clustering)
          let spread = clustering == .newest ? share / 2 : 1
          let sets = SetFigures(
            localCount: Double(count), remoteCount: Double(count),
            difference: Double(difference), spread: spread)
          for strategy in StrategyID.all where strategy != .table {
            world.transcripts[strategy.rawValue] = transcript(strategy, sets, &world)
          }
          world.symbolsNeeded = Int(DifferenceEstimate.symbols(differences: Double(difference)))
          world.symbolBytes = 21.1
          var symbols = 8
          while symbols < world.symbolsNeeded {
            let error = (2 / Double(symbols)).squareRoot() * Double(random.below(200) - 100) / 100
            world.told.append(
              .init(symbols: symbols, difference: Double(difference) * (1 + error)))
            symbols += max(1, symbols / 16)
          }
          worlds.append(world)
        }
      }
    }
    return worlds
  }

  private func transcript(
    _ strategy: StrategyID, _ sets: SetFigures, _ world: inout RecordedWorld
  ) -> StrategyTranscript {
    let cost = CoreStrategyModel(strategy).cost(of: sets)
    var flights = [StrategyTranscript.Flight](repeating: .init(), count: Int(cost.flights))
    flights[flights.count - 1] = .init(
      upBytes: Int(cost.upBytes), downBytes: Int(cost.downBytes), localNs: Int(cost.localNs),
      remoteNs: Int(cost.remoteNs))
    if strategy == .ranges, flights.count > 1 {
      // What a look sees: sixteenths that differ, and then the parts of them that do.
      let parts = min(16, 1 + Int(16 * sets.spread))
      let cut = min(256, 1 + Int(256 * sets.spread))
      flights[0] = .init(upBytes: 380, downBytes: 336 * parts, localNs: 10_000, remoteNs: 10_000)
      flights[1].upBytes = 336 * cut
      flights[flights.count - 1].upBytes += max(0, Int(cost.upBytes) - 380 - 336 * cut)
      world.look = .init(
        seen: PartsLook(parts: 16, differing: UInt8(parts)),
        flight: .init(upBytes: 380, downBytes: 32, localNs: 7_000, remoteNs: 7_000))
    }
    return StrategyTranscript(flights: flights)
  }

  private func regrets(_ policy: some SyncPolicy) -> [Double] {
    var regrets: [Double] = []
    for world in worlds() {
      for rate in [12.5e3, 1.25e6, 125e6] {
        for roundTrip in [0.2e-3, 20e-3, 200e-3] {
          for slowness in [1.0, 8] {
            let path = PathFigures(
              bytesPerSecond: rate, roundTrip: roundTrip, localSlowness: slowness,
              remoteSlowness: slowness)
            let taken = PolicyReplay(world, on: path).run(policy).seconds
            regrets.append(max(0, taken / world.best(on: path).seconds - 1))
          }
        }
      }
    }
    return regrets.sorted()
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test func regret_shouldBeSmall_overLinesAndSets() {
    let adaptive = regrets(AdaptivePolicy())
    #expect(mean(adaptive) <= 0.035)
    #expect(adaptive[adaptive.count * 95 / 100] <= 0.15)
    #expect((adaptive.last ?? 1) <= 0.5)
    #expect(adaptive == regrets(AdaptivePolicy()), "the same every time")
    #expect(mean(adaptive) < mean(regrets(SingleStrategy(.rateless))) / 2)
    #expect(mean(adaptive) < mean(regrets(ThresholdPolicy())) / 10)
  }

  @Test func thresholds_shouldChooseByTheRateAlone() {
    let delta = StrategyID(64, name: "delta")
    func choice(_ rate: Double, _ offered: [StrategyID]) -> StrategyID? {
      let situation = SyncSituation(
        offered: offered, localCount: 10,
        path: PathFigures(bytesPerSecond: rate, roundTrip: 0.01))
      return ThresholdPolicy(delta: delta).choose(situation)?.strategy
    }
    let all: [StrategyID] = [.full, .merkle, delta]
    #expect(choice(ThresholdPolicy.fullBytesPerSecond * 2, all) == .full)
    #expect(choice(ThresholdPolicy.deltaBytesPerSecond * 2, all) == delta)
    #expect(choice(ThresholdPolicy.deltaBytesPerSecond * 2, [.full, .merkle]) == .merkle)
    #expect(choice(ThresholdPolicy.deltaBytesPerSecond / 2, all) == .merkle)
  }

  /// What another room may add: its cost has nothing to do with how much differs.
  private struct Steady: StrategyModel {
    let strategy = StrategyID(64, name: "steady")
    var downBytes = 10.0
    func cost(of sets: SetFigures) -> StrategyCost {
      StrategyCost(flights: 1, downBytes: downBytes)
    }
  }

  private func situation(_ offered: [StrategyID], estimate: SyncEstimate?) -> SyncSituation {
    SyncSituation(
      offered: offered, current: estimate == nil ? nil : .rateless, localCount: 100_000,
      remoteCount: 100_000, path: PathFigures(bytesPerSecond: 1e6, roundTrip: 0.001),
      estimate: estimate)
  }

  @Test func strategy_shouldBeTaken_whenAnotherRoomAddsAModelForIt() {
    let steady = Steady()
    var policy = AdaptivePolicy(models: CoreStrategyModel.all + [steady])
    let offered = StrategyID.all + [steady.strategy]
    let many = SyncEstimate(count: 5_000, symbols: 32)
    #expect(policy.choose(situation(offered, estimate: many))?.strategy == steady.strategy)
    // It takes least, whatever differs: there is nothing to be found out first.
    #expect(policy.opening(situation(offered, estimate: nil))?.plans == [SyncPlan(steady.strategy)])
    // Without a model it is never taken.
    var blind = AdaptivePolicy()
    #expect(blind.choose(situation(offered, estimate: many))?.strategy != steady.strategy)
    #expect(blind.opening(situation([steady.strategy], estimate: nil)) == nil)
  }

  @Test func strategy_shouldWaitForTheEstimate_whenItIsDearForSmallDifferences() {
    let steady = Steady(downBytes: 40_000)
    var policy = AdaptivePolicy(models: CoreStrategyModel.all + [steady])
    let offered = StrategyID.all + [steady.strategy]
    let opening = policy.opening(situation(offered, estimate: nil))
    #expect(opening?.plans.first?.strategy == .rateless)
    let few = SyncEstimate(count: 40, symbols: 32)
    #expect(policy.choose(situation(offered, estimate: few))?.strategy == .rateless)
    var many = situation(offered, estimate: SyncEstimate(count: 50_000, symbols: 512))
    many.look = PartsLook(parts: 16, differing: 16)
    many.hasLooked = true
    #expect(policy.choose(many)?.strategy == steady.strategy)
  }

  @Test func strategy_shouldBeLeft_whenItTookFarLongerThanPredicted() {
    let steady = Steady()
    var corrections = StrategyCorrections()
    for _ in 0..<200 {
      corrections.observed(steady.strategy, seconds: 1e9, predicted: 0.001)
    }
    #expect(corrections[steady.strategy] <= ReconciliationLimits.correctionMax)
    #expect(corrections[.full] == 1)
    let policy = AdaptivePolicy(models: CoreStrategyModel.all + [Steady(downBytes: 8_000)])
    let offered = [.rateless, steady.strategy]
    let before = situation(offered, estimate: SyncEstimate(count: 1_000, symbols: 64))
    var (plain, corrected) = (policy, policy.corrected(by: corrections))
    #expect(plain.choose(before)?.strategy == steady.strategy)
    #expect(corrected.choose(before)?.strategy == .rateless)
    // Nothing can be made of nothing.
    var same = corrections
    same.observed(.full, seconds: 0, predicted: 1)
    same.observed(.full, seconds: 1, predicted: 0)
    #expect(same == corrections)
  }
}
