import CRDT
import Delta
import Primitives
import Reconciliation
import Runtime
import Storage

/// A replica that keeps a log of operations beside its value, and sends them over links. Where a
/// log no longer reaches back, two replicas compare the pieces of their values (ConflictSync).
///
/// Each step is one transaction, or none: the node is as before if it is not stored.
struct LogNode<Inner: SimulatedType>: TracedNode {
  typealias Value = Traced<Inner>

  /// Random bits for one step.
  struct Draws: Sendable {
    let fresh: ReplicaID
    let nonce: UInt64
    let salt: UInt64
  }

  /// A link to a process that knows this one and is known.
  struct Peer: Sendable {
    let nonce: UInt64
    var link = DeltaLink(
      monitor: LinkMonitor(bytesPerSecond: 1e6, roundTrip: .milliseconds(500)))
    /// Ticks since something came from it.
    var quiet = 0
    var isSilent = false
    /// Whether all is to be compared.
    var isApart = false
    var asked: AskedSession<Value>?
  }

  let place: ReplicaPlace
  let settings: CRDTSettings
  var value = Value()
  var identity: ReplicaIdentity
  var clock: HybridClock
  var log: StoredOperationLog
  var book: PeerBook
  var peers: [Int: Peer] = [:]
  /// Sessions that others have begun here.
  var served: [Int: ServedSession<Value>] = [:]
  var sessions: UInt64 = 0
  var ticks = 0
  var draws: Draws
  /// Whether this step has something to store.
  var hasWritten = false

  /// Clocks are up to two hours apart.
  static var aheadMax: UInt64 { 3 * 3_600_000 }

  init(
    at place: ReplicaPlace, _ settings: CRDTSettings, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    let draws = Draws(&moment)
    self = try store.write { (transaction) throws(StorageError) in
      try Self(at: place, settings, draws, in: &transaction)
    }
  }

  private init(
    at place: ReplicaPlace, _ settings: CRDTSettings, _ draws: Draws,
    in transaction: inout StoreTransaction
  ) throws(StorageError) {
    self.place = place
    self.settings = settings
    self.draws = draws
    identity = try .open(in: &transaction, fresh: draws.fresh, nonce: draws.nonce)
    book = PeerBook(at: place, isFresh: identity.replica == draws.fresh)
    clock = HybridClock(replica: identity.replica, aheadMax: Self.aheadMax)
    log = try StoredOperationLog(
      name: "replica-simulation/log", author: identity.replica,
      bounds: LogBounds(operations: settings.logOperations), in: transaction)
    if let bytes = try transaction.value(of: NodeRecord.valueKey),
      let record = try transaction.value(of: NodeRecord.recordKey)
    {
      do throws(WireError) {
        value = try Value(wireBytes: bytes)
        let known = try NodeRecord(wireBytes: record)
        clock = HybridClock(
          replica: identity.replica, last: known.ticks, aheadMax: Self.aheadMax)
        book.remember(known.claims)
      } catch { throw .corrupted("a replica", record: "its value (\(error))") }
    }
    // Processes that were known before have no place any more: the log waits for whoever comes.
    let gone = log.log.peers
    var changes = LogChanges()
    for peer in gone { log.log.forget(peer, to: &changes) }
    for number in place.others { try expect(number, &changes) }
    try log.write(&changes, in: &transaction)
    log.commit(changes)
  }

  /// Lets the log wait for a replica whose process is not known.
  func expect(_ number: Int, _ changes: inout LogChanges) throws(StorageError) {
    do throws(DeltaError) {
      try log.log.acknowledge(VersionVector(), by: Self.stand(number), to: &changes)
    } catch { throw .corrupted("a log of operations", record: "\(error)") }
  }

  /// What stands for the process of a replica that is not known.
  static func stand(_ number: Int) -> ReplicaID { ReplicaID(UInt64(number) + 1) }

  /// What a process has only grows, so that an acknowledgement by it stays true.
  func overrates(_ other: Self) -> String? {
    let held = other.log.log.version
    guard let said = log.log.acknowledged(by: ReplicaID(other.identity.claim.nonce)),
      let author = said.replicas.first(where: { said[$0] > held[$0] })
    else { return nil }
    return "\(place.number) takes \(other.place.number) to have \(said[author]) operations of "
      + "\(author), but it has \(held[author])"
  }

  var isConfirmed: Bool { book.isConfirmed }
  /// Links count in ticks: clocks jump.
  var now: Moment { Moment(nanoseconds: Int64(ticks) * 500_000_000) }

  mutating func step(
    _ input: ReplicaInput<ModelOperation>, in store: any KeyValueStore,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    let draws = Draws(&moment)
    let before = (node: self, moment: moment)
    let after = try store.write {
      (transaction) throws(StorageError) -> (node: Self, moment: ReplicaMoment) in
      var (node, moment) = before
      node.draws = draws
      node.hasWritten = false
      try node.take(input, in: &transaction, &moment)
      if !node.hasWritten { transaction.discard() }
      return (node, moment)
    }
    (self, moment) = after
  }

  private mutating func take(
    _ input: ReplicaInput<ModelOperation>, in transaction: inout StoreTransaction,
    _ moment: inout ReplicaMoment
  ) throws(StorageError) {
    switch input {
    case .tick: try tick(in: &transaction, &moment)
    case .command(let operation, let number):
      try write(operation, number, in: &transaction, &moment)
    case .message(let bytes, let from):
      let message: LogMessage
      do throws(WireError) {
        message = try LogMessage(wireBytes: bytes)
      } catch {
        moment.act(.failed(.init(.refusedChange, "from \(from): \(error)")))
        return
      }
      try take(message, from: from, in: &transaction, &moment)
    }
  }

  mutating func close(in store: any KeyValueStore) throws(StorageError) {
    let identity = identity
    try store.write { (transaction) throws(StorageError) in
      try identity.close(in: &transaction)
    }
  }
}

extension LogNode.Draws {
  init(_ moment: inout ReplicaMoment) {
    self.init(
      fresh: ReplicaID(moment.random.next()), nonce: moment.random.next(),
      salt: moment.random.next())
  }
}
