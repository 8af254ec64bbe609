import Primitives
import Reconciliation

/// One part of a full exchange: ids of records in hashed order.
struct IDPart: WireCodable, Hashable {
  /// The first and the last half of positions that it is about.
  var first: UInt64
  var last: UInt64

  func encode(to encoder: inout WireEncoder) {
    encoder.append(first)
    encoder.append(last)
  }

  init(first: UInt64, last: UInt64) {
    self.first = first
    self.last = last
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    first = try decoder.uint64()
    let place = decoder.offset
    last = try decoder.uint64()
    guard first <= last else { throw .invalidValue("a part that ends before it begins", at: place) }
  }
}

/// The ids of a part, up to where the next one begins.
struct IDAnswer: WireCodable, Hashable {
  var ids: [RecordID]
  /// The half position that the next part begins with; nil if this was all.
  var next: UInt64?

  init(ids: [RecordID], next: UInt64?) {
    self.ids = ids
    self.next = next
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(ids)
    encoder.append(next != nil)
    if let next { encoder.append(next) }
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    ids = try decoder.array(
      elementBytes: RecordID.byteCount, limit: KeyValueLimits.idsPerAnswerMax)
    next = try decoder.flag(of: "next") ? try decoder.uint64() : nil
  }
}

/// The asking side of a full exchange: the other side tells the ids of all its records in hashed
/// order, part by part, several parts at a time. Sixteen bytes a record.
///
/// (`FullComparison` goes by keys, in whose order this store keeps nothing.)
struct IDExchange: ComparisonInitiator {
  private let view: KeyValueView
  private var waiting: [IDPart]
  private var open: [UInt32: IDPart] = [:]
  private var nextNumber: UInt32 = 0
  private var isFailed = false
  private(set) var difference = RecordDifference()

  init(_ view: KeyValueView) {
    self.view = view
    let lanes = UInt64(KeyValueLimits.exchangeLanes)
    let width = UInt64.max / lanes
    waiting = (0..<lanes).reversed().map {
      IDPart(first: $0 == 0 ? 0 : $0 * width + 1, last: $0 == lanes - 1 ? .max : ($0 + 1) * width)
    }
  }

  var isComplete: Bool { !isFailed && waiting.isEmpty && open.isEmpty }

  mutating func nextRequest() -> ComparisonRequest? {
    guard !isFailed, open.count < KeyValueLimits.exchangeLanes, let part = waiting.popLast()
    else { return nil }
    defer { nextNumber += 1 }
    open[nextNumber] = part
    return ComparisonRequest(number: nextNumber, body: part.wireBytes)
  }

  mutating func receive(_ answer: [UInt8], to number: UInt32) throws(ReconciliationError) {
    do throws(ReconciliationError) {
      guard !isFailed, let part = open.removeValue(forKey: number) else {
        throw .malformed("an answer to request \(number), which is not open")
      }
      let answer = try Self.read(answer)
      if let next = answer.next {
        guard next > part.first, next <= part.last else {
          throw .malformed("a part of ids that goes on at \(next), not behind \(part.first)")
        }
        waiting.append(IDPart(first: next, last: part.last))
      }
      try compare(
        answer.ids, IDPart(first: part.first, last: answer.next.map { $0 - 1 } ?? part.last))
    } catch {
      isFailed = true
      throw error
    }
  }

  private static func read(_ answer: [UInt8]) throws(ReconciliationError) -> IDAnswer {
    do throws(WireError) { return try IDAnswer(wireBytes: answer) } catch {
      throw .malformed("ids of records", error)
    }
  }

  private mutating func compare(
    _ ids: [RecordID], _ part: IDPart
  ) throws(ReconciliationError) {
    var theirs = Set(ids)
    guard theirs.count == ids.count else { throw .malformed("an id of a record that comes twice") }
    let records = ViewRecords(view: view)
    var extra: [RecordID] = []
    do {
      try records.forEachEntry(from: part.start, through: part.end) {
        if theirs.remove($0.id) == nil { extra.append($0.id) }
      }
    } catch { throw .unavailable("this side's records: \(error)") }
    difference.extra.formUnion(extra)
    difference.missing.formUnion(theirs)
    guard difference.count <= ReconciliationLimits.differenceMax else {
      throw .limitReached("more than \(ReconciliationLimits.differenceMax) records differ")
    }
  }
}

/// The answering side of a full exchange.
struct IDResponder: ComparisonResponder {
  private let view: KeyValueView

  init(_ view: KeyValueView) { self.view = view }

  func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let part: IDPart
    do throws(WireError) { part = try IDPart(wireBytes: request) } catch {
      throw .malformed("a request for ids", error)
    }
    let most = KeyValueLimits.idsPerAnswerMax
    var entries: [RecordEntry]
    do {
      entries = try ViewRecords(view: view)
        .entries(from: part.start, through: part.end, limit: most + 1)
    } catch { throw .unavailable("this side's records: \(error)") }
    guard entries.count > most else {
      return IDAnswer(ids: entries.map(\.id), next: nil).wireBytes
    }
    // The next part begins at a place of which none is told, and it is never the first one.
    let next = entries[most].position.high
    entries.removeAll { $0.position.high >= next }
    return IDAnswer(ids: entries.map(\.id), next: next).wireBytes
  }
}

extension IDPart {
  var start: HashedPosition { HashedPosition(high: first, low: 0) }
  var end: HashedPosition { HashedPosition(high: last, low: .max) }
}
