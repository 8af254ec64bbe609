import CRDT
import Primitives
import Reconciliation

/// Writes that come from elsewhere: from a log, or from another replica.
extension KeyValueCore {
  /// What keeps an effect out.
  public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// No key has so many bytes, or no value.
    case size
    /// Its time is too far ahead, or no time.
    case clock(CRDTError)
    /// It comes from one replica more than can be told apart.
    case tooManyReplicas
    /// It is no write of a key: only the store itself may say so.
    case notReplicated
    /// Its value cannot be read, or cannot be merged with what is held.
    case value(String)

    public var description: String {
      switch self {
      case .size: "a key has 1 to \(KeyValueLimits.keyBytesMax) bytes, and a value less than 64 MiB"
      case .clock(let error): "\(error)"
      case .tooManyReplicas: "more than \(KeyValueLimits.replicasMax) replicas"
      case .notReplicated: "only the store itself clears all keys or raises its floor"
      case .value(let reason): "a replicated value is refused: \(reason)"
      }
    }
  }

  /// Takes a write of another replica, unless the one that is held is as new: the larger version
  /// wins, and of one version what has expired. Replicated values are merged. One that is not held
  /// and not above the floor is dead. Within a batch.
  /// - Throws: `Refusal`; then nothing changed.
  public mutating func apply(_ effect: KeyValueEffect) throws(Refusal) -> ApplyOutcome {
    guard let version = effect.version else { throw .notReplicated }
    do throws(CRDTError) { try clock.observe(version, at: now) } catch { throw .clock(error) }
    sawTime(version.ticks)
    return try take(effect, isOwn: false)
  }

  /// Takes a write that this store logged itself, whatever the clock says now.
  public mutating func load(_ effect: KeyValueEffect) throws(Refusal) -> ApplyOutcome {
    if let version = effect.version {
      // So far from the end that the clock can go on.
      guard version.ticks < 1 << 63 else { throw .clock(.clockExhausted) }
      clock = HybridClock(
        replica: clock.replica, last: max(clock.last, version.ticks), aheadMax: clock.aheadMax)
      sawTime(version.ticks)
    }
    return try take(effect, isOwn: true)
  }

  /// The largest time that was given or seen.
  public var lastTicks: UInt64 { clock.last }

  private mutating func take(
    _ effect: KeyValueEffect, isOwn: Bool
  ) throws(Refusal) -> ApplyOutcome {
    switch effect {
    case .clear:
      clear()
      return .stored
    case .floor(let ticks):
      guard ticks < 1 << 63 else { throw .clock(.clockExhausted) }
      return raiseFloor(to: ticks) ? .stored : .known
    case .set(let key, let kind, let value, let version, let expiry):
      guard kind.hasValue else { throw .size }
      return try take(Incoming(key, kind, value, version, expiry), isOwn)
    case .delete(let key, let version):
      return try take(Incoming(key, .tombstone, [], version, 0), isOwn)
    case .expire(let key, let version, let expiry):
      return try take(Incoming(key, .expired, [], version, expiry), isOwn)
    }
  }

  /// What a key is said to hold.
  struct Incoming {
    let key: [UInt8]
    var kind: ValueKind
    var value: [UInt8]
    var version: HybridTime
    var expiry: UInt64

    init(
      _ key: [UInt8], _ kind: ValueKind, _ value: [UInt8], _ version: HybridTime, _ expiry: UInt64
    ) {
      (self.key, self.kind, self.value) = (key, kind, value)
      (self.version, self.expiry) = (version, expiry)
    }
  }

  /// - Parameter isOwn: it is of the own log, whose values below the floor were held when the floor
  ///   was raised.
  private mutating func take(
    _ incoming: Incoming, _ isOwn: Bool
  ) throws(Refusal) -> ApplyOutcome {
    let key = incoming.key
    guard (1...KeyValueLimits.keyBytesMax).contains(key.count),
      incoming.value.count <= KeyValueLimits.valueBytesMax
    else { throw .size }
    // Clients are told times as numbers with a sign.
    guard incoming.expiry <= UInt64(Int64.max) else { throw .clock(.clockExhausted) }
    guard table.number(of: incoming.version.replica) != nil else { throw .tooManyReplicas }
    let hash = key.withUnsafeBytes { table.hash($0) }
    let found = key.withUnsafeBytes { table.find($0, hash) }
    let held = found.flatMap { table.entry($0).pointee.isLeaving ? nil : $0 }
    if held == nil, !isOwn, incoming.version.ticks <= floor { return .dead }
    var (record, outcome) = (incoming, ApplyOutcome.stored)
    if incoming.kind.isReplicated || held.map({ table.entry($0).pointee.isReplicated }) ?? false {
      guard let joined = try merged(incoming, with: held, isOwn: isOwn) else { return .known }
      (record, outcome) = joined
    } else if let held, !isNews(incoming.version, incoming.kind, than: held) {
      return .known
    }
    guard let replica = table.number(of: record.version.replica) else { throw .tooManyReplicas }
    let number = found ?? key.withUnsafeBytes { table.insert($0, hash) }
    note(number)
    let entry = table.entry(number)
    entry.pointee.ticks = record.version.ticks
    entry.pointee.replica = replica
    record.value.withUnsafeBytes { table.setValue(number, $0) }
    table.setExpiry(number, record.expiry)
    table.setKind(number, record.kind.rawValue)
    return outcome
  }

  private func isNews(_ version: HybridTime, _ kind: ValueKind, than held: UInt32) -> Bool {
    #if MUTANTS
      if Mutant.isOn(.lastComerWins) { return true }
    #endif
    let old = table.version(held)
    if old != version { return old < version }
    return kind == .expired && table.entry(held).pointee.isLive
  }

  /// Hands each entry to `body`, tombstones too, in no particular order.
  public borrowing func forEachEntry<Failure: Error>(
    _ body: (EffectView) throws(Failure) -> Void
  ) throws(Failure) {
    for number in 0..<table.numbers {
      if let view = view(of: number) { try body(view) }
    }
  }

  // MARK: What anti-entropy compares

  /// The Merkle tree over the records.
  public var recordTree: RecordTree {
    mutating get {
      settle()
      return indexes.tree
    }
  }

  /// The first coded symbols of the records.
  public var symbols: SymbolPrefix<RecordID> {
    mutating get {
      settle()
      return indexes.symbols
    }
  }

  /// Bytes of memory that are held beside keys and values, but for the symbols and what
  /// these have yet to follow, which do not grow.
  public var overheadBytes: Int { table.overheadBytes + indexes.bytes }
  /// Whether the store was ever that of one replica of several, by what is logged: then deletions
  /// leave tombstones for good, whatever the store is started with and wherever it was copied to.
  /// Whoever lets another replica in raises the floor to 1 at least.
  public var hasReplicas: Bool { floor > 0 }
  /// Keys that have a value.
  public var liveCount: Int { table.live }
  /// Records: keys, tombstones counted.
  public var recordCount: Int { table.count - unsettled.leaving }
}

extension KeyValueEffect {
  /// The version; nil for `clear` and `floor`.
  public var version: HybridTime? {
    switch self {
    case .set(_, _, _, let version, _), .delete(_, let version), .expire(_, let version, _): version
    case .clear, .floor: nil
    }
  }
}
