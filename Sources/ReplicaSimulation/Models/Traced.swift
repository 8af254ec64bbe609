import CRDT
import Primitives

/// What the replica put on a change.
struct TraceStamp: Sendable, Hashable, WireCodable {
  let author: UInt64
  let counter: UInt64
  /// Counters of the author up to this one may have been forgotten.
  let floor: UInt64
  /// The hybrid time.
  let ticks: UInt64

  init(_ stamp: Stamp) {
    author = stamp.dot.replica.bits
    counter = stamp.dot.counter
    floor = stamp.floor
    ticks = stamp.time.ticks
  }

  func isBefore(_ other: TraceStamp) -> Bool {
    ticks == other.ticks ? author < other.author : ticks < other.ticks
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    author = try decoder.uint64()
    counter = try decoder.uint64()
    floor = try decoder.uint64()
    ticks = try decoder.uint64()
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(author)
    encoder.append(counter)
    encoder.append(floor)
    encoder.append(ticks)
  }
}

/// The commands whose effect a value or a delta has: it goes wherever they go, so that the model
/// knows what each replica has seen without asking the type or the protocol.
struct Trace: Sendable, Hashable, WireCodable {
  var stamps: [Int: TraceStamp] = [:]

  init() {}

  var numbers: EventSet { EventSet(stamps.keys) }

  mutating func merge(_ other: Trace) {
    // An id given twice must not be hidden by the order of merges.
    stamps.merge(other.stamps) { $0.isBefore($1) ? $0 : $1 }
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    let count = try decoder.count(elementBytes: 5)
    for _ in 0..<count {
      let number = Int(try decoder.uint32())
      stamps[number] = try decoder.value()
    }
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(count: stamps.count)
    for (number, stamp) in stamps.sorted(by: { $0.key < $1.key }) {
      encoder.append(UInt32(truncatingIfNeeded: number))
      encoder.append(stamp)
    }
  }
}

/// A replicated value with its trace: a replicated type itself, which any protocol can carry.
struct Traced<Inner: SimulatedType>: ReplicatedType {
  struct Operation: Sendable {
    let inner: Inner.Operation
    let number: Int
  }

  struct Delta: WireCodable {
    /// Nil if there is nothing but a trace.
    var inner: Inner.Delta?
    var trace: Trace

    init(_ inner: Inner.Delta?, _ trace: Trace) {
      self.inner = inner
      self.trace = trace
    }

    init(from decoder: inout WireDecoder) throws(WireError) {
      inner = try decoder.flag() ? try decoder.value() : nil
      trace = try decoder.value()
    }

    func encode(to encoder: inout WireEncoder) {
      encoder.append(inner != nil)
      if let inner { encoder.append(inner) }
      encoder.append(trace)
    }
  }

  var inner = Inner()
  var trace = Trace()

  init() {}

  init(from decoder: inout WireDecoder) throws(WireError) {
    inner = try decoder.value()
    trace = try decoder.value()
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(inner)
    encoder.append(trace)
  }

  var value: Inner.Value { inner.value }

  func nextDot(of replica: ReplicaID) -> Dot { inner.nextDot(of: replica) }

  mutating func apply(_ operation: Operation, at stamp: Stamp) throws(CRDTError) -> Delta {
    var trace = Trace()
    trace.stamps[operation.number] = TraceStamp(stamp)
    let delta = Delta(try inner.apply(operation.inner, at: stamp), trace)
    self.trace.merge(trace)
    return delta
  }

  mutating func merge(_ other: Self) throws(CRDTError) {
    try inner.merge(other.inner)
    trace.merge(other.trace)
  }

  mutating func merge(delta: Delta) throws(CRDTError) {
    if let change = delta.inner { try inner.merge(delta: change) }
    trace.merge(delta.trace)
  }

  static func join(_ first: Delta, _ second: Delta) throws(CRDTError) -> Delta {
    var joined = Delta(first.inner ?? second.inner, first.trace)
    if let one = first.inner, let other = second.inner {
      joined.inner = try Inner.join(one, other)
    }
    joined.trace.merge(second.trace)
    return joined
  }

  /// Everything, as one delta that stands on nothing.
  var full: Delta { Delta(inner.full, trace) }
}
