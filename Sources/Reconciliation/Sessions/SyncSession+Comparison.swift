import Primitives

/// The comparison of a session.
extension SyncSession {
  /// Begins a comparison; the phase is final afterwards if there can be none.
  mutating func compare() {
    comparison = nil
    isOpened = false
    again.removeAll { $0.comparison != nil }
    for (number, request) in sent where request.comparison != nil { sent[number] = nil }
    guard rounds < ReconciliationLimits.roundsMax else {
      phase = .failed(.rootsDiffer(rounds: rounds))
      return
    }
    rounds += 1
    unheld = 0
    while let choice = policy.choose(situation(current: nil)) {
      comparison = view.initiator(
        of: choice.strategy, remote: remote, configuration: configuration)
      if comparison != nil {
        self.choice = choice
        phase = .comparison(choice.strategy)
        return
      }
      // Each that cannot be had is offered once.
      guard failedStrategies.insert(choice.strategy).inserted else { break }
    }
    phase = .failed(.noStrategy)
  }

  private func situation(current: StrategyID?) -> SyncSituation {
    let offered = view.strategies.filter {
      !failedStrategies.contains($0) && remoteStrategies?.contains($0) ?? true
    }
    return SyncSituation(
      offered: offered, current: current, localCount: view.summary.count,
      remoteCount: remote?.count, link: link, lastDifference: lastDifference,
      estimate: (comparison as? any EstimatingComparison)?.estimate)
  }

  /// The strategy in use is of no use here.
  mutating func strategyFailed() {
    if case .comparison(let strategy) = phase { failedStrategies.insert(strategy) }
    compare()
  }

  /// Takes the answer to a request of a comparison.
  mutating func compared(
    _ message: [UInt8], to request: Sent
  ) throws(ReconciliationError) {
    guard let place = request.comparison, place.round == rounds else { return }
    try comparison?.receive(message, to: place.number)
    reconsider()
  }

  /// Lets the policy change its mind after each flight.
  private mutating func reconsider() {
    guard let comparison, !comparison.isComplete, case .comparison(let current) = phase,
      comparison is any EstimatingComparison, rounds < ReconciliationLimits.roundsMax
    else { return }
    guard let choice = policy.choose(situation(current: current)), choice.strategy != current,
      let other = view.initiator(
        of: choice.strategy, remote: remote, configuration: configuration)
    else { return }
    self.choice = choice
    rounds += 1
    again.removeAll { $0.comparison != nil }
    self.comparison = other
    isOpened = false
    phase = .comparison(choice.strategy)
  }

  /// Takes what the comparison found. If it found nothing although the roots differ, it is not
  /// believed.
  mutating func found(_ difference: RecordDifference) throws(ReconciliationError) {
    guard difference.count <= ReconciliationLimits.differenceMax else {
      throw .limitReached(
        "\(difference.count) records differ; a session takes "
          + "\(ReconciliationLimits.differenceMax)")
    }
    comparison = nil
    // An honest view has what this side found extra; the other side's claim alone decides nothing.
    needed = difference.missing.filter { view.record($0) == nil }
    available = difference.extra.filter { view.record($0) != nil }
    guard !needed.isEmpty || !available.isEmpty else {
      strategyFailed()
      return
    }
    wantedIDs = needed.sorted()
    itemsKnown += needed.count + available.count
    phase = .stateRequest
  }

  /// The other side's view is gone: what was found by then is fetched, and the rest compared anew.
  mutating func moved(_ summary: ReplicaSummary) throws(ReconciliationError) {
    remote = summary
    guard let comparison else { return }
    let difference = comparison.difference
    if difference.count > 0 { try found(difference) } else { compare() }
  }
}
