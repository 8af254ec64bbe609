import CRDT
import Primitives
import Runtime
import Storage

/// What the replicas of a run have in common.
struct CRDTSettings: Sendable {
  /// Ticks that a replica waits to be confirmed before it takes a new id to write.
  let patienceTicks: Int
  /// Operations that a log holds.
  let logOperations: Int
  let planted: PlantedFault?
}

/// A replica that holds one value of a type, writes it and exchanges changes with all others.
///
/// Until its id is confirmed (`PeerBook`) it refuses to write; when it has waited long enough, it
/// takes a new id.
struct CRDTNode<Inner: SimulatedType>: TracedNode {
  typealias Value = Traced<Inner>
  typealias Message = NodeMessage<Value.Delta>

  let place: ReplicaPlace
  let settings: CRDTSettings
  var value = Value()
  var identity: ReplicaIdentity
  var clock: HybridClock
  var exchange: DeltaExchange<Value>
  var book: PeerBook
  var ticks = 0
  /// Planted: elements that were removed here.
  var removed: Set<[UInt8]> = []

  /// Clocks are up to two hours apart.
  static var aheadMax: UInt64 { 3 * 3_600_000 }

  init(
    at place: ReplicaPlace, _ settings: CRDTSettings, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    let fresh = ReplicaID(moment.random.next())
    let nonce = moment.random.next()
    var value: [UInt8]?
    var record: [UInt8]?
    let identity = try store.write { (transaction) throws(StorageError) in
      value = try transaction.value(of: NodeRecord.valueKey)
      record = try transaction.value(of: NodeRecord.recordKey)
      return try ReplicaIdentity.open(in: &transaction, fresh: fresh, nonce: nonce)
    }
    self.place = place
    self.settings = settings
    self.identity = identity
    book = PeerBook(at: place, isFresh: identity.replica == fresh)
    clock = HybridClock(replica: identity.replica, aheadMax: Self.aheadMax)
    exchange = DeltaExchange(sender: identity.replica, last: 0)
    guard let value, let record else { return }
    do throws(WireError) {
      self.value = try Value(wireBytes: value)
      let known = try NodeRecord(wireBytes: record)
      clock = HybridClock(
        replica: identity.replica, last: known.ticks, aheadMax: Self.aheadMax)
      exchange = DeltaExchange(
        sender: identity.replica, last: known.last,
        receipts: DeltaReceipts(numbers: known.receipts))
      book.remember(known.claims)
    } catch {
      moment.act(.failed(.init(.storage, "a record cannot be read: \(error)")))
    }
  }

  var isConfirmed: Bool { book.isConfirmed || settings.planted == .reusedID }

  mutating func step(
    _ input: ReplicaInput<ModelOperation>, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    switch input {
    case .tick: try tick(in: store, &moment)
    case .command(let operation, let number):
      try write(operation, number, in: store, &moment)
    case .message(let bytes, let from):
      let message: Message
      do throws(WireError) {
        message = try Message(wireBytes: bytes)
      } catch {
        moment.act(.failed(.init(.refusedChange, "from \(from): \(error)")))
        return
      }
      try take(message, from: from, in: store, &moment)
    }
  }

  mutating func close(in store: any KeyValueStore) throws(StorageError) {
    let identity = identity
    try store.write { (transaction) throws(StorageError) in
      try identity.close(in: &transaction)
    }
  }
}
