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

  /// Where a comparison is.
  private struct Run<Policy: SyncPolicy> {
    var policy: Policy
    /// What was spent beside the symbols.
    var seconds = 0.0
    var strategies: [StrategyID] = []
    var seen: PartsLook?
    var hasLooked = false
    var left: Set<StrategyID> = []
    /// Bytes of the second request by ranges.
    var nextBytes: Int?
    /// Whether a look that led nowhere brought the first answer by ranges.
    var hasFirst = false
  }

  /// Seconds, and the strategies that were used.
  package func run(_ policy: some SyncPolicy) -> (seconds: Double, strategies: [StrategyID]) {
    var run = Run(policy: policy)
    guard let opening = run.policy.opening(situation(run)), let first = opening.plans.first else {
      return (.infinity, [])
    }
    guard opening.probeSymbols > 0 else {
      return go(on: first, opening, &run)
    }
    let probe = opening.probeSymbols
    var cost = StrategyCost(
      upBytes: Double(probe) * world.symbolBytes
        + Double(opening.plans.count) * CostCoefficients.offerBytes)
    cost.remoteNs = Double(probe) * CostCoefficients.symbolReadNs
    let looks = opening.plans.contains(SyncPlan(.ranges))
    let look = looks ? world.look?.flight : nil
    cost.upBytes += Double(look?.upBytes ?? 0)
    cost.localNs += Double(look?.localNs ?? 0)
    if probe >= world.symbolsNeeded {
      cost.flights = 1
      cost.upBytes += 2 * CostCoefficients.requestBytes
      cost.downBytes = Double(RecordID.byteCount * world.difference)
      cost.remoteNs += CostCoefficients.peelNs(0) * Double(world.difference)
      return (cost.seconds(on: path), [.rateless])
    }
    guard opening.plans.count > 1 else {
      run.seconds = cost.seconds(on: path)
      return go(on: first, opening, &run)
    }
    let estimate = world.estimate(of: probe)
    if looks, run.policy.looks(before: opening.plans, situation(run, nil, estimate)) {
      cost.remoteNs += Double(look?.remoteNs ?? 0)
      run.seen = world.look?.seen
    }
    let plan = opening.plans[
      run.policy.pick(opening.plans, situation(run, nil, estimate))]
    if plan.strategy == .ranges {
      // It is the first request already.
      cost.upBytes -= Double(look?.upBytes ?? 0)
      cost.localNs -= Double(look?.localNs ?? 0)
    }
    run.seconds = cost.seconds(on: path)
    return go(on: plan, opening, &run)
  }

  private func go(
    on plan: SyncPlan, _ opening: SyncOpening, _ run: inout Run<some SyncPolicy>
  ) -> (seconds: Double, strategies: [StrategyID]) {
    run.strategies = [plan.strategy]
    switch plan.strategy {
    case .rateless:
      if let expected = plan.expected { return planned(expected, &run) }
      return stream(&run)
    default: return (run.seconds + recorded(plan.strategy), run.strategies)
    }
  }

  /// Symbols that keep coming: the time of a round trip is lost once, and what was asked for beyond
  /// those that are enough comes when the difference is known.
  private func stream(
    _ run: inout Run<some SyncPolicy>
  ) -> (seconds: Double, strategies: [StrategyID]) {
    var held = ReconciliationLimits.firstSymbols
    while held < world.symbolsNeeded {
      let spent = world.rateless(held, flights: 1).seconds(on: path)
      if let end = reconsider(&run, held, spent: spent) { return end }
      held += max(ReconciliationLimits.nextSymbolsMin, held / 4)
    }
    let symbols = max(world.symbolsNeeded, ReconciliationLimits.firstSymbols)
    return (
      run.seconds + world.rateless(symbols, flights: 1).seconds(on: path), run.strategies
    )
  }

  /// As many symbols as are expected in one answer, and as many as that one tells in the next.
  private func planned(
    _ expected: Double, _ run: inout Run<some SyncPolicy>
  ) -> (seconds: Double, strategies: [StrategyID]) {
    var asked = max(
      ReconciliationLimits.firstSymbols,
      Int(DifferenceEstimate.symbols(differences: expected).rounded(.up)))
    var flights = 1.0
    while asked < world.symbolsNeeded {
      let spent = world.rateless(asked, flights: flights).seconds(on: path)
      if let end = reconsider(&run, asked, spent: spent) { return end }
      let whole = DifferenceEstimate.symbols(differences: world.estimate(of: asked).count)
      let window = ReconciliationLimits.sketchRequestsMax * ReconciliationLimits.symbolsPerAnswerMax
      asked += min(
        window, max(asked / 8, DifferenceEstimate.wanted(of: whole, held: asked) - asked))
      flights += 1
    }
    var cost = world.rateless(asked, flights: flights)
    // The windows are counted here.
    cost.flights = flights
    return (run.seconds + cost.seconds(on: path), run.strategies)
  }

  /// Lets the policy change its mind when so many symbols are here.
  /// - Returns: the end, if the rest is done by another strategy.
  private func reconsider(
    _ run: inout Run<some SyncPolicy>, _ held: Int, spent: Double
  ) -> (seconds: Double, strategies: [StrategyID])? {
    let estimate = world.estimate(of: held)
    guard let choice = run.policy.choose(situation(run, .rateless, estimate)) else { return nil }
    if let asked = choice.look, let look = world.look, !run.hasLooked {
      return self.look(&run, asked, look, estimate, spent: spent)
    }
    switch choice.strategy {
    case .rateless: return nil
    case .ranges:
      run.strategies.append(.ranges)
      return ranges(&run, estimate, spent: spent)
    default:
      return (
        run.seconds + spent + recorded(choice.strategy), run.strategies + [choice.strategy]
      )
    }
  }

  /// Looks beside the symbols, which fill the line meanwhile: of a round trip that they do not fill
  /// the rest is lost.
  private func look(
    _ run: inout Run<some SyncPolicy>, _ asked: SyncLook, _ look: RecordedWorld.Look,
    _ estimate: SyncEstimate, spent: Double
  ) -> (seconds: Double, strategies: [StrategyID])? {
    run.hasLooked = true
    run.seen = look.seen
    var flight = look.flight
    let first = world.transcripts[StrategyID.ranges.rawValue]?.flights.first
    let isAnswered = Int(look.seen.differing) <= asked.partsMax
    if isAnswered {
      flight.downBytes = first?.downBytes ?? 0
      flight.localNs = first?.localNs ?? 0
      run.nextBytes =
        world.transcripts[StrategyID.ranges.rawValue]?.flights.dropFirst().first?
        .upBytes
    }
    let choice = run.policy.choose(situation(run, .rateless, estimate))
    if isAnswered, choice?.strategy == .ranges {
      run.strategies.append(.ranges)
      // The symbols that came meanwhile are of no use, and were computed.
      let meanwhile = Double(asked.symbolsMeanwhile)
      run.seconds += StrategyCost(
        localNs: CostCoefficients.symbolReadNs * meanwhile,
        remoteNs: CostCoefficients.symbolWriteNs * meanwhile + Double(flight.remoteNs)
      ).seconds(on: path)
      return ranges(&run, estimate, spent: spent)
    }
    if isAnswered {
      flight.remoteNs += first?.remoteNs ?? 0
      run.hasFirst = true
    }
    var cost = StrategyTranscript(flights: [flight]).cost
    let filled = StrategyCost(
      downBytes: Double(asked.symbolsMeanwhile) * world.symbolBytes,
      localNs: Double(asked.symbolsMeanwhile) * CostCoefficients.symbolReadNs,
      remoteNs: Double(asked.symbolsMeanwhile) * CostCoefficients.symbolWriteNs
    ).seconds(on: path)
    cost.flights = max(0, 1 - filled / path.roundTrip)
    run.seconds += cost.seconds(on: path)
    return nil
  }

  /// Goes on by ranges as long as the policy does.
  /// - Parameter spent: on symbols before.
  private func ranges(
    _ run: inout Run<some SyncPolicy>, _ estimate: SyncEstimate?, spent: Double
  ) -> (seconds: Double, strategies: [StrategyID]) {
    let flights = world.transcripts[StrategyID.ranges.rawValue]?.flights ?? []
    var seconds = run.seconds + spent
    run.left = [.rateless]
    for (place, flight) in flights.enumerated() where place > 0 || !run.hasFirst {
      if place == 1 {
        run.nextBytes = flight.upBytes
        let situation = situation(run, .ranges, estimate)
        if let choice = run.policy.choose(situation), choice.strategy != .ranges {
          return (seconds + rest(of: choice.strategy), run.strategies + [choice.strategy])
        }
      }
      seconds += StrategyTranscript(flights: [flight]).cost.seconds(on: path)
    }
    return (seconds, run.strategies)
  }

  /// What a strategy takes after ranges were left: symbols are gone on with by a plan.
  private func rest(of strategy: StrategyID) -> Double {
    guard strategy == .rateless else { return recorded(strategy) }
    return world.rateless(max(world.symbolsNeeded, ReconciliationLimits.firstSymbols), flights: 1)
      .seconds(on: path)
  }

  private func recorded(_ strategy: StrategyID) -> Double {
    world.transcripts[strategy.rawValue]?.cost.seconds(on: path) ?? .infinity
  }

  private func situation(
    _ run: Run<some SyncPolicy>, _ current: StrategyID? = nil, _ estimate: SyncEstimate? = nil
  ) -> SyncSituation {
    SyncSituation(
      offered: offered, current: current, localCount: UInt64(world.localCount),
      remoteCount: current == nil && estimate == nil ? nil : UInt64(world.remoteCount),
      path: path, estimate: estimate, left: run.left, look: run.seen, hasLooked: run.hasLooked,
      nextBytes: run.nextBytes)
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
