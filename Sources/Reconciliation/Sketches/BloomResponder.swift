import Primitives

/// The side that answers comparisons by Bloom filters.
public struct BloomResponder<Source: RecordIDSource>: ComparisonResponder {
  private let ids: Source
  private let symbols: SketchResponder<Source>
  private let rate: Double

  /// - Parameters:
  ///   - ids: all ids of this side.
  ///   - symbols: answers the exact phase, from the same ids.
  ///   - rate: how often its filters may be wrong.
  public init(
    _ ids: Source, symbols: SketchResponder<Source>,
    rate: Double = ReconciliationLimits.filterRateDefault
  ) {
    self.ids = ids
    self.symbols = symbols
    self.rate = rate
  }

  public func recordsPassed(by request: [UInt8]) -> Int {
    // A filter of a part is compared with the ids there, and one is made of them.
    switch try? BloomRequest(wireBytes: request) {
    case .ids(let part, _): 2 * (ids.count >> part.bits)
    case .symbols(let inner): symbols.recordsPassed(by: inner)
    case nil: 0
    }
  }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let wanted: BloomRequest
    do throws(WireError) {
      wanted = try BloomRequest(wireBytes: request)
    } catch { throw .malformed("a Bloom filter", error) }
    switch wanted {
    case .symbols(let request): return try symbols.answer(request)
    case .ids(let part, let filter): return try answer(part, filter).wireBytes
    }
  }

  private func answer(
    _ part: IDPart, _ filter: BlockedBloomFilter
  ) throws(ReconciliationError) -> BloomAnswer {
    // Not more is kept than an answer may give, whatever the part has.
    let most = ReconciliationLimits.filterAnswerIDsMax
    var (missing, count) = ([RecordID](), 0)
    try ids.visit(in: part.range) { ids in
      count += ids.count
      for id in ids where missing.count <= most && !filter.contains(id) { missing.append(id) }
    }
    guard missing.count <= most else { return .tooMany(of: ids.count) }
    var own = BlockedBloomFilter(items: count, rate: rate, salt: filter.salt)
    try ids.visit(in: part.range) { for id in $0 { own.insert(id) } }
    return .ids(missing, filter: own, of: ids.count)
  }
}
