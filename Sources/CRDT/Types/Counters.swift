import Primitives

/// A counter that only grows: a count for each replica, merged by the maximum of each.
public struct GCounter: ReplicatedType {
  public enum Operation: Sendable, Hashable {
    case add(UInt64)
  }

  /// The counter of a dot here is the floor of the stamps: a replica whose store has forgotten what
  /// it counted counts anew, beside that.
  private var counts: [Dot: UInt64] = [:]

  public init() {}

  /// The sum; `UInt64.max` if it is larger than that.
  public var value: UInt64 {
    counts.values.reduce(0) { sum, count in
      let (total, isTooLarge) = sum.addingReportingOverflow(count)
      return isTooLarge ? .max : total
    }
  }

  /// Counts need no event of their own.
  public func nextDot(of replica: ReplicaID) -> Dot { Dot(replica, 1) }

  public mutating func apply(
    _ operation: Operation, at stamp: Stamp
  ) throws(CRDTError) -> GCounter {
    guard case .add(let amount) = operation, amount > 0 else { return GCounter() }
    let replica = stamp.dot.replica
    let key = Dot(replica, stamp.floor)
    let (count, isTooLarge) = (counts[key] ?? 0).addingReportingOverflow(amount)
    guard !isTooLarge else { throw .counterExhausted(replica) }
    var delta = GCounter()
    delta.counts[key] = count
    try merge(delta)
    return delta
  }

  public mutating func merge(_ other: GCounter) throws(CRDTError) {
    let new = other.counts.keys.count { counts[$0] == nil }
    guard counts.count + new <= CRDTLimits.replicasMax else {
      throw .tooLarge("replicas", limit: CRDTLimits.replicasMax)
    }
    for (key, count) in other.counts { counts[key] = max(count, counts[key] ?? 0) }
  }

  public func decomposed() -> [GCounter] { counts.keys.sorted().map { part(of: $0) } }

  private func part(of key: Dot) -> GCounter {
    var part = GCounter()
    part.counts[key] = counts[key]
    return part
  }

  /// A count is called by its replica and floor.
  public static func name(of piece: GCounter) -> PieceName? {
    guard piece.counts.count == 1, let (key, count) = piece.counts.first else { return nil }
    return PieceName(key: PieceKey.bytes(.present, key), rank: count)
  }

  public func change(
    of held: some HeldPieces<GCounter>, by delta: GCounter
  ) -> PieceChange<GCounter> {
    let changed = delta.counts.keys.sorted().map { part(of: $0) }
    return PieceChange(
      come: changed.filter { piece in
        Self.name(of: piece).flatMap { held.piece(of: $0.key) } != piece
      })
  }

  /// The byte 9, a varint count, and of each, ascending: replica (8 bytes), floor and count
  /// (varints; the count is not 0).
  public init(from decoder: inout WireDecoder) throws(WireError) {
    try decoder.kind(.growOnlyCounter)
    let count = try decoder.count(elementBytes: 10, limit: CRDTLimits.replicasMax)
    var last: Dot?
    for _ in 0..<count {
      let start = decoder.offset
      let replica = try decoder.value(ReplicaID.self)
      let key = Dot(replica, try decoder.uint64())
      if let last, last >= key { throw .keysNotIncreasing(at: start) }
      let amount = try decoder.uint64()
      guard amount > 0 else { throw .invalidValue("a count of 0", at: start) }
      counts[key] = amount
      last = key
    }
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: ReplicatedKind.growOnlyCounter.rawValue)
    encoder.append(count: counts.count)
    for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
      encoder.append(key.replica)
      encoder.append(key.counter)
      encoder.append(count)
    }
  }
}

/// A counter that goes up and down and can be reset. Each replica has one event with its share,
/// what it added and took since it last saw a reset; after a crash another one, if its store may
/// have forgotten something.
///
/// A reset takes away the shares as they were seen. A replica that counts at the same time keeps
/// its whole share, not only what it added last: a finer answer would need an event for each
/// addition.
public struct PNCounter: CausalType {
  public enum Operation: Sendable, Hashable {
    /// Adds, or takes if it is negative.
    case add(Int64)
    /// Takes away all that was seen.
    case reset
  }

  public static let kind = ReplicatedKind.counter
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation { .counter(operation) }

  /// The sum; the nearest 64-bit integer if it is none.
  public var value: Int64 {
    guard case .counter(let store) = state.store else { return 0 }
    return store.sum
  }
}

extension DotFunction<CounterShare> {
  var sum: Int64 {
    var sum: Int128 = 0
    for entry in entries { sum += Int128(entry.payload.added) - Int128(entry.payload.taken) }
    return Int64(clamping: sum)
  }
}
