extension AdaptivePolicy {
  /// The mean of what a plan takes over what the difference may be.
  /// - Parameters:
  ///   - held: coded symbols that are here already.
  ///   - isStream: whether symbols keep coming without being waited for.
  func seconds(
    _ plan: SyncPlan, _ estimate: SyncEstimate, _ situation: SyncSituation, _ path: PathFigures,
    held: Int = 0, isStream: Bool = false
  ) -> Double {
    var sum = 0.0
    for point in estimate.points {
      guard let cost = cost(plan, point.estimate, situation, held: held, isStream: isStream) else {
        return .infinity
      }
      sum += point.weight * cost.seconds(on: path)
    }
    return sum * corrections[plan.strategy]
  }

  /// What a plan takes if just so many records differ; nil of a strategy without a model.
  func cost(
    _ plan: SyncPlan, _ estimate: SyncEstimate, _ situation: SyncSituation, held: Int = 0,
    isStream: Bool
  ) -> StrategyCost? {
    guard let model = models[plan.strategy] else { return nil }
    let cost = model.cost(
      of: SetFigures(
        localCount: Double(situation.localCount),
        remoteCount: Double(situation.remoteCount ?? situation.localCount),
        difference: estimate.count, spread: estimate.spread))
    guard plan.strategy == .rateless else { return cost }
    return isStream && held == 0
      ? stream(cost, estimate.count) : rateless(cost, plan, estimate.count, held: held)
  }

  private func stream(_ whole: StrategyCost, _ count: Double) -> StrategyCost {
    let needed = CoreStrategyModel.symbols(for: count)
    var cost = whole
    cost.downBytes =
      CostCoefficients.symbolBytes * max(needed, Double(ReconciliationLimits.firstSymbols))
    return cost
  }

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
      let rest = max(1, needed - Double(held))
      cost.downBytes = CostCoefficients.symbolBytes * rest
      cost.localNs -= min(cost.localNs, CostCoefficients.symbolReadNs * Double(held))
      cost.remoteNs *= min(1, rest / needed)
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

extension SyncEstimate {
  /// A normal distribution in nine parts: deviations from the mean, and their shares. The upper end
  /// is longer, since a difference that was estimated too low is the dear mistake.
  private static let places: [(Double, Double)] = [
    (-2.2, 0.04), (-1.3, 0.12), (-0.6, 0.2), (0, 0.265), (0.6, 0.2), (1.3, 0.12), (2.2, 0.04),
    (3.3, 0.01), (5, 0.005),
  ]

  /// What the difference may be, and how likely that is. Measured errors of symbols are 0.6 to 1
  /// of the deviation in the mean, whatever their number.
  var points: [(estimate: SyncEstimate, weight: Double)] {
    guard relativeError > 0 else { return [(self, 1)] }
    return Self.places.map { place, weight in
      var point = self
      point.count = max(1, count * (1 + place * relativeError))
      point.relativeError = 0
      return (point, weight)
    }
  }
}

extension PathFigures {
  /// A line of which nothing is known.
  static let unknown = PathFigures(
    bytesPerSecond: ReconciliationLimits.bytesPerSecondUnknown, roundTrip: 0.05)

  /// Coded symbols that the line and both processors get done in a round trip.
  var symbolsInFlight: Double {
    let one = StrategyCost(
      downBytes: CostCoefficients.symbolBytes, localNs: CostCoefficients.symbolReadNs,
      remoteNs: CostCoefficients.symbolWriteNs)
    return min(roundTrip / max(one.seconds(on: self), 1e-12), 1e12)
  }
}
