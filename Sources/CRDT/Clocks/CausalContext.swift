import Primitives

/// Which events are known: of each replica all up to the first gap, and a cloud of dots behind it.
/// It compacts by itself: a dot that closes a gap becomes part of the range before.
public struct CausalContext: Sendable, Hashable, WireCodable {
  private(set) var entries = ReplicaMap<CounterRanges>()

  public init() {}

  /// Knows `dots`, which come in any order.
  init(_ dots: [Dot]) {
    for dot in dots.count > 1 ? dots.sorted() : dots {
      entries.update(dot.replica, default: CounterRanges()) {
        $0.extend(by: dot.counter...dot.counter)
      }
    }
  }

  /// The replicas of which there is an event, in their order.
  public var replicas: [ReplicaID] { entries.replicas }
  public var isEmpty: Bool { entries.isEmpty }
  /// Ranges over all replicas: what it takes in memory and on the wire.
  public var rangeCount: Int { entries.values.reduce(0) { $0 + $1.ranges.count } }

  /// What is known without gaps.
  public var contiguous: VersionVector {
    var vector = VersionVector()
    for (replica, counters) in zip(entries.replicas, entries.values) {
      vector.raise(replica, to: counters.contiguous)
    }
    return vector
  }

  public func contains(_ dot: Dot) -> Bool {
    entries[dot.replica]?.contains(dot.counter) ?? false
  }

  /// The largest known counter of a replica, 0 if there is none.
  public func last(of replica: ReplicaID) -> UInt64 { entries[replica]?.last ?? 0 }

  /// The dot of the next event of a replica that has forgotten none.
  public func next(of replica: ReplicaID) -> Dot { Dot(replica, last(of: replica) &+ 1) }

  public mutating func insert(_ dot: Dot) {
    entries.update(dot.replica, default: CounterRanges()) {
      $0.insert(dot.counter...dot.counter)
    }
  }

  package mutating func insert(_ range: DotRange) {
    entries.update(range.replica, default: CounterRanges()) { $0.insert(range.counters) }
  }

  public mutating func merge(_ other: CausalContext) {
    if entries.isEmpty {
      entries = other.entries
      return
    }
    for (replica, counters) in zip(other.entries.replicas, other.entries.values) {
      entries.update(replica, default: CounterRanges()) { $0.formUnion(counters) }
    }
  }

  /// All that is known, as ranges in order.
  var ranges: [DotRange] {
    zip(entries.replicas, entries.values).flatMap { replica, counters in
      counters.ranges.map { DotRange(replica, $0) }
    }
  }

  /// Whether merging `other` cannot make it know more replicas, or ranges, than are allowed.
  func hasRoom(for other: CausalContext, within bounds: MergeBounds) -> Bool {
    entries.count + other.entries.count <= CRDTLimits.replicasMax
      && rangeCount + other.rangeCount <= bounds.ranges
  }

  /// Refuses to know more replicas, or ranges of them, than are allowed.
  func checkSize(within bounds: MergeBounds) throws(CRDTError) {
    guard entries.count <= CRDTLimits.replicasMax else {
      throw .tooLarge("replicas", limit: CRDTLimits.replicasMax)
    }
    guard rangeCount <= bounds.ranges else {
      throw .tooLarge("ranges of a context", limit: bounds.ranges)
    }
  }

  // MARK: Wire form

  /// A varint count of replicas, then of each, ascending: the id (8 bytes), a varint count of
  /// ranges from 1, and of each range two varints: the counters left out before it (for the first
  /// one from 0, for others from 1), and its length less 1.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    try self.init(from: &decoder, rangesMax: CRDTLimits.contextRangesMax)
  }

  init(from decoder: inout WireDecoder, rangesMax: Int) throws(WireError) {
    let count = try decoder.count(elementBytes: 11, limit: CRDTLimits.replicasMax)
    var last: ReplicaID?
    var rangesLeft = rangesMax
    for _ in 0..<count {
      let start = decoder.offset
      let replica = try decoder.value(ReplicaID.self)
      if let last, last >= replica { throw .keysNotIncreasing(at: start) }
      last = replica
      let rangeCount = try decoder.count(elementBytes: 2, limit: rangesLeft)
      guard rangeCount > 0 else { throw .invalidValue("a replica without events", at: start) }
      rangesLeft -= rangeCount
      let counters = try Self.ranges(rangeCount, from: &decoder)
      entries.update(replica, default: CounterRanges()) { $0 = counters }
    }
  }

  private static func ranges(
    _ count: Int, from decoder: inout WireDecoder
  ) throws(WireError) -> CounterRanges {
    var counters = CounterRanges()
    for number in 0..<count {
      let start = decoder.offset
      let skipped = try decoder.uint64()
      let more = try decoder.uint64()
      if number > 0, skipped == 0 { throw .invalidValue("ranges without a gap", at: start) }
      let (first, isTooHigh) = counters.last.addingReportingOverflow(skipped)
      // The largest counter is left free, so that there is always a next one.
      guard !isTooHigh, first < .max - 1, more < .max - 1 - first else {
        throw .invalidValue("a counter is above 64 bits", at: start)
      }
      counters.append(first + 1...first + 1 + more)
    }
    return counters
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(count: entries.count)
    for (replica, counters) in zip(entries.replicas, entries.values) {
      encoder.append(replica)
      encoder.append(count: counters.ranges.count)
      var last: UInt64 = 0
      for range in counters.ranges {
        encoder.append(varint: range.lowerBound - last - 1)
        encoder.append(varint: range.upperBound - range.lowerBound)
        last = range.upperBound
      }
    }
  }
}
