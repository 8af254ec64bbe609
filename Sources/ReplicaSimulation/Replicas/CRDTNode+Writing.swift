import CRDT
import Primitives
import Storage

/// What a replica writes, and how it keeps it.
extension CRDTNode {
  /// Does what a client asks for, in one transaction, and sends it to all that know this replica.
  mutating func write(
    _ operation: ModelOperation, _ number: Int, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    if !isConfirmed {
      guard ticks >= settings.patienceTicks else {
        moment.act(.refused(number, "the id is not confirmed"))
        return
      }
      try renew(in: store, &moment)
    }
    guard let inner = Inner.operation(operation) else {
      moment.act(.refused(number, "no operation of this type"))
      return
    }
    var written = self
    let (milliseconds, count) = (moment.milliseconds, Inner.events(of: operation))
    let result = try store.write {
      (transaction) throws(StorageError) -> Result<Value.Delta, CRDTError> in
      let last = written.value.nextDot(of: written.identity.replica).counter - 1
      if written.identity.needsReserve(after: last, count: count) {
        try written.identity.reserve(in: &transaction, after: last, count: count)
      }
      let result = Result { () throws(CRDTError) -> Value.Delta in
        try written.apply(.init(inner: inner, number: number), last, count, at: milliseconds)
      }
      if case .success = result { try written.store(in: &transaction) }
      return result
    }
    switch result {
    case .failure(let error): moment.act(.failed(.init(.refusedChange, "a write: \(error)")))
    case .success(let delta):
      self = written
      note(operation)
      // Clients are told when it is stored, and peers too.
      moment.act(.done(number))
      push(delta, &moment)
    }
  }

  private mutating func apply(
    _ operation: Value.Operation, _ last: UInt64, _ count: UInt64, at milliseconds: UInt64
  ) throws(CRDTError) -> Value.Delta {
    if settings.planted == .wallClock {
      clock = HybridClock(replica: identity.replica, aheadMax: Self.aheadMax)
    }
    let time = try clock.now(at: milliseconds)
    var stamp = Stamp(
      dot: try identity.dot(after: last, count: count), time: time, floor: identity.floor)
    if settings.planted == .reusedID {
      stamp = Stamp(dot: value.nextDot(of: identity.replica), time: time)
    }
    let author = value.inner
    var delta = try value.apply(operation, at: stamp)
    if settings.planted == .boastingContext {
      delta.inner = delta.inner.map { Inner.boasting($0, author) }
    }
    let isEmpty = value.inner == author
    exchange.append(delta)
    if settings.planted == .emptyWithoutNumber, isEmpty {
      try exchange.forgetLast(for: book.peers, value.full)
    }
    return delta
  }

  private func push(_ delta: Value.Delta, _ moment: inout ReplicaMoment) {
    for number in place.others {
      guard let host = book.sessions[number].host else { continue }
      let next = try? exchange.next(for: host.nonce) { value.full }
      if settings.planted == .emptyWithoutNumber, next == nil { continue }
      let body = Message.Body.changes(
        exchange.newest(delta), ticks: clock.last, isNext: false)
      send(body, to: number, &moment)
    }
  }

  /// Planted: keeps what was removed here, and forgets what was added here.
  private mutating func note(_ operation: ModelOperation) {
    guard settings.planted == .removeWins else { return }
    switch operation {
    case .add(let element): removed.remove(element)
    case .remove(let element): removed.insert(element)
    default: break
    }
  }

  /// Puts the value and all that belongs to it.
  func store(in transaction: inout StoreTransaction) throws(StorageError) {
    let record = NodeRecord(
      sender: exchange.sender, last: exchange.last, receipts: exchange.receipts.numbers,
      ticks: clock.last, claims: book.claims.values.sorted { $0.replica < $1.replica })
    try transaction.put(NodeRecord.valueKey, value.wireBytes)
    try transaction.put(NodeRecord.recordKey, record.wireBytes)
  }

  /// Takes a new id. All that is here is sent to everybody as its first change.
  mutating func renew(
    in store: any KeyValueStore, _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    if settings.planted == .reusedID { return }
    var renewed = self
    let fresh = ReplicaID(moment.random.next())
    let nonce = moment.random.next()
    try store.write { (transaction) throws(StorageError) in
      try renewed.identity.renew(in: &transaction, fresh: fresh, nonce: nonce)
      renewed.clock = HybridClock(
        replica: fresh, last: renewed.clock.last, aheadMax: Self.aheadMax)
      renewed.exchange = DeltaExchange(
        sender: fresh, last: 1, receipts: renewed.exchange.receipts)
      try renewed.store(in: &transaction)
    }
    self = renewed
    book.renew()
    moment.act(.note(.newID))
    for number in place.others { hello(number, &moment) }
  }
}
