import Primitives
import Reconciliation
import TestSupport
import Testing

@Suite struct AdaptivePolicyTests {
  /// Pairs of sets as the cost model has them, with estimates that scatter as real ones do.
  private func worlds() -> [RecordedWorld] {
    var random = SeededGenerator(seed: 4)
    var worlds: [RecordedWorld] = []
    for count in [10_000, 1_000_000] {
      for share in [1e-4, 1e-3, 1e-2, 0.1, 0.5] {
        let difference = max(2, Int(Double(count) * share))
        for isClustered in [false, true] {
          var world = RecordedWorld(
            localCount: count, remoteCount: count, difference: difference,
            isClustered: isClustered)
          let sets = SetFigures(
            localCount: Double(count), remoteCount: Double(count),
            difference: Double(difference), spread: isClustered ? share / 2 : 1)
          for strategy in StrategyID.all where strategy != .table {
            world.transcripts[strategy.rawValue] = transcript(strategy, sets, isClustered)
          }
          world.symbolsNeeded = Int(DifferenceEstimate.symbols(differences: Double(difference)))
          world.symbolBytes = 21.1
          var symbols = 16
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
    _ strategy: StrategyID, _ sets: SetFigures, _ isClustered: Bool
  ) -> StrategyTranscript {
    let cost = CoreStrategyModel(strategy).cost(of: sets)
    var flights = [StrategyTranscript.Flight](repeating: .init(), count: Int(cost.flights))
    flights[flights.count - 1] = .init(
      upBytes: Int(cost.upBytes), downBytes: Int(cost.downBytes), localNs: Int(cost.localNs),
      remoteNs: Int(cost.remoteNs))
    if strategy == .ranges, flights.count > 1 {
      // What a look sees: sixteenths that differ, and the parts of them that do.
      let parts = isClustered ? 1 + Int(16 * sets.spread) : 16
      flights[0] = .init(upBytes: 380, downBytes: 336 * parts, localNs: 25_000, remoteNs: 25_000)
      flights[1].upBytes = Int(cost.upBytes)
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
    #expect(mean(adaptive) < 0.07)
    #expect(adaptive[adaptive.count * 95 / 100] < 0.25)
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

  @Test func strategy_shouldBeTaken_whenAnotherRoomAddsAModelForIt() {
    struct Delta: StrategyModel {
      let strategy = StrategyID(64, name: "delta")
      func cost(of sets: SetFigures) -> StrategyCost { StrategyCost(flights: 1, downBytes: 10) }
    }
    var policy = AdaptivePolicy(models: CoreStrategyModel.all + [Delta()])
    let situation = SyncSituation(
      offered: [.rateless, Delta().strategy], current: .rateless, localCount: 100_000,
      remoteCount: 100_000, path: PathFigures(bytesPerSecond: 1e6, roundTrip: 0.001),
      estimate: SyncEstimate(count: 5_000, symbols: 32))
    #expect(policy.choose(situation)?.strategy == Delta().strategy)
    // What takes ten times as long as predicted is not taken for long.
    for _ in 0..<200 { policy.observed(Delta().strategy, seconds: 10, predicted: 0.001) }
    #expect(policy.choose(situation) != nil)
  }
}
