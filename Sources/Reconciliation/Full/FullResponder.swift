import Primitives
import Storage

/// The side of a full exchange that answers. It keeps nothing between two requests, and holds one
/// frame at a time.
public struct FullResponder: ComparisonResponder {
  private let source: any RecordSource

  public init(_ source: any RecordSource) {
    self.source = source
  }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let read = try reading("a request for records") { () throws(WireError) in
      try FullRequest(wireBytes: request)
    }
    return try held { () throws(StorageError) in
      try source.withView { view throws(StorageError) in
        switch read {
        case .lanes(let count): try Self.lanes(count, view).wireBytes
        case .frame(let lane, let bytes): try Self.frame(lane, bytes, view).wireBytes
        }
      }
    }
  }

  /// Keys at equal distances among those that come first in hashed order, which are as good as
  /// drawn by chance.
  private static func lanes(
    _ count: Int, _ view: any RecordReading
  ) throws(StorageError) -> LanesAnswer {
    let sample = try view.entries(
      from: .first, through: .last, limit: ReconciliationLimits.laneSampleMax)
    var keys: [[UInt8]] = []
    for entry in sample {
      if let record = try view.record(named: entry.id) { keys.append(record.key) }
    }
    keys.sort { RecordTable.order($0, $1) < 0 }
    var splits: [[UInt8]] = []
    for lane in 1..<max(1, count) where !keys.isEmpty {
      let key = keys[lane * keys.count / count]
      if key != splits.last ?? [] { splits.append(key) }
    }
    return LanesAnswer(count: try view.recordCount(), keys: splits)
  }

  private static func frame(
    _ lane: KeyLane, _ bytes: Int, _ view: any RecordReading
  ) throws(StorageError) -> FullFrame {
    var items: [FullFrame.Item] = []
    var rest = bytes
    var start = lane.start
    while true {
      let page = try view.records(from: start, limit: ReconciliationLimits.pageRecordsMax)
      for record in page {
        if let end = lane.end, RecordTable.order(record.key, end) >= 0 {
          return FullFrame(items: items, next: nil)
        }
        if rest <= 0 { return FullFrame(items: items, next: record.key) }
        items.append(
          FullFrame.Item(key: record.key, version: record.version, id: record.id))
        rest -= record.key.count + RecordID.byteCount
      }
      guard page.count == ReconciliationLimits.pageRecordsMax, let last = page.last else {
        return FullFrame(items: items, next: nil)
      }
      // A key of the greatest length has no successor of its own: what begins with it is no key.
      start = last.key + [0]
    }
  }
}
