import CRDT
import Primitives
import Runtime
import Storage

/// What the replicas of a run have in common.
struct CRDTSettings: Sendable {
  /// Ticks that a replica waits to be confirmed before it takes a new id to write.
  let patienceTicks: Int
  let planted: PlantedFault?
}

/// A replica that holds one value of a type, writes it and exchanges changes with all others.
///
/// It writes under an id, and sends changes numbered under it, only if it has made it itself since
/// it was opened, or if all others have said since then that nobody else has used it. Until then it
/// refuses to write; when it has waited long enough, it takes a new id.
struct CRDTNode<Inner: SimulatedType>: ReplicaNode {
  typealias Value = Traced<Inner>
  typealias Message = NodeMessage<Value.Delta>

  /// How it stands with another replica.
  struct Session: Sendable {
    /// The other one's claim, if it was judged here: changes are taken.
    var claim: ReplicaClaim?
    /// The other one's claim when it last judged this one: changes are sent.
    var host: ReplicaClaim?
  }

  let place: ReplicaPlace
  let settings: CRDTSettings
  var value = Value()
  var identity: ReplicaIdentity
  var clock: HybridClock
  var exchange: DeltaExchange<Value>
  var sessions: [Session]
  var witness = ReplicaWitness()
  var claims: [ReplicaID: ReplicaClaim] = [:]
  /// Others that have confirmed the id since it was opened.
  var confirmed: EventSet
  /// Whether the id was made by this process.
  var isFresh: Bool
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
    sessions = Array(repeating: Session(), count: place.count)
    confirmed = EventSet([place.number])
    isFresh = identity.replica == fresh
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
      for claim in known.claims {
        _ = witness.judge(claim)
        claims[claim.replica] = claim
      }
    } catch {
      moment.act(.failed(.init(.storage, "a record cannot be read: \(error)")))
    }
  }

  /// The processes that changes are sent to.
  var peers: [UInt64] { sessions.compactMap(\.host?.nonce) }
  var isConfirmed: Bool {
    isFresh || settings.planted == .reusedID || place.others.allSatisfy(confirmed.contains)
  }

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
