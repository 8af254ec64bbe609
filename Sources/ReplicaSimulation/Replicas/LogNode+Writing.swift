import CRDT
import Delta
import Primitives
import Storage

/// What a replica with a log writes, and how it keeps it.
extension LogNode {
  mutating func write(
    _ operation: ModelOperation, _ number: Int, in transaction: inout StoreTransaction,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    if !isConfirmed {
      guard ticks >= settings.patienceTicks else {
        moment.act(.refused(number, "the id is not confirmed"))
        return
      }
      try renew(in: &transaction, &moment)
    }
    guard let inner = Inner.operation(operation) else {
      moment.act(.refused(number, "no operation of this type"))
      return
    }
    let (last, count) = (
      value.nextDot(of: identity.replica).counter - 1, Inner.events(of: operation)
    )
    if identity.needsReserve(after: last, count: count) {
      try identity.reserve(in: &transaction, after: last, count: count)
    }
    let delta: Value.Delta
    do throws(CRDTError) {
      let time = try clock.now(at: moment.milliseconds)
      let stamp = Stamp(
        dot: try identity.dot(after: last, count: count), time: time, floor: identity.floor)
      delta = try value.apply(.init(inner: inner, number: number), at: stamp)
    } catch {
      moment.act(.failed(.init(.refusedChange, "a write: \(error)")))
      return
    }
    let bytes = LoggedChange(ticks: clock.last, delta: delta).wireBytes
    try change(in: &transaction, &moment) { log, changes throws(DeltaError) in
      try log.append(kind: 1, bytes, to: &changes)
    }
    try store(in: &transaction)
    moment.act(.done(number))
    try push(in: &transaction, &moment)
  }

  /// Changes the log in the transaction of this step.
  mutating func change(
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment,
    _ body: (OperationLog, inout LogChanges) throws(DeltaError) -> Void
  ) throws(StorageError) {
    var changes = LogChanges()
    do throws(DeltaError) { try body(log.log, &changes) } catch {
      moment.act(.failed(.init(.refusedChange, "the log: \(error)")))
      return
    }
    try log.write(&changes, in: &transaction)
    if changes.isEmpty { return }
    hasWritten = true
    let held = log.log.extent.operations + changes.appended.count
    log.commit(changes)
    if log.log.extent.operations < held { moment.act(.note(.trim)) }
  }

  /// Puts the value and all that belongs to it.
  mutating func store(in transaction: inout StoreTransaction) throws(StorageError) {
    let record = NodeRecord(
      sender: identity.replica, last: log.log.version[identity.replica],
      receipts: VersionVector(), ticks: clock.last,
      claims: book.claims.values.sorted { $0.replica < $1.replica })
    try transaction.put(NodeRecord.valueKey, value.wireBytes)
    try transaction.put(NodeRecord.recordKey, record.wireBytes)
    hasWritten = true
  }

  /// Takes a new id. What is in the log stays what it was.
  mutating func renew(
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    // One set of random bits gives one id.
    guard identity.replica != draws.fresh else { return }
    for number in place.others { try leave(number, in: &transaction, &moment) }
    try identity.renew(in: &transaction, fresh: draws.fresh, nonce: draws.nonce)
    clock = HybridClock(replica: draws.fresh, last: clock.last, aheadMax: Self.aheadMax)
    log.renew(author: draws.fresh)
    book.renew()
    try store(in: &transaction)
    moment.act(.note(.newID))
    for number in place.others { hello(number, &moment) }
  }

  /// Takes in operations that came over a link: value and log change together, or neither.
  mutating func apply(
    _ operations: [LoggedOperation], from number: Int, in transaction: inout StoreTransaction,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) -> Bool {
    var (changed, time) = (value, clock)
    do {
      for operation in operations {
        let change = try LoggedChange<Value.Delta>(wireBytes: operation.bytes)
        try time.observe(
          HybridTime(ticks: change.ticks, replica: operation.dot.replica),
          at: moment.milliseconds)
        try changed.merge(delta: change.delta)
      }
    } catch {
      moment.act(.failed(.init(.refusedChange, "operations from \(number): \(error)")))
      return false
    }
    (value, clock) = (changed, time)
    let peer = peers[number]
    try change(in: &transaction, &moment) { log, changes throws(DeltaError) in
      try log.take(operations, to: &changes)
      if let peer, let version = peer.link.peerVersion {
        try log.acknowledge(version, by: ReplicaID(peer.nonce), to: &changes)
      }
    }
    try store(in: &transaction)
    return true
  }

  /// Sends what is new to all.
  mutating func push(
    in transaction: inout StoreTransaction, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    for number in place.others {
      let (held, now) = (log.log, now)
      let actions = peers[number]?.link.changed(held, DeltaCodec(), at: now) ?? []
      try perform(actions, number, in: &transaction, &moment)
    }
  }
}

/// An operation in the log: the time of its replica, and what it changes.
struct LoggedChange<Delta: WireCodable>: WireCodable {
  let ticks: UInt64
  let delta: Delta

  init(ticks: UInt64, delta: Delta) {
    self.ticks = ticks
    self.delta = delta
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    ticks = try decoder.uint64()
    delta = try decoder.value()
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(ticks)
    encoder.append(delta)
  }
}
