import Primitives

/// What one replica has added to a counter and taken from it.
struct CounterShare: WireCodable, Comparable {
  var added: UInt64
  var taken: UInt64

  init(added: UInt64, taken: UInt64) {
    self.added = added
    self.taken = taken
  }

  /// Two varints.
  init(from decoder: inout WireDecoder) throws(WireError) {
    added = try decoder.uint64()
    taken = try decoder.uint64()
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(added)
    encoder.append(taken)
  }

  static func < (a: CounterShare, b: CounterShare) -> Bool {
    a.added == b.added ? a.taken < b.taken : a.added < b.added
  }
}

/// A value of a register.
struct PlainValue: WireCodable, Comparable {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(from decoder: inout WireDecoder) throws(WireError) {
    bytes = try decoder.bytes(limit: CRDTLimits.valueBytesMax)
  }

  func encode(to encoder: inout WireEncoder) { encoder.append(bytes) }

  static func < (a: PlainValue, b: PlainValue) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

/// A value of a register and when it was written.
struct TimedValue: WireCodable, Comparable {
  let time: HybridTime
  let value: PlainValue

  init(time: HybridTime, value: PlainValue) {
    self.time = time
    self.value = value
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    time = try decoder.value()
    value = try decoder.value()
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(time)
    encoder.append(value)
  }

  static func < (a: TimedValue, b: TimedValue) -> Bool {
    a.time == b.time ? a.value < b.value : a.time < b.time
  }
}

/// Whether something is there, in what a removal wins.
struct Presence: WireCodable, Comparable {
  let isPresent: Bool

  init(_ isPresent: Bool) { self.isPresent = isPresent }

  init(from decoder: inout WireDecoder) throws(WireError) { isPresent = try decoder.flag() }

  func encode(to encoder: inout WireEncoder) { encoder.append(isPresent) }

  static func < (a: Presence, b: Presence) -> Bool { !a.isPresent && b.isPresent }
}

extension DotFunction<Presence> {
  /// Whether there are events and none says that it was removed.
  var isPresent: Bool { !isEmpty && entries.allSatisfy(\.payload.isPresent) }
}
