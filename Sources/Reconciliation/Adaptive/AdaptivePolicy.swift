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
    // Where this side has next to nothing, all differs.
    if local < remote / 10, offered.contains(.full) {
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
    let symbols = affordableProbe(path)
    guard symbols >= ReconciliationLimits.tellingSymbolsMin else {
      return SyncOpening(
        plans: [SyncPlan(.rateless)],
        probeSymbols: max(ReconciliationLimits.probeSymbolsMin, symbols), ahead: ahead(path),
        reason: "the first symbols tell")
    }
    return SyncOpening(
      plans: plans(offered, path),
      probeSymbols: min(symbols, ReconciliationLimits.probeSymbolsMax),
      reason: "the other side is to pick")
  }

  /// Symbols that are sent and looked at in a small share of a round trip.
  private func affordableProbe(_ path: PathFigures) -> Int {
    let time = path.roundTrip * ReconciliationLimits.probeShareMax
    let sent = time * path.bytesPerSecond / CostCoefficients.symbolBytes
    let taken = time * 1e9 / path.remoteSlowness / CostCoefficients.peelNs(0)
    return Int(min(sent, taken))
  }

  /// Requests that fill the line for a round trip, each for twice as many symbols as the last.
  private func ahead(_ path: PathFigures) -> Int {
    var symbols = Double(ReconciliationLimits.firstSymbols)
    var requests = 0
    while symbols * CostCoefficients.symbolBytes < path.bytesInFlight {
      symbols *= 2
      requests += 1
    }
    return requests
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
    if current == .ranges { return afterLook(estimate, situation, path) ?? stay }
    let candidates = offered.filter { $0 == current || !situation.left.contains($0) }
    let best = cheapest(candidates, estimate, situation, path)
    if candidates.contains(.ranges), looksAtRanges(best.1, estimate, situation, path) {
      return SyncChoice(.ranges, reason: "a look whether the difference lies together")
    }
    guard best.0 != current else { return stay }
    return SyncChoice(
      best.0,
      reason: "\(Int(estimate.count)) records differ: \(milliseconds(best.1)) ms predicted")
  }

  /// Whether the first flight by ranges costs little beside what it may save.
  private func looksAtRanges(
    _ best: Double, _ estimate: SyncEstimate, _ situation: SyncSituation, _ path: PathFigures
  ) -> Bool {
    guard situation.localCount >= ReconciliationLimits.rangeLookRecordsMin else { return false }
    let look = StrategyCost(
      flights: 1, upBytes: CostCoefficients.rangeLookBytes,
      downBytes: CostCoefficients.rangeLookAnswerBytes, localNs: CostCoefficients.flightNs,
      remoteNs: CostCoefficients.rangeLookNs)
    var together = estimate
    together.spread = min(1, estimate.count / 2 / Double(max(1, situation.localCount)))
    let looking = look.seconds(on: path)
    let saved = best - looking - seconds(SyncPlan(.ranges), together, situation, path)
    return looking <= ReconciliationLimits.lookShareMax * best
      && looking <= ReconciliationLimits.lookOddsMax * saved
  }

  /// The first flight by ranges has told how the difference lies: goes on or goes back.
  private func afterLook(
    _ estimate: SyncEstimate, _ situation: SyncSituation, _ path: PathFigures
  ) -> SyncChoice? {
    var told = estimate
    if let bytes = situation.lookBytes {
      told.spread = CoreStrategyModel.spread(
        firstAnswerBytes: bytes, difference: estimate.count, of: Double(situation.localCount))
    } else if let bytes = situation.nextBytes {
      told.spread = CoreStrategyModel.spread(
        secondRequestBytes: bytes, difference: estimate.count, of: Double(situation.localCount))
    } else {
      return nil
    }
    let others = known(situation).filter { $0 != .ranges }
    let best = cheapest(others, estimate, situation, path)
    let rest = seconds(SyncPlan(.ranges), told, situation, path) - path.roundTrip
    guard best.1 < rest else { return nil }
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
    for (place, weight) in Self.places {
      let count = max(1, estimate.count * (1 + place * estimate.relativeError))
      let sets = SetFigures(
        localCount: Double(situation.localCount),
        remoteCount: Double(situation.remoteCount ?? situation.localCount), difference: count,
        spread: estimate.spread)
      var cost = model.cost(of: sets)
      if plan.strategy == .rateless {
        cost = rateless(cost, plan, count, held: held)
      }
      sum += weight * cost.seconds(on: path)
    }
    return sum * (corrections[plan.strategy] ?? 1)
  }

  /// A normal distribution in seven parts: deviations from the mean, and their shares.
  private static let places: [(Double, Double)] = [
    (-2.2, 0.04), (-1.3, 0.12), (-0.6, 0.2), (0, 0.28), (0.6, 0.2), (1.3, 0.12), (2.2, 0.04),
  ]

  /// What symbols take that are asked for in flights: the first has as many as planned, the next
  /// one as many as the first ones tell.
  private func rateless(
    _ whole: StrategyCost, _ plan: SyncPlan, _ count: Double, held: Int
  ) -> StrategyCost {
    let needed = CoreStrategyModel.symbols(for: count)
    var cost = whole
    if held > 0 {
      // They are under way: the line is not waited for again.
      cost.flights -= 1
      cost.downBytes = CostCoefficients.symbolBytes * max(1, needed - Double(held))
      return cost
    }
    let expected = plan.expected.map(CoreStrategyModel.symbols(for:)) ?? 0
    let first = max(Double(ReconciliationLimits.firstSymbols), expected)
    cost.downBytes = CostCoefficients.symbolBytes * first
    if first < needed {
      let rest = needed - first
      cost.flights += 1
      cost.downBytes +=
        CostCoefficients.symbolBytes * rest
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
