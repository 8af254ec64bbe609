import Locking
import Primitives
import Storage

/// The first coded symbols of a set of records in a store, kept current and written with it.
///
/// They stand in the namespace `…/symbols`, some on each page. A transaction that changes records
/// writes the pages of the symbols that changed, some 2 ln(length / 2) for each id. What is said of
/// another state of the records, or is damaged, is computed anew from all ids, in one pass.
///
/// Safe for use from any thread. Held in memory are the symbols once, 32 bytes each.
public final class StoredSymbols: Sendable {
  private struct State {
    var prefix: SymbolPrefix<RecordID>
    var revision: UInt64
  }

  /// What a transaction made of the symbols, to be told to `settle` when it is committed.
  public struct Followed: Sendable {
    fileprivate let prefix: SymbolPrefix<RecordID>
    fileprivate let revision: UInt64
  }

  public let records: StoredRecords
  /// Symbols that are kept.
  public let length: Int
  private let pages: StoredPages
  private let state: Lock<State>
  /// Held while something is written: the symbols follow writes in their order.
  private let writing = Lock(())

  /// Opens the symbols of the set called `name` in `store`, and computes them if they are not there
  /// or not those of the set.
  /// - Parameter length: symbols that are kept, 1…`ReconciliationLimits.symbolsMax`.
  public init(
    in store: any KeyValueStore, name: String, length: Int = ReconciliationLimits.cachedSymbols
  ) throws(StorageError) {
    records = StoredRecords(in: store, name: name)
    self.length = min(max(1, length), ReconciliationLimits.symbolsMax)
    pages = StoredPages(namespace: Namespace(name + "/symbols"), length: self.length)
    state = Lock(State(prefix: SymbolPrefix(length: self.length), revision: 0))
    try catchUp()
  }

  /// Makes changes to the records in order, all or none; tells those that changed something.
  @discardableResult
  public func write(_ writes: [RecordWrite]) throws(StorageError) -> [RecordChange] {
    try catchUp()
    return try writing.withLock { _ throws(StorageError) in
      let (changes, followed) = try records.store.write { transaction throws(StorageError) in
        let changes = try records.apply(writes, in: &transaction)
        return (changes, try follow(changes, in: &transaction))
      }
      settle(followed)
      return changes
    }
  }

  /// Writes what changes of the records do to the symbols, in the transaction of these. When that
  /// is committed, `settle` is to be told; if it is not, nothing.
  /// - Parameter changes: all changes of the transaction.
  /// - Returns: nil if nothing changed, or if the symbols are not those of the state before: then
  ///   they are computed anew when they are asked for.
  public func follow(
    _ changes: [RecordChange], in transaction: inout StoreTransaction
  ) throws(StorageError) -> Followed? {
    guard !changes.isEmpty else { return nil }
    let (prefix, revision) = state.withLock { ($0.prefix, $0.revision) }
    let reached = try records.revision(in: transaction)
    guard reached == revision &+ 1 else { return nil }
    var next = prefix
    let (old, new) = (changes.compactMap(\.old?.id), changes.compactMap(\.new?.id))
    next.change(removing: old, adding: new)
    try pages.put(next, changed: pages.touched(by: old + new), at: reached, in: &transaction)
    return Followed(prefix: next, revision: reached)
  }

  /// The transaction of `follow` is committed.
  public func settle(_ followed: Followed?) {
    guard let followed else { return }
    state.withLock { state in
      guard followed.revision > state.revision else { return }
      state = State(prefix: followed.prefix, revision: followed.revision)
    }
  }

  /// All ids of the newest state and its first symbols, for `SketchComparison` and
  /// `SketchResponder`. Once the records change, the ids can be gone through no longer
  /// (`.unavailable`), while the symbols stay good.
  public func view() throws(StorageError) -> (ids: StoredIDs, prefix: SymbolPrefix<RecordID>) {
    try catchUp()
    let (prefix, revision) = state.withLock { ($0.prefix, $0.revision) }
    return (StoredIDs(records, count: prefix.itemCount, revision: revision), prefix)
  }

  /// Brings the symbols to the newest state of the records, if they are not there.
  private func catchUp() throws(StorageError) {
    try writing.withLock { _ throws(StorageError) in
      let revision = state.withLock { $0.revision }
      let found: (state: State, isRebuilt: Bool)? = try records.store.read {
        snapshot throws(StorageError) in
        let view = StoredRecordView(view: snapshot.view, names: records.names)
        let newest = try view.state()
        guard newest.revision != revision else { return nil }
        if let prefix = try pages.prefix(of: newest, in: snapshot.view) {
          return (State(prefix: prefix, revision: newest.revision), false)
        }
        var prefix = SymbolPrefix<RecordID>(length: length)
        try view.forEachID { prefix.apply($0, change: 1) }
        return (State(prefix: prefix, revision: newest.revision), true)
      }
      guard let found else { return }
      let rebuilt = found.state
      state.withLock { $0 = rebuilt }
      guard found.isRebuilt else { return }
      try records.store.write { transaction throws(StorageError) in
        guard try records.revision(in: transaction) == rebuilt.revision else { return }
        try pages.putAll(rebuilt.prefix, at: rebuilt.revision, in: &transaction)
      }
    }
  }
}

/// All ids of one state of a stored set of records.
public struct StoredIDs: RecordIDSource {
  private let records: StoredRecords
  private let revision: UInt64
  public let count: Int

  init(_ records: StoredRecords, count: Int, revision: UInt64) {
    self.records = records
    self.count = count
    self.revision = revision
  }

  public func visit(
    in range: ClosedRange<UInt64>, _ body: ([RecordID]) -> Void
  ) throws(ReconciliationError) {
    let isThere = try held { () throws(StorageError) in
      try records.store.read { snapshot throws(StorageError) in
        let view = StoredRecordView(view: snapshot.view, names: records.names)
        guard try view.state().revision == revision else { return false }
        try view.forEachID(in: range, body)
        return true
      }
    }
    guard isThere else { throw .unavailable("the records changed: compare them anew") }
  }
}
