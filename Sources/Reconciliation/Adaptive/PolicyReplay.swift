/// Lets a policy find the difference of a recorded pair of sets on a line, and tells how long it
/// took: what it decides is decided by the policy itself, what follows from it was recorded.
package struct PolicyReplay: Sendable {
  private let world: RecordedWorld
  private let path: PathFigures
  private let offered: [StrategyID]

  package init(_ world: RecordedWorld, on path: PathFigures) {
    self.world = world
    self.path = path
    offered = StrategyID.all.filter {
      $0 == .rateless || world.transcripts[$0.rawValue] != nil
    }
  }

  /// Seconds, and the strategies that were used.
  package func run(_ policy: some SyncPolicy) -> (seconds: Double, strategies: [StrategyID]) {
    var policy = policy
    guard let opening = policy.opening(situation()), let first = opening.plans.first else {
      return (.infinity, [])
    }
    var plan = first
    var seconds = 0.0
    if opening.plans.count > 1, opening.probeSymbols > 0 {
      let probe = Double(opening.probeSymbols)
      var cost = StrategyCost(
        upBytes: probe * world.symbolBytes
          + Double(opening.plans.count) * CostCoefficients.offerBytes)
      cost.remoteNs = probe * CostCoefficients.symbolReadNs
      seconds = cost.seconds(on: path)
      let estimate = world.estimate(of: opening.probeSymbols)
      plan = opening.plans[policy.pick(opening.plans, situation(estimate: estimate))]
    }
    guard plan.strategy == .rateless else {
      return (seconds + recorded(plan.strategy), [plan.strategy])
    }
    return rateless(plan, policy, after: seconds)
  }

  private func rateless(
    _ plan: SyncPlan, _ policy: some SyncPolicy, after seconds: Double
  ) -> (seconds: Double, strategies: [StrategyID]) {
    var policy = policy
    let expected = plan.expected.map(DifferenceEstimate.symbols(differences:)) ?? 0
    var flights = [max(ReconciliationLimits.firstSymbols, Int(expected.rounded(.up)))]
    var held = flights[0]
    while held < world.symbolsNeeded {
      let estimate = world.estimate(of: held)
      let choice = policy.choose(situation(.rateless, estimate: estimate))
      if let other = choice?.strategy, other != .rateless {
        let spent = world.rateless(flights, isEnough: false).seconds(on: path)
        return (seconds + spent + recorded(other), [.rateless, other])
      }
      // As `SketchComparison` goes about it.
      let goal = DifferenceEstimate.symbols(differences: estimate.count)
        * (1 + estimate.relativeError / 2)
      let least = held + max(ReconciliationLimits.nextSymbolsMin, held / 8)
      let next = max(Int(goal), least)
      flights.append(next - held)
      held = next
    }
    return (seconds + world.rateless(flights).seconds(on: path), [.rateless])
  }

  private func recorded(_ strategy: StrategyID) -> Double {
    world.transcripts[strategy.rawValue]?.cost.seconds(on: path) ?? .infinity
  }

  private func situation(
    _ current: StrategyID? = nil, estimate: SyncEstimate? = nil
  ) -> SyncSituation {
    SyncSituation(
      offered: offered, current: current, localCount: UInt64(world.localCount),
      remoteCount: current == nil && estimate == nil ? nil : UInt64(world.remoteCount),
      path: path, estimate: estimate)
  }
}

/// Takes one strategy whatever happens.
package struct SingleStrategy: SyncPolicy {
  private let strategy: StrategyID

  package init(_ strategy: StrategyID) { self.strategy = strategy }

  package func choose(_ situation: SyncSituation) -> SyncChoice? {
    SyncChoice(strategy, reason: "always")
  }
}
