import Networking
import Primitives
import Runtime

/// A request that a session wants to send.
public struct SyncOutgoing: Sendable {
  /// Names it among those of its session.
  public let number: UInt64
  public let request: SyncRequest
  /// How long the answer is to be waited for.
  public let timeout: Duration
}

extension SyncSession {
  /// The next request; nil if none can be sent until something comes.
  public mutating func nextRequest(at now: Moment) -> SyncOutgoing? {
    guard !isComplete, !isInterrupted, sent.count < ReconciliationLimits.sessionRequestsMax
    else { return nil }
    if !again.isEmpty { return send(again.removeFirst(), at: now) }
    guard let body = nextBody() else { return nil }
    return send(body, at: now)
  }

  private mutating func send(_ request: Sent, at now: Moment) -> SyncOutgoing {
    var request = request
    latest = now
    if case .open = request.body, request.attempts == 0, let first = candidates.first {
      begun = (first.plan, now)
    }
    let message = SyncRequest(session: id, body: request.body)
    request.at = now
    request.bytes = message.wireBytes.count
    request.patience = link.patience(bytes: request.bytes + expectedBytes(of: request.body))
    statistics.bytes += request.bytes
    nextNumber += 1
    sent[nextNumber] = request
    return SyncOutgoing(number: nextNumber, request: message, timeout: request.patience)
  }

  private func expectedBytes(of body: SyncRequest.Body) -> Int {
    switch body {
    case .open, .compare, .look: ReconciliationLimits.comparisonBytesMax
    case .records, .values: ReconciliationLimits.batchBytesMax
    case .store, .summary: 0
    }
  }

  private mutating func nextBody() -> Sent? {
    switch phase {
    case .comparison(let strategy): return nextComparison(strategy)
    case .stateRequest:
      guard hasRoom, !wantedIDs.isEmpty else { return nil }
      let ids = Array(wantedIDs.suffix(configuration.batchItems))
      wantedIDs.removeLast(ids.count)
      return Sent(body: .records(ids))
    case .stateTransfer:
      if hasRoom, !wantedValues.isEmpty { return Sent(body: .values(nextWishes())) }
      let entries = nextEntries()
      if !entries.isEmpty { return Sent(body: .store(entries)) }
      // All that was left to send may be gone since.
      guard isTransferred else { return nil }
      phase = .verification
      return nextBody()
    case .verification:
      guard !isVerifying else { return nil }
      isVerifying = true
      return Sent(body: .summary)
    case .complete, .failed: return nil
    }
  }

  /// Only the opening is under way until the comparison has a view of the other side.
  private mutating func nextComparison(_ strategy: StrategyID) -> Sent? {
    guard isOpened else { return nextOpening(strategy) }
    let next = pending ?? nextOfComparison()
    pending = nil
    return next.map { compare(strategy, $0) }
  }

  /// While a look is under way only so many symbols are asked for as the line carries.
  private mutating func nextOfComparison() -> ComparisonRequest? {
    guard let left = symbolsMeanwhile, var symbols = comparison as? any EstimatingComparison
    else { return comparison?.nextRequest() }
    let count = min(left, ReconciliationLimits.symbolsPerAnswerMax)
    let request = symbols.nextRequest(symbols: count)
    comparison = symbols
    symbolsMeanwhile = left - count
    return request
  }

  /// The opening, and then what may follow it before it is answered.
  private mutating func nextOpening(_ strategy: StrategyID) -> Sent? {
    let isSent = sent.values.contains { $0.comparison?.round == rounds }
    if !isSent, !candidates.isEmpty, !hasOpened {
      hasOpened = true
      return Sent(
        body: opening(),
        comparison: Place(round: rounds, strategy: strategy, number: nil))
    }
    guard hasOpened, ahead > 0, let request = nextAhead() else { return nil }
    return compare(strategy, request)
  }

  /// The symbols ahead in equal parts, as many as may be under way.
  private mutating func nextAhead() -> ComparisonRequest? {
    guard var symbols = candidates.first?.initiator as? any EstimatingComparison else { return nil }
    let room = max(1, ReconciliationLimits.sessionRequestsMax - sent.count)
    let part = max(ReconciliationLimits.firstSymbols, (ahead + room - 1) / room)
    let count = min(part, ReconciliationLimits.symbolsPerAnswerMax)
    guard let request = symbols.nextRequest(symbols: count) else { return nil }
    candidates[0].initiator = symbols
    ahead -= count
    return request
  }

  private var hasRoom: Bool {
    unstored.reduce(0) { $0 + $1.bytes } <= ReconciliationLimits.unstoredBytesMax
  }

  /// As many as have room in one request with what is offered of older values.
  private mutating func nextWishes() -> [ValueWish] {
    var wishes: [ValueWish] = []
    var bytes = 0
    var expected = 0
    while wishes.count < configuration.batchItems, let record = wantedValues.last {
      if !wishes.isEmpty, expected + Int(record.size) > ReconciliationLimits.batchBytesMax { break }
      let base = base(of: record)
      var offer = base.flatMap { transfer.offer(of: $0, for: Int(record.size)) }
      if let bytes = offer?.count, bytes > ReconciliationLimits.valueBytesMax { offer = nil }
      let size = RecordID.byteCount + (offer?.count ?? 0)
      if !wishes.isEmpty, bytes + size > ReconciliationLimits.batchBytesMax { break }
      bytes += size
      expected += Int(record.size)
      wantedValues.removeLast()
      asked[record.id] = (record, offer == nil ? nil : base)
      wishes.append(ValueWish(id: record.id, offer: offer))
    }
    return wishes
  }

  /// The older value of the record's key, if it is to be offered.
  private func base(of record: Record) -> [UInt8]? {
    guard configuration.isBinaryDiffOn, !wholeOnly.contains(record.id),
      wholeOnly.count < ReconciliationLimits.vainPatchesMax
    else { return nil }
    return view.record(of: record.key).flatMap { view.value(of: $0) }
  }

  /// As many of those to be sent as have room. One that this side has lost since is left out.
  private mutating func nextEntries() -> [SyncEntry] {
    var entries: [SyncEntry] = []
    var bytes = 0
    while entries.count < configuration.batchItems, let id = offeredIDs.last {
      guard let record = view.record(id), record.size <= ReconciliationLimits.valueBytesMax,
        let value = view.value(of: record)
      else {
        offeredIDs.removeLast()
        available.remove(id)
        continue
      }
      if !entries.isEmpty, bytes + value.count > ReconciliationLimits.batchBytesMax { break }
      bytes += value.count + record.key.count
      offeredIDs.removeLast()
      entries.append(SyncEntry(record: record, value: value))
    }
    return entries
  }
}
