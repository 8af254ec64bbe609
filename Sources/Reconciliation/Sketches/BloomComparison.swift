import Primitives

/// Finds a large difference of two sets of records: exchanges Bloom filters of the parts of both,
/// after which each side knows nearly all that the other lacks, and then decodes what the filters
/// hid by coded symbols, so the result is exact.
///
/// For the exact phase this side builds the coded symbols of the set that it takes the other's for
/// (its own without what is not in the other's filters, and with what was received), and subtracts
/// them from the other's.
public struct BloomComparison<Source: RecordIDSource>: ComparisonInitiator {
  private enum Phase: Sendable {
    /// One part is under way: its answer tells how large the other's set is.
    case first
    case parts
    case exact(SketchComparison<Source>)
  }

  private let ids: Source
  private let options: BloomOptions
  private let salt: SipKey
  private var symbols: SymbolSource<Source>
  private var phase = Phase.first
  private var bits: Int
  private var nextPart = 0
  private var partsDone = 0
  private var underWay: [UInt32: (part: IDPart, filter: BlockedBloomFilter)] = [:]
  private var exactNumbers: [UInt32: UInt32] = [:]
  private var nextNumber: UInt32 = 0
  /// Requests that are made and not given yet.
  private var ready: [ComparisonRequest] = []
  private var isFailed = false
  /// What the filters told.
  private var missing: [RecordID] = []
  private var extra: [RecordID] = []
  public private(set) var isComplete = false
  public private(set) var difference = RecordDifference()

  /// - Parameters:
  ///   - ids: all ids of this side.
  ///   - prefix: the coded symbols of just these.
  ///   - salt: fresh random bits, for this comparison only.
  public init(
    _ ids: Source, prefix: SymbolPrefix<RecordID>, salt: SipKey,
    options: BloomOptions = BloomOptions()
  ) throws(ReconciliationError) {
    self.ids = ids
    self.options = options
    self.salt = salt
    symbols = SymbolSource(ids, prefix: prefix)
    bits = IDPart.bits(items: ids.count, aim: options.items)
    try prepare()
  }

  public mutating func nextRequest() -> ComparisonRequest? {
    isFailed || isComplete || ready.isEmpty ? nil : ready.removeFirst()
  }

  /// Makes as many requests as may be under way.
  private mutating func prepare() throws(ReconciliationError) {
    if case .exact(var comparison) = phase {
      while let request = comparison.nextRequest() {
        exactNumbers[nextNumber] = request.number
        ready.append(number(.symbols(request.body)))
      }
      phase = .exact(comparison)
      return
    }
    var most = options.sketch.requestsMax
    if case .first = phase { most = 1 }
    while nextPart < 1 << bits, underWay.count < most {
      let part = IDPart(bits: bits, number: nextPart)
      var own: [RecordID] = []
      try ids.visit(in: part.range) { own += $0 }
      var filter = BlockedBloomFilter(items: own.count, rate: options.rate, salt: salt)
      for id in own { filter.insert(id) }
      nextPart += 1
      underWay[nextNumber] = (part, filter)
      ready.append(number(.ids(of: part, notIn: filter)))
    }
  }

  private mutating func number(_ request: BloomRequest) -> ComparisonRequest {
    defer { nextNumber += 1 }
    return ComparisonRequest(number: nextNumber, body: request.wireBytes)
  }

  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    guard !isFailed else { throw .malformed("an answer to a comparison that is at its end") }
    // Until the answer was taken in full.
    isFailed = true
    if let (part, filter) = underWay.removeValue(forKey: number) {
      try take(answer, of: part, filter)
    } else if let inner = exactNumbers.removeValue(forKey: number),
      case .exact(var comparison) = phase
    {
      try comparison.receive(answer, to: inner)
      phase = .exact(comparison)
      if comparison.isComplete, !isComplete { finish(comparison.difference) }
    } else {
      throw .malformed("an answer to request \(number), for which none is awaited")
    }
    if !isComplete { try prepare() }
    isFailed = false
  }

  private mutating func take(
    _ answer: [UInt8], of part: IDPart, _ filter: BlockedBloomFilter
  ) throws(ReconciliationError) {
    let read: BloomAnswer
    do throws(WireError) {
      read = try BloomAnswer(answer, salt: salt)
    } catch { throw .malformed("the answer to Bloom filter \(part.number)", error) }
    switch read {
    case .tooMany(let items): try divide(for: items, part)
    case .ids(let received, let remote, _):
      phase = .parts
      partsDone += 1
      for id in received where !part.range.contains(id.high) || filter.contains(id) {
        throw .malformed("id \(id) is not of part \(part.number), or is in its Bloom filter")
      }
      missing += received
      guard missing.count <= ReconciliationLimits.filterReceivedIDsMax else {
        throw .limitReached("\(missing.count) ids of records that this side lacks are too many")
      }
      try ids.visit(in: part.range) { for id in $0 where !remote.contains(id) { extra.append(id) } }
      difference.missing.formUnion(received)
      if partsDone == 1 << bits { beginExactPhase() }
    }
  }

  /// Begins anew with smaller parts.
  private mutating func divide(for items: Int, _ part: IDPart) throws(ReconciliationError) {
    let needed = IDPart.bits(items: max(items, ids.count), aim: options.items)
    guard case .first = phase, needed > bits else {
      throw .limitReached(
        "part \(part.number) of 2^\(part.bits) has too many ids that this side lacks, of \(items)")
    }
    bits = needed
    nextPart = 0
  }

  private mutating func beginExactPhase() {
    difference = RecordDifference(missing: Set(missing), extra: Set(extra))
    symbols.change(removing: extra, adding: Array(difference.missing))
    phase = .exact(SketchComparison(symbols, options: options.sketch))
  }

  /// Takes the difference of the other's set from what it was taken for.
  private mutating func finish(_ rest: RecordDifference) {
    for id in rest.missing where difference.extra.remove(id) == nil {
      difference.missing.insert(id)
    }
    for id in rest.extra where difference.missing.remove(id) == nil {
      difference.extra.insert(id)
    }
    isComplete = true
  }
}

/// How a comparison by Bloom filters is done.
public struct BloomOptions: Sendable, Hashable {
  /// Ids that one filter has, about.
  public let items: Int
  /// How often a filter may be wrong.
  public let rate: Double
  /// For the exact phase; its number of requests is that of filters too.
  public let sketch: SketchOptions

  public init(
    items: Int = ReconciliationLimits.filterItemsDefault,
    rate: Double = ReconciliationLimits.filterRateDefault,
    sketch: SketchOptions = SketchOptions()
  ) {
    self.items = max(1, items)
    self.rate = rate
    self.sketch = sketch
  }
}
