import Primitives
import Reconciliation
import Storage

/// A view's records, as comparisons by trees read them.
struct ViewSource: MerkleSource {
  let view: KeyValueView

  func withTree<Output>(
    _ body: (MerkleView) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    let tree: RecordTree
    do throws(ViewError) { tree = try view.comparable().tree } catch { throw error.asStorage }
    return try body(
      MerkleView(
        tree: tree, records: ViewRecords(view: view), depthMax: KeyValueLimits.treeDepth))
  }
}

/// A view's records in hashed order and by name. Not in the order of keys: nothing is kept by it.
struct ViewRecords: RecordReading {
  let view: KeyValueView

  private func read<Output>(
    _ body: (inout KeyValueCore, UndoneChanges) -> Output
  ) throws(StorageError) -> Output {
    do throws(ViewError) { return try view.read(body) } catch { throw error.asStorage }
  }

  func recordCount() throws(StorageError) -> Int { Int(view.summary.count) }

  func record(of key: [UInt8]) throws(StorageError) -> Record? { view.record(of: key) }

  func record(named id: RecordID) throws(StorageError) -> Record? { view.record(id) }

  func records(startingWith half: UInt64) throws(StorageError) -> [Record] {
    try read { core, undone in
      var numbers: [UInt32] = []
      _ = core.indexes.named.first(of: UInt32(half >> 32)) { number in
        if core.table.entry(number).pointee.id.high == half, !undone.hasChanged(number) {
          numbers.append(number)
        }
        return numbers.count == 2
      }
      return numbers.compactMap { core.record($0) }
    }
  }

  /// None: whoever goes by keys has to have an index over them.
  func records(from key: [UInt8], limit: Int) throws(StorageError) -> [Record] { [] }

  func entries(
    from first: HashedPosition, through last: HashedPosition, limit: Int
  ) throws(StorageError) -> [RecordEntry] {
    try read { core, undone in
      core.entries(from: first, through: last, limit: limit, undoing: undone)
    }
  }
}

/// The ids of a view.
struct ViewIDs: RecordIDSource {
  let view: KeyValueView

  var count: Int { Int(view.summary.count) }

  func visit(
    in range: ClosedRange<UInt64>, _ body: ([RecordID]) -> Void
  ) throws(ReconciliationError) {
    do throws(ViewError) {
      body(try view.read { core, undone in core.ids(in: range, undoing: undone) })
    } catch { throw .unavailable("this side's records: \(error.asStorage)") }
  }
}

extension ViewError {
  var asStorage: StorageError {
    .viewGivenUp(changes: KeyValueLimits.viewChangesMax)
  }
}

extension KeyValueCore {
  /// The first `limit` entries of a view in hashed order.
  func entries(
    from first: HashedPosition, through last: HashedPosition, limit: Int,
    undoing undone: UndoneChanges
  ) -> [RecordEntry] {
    var found: [RecordEntry] = []
    var next: UInt32? = UInt32(first.high >> 32)
    let end = UInt32(last.high >> 32)
    // Where the next group begins all before it are known.
    while let start = next, start <= end, found.count < limit {
      next = indexes.positions.visit(from: start) { _, number in
        guard !undone.hasChanged(number), let record = table.entry(number).pointee.record,
          first <= record.position, record.position <= last
        else { return }
        found.append(record)
      }
    }
    let known = next.map { HashedPosition(high: UInt64($0) << 32, low: 0) }
    for old in undone.records(from: first, through: min(last, known ?? .last)) {
      if let known, old.position >= known { continue }
      found.append(old)
    }
    found.sort { $0.position < $1.position }
    return Array(found.prefix(limit))
  }

  /// The ids of a view whose first eight bytes lie in a range.
  func ids(in range: ClosedRange<UInt64>, undoing undone: UndoneChanges) -> [RecordID] {
    var ids = undone.forgottenIDs().filter { range.contains($0.high) }
    for number in 0..<table.numbers {
      let entry = table.entry(number).pointee
      guard entry.isRecorded, range.contains(entry.id.high), !undone.hasChanged(number) else {
        continue
      }
      ids.append(entry.id)
    }
    return ids
  }
}
