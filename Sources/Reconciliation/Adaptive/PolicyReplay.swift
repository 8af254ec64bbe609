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
    if opening.probeSymbols > 0 {
      let probe = opening.probeSymbols
      var cost = StrategyCost(
        upBytes: Double(probe) * world.symbolBytes
          + Double(opening.plans.count) * CostCoefficients.offerBytes)
      cost.remoteNs = Double(probe) * CostCoefficients.symbolReadNs
      if probe >= world.symbolsNeeded {
        cost.flights = 1
        cost.upBytes += 2 * CostCoefficients.requestBytes
        cost.downBytes = Double(RecordID.byteCount * world.difference)
        cost.remoteNs += CostCoefficients.peelNs(0) * Double(world.difference)
        return (cost.seconds(on: path), [.rateless])
      }
      seconds = cost.seconds(on: path)
      if opening.plans.count > 1 {
        var estimate = world.estimate(of: probe)
        if let first = world.transcripts[StrategyID.ranges.rawValue]?.flights.first {
          estimate.spread = CoreStrategyModel.spread(
            firstAnswerBytes: first.downBytes, difference: estimate.count,
            of: Double(world.localCount))
          seconds += Double(first.upBytes) / path.bytesPerSecond
        }
        plan = opening.plans[policy.pick(opening.plans, situation(estimate: estimate))]
      }
    }
    guard plan.strategy == .rateless else {
      return (seconds + recorded(plan.strategy), [plan.strategy])
    }
    return rateless(plan, opening, policy, after: seconds)
  }

  /// Symbols that keep coming: the time of a round trip is lost once, and what was asked for beyond
  /// those that are enough comes when the difference is known. If the first request is all that is
  /// under way, more cost another round trip.
  private func rateless(
    _ plan: SyncPlan, _ opening: SyncOpening, _ policy: some SyncPolicy, after seconds: Double
  ) -> (seconds: Double, strategies: [StrategyID]) {
    var (policy, seconds, strategies) = (policy, seconds, [StrategyID.rateless])
    let expected = plan.expected.map(DifferenceEstimate.symbols(differences:)) ?? 0
    var held = max(ReconciliationLimits.firstSymbols, Int(expected.rounded(.up)))
    var flights = 1.0
    while held < world.symbolsNeeded {
      let estimate = world.estimate(of: held)
      let left = Set(strategies.dropFirst())
      var choice = policy.choose(situation(.rateless, estimate: estimate, left: left))?.strategy
      let spent = world.rateless(held, flights: flights).seconds(on: path)
      if choice == .ranges {
        strategies.append(.ranges)
        let (time, next) = ranges(&policy, estimate)
        seconds += time
        guard let next else { return (seconds + spent, strategies) }
        choice = next
      }
      if let other = choice, other != .rateless {
        return (seconds + spent + recorded(other), strategies + [other])
      }
      if opening.plans.count > 1, flights == 1 { flights = 2 }
      held += max(ReconciliationLimits.nextSymbolsMin, held / 4)
    }
    let symbols =
      flights > 1 || plan.expected == nil ? min(held, max(world.symbolsNeeded, 32)) : held
    return (
      seconds + world.rateless(symbols, flights: flights).seconds(on: path), strategies
    )
  }

  /// Goes on by ranges as long as the policy does.
  /// - Returns: seconds, and the strategy that follows; nil if the comparison is complete.
  private func ranges(
    _ policy: inout some SyncPolicy, _ estimate: SyncEstimate
  ) -> (seconds: Double, next: StrategyID?) {
    let flights = world.transcripts[StrategyID.ranges.rawValue]?.flights ?? []
    var seconds = 0.0
    for (place, flight) in flights.enumerated() {
      if place == 1, let other = left(&policy, estimate, nextBytes: flight.upBytes) {
        return (seconds, other)
      }
      var flight = flight
      if place == 0, let other = left(&policy, estimate, lookBytes: flight.downBytes) {
        flight.localNs = 0
        return (seconds + StrategyTranscript(flights: [flight]).cost.seconds(on: path), other)
      }
      seconds += StrategyTranscript(flights: [flight]).cost.seconds(on: path)
    }
    return (seconds, nil)
  }

  /// What the policy takes instead of ranges, nil if it stays with them.
  private func left(
    _ policy: inout some SyncPolicy, _ estimate: SyncEstimate, lookBytes: Int? = nil,
    nextBytes: Int? = nil
  ) -> StrategyID? {
    let choice = policy.choose(
      situation(
        .ranges, estimate: estimate, left: [.rateless], lookBytes: lookBytes,
        nextBytes: nextBytes))
    return choice?.strategy == .ranges ? nil : choice?.strategy
  }

  private func recorded(_ strategy: StrategyID) -> Double {
    world.transcripts[strategy.rawValue]?.cost.seconds(on: path) ?? .infinity
  }

  private func situation(
    _ current: StrategyID? = nil, estimate: SyncEstimate? = nil, left: Set<StrategyID> = [],
    lookBytes: Int? = nil, nextBytes: Int? = nil
  ) -> SyncSituation {
    SyncSituation(
      offered: offered, current: current, localCount: UInt64(world.localCount),
      remoteCount: current == nil && estimate == nil ? nil : UInt64(world.remoteCount),
      path: path, estimate: estimate, left: left,
      lookBytes: lookBytes, nextBytes: nextBytes)
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
