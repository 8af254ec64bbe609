import Primitives

/// What a comparison by fixed tables asks for: a tag, the salt as 16 bytes, and a varint.
enum TableRequest: WireCodable, Hashable {
  /// Tag 0: an estimator of so many strata.
  case strata(Int, salt: SipKey)
  /// Tag 1: a table with so many cells a part.
  case table(partCells: Int, salt: SipKey)

  func encode(to encoder: inout WireEncoder) {
    switch self {
    case .strata(let count, let salt):
      encoder.append(byte: 0)
      encoder.append(salt)
      encoder.append(count: count)
    case .table(let partCells, let salt):
      encoder.append(byte: 1)
      encoder.append(salt)
      encoder.append(count: partCells)
    }
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let tag = try decoder.byte()
    guard tag <= 1 else { throw .invalidCase(UInt64(tag), of: "TableRequest", at: start) }
    let salt = try decoder.salt()
    let offset = decoder.offset
    let value = try decoder.uint32()
    let most =
      tag == 0
      ? ReconciliationLimits.strataMax
      : ReconciliationLimits.tableCellsMax / InvertibleTable<RecordID>.parts
    guard (1...most).contains(Int(value)) else {
      throw .lengthTooLarge(UInt64(value), limit: most, at: offset)
    }
    self = tag == 0 ? .strata(Int(value), salt: salt) : .table(partCells: Int(value), salt: salt)
  }
}

extension WireEncoder {
  /// A key of SipHash: its 16 bytes.
  mutating func append(_ key: SipKey) {
    append(littleEndian: key.low, bytes: 8)
    append(littleEndian: key.high, bytes: 8)
  }
}

extension WireDecoder {
  /// A key of SipHash.
  mutating func salt() throws(WireError) -> SipKey {
    SipKey(low: try littleEndian(bytes: 8), high: try littleEndian(bytes: 8))
  }
}

/// Finds the difference of two sets of records by fixed tables: an estimator first, then a table
/// for so many differences, and one twice as large as long as it cannot be listed.
public struct TableComparison<Source: RecordIDSource>: ComparisonInitiator {
  private let ids: Source
  private var request: TableRequest
  private var salt: SipKey
  private var number: UInt32 = 0
  private var isWaiting = false
  private var isFailed = false
  private var attempts = 0
  public private(set) var isComplete = false
  public private(set) var difference = RecordDifference()
  /// What the estimator said; nil before.
  public private(set) var estimatedDifferences: Double?

  /// - Parameters:
  ///   - ids: all ids of this side.
  ///   - salt: fresh random bits, for this comparison only.
  ///   - expectedDifferences: about how many; nil asks for an estimate first.
  public init(_ ids: Source, salt: SipKey, expectedDifferences: Double? = nil) {
    self.ids = ids
    self.salt = salt
    if let expectedDifferences {
      request = .table(
        partCells: InvertibleTable<RecordID>.partCells(differences: expectedDifferences),
        salt: salt)
    } else {
      request = .strata(StrataEstimator.strata(items: ids.count), salt: salt)
    }
  }

  public mutating func nextRequest() -> ComparisonRequest? {
    guard !isWaiting, !isComplete, !isFailed else { return nil }
    isWaiting = true
    return ComparisonRequest(number: number, body: request.wireBytes)
  }

  public mutating func receive(
    _ answer: [UInt8], to number: UInt32
  ) throws(ReconciliationError) {
    guard isWaiting, number == self.number else {
      throw .malformed("an answer to request \(number), for which none is awaited")
    }
    isWaiting = false
    self.number += 1
    // Until the answer was taken in full.
    isFailed = true
    switch request {
    case .strata(let count, let salt): try takeStrata(answer, count, salt)
    case .table(let partCells, let salt): try takeTable(answer, partCells, salt)
    }
    isFailed = false
  }

  private mutating func takeStrata(
    _ answer: [UInt8], _ count: Int, _ salt: SipKey
  ) throws(ReconciliationError) {
    var decoder = WireDecoder(answer)
    let remote: StrataEstimator
    do throws(WireError) {
      remote = try StrataEstimator(from: &decoder, strata: count, salt: salt)
      try decoder.finish()
    } catch { throw .malformed("strata", error) }
    var local = StrataEstimator(strata: count, salt: salt)
    try ids.visit { for id in $0 { local.add(id) } }
    let estimate = try remote.differences(from: local) ?? 0
    estimatedDifferences = estimate
    // The estimate is within some 30 %.
    try ask(partCells: InvertibleTable<RecordID>.partCells(differences: 1.4 * estimate))
  }

  private mutating func takeTable(
    _ answer: [UInt8], _ partCells: Int, _ salt: SipKey
  ) throws(ReconciliationError) {
    var decoder = WireDecoder(answer)
    let remote: InvertibleTable<RecordID>
    do throws(WireError) {
      remote = try InvertibleTable(from: &decoder, partCells: partCells, salt: salt)
      try decoder.finish()
    } catch { throw .malformed("a table of \(partCells) cells a part", error) }
    var local = InvertibleTable<RecordID>(partCells: partCells, salt: salt)
    try ids.visit { for id in $0 { local.add(id) } }
    guard let items = try remote.subtracting(local)?.items() else {
      return try ask(partCells: 2 * partCells)
    }
    difference = RecordDifference(missing: items.added, extra: items.removed)
    isComplete = true
  }

  /// Prepares to ask for a table, with a salt of its own: items that fell together once do not
  /// again.
  private mutating func ask(partCells: Int) throws(ReconciliationError) {
    attempts += 1
    let most = ReconciliationLimits.tableCellsMax / InvertibleTable<RecordID>.parts
    guard attempts <= ReconciliationLimits.tableAttemptsMax, partCells <= most else {
      throw .limitReached(
        "the difference cannot be told by \(attempts - 1) tables, the next one of \(partCells)"
          + " cells a part")
    }
    salt = SipKey(low: salt.low &+ 1, high: salt.high)
    request = .table(partCells: partCells, salt: salt)
  }
}

/// The side that answers comparisons by fixed tables. Goes through all ids for each request, for
/// every comparison has its own salt.
public struct TableResponder<Source: RecordIDSource>: ComparisonResponder {
  private let ids: Source

  /// - Parameter ids: all ids of this side.
  public init(_ ids: Source) {
    self.ids = ids
  }

  public func recordsPassed(by request: [UInt8]) -> Int { ids.count }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let wanted: TableRequest
    do throws(WireError) {
      wanted = try TableRequest(wireBytes: request)
    } catch { throw .malformed("a request for a table", error) }
    var encoder = WireEncoder()
    switch wanted {
    case .strata(let count, let salt):
      var estimator = StrataEstimator(strata: count, salt: salt)
      try ids.visit { for id in $0 { estimator.add(id) } }
      estimator.encode(to: &encoder)
    case .table(let partCells, let salt):
      var table = InvertibleTable<RecordID>(partCells: partCells, salt: salt)
      try ids.visit { for id in $0 { table.add(id) } }
      table.encode(to: &encoder)
    }
    return encoder.bytes
  }
}
