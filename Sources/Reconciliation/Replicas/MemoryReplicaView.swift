import Locking
import Primitives
import Storage

/// What a replica in memory held at one time.
package struct MemoryReplicaView: ReplicaView {
  package let summary: ReplicaSummary
  package let strategies = StrategyID.all
  private let content: MemoryReplica.Content
  private let ids: TableIDs
  private let symbols: SketchResponder<TableIDs>
  private let salt: SipKey

  package init(_ content: MemoryReplica.Content, salt: SipKey) {
    self.content = content
    self.salt = salt
    ids = TableIDs(content.records.table)
    symbols = SketchResponder(ids, prefix: content.symbols)
    do {
      summary = ReplicaSummary(
        root: try content.records.rootHash(), count: UInt64(ids.count),
        revision: content.revision)
    } catch { preconditionFailure("a table in memory cannot be read: \(error)") }
  }

  package func initiator(
    of plan: SyncPlan, remote: ReplicaSummary?, configuration: SyncConfiguration
  ) -> (any ComparisonInitiator)? {
    let options = SketchOptions(expectedDifferences: plan.expected)
    switch plan.strategy {
    case .full: return FullComparison(content.records)
    case .merkle:
      var settings = MerkleSettings()
      settings.batchNodes = configuration.batchItems
      return MerkleComparison(content.records, settings: settings)
    case .bloom:
      let bloom = BloomOptions(
        items: configuration.bloomFilterItems, rate: configuration.bloomFalsePositiveRate)
      do {
        return try BloomComparison(ids, prefix: content.symbols, salt: salt, options: bloom)
      } catch { preconditionFailure("a table in memory cannot be read: \(error)") }
    case .table: return TableComparison(ids, salt: salt, expectedDifferences: plan.expected)
    case .rateless: return SketchComparison(ids, prefix: content.symbols, options: options)
    case .ranges: return RangeComparison(content.ranges)
    default: return nil
    }
  }

  package func responder(of strategy: StrategyID) -> (any ComparisonResponder)? {
    switch strategy {
    case .full: FullResponder(content.records)
    case .merkle: MerkleResponder(content.records)
    case .bloom: BloomResponder(ids, symbols: symbols)
    case .table: TableResponder(ids)
    case .rateless: symbols
    case .ranges: RangeResponder(content.ranges)
    default: nil
    }
  }

  package func probe(symbols count: Int) -> [UInt8]? { content.symbols.probe(count) }

  package func answer(toProbe symbols: [UInt8]) throws(ReconciliationError) -> ProbeFinding {
    try content.symbols.answer(toProbe: symbols)
  }

  package func record(_ id: RecordID) -> Record? { content.records.table.record(named: id) }
  package func record(of key: [UInt8]) -> Record? { content.records.table.record(of: key) }
  package func value(of record: Record) -> [UInt8]? { content.values[record.id] }
}

/// The ids of a table. Sorted once if parts of them are asked for.
final class TableIDs: RecordIDSource {
  private let table: RecordTable
  private let sorted = Lock<SortedIDs?>(nil)

  init(_ table: RecordTable) { self.table = table }

  var count: Int { table.count }

  func visit(
    in range: ClosedRange<UInt64>, _ body: ([RecordID]) -> Void
  ) throws(ReconciliationError) {
    let ids = sorted.withLock { sorted in
      let ids = sorted ?? SortedIDs(table.allEntries.lazy.map(\.id))
      sorted = ids
      return ids
    }
    try ids.visit(in: range, body)
  }
}
