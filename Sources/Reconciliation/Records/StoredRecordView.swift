import Primitives
import Storage

/// The records of a store in one snapshot, while its closure runs.
struct StoredRecordView: RecordReading {
  let view: StoreView
  let names: StoredRecords.Names

  func recordCount() throws(StorageError) -> Int { try state().count }

  func state() throws(StorageError) -> StoredRecords.State {
    try StoredForm.state(try view.value(of: names.positions.key()))
  }

  func record(of key: [UInt8]) throws(StorageError) -> Record? {
    guard (1...ReconciliationLimits.keyBytesMax).contains(key.count),
      let value = try view.value(of: names.keys.key(key))
    else { return nil }
    return try StoredForm.record(key, value)
  }

  func record(named id: RecordID) throws(StorageError) -> Record? {
    guard let key = try view.value(of: names.ids.key(id.wireBytes)) else { return nil }
    return try named(key)
  }

  func records(startingWith half: UInt64) throws(StorageError) -> [Record] {
    var keys: [[UInt8]] = []
    let prefix = withUnsafeBytes(of: half.bigEndian) { Array($0) }
    try view.forEachBytes(in: names.ids.prefix(prefix)) { _, key in
      keys.append(Array(key))
      return keys.count < 2
    }
    return try keys.map { key throws(StorageError) in try named(key) }
  }

  /// The record that an id names.
  private func named(_ key: [UInt8]) throws(StorageError) -> Record {
    guard let record = try record(of: key) else {
      throw StoredForm.damage(key, "an id names it, but it is not there")
    }
    return record
  }

  func records(from key: [UInt8], limit: Int) throws(StorageError) -> [Record] {
    var found: [(key: [UInt8], value: [UInt8])] = []
    guard limit > 0 else { return [] }
    // A key that is too long stands right after its longest beginning that a key may be.
    let isLong = key.count > ReconciliationLimits.keyBytesMax
    let start = Array(key.prefix(ReconciliationLimits.keyBytesMax))
    try view.forEachBytes(in: StoreRange(in: names.keys, from: start)) { key, value in
      if !(isLong && found.isEmpty && key.elementsEqual(start)) {
        found.append((Array(key), Array(value)))
      }
      return found.count < limit
    }
    return try found.map { pair throws(StorageError) in
      try StoredForm.record(pair.key, pair.value)
    }
  }

  func entries(
    from first: HashedPosition, through last: HashedPosition, limit: Int
  ) throws(StorageError) -> [RecordEntry] {
    var found: [RecordEntry] = []
    var damaged: [UInt8]?
    guard limit > 0 else { return [] }
    let range = StoreRange(
      in: names.positions, from: first.wireBytes, to: last.successor?.wireBytes)
    try view.forEachBytes(in: range) { key, value in
      guard let entry = StoredForm.entry(key, value) else {
        damaged = Array(key)
        return false
      }
      found.append(entry)
      return found.count < limit
    }
    if let damaged { throw StoredForm.damage(damaged, "no entry of a record") }
    return found
  }

  /// Hands all ids whose first half lies in `range` to `body`, in their order, a bounded number at
  /// a time.
  func forEachID(
    in range: ClosedRange<UInt64> = 0...(.max), _ body: ([RecordID]) -> Void
  ) throws(StorageError) {
    func key(_ half: UInt64) -> [UInt8] { withUnsafeBytes(of: half.bigEndian) { Array($0) } }
    let (end, isLast) = range.upperBound.addingReportingOverflow(1)
    let keys = StoreRange(
      in: names.ids, from: key(range.lowerBound), to: isLast ? nil : key(end))
    var ids: [RecordID] = []
    var damaged: [UInt8]?
    try view.forEachBytes(in: keys) { key, _ in
      guard key.count == RecordID.byteCount else {
        damaged = Array(key)
        return false
      }
      ids.append(RecordID(loading: key))
      if ids.count == ReconciliationLimits.visitedIDsMax {
        body(ids)
        ids.removeAll(keepingCapacity: true)
      }
      return true
    }
    if let damaged { throw StoredForm.damage(damaged, "no id of a record") }
    if !ids.isEmpty { body(ids) }
  }
}
