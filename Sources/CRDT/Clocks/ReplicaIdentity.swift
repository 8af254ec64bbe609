import Primitives
import Storage

/// What a replica says about itself to peers before anything else.
public struct ReplicaClaim: Sendable, Hashable, WireCodable {
  public let replica: ReplicaID
  /// How often the store was opened under this id.
  public let incarnation: UInt64
  /// Drawn at each opening: two copies of one store that are both opened differ in it.
  public let nonce: UInt64

  public init(replica: ReplicaID, incarnation: UInt64, nonce: UInt64) {
    self.replica = replica
    self.incarnation = incarnation
    self.nonce = nonce
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    replica = try decoder.value()
    incarnation = try decoder.uint64()
    nonce = try decoder.uint64()
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(replica)
    encoder.append(incarnation)
    encoder.append(nonce)
  }
}

/// The id of the replica that a store holds, and the counters that it may give to events.
///
/// A counter is given only after a block with it was stored (`reserve`), and after a crash counting
/// goes on behind the block: no event of before is given again, even if what it changed was not
/// stored. A store that was restored from an old copy, or copied, opens with an incarnation that
/// peers have seen already: their `ReplicaWitness` says so, and the replica takes a new id.
///
/// Random bits come in as arguments.
public struct ReplicaIdentity: Sendable, Equatable {
  public private(set) var claim: ReplicaClaim
  /// Counters up to this one may have been given to events that the store has forgotten in a crash;
  /// 0 if it has forgotten none. Goes into `Stamp.floor`.
  public private(set) var floor: UInt64
  /// Counters up to this one may be given.
  private(set) var reserved: UInt64
  /// The largest counter given.
  private(set) var given: UInt64

  private static let key = Namespace("crdt/replica").key()

  public var replica: ReplicaID { claim.replica }
  /// No counter above this one was given by this store: what `ReplicaWitness.judge` asks for.
  public var ownCounter: UInt64 { reserved }

  /// Opens the identity that the store has, or makes one with the id `fresh`. `nonce` is random.
  public static func open(
    in transaction: inout StoreTransaction, fresh: ReplicaID, nonce: UInt64
  ) throws(StorageError) -> ReplicaIdentity {
    var record = ReplicaRecord(
      replica: fresh, incarnation: 0, reserved: 0, isClosed: true)
    if let bytes = try transaction.value(of: key) {
      // A record that cannot be read is worth no more than none: the id may have been used.
      record = (try? ReplicaRecord(wireBytes: bytes)) ?? record
    }
    record.incarnation += 1
    let floor = record.isClosed ? 0 : record.reserved
    record.isClosed = false
    try transaction.put(key, record.wireBytes)
    return ReplicaIdentity(
      claim: ReplicaClaim(
        replica: record.replica, incarnation: record.incarnation, nonce: nonce),
      floor: floor, reserved: record.reserved, given: record.reserved)
  }

  /// Takes the id `fresh`, because another store has used this one. What this one wrote under the
  /// old id and has not sent must be written again.
  public mutating func renew(
    in transaction: inout StoreTransaction, fresh: ReplicaID, nonce: UInt64
  ) throws(StorageError) {
    let record = ReplicaRecord(replica: fresh, incarnation: 1, reserved: 0, isClosed: false)
    try transaction.put(Self.key, record.wireBytes)
    self = ReplicaIdentity(
      claim: ReplicaClaim(replica: fresh, incarnation: 1, nonce: nonce), floor: 0, reserved: 0,
      given: 0)
  }

  /// Whether `dot(after:)` has fewer than `count` counters left behind `last`.
  public func needsReserve(after last: UInt64, count: UInt64 = 1) -> Bool {
    let (end, isTooHigh) = max(last, floor).addingReportingOverflow(count)
    return isTooHigh || end > reserved
  }

  /// Stores that `count` counters behind `last`, and a block of more, may be given.
  public mutating func reserve(
    in transaction: inout StoreTransaction, after last: UInt64, count: UInt64 = 1
  ) throws(StorageError) {
    let base = max(last, floor, reserved)
    let (end, isTooHigh) = base.addingReportingOverflow(count + CRDTLimits.counterBlock - 1)
    let reserve = isTooHigh ? UInt64.max : end
    try store(reserve, isClosed: false, in: &transaction)
    reserved = reserve
  }

  /// The dot of the next of `count` events of a value in which `last` is this replica's largest
  /// counter. Refuses with `counterExhausted` what was not reserved.
  public mutating func dot(after last: UInt64, count: UInt64 = 1) throws(CRDTError) -> Dot {
    guard !needsReserve(after: last, count: count) else { throw .counterExhausted(replica) }
    let first = max(last, floor) + 1
    given = max(given, first + count - 1)
    return Dot(replica, first)
  }

  /// Stores that nothing is forgotten: the next opening leaves out no counter. To be called when
  /// everything else is stored, and nothing more will be changed.
  public func close(in transaction: inout StoreTransaction) throws(StorageError) {
    try store(given, isClosed: true, in: &transaction)
  }

  private func store(
    _ reserved: UInt64, isClosed: Bool, in transaction: inout StoreTransaction
  ) throws(StorageError) {
    let record = ReplicaRecord(
      replica: replica, incarnation: claim.incarnation, reserved: reserved, isClosed: isClosed)
    try transaction.put(Self.key, record.wireBytes)
  }
}

/// What a store holds of its replica: id (8 bytes), incarnation and reserved counter (varints), and
/// whether it was closed (one byte).
struct ReplicaRecord: WireCodable {
  let replica: ReplicaID
  var incarnation: UInt64
  let reserved: UInt64
  var isClosed: Bool

  init(replica: ReplicaID, incarnation: UInt64, reserved: UInt64, isClosed: Bool) {
    self.replica = replica
    self.incarnation = incarnation
    self.reserved = reserved
    self.isClosed = isClosed
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    replica = try decoder.value()
    incarnation = try decoder.uint64()
    reserved = try decoder.uint64()
    isClosed = try decoder.flag()
    guard incarnation < .max else { throw .invalidValue("no next incarnation", at: start) }
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(replica)
    encoder.append(incarnation)
    encoder.append(reserved)
    encoder.append(isClosed)
  }
}
