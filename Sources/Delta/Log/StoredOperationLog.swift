import CRDT
import Primitives
import Storage

/// A log of operations in a namespace of a store. What changes it is written in the transaction of
/// the caller, with the state that the operations belong to: both are there or neither.
///
/// ```
/// let changes = try store.write { transaction throws(StorageError) in
///   var changes = LogChanges()
///   // … the state, and `stored.log.take(operations, to: &changes)` or `append`, `acknowledge`
///   try stored.write(&changes, in: &transaction)
///   return changes
/// }
/// stored.commit(changes)
/// ```
public struct StoredOperationLog: Sendable {
  /// What the store has.
  public private(set) var log: OperationLog
  private let form: LogForm

  /// Reads the log called `name` (by the rule for names of namespaces); an empty one if there is
  /// none. A damaged record is named in the error, and nothing is repaired.
  public init(
    name: String, author: ReplicaID, bounds: LogBounds = LogBounds(),
    in snapshot: borrowing some StoreReading & ~Copyable
  ) throws(StorageError) {
    form = LogForm(name)
    log = OperationLog(author: author, bounds: bounds)
    try form.read(into: &log, from: snapshot)
  }

  /// Writes planned changes, and what is let go because of them.
  public func write(
    _ changes: inout LogChanges, in transaction: inout StoreTransaction
  ) throws(StorageError) {
    log.settle(&changes)
    try form.write(changes, of: log, in: &transaction)
  }

  /// The transaction is stored: the log has these changes. One that was not is forgotten.
  public mutating func commit(_ changes: LogChanges) { log.commit(changes) }

  /// Goes on as another replica, whose id the caller has stored.
  public mutating func renew(author: ReplicaID) { log.renew(author: author) }
}

/// How a log stands in a store. In one namespace, after one byte:
///
/// - `o`, replica and counter (eight bytes each, most significant first): an operation;
/// - `r`, replica: the numbers of the last operation let go and of the last one known;
/// - `p`, peer: what the peer has.
struct LogForm: Sendable {
  private let namespace: Namespace
  private static let operation = UInt8(ascii: "o")
  private static let replica = UInt8(ascii: "r")
  private static let peer = UInt8(ascii: "p")

  init(_ name: String) { namespace = Namespace(name) }

  // MARK: Writing

  func write(
    _ changes: LogChanges, of log: OperationLog, in transaction: inout StoreTransaction
  ) throws(StorageError) {
    var touched: [ReplicaID: StoredStrand] = [:]
    for (replica, counter) in changes.adopted.sorted(by: { $0.key < $1.key }) {
      try transaction.delete(in: operations(of: replica, through: .max))
      touched[replica] = StoredStrand(reach: counter, last: counter)
    }
    for (replica, counter) in changes.trimmed.sorted(by: { $0.key < $1.key }) {
      try transaction.delete(in: operations(of: replica, through: counter))
      touched[replica] = StoredStrand(reach: counter, last: log.version[replica])
    }
    for (place, operation) in changes.appended.enumerated() {
      let dot = operation.dot
      let reach = log.strands[dot.replica]?.reach ?? dot.counter - 1
      touched[dot.replica, default: StoredStrand(reach: reach, last: 0)].last = dot.counter
      let record = StoredOperation(
        sequence: log.nextSequence + UInt64(place), operation: operation)
      try transaction.put(key(of: dot), record.wireBytes)
    }
    for (replica, strand) in touched.sorted(by: { $0.key < $1.key }) {
      try transaction.put(key(Self.replica, replica), strand.wireBytes)
    }
    for (peer, version) in changes.peers.sorted(by: { $0.key < $1.key }) {
      let key = key(Self.peer, peer)
      if let version {
        try transaction.put(key, version.wireBytes)
      } else {
        try transaction.delete(key)
      }
    }
  }

  private func key(_ kind: UInt8, _ replica: ReplicaID) -> StoreKey {
    namespace.key([kind] + replica.wireBytes)
  }

  private func key(of dot: Dot) -> StoreKey {
    namespace.key([Self.operation] + dot.replica.wireBytes + ReplicaID(dot.counter).wireBytes)
  }

  private func operations(of replica: ReplicaID, through counter: UInt64) -> StoreRange {
    let range = namespace.prefix([Self.operation] + replica.wireBytes)
    guard counter < .max else { return range }
    return StoreRange(
      in: namespace, from: range.start, to: key(of: Dot(replica, counter + 1)).bytes)
  }

  // MARK: Reading

  func read(
    into log: inout OperationLog, from snapshot: borrowing some StoreReading & ~Copyable
  ) throws(StorageError) {
    var lasts: [ReplicaID: UInt64] = [:]
    try forEach(Self.replica, in: snapshot) { entry, replica throws(StorageError) in
      let strand: StoredStrand = try value(of: entry)
      guard strand.reach <= strand.last, strand.last < .max else {
        throw damage(entry.key, "it has let go what it has not had")
      }
      log.clear(replica, reach: strand.reach)
      lasts[replica] = strand.last
    }
    var sequences: [(sequence: UInt64, key: [UInt8])] = []
    try snapshot.forEach(in: namespace.prefix([Self.operation])) { entry throws(StorageError) in
      let stored = try operation(of: entry)
      let dot = stored.operation.dot
      guard let last = lasts[dot.replica], dot.counter == log.version[dot.replica] + 1,
        dot.counter <= last
      else { throw damage(entry.key, "no number of its replica") }
      if let before = sequences.last, before.key.prefix(9) == entry.key.prefix(9),
        before.sequence >= stored.sequence
      {
        throw damage(entry.key, "it is not after the one before it")
      }
      sequences.append((stored.sequence, entry.key))
      log.add(stored.operation, sequence: stored.sequence)
      return true
    }
    for (replica, last) in lasts.sorted(by: { $0.key < $1.key })
    where log.version[replica] != last {
      let missing = Dot(replica, log.version[replica] + 1)
      throw damage(key(of: missing).bytes, "\(missing) is missing")
    }
    sequences.sort { $0.sequence < $1.sequence }
    for (one, next) in zip(sequences, sequences.dropFirst()) where one.sequence == next.sequence {
      throw damage(next.key, "its place in the log is taken")
    }
    try forEach(Self.peer, in: snapshot) { entry, peer throws(StorageError) in
      log.setAcknowledged(try value(of: entry), by: peer)
    }
    log.findFresh()
  }

  private func forEach(
    _ kind: UInt8, in snapshot: borrowing some StoreReading & ~Copyable,
    _ body: (StoreEntry, ReplicaID) throws(StorageError) -> Void
  ) throws(StorageError) {
    try snapshot.forEach(in: namespace.prefix([kind])) { entry throws(StorageError) in
      guard let replica = try? ReplicaID(wireBytes: Array(entry.key.dropFirst())) else {
        throw damage(entry.key, "it names no replica")
      }
      try body(entry, replica)
      return true
    }
  }

  private func operation(of entry: StoreEntry) throws(StorageError) -> StoredOperation {
    var decoder = WireDecoder(Array(entry.key.dropFirst()))
    guard let replica = try? decoder.value(ReplicaID.self),
      let counter = try? decoder.value(ReplicaID.self).bits, decoder.remaining == 0, counter > 0
    else { throw damage(entry.key, "it names no operation") }
    return StoredOperation(try value(of: entry), dot: Dot(replica, counter))
  }

  private func value<Value: WireCodable>(of entry: StoreEntry) throws(StorageError) -> Value {
    do throws(WireError) {
      return try Value(wireBytes: entry.value)
    } catch { throw damage(entry.key, "\(error)") }
  }

  private func damage(_ key: [UInt8], _ fault: String) -> StorageError {
    .corrupted("a log of operations", record: "\(Hex.string(key)) of \(namespace) (\(fault))")
  }
}
