import Locking
import Primitives
import Runtime
import Storage

/// A replica in memory, with all that the strategies of this room compare by; every write keeps it
/// current.
public final class MemoryReplica: Replica {
  /// What a view has, too: all of it are values, so a view is a copy.
  package struct Content: Sendable {
    package private(set) var records: MerkleRecords
    var symbols: SymbolPrefix<RecordID>
    var ranges: NegentropyTree
    package private(set) var values: [RecordID: [UInt8]] = [:]
    package var revision: UInt64 = 1
    /// Takes values that are given up.
    var past: KeptValues?

    package init(
      _ table: RecordTable = RecordTable(), symbols: Int = ReconciliationLimits.cachedSymbols,
      depthMax: Int = 20, past: KeptValues? = nil
    ) {
      self.past = past
      var ids = SymbolPrefix<RecordID>(length: symbols)
      var items: [NegentropyItem] = []
      for entry in table.allEntries {
        ids.add(entry.id)
        if let record = table.record(named: entry.id) { items.append(NegentropyItem(record)) }
      }
      records = MerkleRecords(table, depthMax: depthMax)
      self.symbols = ids
      ranges = NegentropyTree(items)
    }
  }

  private let content: Lock<Content>
  private let salts: Lock<RandomStream>

  /// - Parameters:
  ///   - records: what it holds at first; of two with one key the last one.
  ///   - symbols: coded symbols that are kept current. A comparison that takes more goes through
  ///     all records once.
  ///   - depthMax: levels of the Merkle tree, the same on all replicas.
  ///   - past: keeps the values that later ones replace, so that patches can refer to them
  ///     (`PatchTransfer`); nil if they are forgotten.
  ///   - salts: from which the salts of comparisons are drawn.
  public init(
    _ records: some Sequence<Record> = [], symbols: Int = ReconciliationLimits.cachedSymbols,
    depthMax: Int = 20, past: KeptValues? = nil, salts: RandomStream
  ) {
    content = Lock(Content(RecordTable(records), symbols: symbols, depthMax: depthMax, past: past))
    self.salts = Lock(salts)
    settle()
  }

  /// Records held.
  public var count: Int { content.withLock { $0.records.table.count } }

  public func view() -> any ReplicaView { MemoryReplicaView(content.withLock { $0 }, salt: salt()) }

  /// The value of a key; nil if there is none, or if only its record is known.
  public func value(of key: [UInt8]) -> [UInt8]? {
    content.withLock { content in
      content.records.table.record(of: key).flatMap { content.values[$0.id] }
    }
  }

  /// Stores a value as it is, whatever version was held; nil if the key is none.
  @discardableResult
  public func write(_ key: [UInt8], version: UInt64, _ value: [UInt8]) -> Record? {
    guard let record = Record(key: key, version: version, value: value) else { return nil }
    content.withLock { content in
      content.set(SyncEntry(record: record, value: value))
      content.revision += 1
    }
    settle()
    return record
  }

  public func apply(
    _ entries: [SyncEntry], dropping: [RecordID]
  ) async throws -> any ReplicaView {
    content.withLock { content in
      for id in dropping { content.remove(id) }
      for entry in entries where content.isNews(entry.record) { content.set(entry) }
      content.revision += 1
    }
    settle()
    return view()
  }

  /// The hashes of the tree, so that views need not compute them.
  private func settle() {
    content.withLock { $0.settle() }
  }

  private func salt() -> SipKey {
    salts.withLock { SipKey(low: $0.next(), high: $0.next()) }
  }
}

extension MemoryReplica.Content {
  /// Of two versions of one key the later one stays, and of two equal ones the larger id, so that
  /// both sides keep the same.
  func isNews(_ record: Record) -> Bool {
    guard let held = records.table.record(of: record.key) else { return true }
    return (record.version, record.id) > (held.version, held.id)
  }

  /// The hashes of the tree, so that views need not compute them.
  package mutating func settle() {
    do { try records.settleHashes() } catch {
      preconditionFailure("a table in memory cannot be read: \(error)")
    }
  }

  package mutating func set(_ entry: SyncEntry) {
    let old = records.table.record(of: entry.record.key)
    guard records.set(entry.record) != nil else { return }
    if let old { forget(old) }
    let id = entry.record.id
    symbols.add(id)
    ranges.insert(NegentropyItem(entry.record))
    values[id] = entry.value
  }

  mutating func remove(_ id: RecordID) {
    if let old = records.table.record(named: id) { remove(old) }
  }

  /// Removes the record of a key, if there is one.
  package mutating func remove(key: [UInt8]) {
    if let old = records.table.record(of: key) { remove(old) }
  }

  private mutating func remove(_ old: Record) {
    records.remove(old.key)
    forget(old)
  }

  private mutating func forget(_ record: Record) {
    symbols.remove(record.id)
    ranges.remove(NegentropyItem(record))
    let value = values.removeValue(forKey: record.id)
    if let value, let past { past.keep(value, named: record.digest) }
  }
}
