/// Chooses the strategy that the cost model predicts to end first, and again after each flight.
///
/// Coded symbols tell how much differs, so they come first: the other side's, in a stream that
/// fills the line. Where a look how the difference lies costs little beside the round trip it is
/// sent along with the opening; elsewhere it follows, beside the symbols, once enough differs. A
/// line that carries more in a round trip than one window of requests is not filled blindly: there
/// the asking side sends own symbols and several plans along, and the other side picks one.
public struct AdaptivePolicy: SyncPolicy {
  let models: [StrategyID: any StrategyModel]
  let corrections: StrategyCorrections

  /// - Parameters:
  ///   - models: of all strategies that are to be used, those of other rooms too.
  ///   - corrections: what earlier sessions with the peer took beside what was predicted.
  public init(
    models: [any StrategyModel] = CoreStrategyModel.all,
    corrections: StrategyCorrections = StrategyCorrections()
  ) {
    self.models = Dictionary(
      models.map { ($0.strategy, $0) }, uniquingKeysWith: { _, last in last })
    self.corrections = corrections
  }

  public func corrected(by corrections: StrategyCorrections) -> AdaptivePolicy {
    AdaptivePolicy(
      models: models.values.sorted { $0.strategy < $1.strategy }, corrections: corrections)
  }

  public func predicted(
    _ plan: SyncPlan, for difference: RecordDifference, _ situation: SyncSituation
  ) -> StrategyCost? {
    let estimate = SyncEstimate(count: Double(difference.count), relativeError: 0)
    return cost(plan, estimate, situation, isStream: plan.expected == nil)
  }

  public mutating func opening(_ situation: SyncSituation) -> SyncOpening? {
    let offered = known(situation)
    guard let first = offered.first else { return nil }
    let (local, remote) = (situation.localCount, situation.remoteCount ?? situation.localCount)
    // Where this side has next to nothing, all differs.
    if local < remote / 10, offered.contains(.full) {
      return SyncOpening(plans: [SyncPlan(.full)], reason: "\(local) and \(remote) records")
    }
    if let strategy = cheapestAnyhow(offered, situation) {
      return SyncOpening(
        plans: [SyncPlan(strategy)], reason: "it takes least, whatever differs")
    }
    guard offered.contains(.rateless) else {
      let path = situation.path ?? .unknown
      let estimate = expected(situation)
      let best = offered.map { ($0, seconds(SyncPlan($0), estimate, situation, path)) }
        .min { $0.1 < $1.1 }
      return SyncOpening(plans: [SyncPlan(best?.0 ?? first)], reason: "nothing is known")
    }
    guard let path = situation.path else {
      return SyncOpening(
        plans: [SyncPlan(.rateless)], probeSymbols: 1, reason: "the line is not known")
    }
    let symbols = affordableProbe(path)
    guard path.symbolsInFlight > Double(ReconciliationLimits.aheadSymbolsMax) else {
      return stream(offered, situation, path, probe: symbols)
    }
    return SyncOpening(
      plans: plans(offered), probeSymbols: min(symbols, ReconciliationLimits.probeSymbolsMax),
      reason: "the other side is to pick")
  }

  /// What is expected before anything is known.
  private func expected(_ situation: SyncSituation) -> SyncEstimate {
    let count = max(situation.localCount, situation.remoteCount ?? 0) / 100
    return SyncEstimate(
      count: situation.lastDifference.map(Double.init) ?? Double(count), relativeError: 0.5)
  }

  /// A strategy of another room that is predicted to take least for one record as for as many as
  /// are expected: there is no need to find out how many they are.
  private func cheapestAnyhow(
    _ offered: [StrategyID], _ situation: SyncSituation
  ) -> StrategyID? {
    guard let path = situation.path else { return nil }
    let core = offered.filter(StrategyID.all.contains)
    let one = SyncEstimate(count: 1, relativeError: 0)
    return offered.filter { !StrategyID.all.contains($0) }.first { strategy in
      [one, expected(situation)].allSatisfy { estimate in
        let own = seconds(SyncPlan(strategy), estimate, situation, path)
        return core.allSatisfy { own < seconds(SyncPlan($0), estimate, situation, path) }
      }
    }
  }

  /// Symbols that are sent and looked at in a small share of a round trip.
  private func affordableProbe(_ path: PathFigures) -> Int {
    let time = path.roundTrip * ReconciliationLimits.probeShareMax
    let sent = time * path.bytesPerSecond / CostCoefficients.symbolBytes
    let taken = time * 1e9 / path.remoteSlowness / CostCoefficients.peelNs(0)
    return min(sent, taken).boundedWhole
  }

  /// Symbols that keep coming, with a look if that is cheap.
  private func stream(
    _ offered: [StrategyID], _ situation: SyncSituation, _ path: PathFigures, probe: Int
  ) -> SyncOpening {
    var plans = [SyncPlan(.rateless)]
    var symbols = max(ReconciliationLimits.probeSymbolsMin, probe)
    let look = StrategyCost(
      upBytes: CostCoefficients.lookBytes
        + CostCoefficients.symbolBytes * Double(ReconciliationLimits.lookProbeSymbols),
      localNs: CostCoefficients.lookNs)
    if mayLook(offered, situation),
      look.seconds(on: path) <= ReconciliationLimits.lookOpeningShareMax * path.roundTrip
    {
      plans.append(SyncPlan(.ranges))
      symbols = max(symbols, ReconciliationLimits.lookProbeSymbols)
    }
    return SyncOpening(
      plans: plans, probeSymbols: min(symbols, ReconciliationLimits.probeSymbolsMax),
      ahead: path.symbolsInFlight.rounded(.up).boundedWhole, reason: "the first symbols tell")
  }

  /// Rateless ones for more and more differences, and one of each other strategy.
  private func plans(_ offered: [StrategyID]) -> [SyncPlan] {
    var plans = [SyncPlan(.rateless)]
    var expected = Double(ReconciliationLimits.tellingSymbolsMin)
    let others = offered.filter { $0 != .rateless }.map { SyncPlan($0) }
    while plans.count + others.count < ReconciliationLimits.plansMax,
      expected < Double(ReconciliationLimits.plannedDifferenceMax)
    {
      plans.append(SyncPlan(.rateless, expected: expected))
      expected = (expected * ReconciliationLimits.planStep).rounded()
    }
    return plans + others
  }

  public func looks(before plans: [SyncPlan], _ situation: SyncSituation) -> Bool {
    guard let estimate = situation.estimate, let path = situation.path,
      plans.contains(where: { $0.strategy == .ranges })
    else { return false }
    let others = costs(plans, estimate, situation, path).filter { $0.plan.strategy != .ranges }
    let best = others.map(\.seconds).min() ?? .infinity
    let look = StrategyCost(remoteNs: CostCoefficients.lookNs).seconds(on: path)
    let saved = best - together(estimate, situation, path)
    return look <= ReconciliationLimits.lookOddsMax * saved
  }

  public func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int {
    guard let estimate = told(situation), let path = situation.path else { return 0 }
    var costs = costs(plans, estimate, situation, path).map(\.seconds)
    if let stream = plans.firstIndex(of: SyncPlan(.rateless)) {
      costs[stream] = openEnded(plans, estimate, situation, path)
    }
    return costs.indices.min { costs[$0] < costs[$1] } ?? 0
  }

  /// What a stream of symbols takes if it is left once the first ones tell that something else
  /// takes less: also what is too long for an opening.
  private func openEnded(
    _ plans: [SyncPlan], _ estimate: SyncEstimate, _ situation: SyncSituation,
    _ path: PathFigures
  ) -> Double {
    let begun = StrategyCost(
      flights: 1,
      downBytes: CostCoefficients.symbolBytes * Double(ReconciliationLimits.firstSymbols)
    ).seconds(on: path)
    let others = known(situation).filter { $0 != .rateless }
    let isStream = plans.count { $0.strategy == .rateless } == 1
    return estimate.points.reduce(0) { sum, point in
      let stay = seconds(SyncPlan(.rateless), point.estimate, situation, path, isStream: isStream)
      let leave = begun + cheapest(others, point.estimate, situation, path).1
      return sum + point.weight * min(stay, leave)
    }
  }

  /// What the plans of an opening take. The only one by symbols stands for a stream.
  private func costs(
    _ plans: [SyncPlan], _ estimate: SyncEstimate, _ situation: SyncSituation,
    _ path: PathFigures
  ) -> [(plan: SyncPlan, seconds: Double)] {
    let isStream = plans.count { $0.strategy == .rateless } == 1
    return plans.map { plan in
      (plan, seconds(plan, estimate, situation, path, isStream: isStream))
    }
  }

  public mutating func choose(_ situation: SyncSituation) -> SyncChoice? {
    let offered = known(situation)
    guard let current = situation.current else {
      return opening(situation)?.plans.first.map { SyncChoice($0.strategy, reason: "first") }
    }
    let stay = SyncChoice(current, reason: "as before")
    guard let estimate = told(situation), let path = situation.path else { return stay }
    if current == .ranges { return afterFirst(estimate, situation, path) ?? stay }
    let candidates = offered.filter {
      $0 == current || !situation.left.contains($0) || ($0 == .ranges && situation.hasLooked)
    }.filter { $0 != .ranges || situation.look != nil || !mayLook(offered, situation) }
    let best = cheapest(candidates, estimate, situation, path)
    if let look = look(best, estimate, situation, path) {
      return SyncChoice(current, reason: "a look whether the difference lies together", look: look)
    }
    guard best.0 != current, !waits(best.1, estimate, situation, path) else { return stay }
    return SyncChoice(
      best.0,
      reason: "\(estimate.count.boundedWhole) records differ: \(milliseconds(best.1)) ms predicted")
  }

  /// Whether it is too early to leave the symbols: twice as many cost next to nothing, and what is
  /// gained by another strategy is not beyond doubt.
  private func waits(
    _ best: Double, _ estimate: SyncEstimate, _ situation: SyncSituation, _ path: PathFigures
  ) -> Bool {
    guard situation.current == .rateless, estimate.symbolsHeld > 0 else { return false }
    let held = Double(estimate.symbolsHeld)
    let more = StrategyCost(
      downBytes: CostCoefficients.symbolBytes * held,
      localNs: CostCoefficients.symbolReadNs * held,
      remoteNs: CostCoefficients.symbolWriteNs * held
    ).seconds(on: path)
    let staying = cheapest([.rateless], estimate, situation, path).1
    return more <= ReconciliationLimits.waitShareMax * best
      && best > ReconciliationLimits.doubtlessShareMax * staying
  }

  /// The estimate with what a look told.
  private func told(_ situation: SyncSituation) -> SyncEstimate? {
    guard var estimate = situation.estimate else { return nil }
    if let bytes = situation.nextBytes {
      estimate.spread = CoreStrategyModel.spread(
        secondRequestBytes: bytes, difference: estimate.count, of: Double(situation.localCount))
    } else if let look = situation.look {
      estimate.spread = CoreStrategyModel.spread(
        look, difference: estimate.count, of: Double(situation.localCount))
    }
    return estimate
  }

  private func mayLook(_ offered: [StrategyID], _ situation: SyncSituation) -> Bool {
    offered.contains(.ranges) && !situation.left.contains(.ranges)
      && situation.localCount >= ReconciliationLimits.rangeLookRecordsMin
  }

  /// What ranges take if the difference lies together.
  private func together(
    _ estimate: SyncEstimate, _ situation: SyncSituation, _ path: PathFigures
  ) -> Double {
    var together = estimate
    together.spread = min(1, estimate.count / 2 / Double(max(1, situation.localCount)))
    return seconds(SyncPlan(.ranges), together, situation, path)
  }

  /// A look that costs little beside what it may save; nil for none.
  private func look(
    _ best: (StrategyID, Double), _ estimate: SyncEstimate, _ situation: SyncSituation,
    _ path: PathFigures
  ) -> SyncLook? {
    guard situation.current == .rateless, !situation.hasLooked,
      mayLook(known(situation), situation)
    else { return nil }
    if let seen = situation.look, Int(seen.differing) > ReconciliationLimits.lookedPartsMax {
      return nil
    }
    let answer =
      situation.look.map { look in
        CostCoefficients.rangePrintBytes * CostCoefficients.rangeFanout * Double(look.differing)
      } ?? CostCoefficients.lookAnswerBytes
    let look = StrategyCost(
      upBytes: CostCoefficients.lookBytes, downBytes: answer, localNs: CostCoefficients.lookNs,
      remoteNs: CostCoefficients.lookNs
    ).seconds(on: path)
    guard look <= ReconciliationLimits.lookShareMax * best.1 else { return nil }
    let saved = estimate.points.reduce(0) { sum, point in
      let stay = cheapest([best.0], point.estimate, situation, path).1
      return sum + point.weight * max(0, stay - together(point.estimate, situation, path))
    }
    guard look <= ReconciliationLimits.lookOddsMax * saved else { return nil }
    return SyncLook(
      .ranges, partsMax: ReconciliationLimits.lookedPartsMax,
      symbolsMeanwhile: symbolsMeanwhile(estimate, path))
  }

  /// Symbols that come in a round trip and are of use.
  private func symbolsMeanwhile(_ estimate: SyncEstimate, _ path: PathFigures) -> Int {
    let wanted = DifferenceEstimate.wanted(
      of: CoreStrategyModel.symbols(for: estimate.count), held: estimate.symbolsHeld)
    let most = min(
      wanted - estimate.symbolsHeld, ReconciliationLimits.aheadSymbolsMax)
    return max(
      ReconciliationLimits.nextSymbolsMin,
      min(path.symbolsInFlight.boundedWhole, most))
  }

  /// The first flight by ranges has told more of how the difference lies: goes on or goes back.
  private func afterFirst(
    _ estimate: SyncEstimate, _ situation: SyncSituation, _ path: PathFigures
  ) -> SyncChoice? {
    guard situation.nextBytes != nil else { return nil }
    let others = known(situation).filter { $0 != .ranges }
    let best = cheapest(others, estimate, situation, path)
    let rest = seconds(SyncPlan(.ranges), estimate, situation, path) - path.roundTrip
    guard best.1 < rest * ReconciliationLimits.leaveShareMax else { return nil }
    return SyncChoice(best.0, reason: "the difference is scattered")
  }

  /// The strategy that takes least from here on.
  private func cheapest(
    _ strategies: [StrategyID], _ estimate: SyncEstimate, _ situation: SyncSituation,
    _ path: PathFigures
  ) -> (StrategyID, Double) {
    let costs = strategies.map { strategy in
      let isBegun = strategy == situation.current || situation.left.contains(strategy)
      let held = isBegun && strategy == .rateless ? estimate.symbolsHeld : 0
      return (strategy, seconds(SyncPlan(strategy), estimate, situation, path, held: held))
    }
    return costs.min { $0.1 < $1.1 } ?? (.rateless, .infinity)
  }

  private func milliseconds(_ seconds: Double) -> Int { (seconds * 1e3).boundedWhole }

  private func known(_ situation: SyncSituation) -> [StrategyID] {
    situation.offered.filter { models[$0] != nil }
  }
}
