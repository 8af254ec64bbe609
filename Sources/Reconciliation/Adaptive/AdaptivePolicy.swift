/// Chooses the strategy that the cost model predicts to end first, and again after each flight.
///
/// Coded symbols tell how much differs, so they come first. Over a line that is short for what it
/// carries the other side's first ones are fetched: they end a small difference at once, and for a
/// large one a round trip is little beside the rest. Over a long one a round trip is much, so the
/// asking side sends its own first symbols along with several plans, and the other side picks one.
public struct AdaptivePolicy: SyncPolicy {
  private let models: [StrategyID: any StrategyModel]
  /// Measured over predicted seconds of each strategy.
  private var corrections: [StrategyID: Double] = [:]

  /// - Parameter models: of all strategies that are to be used, those of other rooms too.
  public init(models: [any StrategyModel] = CoreStrategyModel.all) {
    self.models = Dictionary(
      models.map { ($0.strategy, $0) }, uniquingKeysWith: { _, last in last })
  }

  /// A session took so many seconds where so many were predicted.
  public mutating func observed(_ strategy: StrategyID, seconds: Double, predicted: Double) {
    guard predicted > 0, seconds > 0 else { return }
    let before = corrections[strategy] ?? 1
    let ratio = min(max(seconds / predicted, 0.1), 10)
    corrections[strategy] = before + ReconciliationLimits.correctionWeight * (ratio - before)
  }

  public mutating func opening(_ situation: SyncSituation) -> SyncOpening? {
    let offered = known(situation)
    guard let first = offered.first else { return nil }
    let (local, remote) = (situation.localCount, situation.remoteCount ?? situation.localCount)
    // Where one side has next to nothing, all differs.
    if min(local, remote) < max(local, remote) / 10, offered.contains(.full) {
      return SyncOpening(plans: [SyncPlan(.full)], reason: "\(local) and \(remote) records")
    }
    guard offered.contains(.rateless) else {
      let path = situation.path ?? .unknown
      let expected = Double(situation.lastDifference ?? Int(max(local, remote) / 100))
      let estimate = SyncEstimate(count: expected, relativeError: 0.5)
      let best = offered.map { ($0, seconds(SyncPlan($0), estimate, situation, path)) }
        .min { $0.1 < $1.1 }
      return SyncOpening(plans: [SyncPlan(best?.0 ?? first)], reason: "nothing is known")
    }
    guard let path = situation.path else {
      return SyncOpening(
        plans: [SyncPlan(.rateless)], probeSymbols: 1, reason: "the line is not known")
    }
    let affordable = path.bytesInFlight * ReconciliationLimits.probeShareMax
    let symbols = Int(affordable / CostCoefficients.symbolBytes)
    guard symbols >= ReconciliationLimits.tellingSymbolsMin else {
      return SyncOpening(
        plans: [SyncPlan(.rateless)],
        probeSymbols: max(ReconciliationLimits.probeSymbolsMin, symbols),
        reason: "the first symbols tell")
    }
    return SyncOpening(
      plans: plans(offered, path),
      probeSymbols: min(symbols, ReconciliationLimits.probeSymbolsMax),
      reason: "the other side is to pick")
  }

  /// Rateless ones for more and more differences, and one of each other strategy.
  private func plans(_ offered: [StrategyID], _ path: PathFigures) -> [SyncPlan] {
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

  public func pick(_ plans: [SyncPlan], _ situation: SyncSituation) -> Int {
    guard let estimate = situation.estimate, let path = situation.path else { return 0 }
    let costs = plans.map { seconds($0, estimate, situation, path) }
    return costs.indices.min { costs[$0] < costs[$1] } ?? 0
  }

  public mutating func choose(_ situation: SyncSituation) -> SyncChoice? {
    let offered = known(situation)
    guard let current = situation.current else {
      return opening(situation)?.plans.first.map { SyncChoice($0.strategy, reason: "first") }
    }
    let stay = SyncChoice(current, reason: "as before")
    guard let estimate = situation.estimate, let path = situation.path else { return stay }
    if current == .ranges, !isScattered(estimate, situation) { return stay }
    // What was left stays left unless ranges turn out to be of no use.
    let candidates = offered.filter {
      current == .ranges ? $0 != .ranges : $0 == current || !situation.left.contains($0)
    }
    let costs = candidates.map { strategy in
      let isHeld = strategy == current || situation.left.contains(strategy)
      let held = isHeld && strategy == .rateless ? estimate.symbolsHeld : 0
      return (strategy, seconds(SyncPlan(strategy), estimate, situation, path, held: held))
    }
    guard let best = costs.min(by: { $0.1 < $1.1 }) else { return stay }
    if current != .ranges, candidates.contains(.ranges), looksAtRanges(best.1, estimate, path) {
      return SyncChoice(.ranges, reason: "a look whether the difference lies together")
    }
    guard best.0 != current else { return stay }
    return SyncChoice(
      best.0,
      reason: "\(Int(estimate.count)) records differ: \(milliseconds(best.1)) ms predicted")
  }

  /// Whether the first flight by ranges costs little beside what it may save.
  private func looksAtRanges(
    _ best: Double, _ estimate: SyncEstimate, _ path: PathFigures
  ) -> Bool {
    let look = StrategyCost(
      flights: 1, upBytes: CostCoefficients.rangeLookBytes,
      downBytes: CostCoefficients.rangeLookBytes)
    let together = StrategyCost(
      flights: 2, upBytes: CostCoefficients.rangeTogetherBytes * estimate.count / 4,
      downBytes: CostCoefficients.rangeTogetherBytes * estimate.count,
      localNs: CostCoefficients.rangeIDNs * estimate.count,
      remoteNs: CostCoefficients.rangeIDNs * estimate.count)
    let looking = look.seconds(on: path)
    return looking <= ReconciliationLimits.lookShareMax * best
      && looking + together.seconds(on: path) < best
  }

  /// Whether the next request by ranges is larger than it would be if the difference lay together.
  private func isScattered(_ estimate: SyncEstimate, _ situation: SyncSituation) -> Bool {
    Double(situation.nextBytes ?? 0)
      > ReconciliationLimits.rangeRequestBytesMax * estimate.count
      + CostCoefficients.rangeLookBytes
  }

  private func milliseconds(_ seconds: Double) -> Int { Int(min(seconds, 1e12) * 1e3) }

  private func known(_ situation: SyncSituation) -> [StrategyID] {
    situation.offered.filter { models[$0] != nil }
  }

  /// The mean of what a plan takes over what the difference may be.
  /// - Parameter held: coded symbols that are here already.
  func seconds(
    _ plan: SyncPlan, _ estimate: SyncEstimate, _ situation: SyncSituation, _ path: PathFigures,
    held: Int = 0
  ) -> Double {
    guard let model = models[plan.strategy] else { return .infinity }
    var sum = 0.0
    // Values that divide a normal distribution into five equal parts.
    for place in [-1.28, -0.52, 0, 0.52, 1.28] {
      let count = max(1, estimate.count * (1 + place * estimate.relativeError))
      let sets = SetFigures(
        localCount: Double(situation.localCount),
        remoteCount: Double(situation.remoteCount ?? situation.localCount), difference: count)
      var cost = model.cost(of: sets)
      if plan.strategy == .rateless {
        cost = rateless(cost, plan, count, estimate, held: held)
      }
      sum += cost.seconds(on: path)
    }
    return sum / 5 * (corrections[plan.strategy] ?? 1)
  }

  /// What symbols take that are asked for in flights: the first has as many as are planned, the next
  /// one as many as the first ones tell.
  private func rateless(
    _ whole: StrategyCost, _ plan: SyncPlan, _ count: Double, _ estimate: SyncEstimate, held: Int
  ) -> StrategyCost {
    let needed = CoreStrategyModel.symbols(for: count)
    var first: Double
    if held > 0 {
      let expected = CoreStrategyModel.symbols(for: estimate.count)
      first = max(1, expected * (1 + estimate.relativeError / 2) - Double(held))
    } else {
      let expected = plan.expected.map(CoreStrategyModel.symbols(for:)) ?? 0
      first = max(Double(ReconciliationLimits.firstSymbols), expected)
    }
    var cost = whole
    cost.downBytes = CostCoefficients.symbolBytes * first
    if Double(held) + first < needed {
      let rest = needed - first - Double(held)
      cost.flights += 1
      cost.downBytes += CostCoefficients.symbolBytes * rest
        * (1 + ReconciliationLimits.laterFlightMargin)
    }
    return cost
  }
}

extension PathFigures {
  /// A line of which nothing is known.
  static let unknown = PathFigures(
    bytesPerSecond: ReconciliationLimits.bytesPerSecondUnknown, roundTrip: 0.05)
}
