import Primitives

/// The key of a `DotMap`, with its order and wire form.
protocol DotMapKey: Hashable, Sendable {
  static func isBefore(_ a: Self, _ b: Self) -> Bool
  func encode(to encoder: inout WireEncoder)
  init(decoding decoder: inout WireDecoder) throws(WireError)
}

/// What a `DotMap` holds under a key.
protocol DotMapValue: Sendable, Equatable {
  associatedtype Key: DotMapKey

  /// Holds no event, and speaks of everything or, for a delta, only of what is put into it.
  static func empty(for key: Key, partial: Bool) -> Self
  var isEmpty: Bool { get }
  mutating func join(_ other: Self, known: CausalContext, otherKnown: CausalContext)
  func forEachDot(_ body: (Dot) -> Void)
  func forEachPart(of key: Key, _ body: (Dot, Self) -> Void)
  func encode(to encoder: inout WireEncoder, replicas: ReplicaTable)
  static func decode(
    from decoder: inout WireDecoder, key: Key, replicas: ReplicaTable, partial: Bool, depth: Int
  ) throws(WireError) -> Self
}

/// Events below keys.
///
/// A whole map speaks of all keys: a known event that it does not hold is removed, wherever another
/// one has it. A partial one, the store of a delta, speaks of the keys that are listed in it, some
/// of them perhaps without events: its context knows no event of any other key. To merge one costs
/// as much as it has keys, not as many as the whole map has.
struct DotMap<Inner: DotMapValue>: Sendable, Equatable {
  private(set) var entries: [Inner.Key: Inner] = [:]
  private(set) var isPartial: Bool

  init() { isPartial = false }

  private init(isPartial: Bool) { self.isPartial = isPartial }

  static var partial: Self { Self(isPartial: true) }

  /// A delta that speaks of one key.
  init(part key: Inner.Key, _ inner: Inner) {
    isPartial = true
    entries = [key: inner]
  }

  var isEmpty: Bool { entries.values.allSatisfy(\.isEmpty) }

  subscript(key: Inner.Key) -> Inner? { entries[key] }

  func forEachDot(_ body: (Dot) -> Void) {
    for (_, inner) in entries { inner.forEachDot(body) }
  }

  /// Adds a key to a delta.
  mutating func list(_ key: Inner.Key, _ inner: Inner) { entries[key] = inner }

  /// Takes out keys and the events below; the context still knows these.
  mutating func forget(where isForgotten: (Inner) -> Bool) {
    entries = entries.filter { !isForgotten($0.value) }
  }

  mutating func join(_ other: Self, known: CausalContext, otherKnown: CausalContext) {
    if !other.isPartial, isPartial || !otherKnown.isEmpty {
      // What the other one knows of and does not list is removed, and a part becomes a whole all
      // the way down. To ask its context costs less than to look the key up.
      var changed: [(Inner.Key, Inner)] = []
      for (key, inner) in entries {
        var left = inner
        left.join(.empty(for: key, partial: false), known: known, otherKnown: otherKnown)
        if left != inner, other.entries[key] == nil { changed.append((key, left)) }
      }
      for (key, inner) in changed { put(inner, at: key) }
    }
    if entries.isEmpty, other.entries.count > 1 {
      entries.reserveCapacity(other.entries.count)
    }
    for (key, inner) in other.entries {
      take(inner, at: key, partial: other.isPartial, known: known, otherKnown: otherKnown)
    }
    if isPartial, !other.isPartial {
      isPartial = false
      entries = entries.filter { !$0.value.isEmpty }
    }
  }

  private mutating func take(
    _ inner: Inner, at key: Inner.Key, partial: Bool, known: CausalContext,
    otherKnown: CausalContext
  ) {
    var new = Inner.empty(for: key, partial: isPartial && partial)
    new.join(inner, known: known, otherKnown: otherKnown)
    let mine: Inner?
    if new.isEmpty, !isPartial {
      // Nothing new: most often both have the same.
      guard let index = entries.index(forKey: key), entries.values[index] != inner else { return }
      mine = entries.values[index]
      // Let go in the dictionary, so that it is changed in place.
      entries.values[index] = new
    } else {
      mine = entries.updateValue(new, forKey: key)
    }
    guard var mine else { return }
    mine.join(inner, known: known, otherKnown: otherKnown)
    put(mine, at: key)
  }

  private mutating func put(_ inner: Inner, at key: Inner.Key) {
    entries[key] = inner.isEmpty && !isPartial ? nil : inner
  }

  func forEachPart(_ body: (Dot, Self) -> Void) {
    for (key, inner) in entries {
      inner.forEachPart(of: key) { dot, part in body(dot, Self(part: key, part)) }
    }
  }

  /// One byte (1: partial), a varint count, and of each key, ascending, the key and what is below.
  func encode(to encoder: inout WireEncoder, replicas: ReplicaTable) {
    encoder.append(isPartial)
    encoder.append(count: entries.count)
    for (key, inner) in entries.sorted(by: { Inner.Key.isBefore($0.key, $1.key) }) {
      key.encode(to: &encoder)
      inner.encode(to: &encoder, replicas: replicas)
    }
  }

  /// Refuses a partial map unless `partial` allows it: what is below a whole map is whole.
  init(
    from decoder: inout WireDecoder, replicas: ReplicaTable, partial: Bool, depth: Int
  ) throws(WireError) {
    let flagOffset = decoder.offset
    isPartial = try decoder.flag(of: "DotMap")
    if isPartial, !partial { throw .invalidValue("a part within a whole", at: flagOffset) }
    let count = try decoder.count(elementBytes: 2, limit: CRDTLimits.elementsMax)
    entries.reserveCapacity(min(count, decoder.remaining / 64))
    var last: Inner.Key?
    for _ in 0..<count {
      let start = decoder.offset
      let key = try Inner.Key(decoding: &decoder)
      if let last, !Inner.Key.isBefore(last, key) { throw .keysNotIncreasing(at: start) }
      last = key
      let inner = try Inner.decode(
        from: &decoder, key: key, replicas: replicas, partial: isPartial, depth: depth)
      if inner.isEmpty, !isPartial { throw .invalidValue("a key without events", at: start) }
      entries[key] = inner
    }
  }
}

/// An element of a set.
extension [UInt8]: DotMapKey {
  static func isBefore(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }

  func encode(to encoder: inout WireEncoder) { encoder.append(self) }

  init(decoding decoder: inout WireDecoder) throws(WireError) {
    self = try decoder.bytes(limit: CRDTLimits.valueBytesMax)
  }
}

extension DotSet: DotMapValue {
  static func empty(for key: [UInt8], partial: Bool) -> DotSet { DotSet() }

  func forEachPart(of key: [UInt8], _ body: (Dot, DotSet) -> Void) {
    forEachDot { body($0, DotSet($0)) }
  }

  static func decode(
    from decoder: inout WireDecoder, key: [UInt8], replicas: ReplicaTable, partial: Bool, depth: Int
  ) throws(WireError) -> DotSet {
    try DotSet(from: &decoder, replicas: replicas)
  }
}

extension DotFunction: DotMapValue {
  static func empty(for key: [UInt8], partial: Bool) -> Self { Self() }

  func forEachPart(of key: [UInt8], _ body: (Dot, Self) -> Void) { forEachPart(body) }

  static func decode(
    from decoder: inout WireDecoder, key: [UInt8], replicas: ReplicaTable, partial: Bool, depth: Int
  ) throws(WireError) -> Self {
    try Self(from: &decoder, replicas: replicas)
  }
}
