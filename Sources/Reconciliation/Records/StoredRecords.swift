import Primitives
import Storage

/// A set of records in namespaces of a store. Whatever is written in one transaction is there or
/// not there as a whole.
///
/// Three namespaces: `…/keys` (key → version, size, digest), `…/positions` (position → id, version,
/// size) and `…/ids` (id → key). The number of records and of transactions that changed them is
/// under the empty key of `…/positions`.
public struct StoredRecords: RecordSource {
  public let store: any KeyValueStore
  let names: Names

  /// Where the records are.
  struct Names: Sendable {
    let keys: Namespace
    let positions: Namespace
    let ids: Namespace
  }

  /// What is said of all records.
  struct State: Sendable, Hashable {
    var count = 0
    /// Counts the transactions that changed something: tells one state from others.
    var revision: UInt64 = 0
  }

  /// The set called `name` in `store`, which has small letters, digits, `-` and `/`.
  public init(in store: any KeyValueStore, name: String) {
    self.store = store
    names = Names(
      keys: Namespace(name + "/keys"), positions: Namespace(name + "/positions"),
      ids: Namespace(name + "/ids"))
  }

  /// Makes the changes in order, all or none; tells those that changed something.
  @discardableResult
  public func write(_ writes: [RecordWrite]) throws(StorageError) -> [RecordChange] {
    try store.write { transaction throws(StorageError) in try apply(writes, in: &transaction) }
  }

  /// Makes the changes in order as part of a transaction; tells those that changed something.
  public func apply(
    _ writes: [RecordWrite], in transaction: inout StoreTransaction
  ) throws(StorageError) -> [RecordChange] {
    var changes: [RecordChange] = []
    let stateKey = names.positions.key()
    var state = try StoredForm.state(try transaction.value(of: stateKey))
    for write in writes {
      guard let change = try apply(write, in: &transaction) else { continue }
      changes.append(change)
      state.count += (change.new == nil ? 0 : 1) - (change.old == nil ? 0 : 1)
    }
    guard !changes.isEmpty else { return [] }
    state.revision &+= 1
    try transaction.put(stateKey, StoredForm.bytes(of: state))
    return changes
  }

  /// Which state of the records a transaction has.
  func revision(in transaction: borrowing StoreTransaction) throws(StorageError) -> UInt64 {
    try StoredForm.state(try transaction.value(of: names.positions.key())).revision
  }

  private func apply(
    _ write: RecordWrite, in transaction: inout StoreTransaction
  ) throws(StorageError) -> RecordChange? {
    let key =
      switch write {
      case .set(let record): record.key
      case .remove(let key): key
      }
    let place = names.keys.key(key)
    let found = try transaction.value(of: place)
    let old = try found.map { value throws(StorageError) in
      RecordEntry(try StoredForm.record(key, value))
    }
    guard case .set(let record) = write else {
      guard let old else { return nil }
      try transaction.delete(place)
      try transaction.delete(names.positions.key(old.position.wireBytes))
      try transaction.delete(names.ids.key(old.id.wireBytes))
      return RecordChange(old: old, new: nil)
    }
    let new = RecordEntry(record)
    if old?.id == new.id { return nil }
    if let old { try transaction.delete(names.ids.key(old.id.wireBytes)) }
    try transaction.put(place, StoredForm.bytes(of: record))
    try transaction.put(
      names.positions.key(new.position.wireBytes), StoredForm.bytes(of: new))
    try transaction.put(names.ids.key(new.id.wireBytes), key)
    return RecordChange(old: old, new: new)
  }

  public func withView<Output>(
    _ body: (any RecordReading) throws(StorageError) -> Output
  ) throws(StorageError) -> Output {
    try store.read { snapshot throws(StorageError) in
      try body(StoredRecordView(view: snapshot.view, names: names))
    }
  }
}
