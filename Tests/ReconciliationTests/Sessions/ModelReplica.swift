import Locking
import Primitives
import Reconciliation

/// A plain model of a replica: a dictionary, and strategies that list everything or compare ranges.
final class ModelReplica: Replica {
  struct Content: Sendable {
    var entries: [[UInt8]: SyncEntry] = [:]
    var revision: UInt64 = 1
  }

  private let content: Lock<Content>
  let strategies: [StrategyID]

  init(_ strategies: [StrategyID] = [.full, .ranges], _ entries: [SyncEntry] = []) {
    self.strategies = strategies
    content = Lock(
      Content(entries: Dictionary(uniqueKeysWithValues: entries.map { ($0.record.key, $0) })))
  }

  var entries: [[UInt8]: SyncEntry] { content.withLock { $0.entries } }

  func write(_ key: [UInt8], version: UInt64, _ value: [UInt8]) {
    let record = Record(key: key, version: version, value: value)!
    put([SyncEntry(record: record, value: value)], dropping: [])
  }

  private func put(_ entries: [SyncEntry], dropping: [RecordID]) {
    content.withLock { content in
      content.revision += 1
      for entry in entries {
        let key = entry.record.key
        if let held = content.entries[key], !isLater(entry.record, than: held.record) { continue }
        content.entries[key] = entry
      }
      let dropped = Set(dropping)
      content.entries = content.entries.filter { !dropped.contains($0.value.record.id) }
    }
  }

  private func isLater(_ new: Record, than old: Record) -> Bool {
    new.version != old.version ? new.version > old.version : new.id > old.id
  }

  func view() -> any ReplicaView {
    let content = content.withLock { $0 }
    return ModelView(content, strategies: strategies)
  }

  func apply(_ entries: [SyncEntry], dropping: [RecordID]) async throws -> any ReplicaView {
    put(entries, dropping: dropping)
    return view()
  }
}

struct ModelView: ReplicaView {
  let byID: [RecordID: SyncEntry]
  let byKey: [[UInt8]: SyncEntry]
  let summary: ReplicaSummary
  let strategies: [StrategyID]

  init(_ content: ModelReplica.Content, strategies: [StrategyID]) {
    byKey = content.entries
    byID = Dictionary(
      uniqueKeysWithValues: content.entries.values.map { ($0.record.id, $0) })
    var encoder = WireEncoder()
    encoder.append(byID.keys.sorted())
    summary = ReplicaSummary(
      root: Blake2b256.hash(encoder.bytes), count: UInt64(byID.count), revision: content.revision)
    self.strategies = strategies
  }

  func initiator(
    of plan: SyncPlan, remote: ReplicaSummary?, configuration: SyncConfiguration
  ) -> (any ComparisonInitiator)? {
    switch plan.strategy {
    case .full: ListComparison(own: Set(byID.keys))
    case .ranges: RangeComparison(list)
    case .blind: BlindComparison()
    case .rateless:
      SketchComparison(
        SortedIDs(byID.keys), prefix: symbols(64),
        options: SketchOptions(requestsMax: 8, expectedDifferences: plan.expected))
    default: nil
    }
  }

  private func symbols(_ count: Int) -> SymbolPrefix<RecordID> {
    SymbolPrefix(length: count, of: byID.keys)
  }

  func probe(symbols count: Int) -> [UInt8]? {
    guard strategies.contains(.rateless) else { return nil }
    let prefix = symbols(count)
    return SymbolBatch(itemCount: byID.count, stamp: 0, symbols: prefix.symbols)
      .encoded(from: 0, checksumBytes: 8)
  }

  func answer(toProbe bytes: [UInt8]) throws(ReconciliationError) -> ProbeFinding {
    let batch: SymbolBatch<RecordID>
    do throws(WireError) {
      batch = try SymbolBatch(
        bytes, from: 0, checksumBytes: 8, limit: ReconciliationLimits.probeSymbolsMax)
    } catch { throw .malformed("a probe", error) }
    guard !batch.symbols.isEmpty else { return .unclear }
    var decoder = SymbolDecoder<RecordID>()
    try decoder.append(
      remote: batch.symbols, local: symbols(batch.symbols.count).symbols[...])
    if decoder.isComplete {
      let items = try decoder.items()
      return .solved(RecordDifference(missing: items.remoteOnly, extra: items.localOnly))
    }
    guard let count = decoder.estimatedDifferences else { return .unclear }
    return .estimate(SyncEstimate(count: count, symbols: decoder.symbolCount))
  }

  func responder(of strategy: StrategyID) -> (any ComparisonResponder)? {
    switch strategy {
    case .full, .blind: ListResponder(ids: byID.keys.sorted())
    case .ranges: RangeResponder(list)
    case .rateless: SketchResponder(SortedIDs(byID.keys), prefix: symbols(64))
    default: nil
    }
  }

  private var list: NegentropyList {
    NegentropyList(byID.values.map { NegentropyItem($0.record) })
  }

  func record(_ id: RecordID) -> Record? { byID[id]?.record }
  func record(of key: [UInt8]) -> Record? { byKey[key]?.record }
  func value(of record: Record) -> [UInt8]? { byID[record.id]?.value }
}

extension StrategyID {
  /// Finds nothing, whatever there is.
  static let blind = StrategyID(200, name: "blind")
}

/// Lists all ids, a page at a time; several pages are asked for at a time once their number is
/// known.
struct ListComparison: ComparisonInitiator {
  static let page = 16
  let own: Set<RecordID>
  private var seen: Set<RecordID> = []
  private var pages = 1
  private var asked = 0
  private var answered: Set<UInt32> = []

  init(own: Set<RecordID>) { self.own = own }

  mutating func nextRequest() -> ComparisonRequest? {
    guard asked < pages else { return nil }
    defer { asked += 1 }
    return ComparisonRequest(number: UInt32(asked), body: [UInt8(asked >> 8), UInt8(asked & 255)])
  }

  mutating func receive(_ answer: [UInt8], to number: UInt32) throws(ReconciliationError) {
    var decoder = WireDecoder(answer)
    do throws(WireError) {
      pages = Int(try decoder.uint32())
      let ids: [RecordID] = try decoder.array(elementBytes: 16, limit: Self.page)
      seen.formUnion(ids)
    } catch { throw .malformed("page", error) }
    answered.insert(number)
  }

  var difference: RecordDifference {
    RecordDifference(
      missing: seen.subtracting(own), extra: isComplete ? own.subtracting(seen) : [])
  }
  var isComplete: Bool { answered.count >= pages }
}

struct ListResponder: ComparisonResponder {
  let ids: [RecordID]

  func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    guard request.count == 2 else { throw .malformed("a page has two bytes") }
    let size = ListComparison.page
    let start = (Int(request[0]) << 8 | Int(request[1])) * size
    var encoder = WireEncoder()
    encoder.append(UInt32(max(1, (ids.count + size - 1) / size)))
    encoder.append(start < ids.count ? Array(ids[start..<min(ids.count, start + size)]) : [])
    return encoder.bytes
  }
}

struct BlindComparison: ComparisonInitiator {
  private var isAsked = false
  private(set) var isComplete = false
  let difference = RecordDifference()

  mutating func nextRequest() -> ComparisonRequest? {
    guard !isAsked else { return nil }
    isAsked = true
    return ComparisonRequest(number: 0, body: [0, 0])
  }

  mutating func receive(_ answer: [UInt8], to number: UInt32) throws(ReconciliationError) {
    isComplete = true
  }
}

/// Takes what is offered in a fixed order.
struct FixedPolicy: SyncPolicy {
  let order: [StrategyID]

  func choose(_ situation: SyncSituation) -> SyncChoice? {
    if let current = situation.current { return SyncChoice(current, reason: "as before") }
    return order.first(where: situation.offered.contains).map { SyncChoice($0, reason: "first") }
  }
}

/// A patch is the bytes that follow a common beginning.
struct PrefixTransfer: ValueTransfer {
  func offer(of base: [UInt8], for size: Int) -> [UInt8]? { base }

  func patch(to value: [UInt8], from offer: [UInt8]) -> [UInt8]? {
    let same = zip(value, offer).prefix { $0 == $1 }.count
    return [UInt8(same >> 8), UInt8(same & 255)] + value.dropFirst(same)
  }

  func value(of patch: [UInt8], base: [UInt8], size: Int) -> [UInt8]? {
    guard patch.count >= 2 else { return nil }
    let same = Int(patch[0]) << 8 | Int(patch[1])
    guard same <= base.count, same + patch.count - 2 == size else { return nil }
    return Array(base[..<same]) + patch.dropFirst(2)
  }
}
