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

    public var description: String {
      switch self {
      case .size: "a key has 1 to \(KeyValueLimits.keyBytesMax) bytes, and a value less than 64 MiB"
      case .clock(let error): "\(error)"
      case .tooManyReplicas: "more than \(KeyValueLimits.replicasMax) replicas"
      }
    }
  }

  /// Takes a write of another replica, unless the one that is held is as new: the larger version
  /// wins, and of one version what has expired. False if nothing changed. Within a batch.
  /// - Throws: `Refusal`; then nothing changed.
  public mutating func apply(_ effect: KeyValueEffect) throws(Refusal) -> Bool {
    if let version = effect.version {
      do throws(CRDTError) { try clock.observe(version, at: now) } catch { throw .clock(error) }
    }
    return try take(effect)
  }

  /// Takes a write that this store logged itself, whatever the clock says now.
  public mutating func load(_ effect: KeyValueEffect) throws(Refusal) -> Bool {
    if let version = effect.version {
      // So far from the end that the clock can go on.
      guard version.ticks < 1 << 63 else { throw .clock(.clockExhausted) }
      clock = HybridClock(
        replica: clock.replica, last: max(clock.last, version.ticks), aheadMax: clock.aheadMax)
    }
    return try take(effect)
  }

  /// The largest time that was given or seen.
  public var lastTicks: UInt64 { clock.last }

  private mutating func take(_ effect: KeyValueEffect) throws(Refusal) -> Bool {
    switch effect {
    case .clear:
      clear()
      return true
    case .set(let key, let kind, let value, let version, let expiry):
      guard kind.isLive else { throw .size }
      return try take(key, kind, value, version, expiry)
    case .delete(let key, let version): return try take(key, .tombstone, [], version, 0)
    case .expire(let key, let version, let expiry):
      return try take(key, .expired, [], version, expiry)
    }
  }

  private mutating func take(
    _ key: [UInt8], _ kind: ValueKind, _ value: [UInt8], _ version: HybridTime, _ expiry: UInt64
  ) throws(Refusal) -> Bool {
    guard (1...KeyValueLimits.keyBytesMax).contains(key.count),
      value.count <= KeyValueLimits.valueBytesMax
    else { throw .size }
    // Clients are told times as numbers with a sign.
    guard expiry <= UInt64(Int64.max) else { throw .clock(.clockExhausted) }
    guard let replica = table.number(of: version.replica) else { throw .tooManyReplicas }
    let hash = key.withUnsafeBytes { table.hash($0) }
    let held = key.withUnsafeBytes { table.find($0, hash) }
    if let held, !isNews(version, kind, than: held) { return false }
    let number = held ?? key.withUnsafeBytes { table.insert($0, hash) }
    note(number)
    let entry = table.entry(number)
    entry.pointee.ticks = version.ticks
    entry.pointee.replica = replica
    value.withUnsafeBytes { table.setValue(number, $0) }
    table.setExpiry(number, expiry)
    table.setKind(number, kind.rawValue)
    return true
  }

  private func isNews(_ version: HybridTime, _ kind: ValueKind, than held: UInt32) -> Bool {
    let old = table.version(held)
    if old != version { return old < version }
    return kind == .expired && table.entry(held).pointee.isLive
  }

  /// Takes tombstones and what has expired out of the table, if their version is before `ticks`:
  /// every other replica has them, or will be brought up to date in full. Between batches.
  /// - Parameter entries: how many entries are looked at, from number `start` on.
  /// - Returns: the number to go on from; nil after the last.
  public mutating func dropTombstones(
    before ticks: UInt64, from start: UInt32 = 0, entries: Int
  ) -> UInt32? {
    let end = min(UInt64(table.numbers), UInt64(start) + UInt64(max(0, entries)))
    var gone: [UInt32] = []
    for number in start..<max(start, UInt32(end)) {
      let entry = table.entry(number).pointee
      if entry.kind != 0, !entry.isLive, entry.ticks < ticks { gone.append(number) }
    }
    drop(gone)
    return end < UInt64(table.numbers) ? UInt32(end) : nil
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

  /// Bytes of memory that are held beside keys and values, but for the symbols, which do not grow.
  public var overheadBytes: Int { table.overheadBytes + indexes.bytes }
  /// Keys that have a value.
  public var liveCount: Int { table.live }
  /// Records: keys, tombstones counted.
  public var recordCount: Int { table.count }
}

extension KeyValueEffect {
  /// The version; nil for `clear`.
  public var version: HybridTime? {
    switch self {
    case .set(_, _, _, let version, _), .delete(_, let version), .expire(_, let version, _): version
    case .clear: nil
    }
  }
}
