import Runtime

/// How a session changes its mind.
extension SyncSession {
  /// Lets the policy change its mind when an answer has come in.
  mutating func reconsider() {
    guard let comparison, !comparison.isComplete, case .comparison(let current) = phase
    else { return }
    if let told = (comparison as? any EstimatingComparison)?.estimate { estimate = told }
    if current == .ranges {
      if pending == nil { pending = self.comparison?.nextRequest() }
      if pending?.number == 1 { secondBytes = pending?.body.count }
    }
    guard changes < ReconciliationLimits.changesMax,
      let choice = policy.choose(situation(current: current))
    else { return }
    if let look = choice.look, choice.strategy == current, !hasLooked {
      begin(look)
    } else if choice.strategy != current {
      change(to: choice, from: Paused(initiator: self.comparison ?? comparison, next: pending))
    }
  }

  /// Goes on with another strategy, where it was left if it was.
  private mutating func change(to choice: SyncChoice, from current: Paused) {
    guard case .comparison(let strategy) = phase else { return }
    let plan = SyncPlan(choice.strategy, expected: estimate?.count)
    let known = paused.removeValue(forKey: choice.strategy)
    let fresh =
      known
      ?? view.initiator(of: plan, remote: remote, configuration: configuration)
      .map { Paused(initiator: $0) }
    guard let fresh else { return }
    changes += 1
    paused[strategy] = current
    comparison = fresh.initiator
    pending = fresh.next
    begun = known == nil ? (plan, latest) : nil
    self.choice = choice
    phase = .comparison(choice.strategy)
  }

  /// Looks how the difference lies, before anything else is sent.
  private mutating func begin(_ look: SyncLook) {
    hasLooked = true
    let plan = SyncPlan(look.strategy)
    guard
      var initiator = view.initiator(of: plan, remote: remote, configuration: configuration),
      let request = initiator.nextRequest(),
      request.body.count <= ReconciliationLimits.offerBytesMax
    else { return }
    paused[look.strategy] = Paused(initiator: initiator)
    symbolsMeanwhile = look.symbolsMeanwhile
    again.insert(
      Sent(
        body: .look(
          revision: remote?.revision ?? 0, strategy: look.strategy.rawValue,
          message: request.body, partsMax: UInt8(clamping: look.partsMax)),
        comparison: Place(round: rounds, strategy: look.strategy, number: request.number)),
      at: 0)
  }

  /// What a look saw. If few parts differ it is the comparison's first answer, too.
  mutating func looked(
    _ seen: PartsLook, _ message: [UInt8]?, to request: Sent
  ) throws(ReconciliationError) {
    guard let place = request.comparison, place.round == rounds, let number = place.number,
      var first = paused.removeValue(forKey: place.strategy)
    else { return }
    symbolsMeanwhile = nil
    look = seen
    if let message {
      try first.initiator.receive(message, to: number)
      first.next = first.initiator.nextRequest()
      secondBytes = first.next?.body.count
      if first.initiator.isComplete {
        comparison = first.initiator
        phase = .comparison(place.strategy)
        return
      }
      paused[place.strategy] = first
    }
    reconsider()
  }

  /// The other side does not look.
  mutating func notLooked(_ request: Sent) {
    guard let place = request.comparison, place.round == rounds else { return }
    symbolsMeanwhile = nil
    paused[place.strategy] = nil
    failedStrategies.insert(place.strategy)
  }

  /// Notes what the first comparison took, if one strategy made it.
  mutating func observe(_ difference: RecordDifference) {
    guard let begun, rounds == 1 else { return }
    observation = Observation(
      plan: begun.plan,
      seconds: Double(begun.at.duration(to: latest).wholeNanoseconds) * 1e-9,
      difference: difference, situation: situation(current: nil))
  }

  /// Compares it with what was predicted. That is done at the end: the first answers alone tell
  /// little of the line.
  mutating func learn() {
    guard let observed = observation, let path,
      let cost = policy.predicted(observed.plan, for: observed.difference, observed.situation)
    else { return }
    observation = nil
    experience.observed(observed.plan.strategy, seconds: observed.seconds, cost, on: path)
  }
}
