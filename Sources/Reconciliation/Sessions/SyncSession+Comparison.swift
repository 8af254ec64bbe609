import Primitives
import Runtime

/// The comparison of a session.
extension SyncSession {
  /// Begins a comparison; the phase is final afterwards if there can be none.
  mutating func compare() {
    comparison = nil
    paused = [:]
    estimate = nil
    pending = nil
    look = nil
    secondBytes = nil
    hasLooked = false
    symbolsMeanwhile = nil
    begun = nil
    candidates = []
    isOpened = false
    hasOpened = false
    isAheadSettled = false
    again.removeAll { $0.comparison != nil }
    for (number, request) in sent where request.comparison != nil { sent[number] = nil }
    guard rounds < ReconciliationLimits.roundsMax else {
      phase = .failed(.rootsDiffer(rounds: rounds))
      return
    }
    rounds += 1
    unheld = 0
    while let opening = policy.opening(situation(current: nil)) {
      let alone = opening.plans.count == 1
      candidates = opening.plans.compactMap { candidate($0, isAlone: alone) }
      probeSymbols = opening.probeSymbols
      ahead = opening.ahead
      if let first = candidates.first {
        choice = SyncChoice(first.plan.strategy, reason: opening.reason)
        phase = .comparison(first.plan.strategy)
        return
      }
      // Each that cannot be had is offered once.
      let before = failedStrategies.count
      failedStrategies.formUnion(opening.plans.map(\.strategy))
      if failedStrategies.count == before { break }
    }
    phase = .failed(.noStrategy)
  }

  /// - Parameter isAlone: whether its further requests follow the opening, not in it.
  private func candidate(_ plan: SyncPlan, isAlone: Bool) -> Candidate? {
    guard
      var initiator = view.initiator(of: plan, remote: remote, configuration: configuration)
    else { return nil }
    var requests: [ComparisonRequest] = []
    let most = isAlone ? 1 : ReconciliationLimits.sessionRequestsMax
    while requests.count < most, let request = initiator.nextRequest() { requests.append(request) }
    // What is long is only sent to who has taken it.
    let bytes = requests.reduce(0) { $0 + $1.body.count }
    guard !requests.isEmpty, isAlone || bytes <= ReconciliationLimits.offerBytesMax else {
      return nil
    }
    return Candidate(plan: plan, initiator: initiator, requests: requests)
  }

  func situation(current: StrategyID?) -> SyncSituation {
    let offered = view.strategies.filter {
      !failedStrategies.contains($0) && remoteStrategies?.contains($0) ?? true
    }
    return SyncSituation(
      offered: offered, current: current, localCount: view.summary.count,
      remoteCount: remote?.count, path: path, lastDifference: lastDifference,
      estimate: estimate, left: Set(paused.keys), look: look, hasLooked: hasLooked,
      nextBytes: secondBytes)
  }

  /// The line as it was measured; nil before that.
  var path: PathFigures? {
    guard let rate = link.bytesPerSecond, let roundTrip = link.roundTrip else { return nil }
    return PathFigures(
      bytesPerSecond: rate, roundTrip: Double(roundTrip.wholeNanoseconds) * 1e-9,
      localSlowness: slowness, remoteSlowness: experience.slowness)
  }

  /// The first request of a comparison.
  func opening() -> SyncRequest.Body {
    var probe: SyncProbe?
    let path = path ?? PathFigures(bytesPerSecond: 0, roundTrip: 0)
    if probeSymbols > 0, let symbols = view.probe(symbols: probeSymbols) {
      probe = SyncProbe(
        symbols: symbols, bytesPerSecond: UInt64(min(path.bytesPerSecond, 1e15)),
        roundTripUs: UInt64(min(path.roundTrip * 1e6, 1e15)),
        slownessPercent: UInt32(min(max(slowness * 100, 1), 1e6)))
    }
    let offers = candidates.map { candidate in
      SyncOffer(
        strategy: candidate.plan.strategy.rawValue,
        expected: UInt64(min(max(candidate.plan.expected ?? 0, 0), 1e15)),
        messages: candidate.requests.map(\.body))
    }
    return .open(view.summary, offers: offers, probe: probe)
  }

  /// The other side took an offer, or knows the difference.
  mutating func opened(_ taken: SyncTaken) throws(ReconciliationError) {
    let offered = candidates
    candidates = []
    ahead = 0
    switch taken {
    case .solved(let missing, let extra):
      forgetAhead()
      choice = SyncChoice(.rateless, reason: "the probe was enough")
      try found(RecordDifference(missing: Set(missing), extra: Set(extra)))
    case .offer(let place, let messages, let seen):
      look = seen
      guard place < offered.count else {
        throw .malformed("offer \(place) was taken of \(offered.count)")
      }
      if place > 0 { forgetAhead() }
      try opened(offered[Int(place)], messages)
    }
  }

  /// What was asked for ahead of the first offer is of no use to another one, which numbers its
  /// requests anew: late answers must not be taken for answers to those.
  private mutating func forgetAhead() {
    again.removeAll { $0.comparison?.number != nil }
    for (number, request) in sent where request.comparison?.number != nil { sent[number] = nil }
  }

  private mutating func opened(
    _ candidate: Candidate, _ messages: [[UInt8]]
  ) throws(ReconciliationError) {
    guard !messages.isEmpty, messages.count <= candidate.requests.count else {
      throw .malformed("\(messages.count) answers to \(candidate.requests.count) requests")
    }
    let strategy = candidate.plan.strategy
    // It takes symbols after all, when the opening was sent again; those ahead are gone.
    if strategy == .rateless, isAheadSettled { return compare() }
    isOpened = true
    begun?.plan = candidate.plan
    if choice?.strategy != strategy {
      choice = SyncChoice(strategy, reason: "the other side chose it")
    }
    phase = .comparison(strategy)
    comparison = candidate.initiator
    for (request, message) in zip(candidate.requests, messages) {
      try comparison?.receive(message, to: request.number)
    }
    for request in candidate.requests.dropFirst(messages.count) {
      again.append(compare(strategy, request))
    }
    reconsider()
  }

  /// A further request of the comparison.
  func compare(_ strategy: StrategyID, _ request: ComparisonRequest) -> Sent {
    Sent(
      body: .compare(
        revision: isOpened ? remote?.revision ?? 0 : 0, strategy: strategy.rawValue,
        message: request.body),
      comparison: Place(round: rounds, strategy: strategy, number: request.number))
  }

  /// The strategy in use is of no use here.
  mutating func strategyFailed() {
    if case .comparison(let strategy) = phase { failedStrategies.insert(strategy) }
    compare()
  }

  /// Takes the answer to a request of a comparison, be it the present one or one that was left.
  mutating func compared(
    _ message: [UInt8], to request: Sent
  ) throws(ReconciliationError) {
    guard let place = request.comparison, place.round == rounds, let number = place.number
    else { return }
    if message.isEmpty, request.isAhead {
      // The opening was sent again, and its second answer takes symbols that the first one did not.
      if !isOpened {
        isAheadSettled = true
      } else if case .comparison = phase {
        compare()
      }
      return
    }
    guard case .comparison(place.strategy) = phase else {
      try paused[place.strategy]?.initiator.receive(message, to: number)
      return
    }
    if !isOpened {
      // An answer that overtook the one to the opening.
      if !candidates.isEmpty { try candidates[0].initiator.receive(message, to: number) }
      return
    }
    try comparison?.receive(message, to: number)
    reconsider()
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
    observe(difference)
    // An honest view has what this side found extra; the other side's claim alone decides nothing.
    needed = difference.missing.filter { !view.holds($0) }
    available = difference.extra.filter { view.holds($0) }
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
    guard let comparison else { return compare() }
    let difference = comparison.difference
    if difference.count > 0 { try found(difference) } else { compare() }
  }
}
