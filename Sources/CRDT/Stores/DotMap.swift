import Primitives

/// The key of a `DotMap`, with its order and wire form.
protocol DotMapKey: Hashable, Sendable {
  /// Of a keyed hash whose key is drawn at the start of the program: strangers cannot choose keys
  /// that collide.
  var tableHash: UInt32 { get }
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
  /// Whether it may have keys of its own.
  static var hasKeys: Bool { get }
  /// See `DotMap`; true for what has no keys.
  func hasRoom(for other: Self, limit: Int) -> Bool
  func isWithin(_ limit: Int) -> Bool
  func encode(to encoder: inout WireEncoder, replicas: ReplicaTable)
  /// - Parameter most: the largest scope that a map may have here.
  static func decode(
    from decoder: inout WireDecoder, key: Key, replicas: ReplicaTable, most: MapScope, depth: Int
  ) throws(WireError) -> Self
}

/// What a map of events speaks of.
enum MapScope: UInt8, Sendable, Comparable {
  /// All keys: it is a value, and not part of one.
  case whole = 0
  /// A part that speaks of the keys listed in it, some of them perhaps without events: its context
  /// knows no event of any other key.
  case listed = 1
  /// A part that speaks of all events of its context, of whatever key.
  case known = 2

  static func < (a: MapScope, b: MapScope) -> Bool { a.rawValue < b.rawValue }

  /// What two of them speak of together.
  func joined(with other: MapScope) -> MapScope {
    self == .whole || other == .whole ? .whole : max(self, other)
  }
}

/// Events below keys.
///
/// A known event that a map speaks of and does not hold is removed, wherever another one has it.
/// To merge a map that speaks of the keys listed in it, the store of a delta, costs as much as it
/// has keys, not as many as the whole map has.
struct DotMap<Inner: DotMapValue>: Sendable, Equatable {
  private(set) var entries = KeyTable<Inner.Key, Inner>()
  private(set) var scope: MapScope

  init(_ scope: MapScope = .whole) { self.scope = scope }

  static var partial: Self { Self(.listed) }

  /// Whether it speaks of the listed keys only.
  var isPartial: Bool { scope == .listed }

  /// A delta that speaks of one key.
  init(part key: Inner.Key, _ inner: Inner) {
    scope = .listed
    entries = KeyTable(key, inner)
  }

  var isEmpty: Bool { entries.entries.allSatisfy(\.value.isEmpty) }

  subscript(key: Inner.Key) -> Inner? { entries[key] }

  func forEachDot(_ body: (Dot) -> Void) {
    for entry in entries.entries { entry.value.forEachDot(body) }
  }

  /// The keys of what fulfils a condition, in their order.
  func keys(where isWanted: (Inner) -> Bool) -> [Inner.Key] {
    entries.entries.filter { isWanted($0.value) }.map(\.key).sorted(by: Inner.Key.isBefore)
  }

  /// Adds a key to a delta.
  mutating func list(_ key: Inner.Key, _ inner: Inner) { entries.set(inner, at: key) }

  /// Takes out keys and the events below; the context still knows these.
  mutating func forget(where isForgotten: (Inner) -> Bool) {
    entries.remove(entries.entries.indices.filter { isForgotten(entries.entries[$0].value) })
  }

  mutating func join(_ other: Self, known: CausalContext, otherKnown: CausalContext) {
    if entries.isEmpty, known.isEmpty, scope == other.scope {
      entries = other.entries
      return
    }
    // What the other one knows of and does not list is removed; a part that becomes whole no longer
    // leaves anything open.
    let removes = !other.isPartial && (isPartial || !otherKnown.isEmpty)
    let oldCount = entries.count
    var isListed = [Bool](repeating: false, count: removes ? oldCount : 0)
    var emptied: [Int] = []
    var walk = KeyTable<Inner.Key, Inner>.Walk()
    for entry in other.entries.entries {
      guard let index = walk.index(of: entry, in: entries) else {
        var new = Inner.empty(for: entry.key, partial: isPartial && other.isPartial)
        new.join(entry.value, known: known, otherKnown: otherKnown)
        if !new.isEmpty || isPartial { entries.append(new, at: entry.key, hash: entry.hash) }
        continue
      }
      if removes, index < oldCount { isListed[index] = true }
      // Most often both have the same.
      guard entries.entries[index].value != entry.value else { continue }
      entries.update(index) { $0.join(entry.value, known: known, otherKnown: otherKnown) }
      if entries.entries[index].value.isEmpty { emptied.append(index) }
    }
    if removes {
      for index in 0..<oldCount where !isListed[index] {
        let entry = entries.entries[index]
        // To ask the context first changes nothing that stays as it is.
        guard isPartial || entry.value.hasEvent(within: otherKnown) else { continue }
        entries.update(index) {
          $0.join(
            .empty(for: entry.key, partial: false), known: known, otherKnown: otherKnown)
        }
        if entries.entries[index].value.isEmpty { emptied.append(index) }
      }
    }
    if isPartial, !other.isPartial {
      forget(where: \.isEmpty)
    } else if !isPartial {
      entries.remove(emptied.sorted())
    }
    scope = scope.joined(with: other.scope)
  }

  func forEachPart(_ body: (Dot, Self) -> Void) {
    for entry in entries.entries {
      entry.value.forEachPart(of: entry.key) { body($0, Self(part: entry.key, $1)) }
    }
  }

  /// One byte for the scope, a varint count, and of each key, ascending, the key and what is below.
  func encode(to encoder: inout WireEncoder, replicas: ReplicaTable) {
    encoder.append(byte: scope.rawValue)
    encoder.append(count: entries.count)
    for entry in entries.entries.sorted(by: { Inner.Key.isBefore($0.key, $1.key) }) {
      entry.key.encode(to: &encoder)
      entry.value.encode(to: &encoder, replicas: replicas)
    }
  }

  /// Refuses a scope above `most`: what is below a map that speaks of everything is whole.
  init(
    from decoder: inout WireDecoder, replicas: ReplicaTable, most: MapScope, depth: Int
  ) throws(WireError) {
    let scopeOffset = decoder.offset
    let raw = try decoder.byte()
    guard let scope = MapScope(rawValue: raw) else {
      throw .invalidCase(UInt64(raw), of: "DotMap", at: scopeOffset)
    }
    guard scope <= most else { throw .invalidValue("a part within a whole", at: scopeOffset) }
    self.scope = scope
    let count = try decoder.count(elementBytes: 2, limit: CRDTLimits.elementsMax)
    entries.reserveCapacity(min(count, decoder.remaining / 64))
    var last: Inner.Key?
    for _ in 0..<count {
      let start = decoder.offset
      let key = try Inner.Key(decoding: &decoder)
      if let last, !Inner.Key.isBefore(last, key) { throw .keysNotIncreasing(at: start) }
      last = key
      let inner = try Inner.decode(
        from: &decoder, key: key, replicas: replicas, most: scope == .listed ? .listed : .whole,
        depth: depth)
      if inner.isEmpty, !isPartial { throw .invalidValue("a key without events", at: start) }
      entries.append(inner, at: key, hash: key.tableHash)
    }
  }
}

extension DotMapValue {
  /// Whether the context knows of an event here.
  func hasEvent(within context: CausalContext) -> Bool {
    var found = false
    forEachDot { found = found || context.contains($0) }
    return found
  }
}

/// An element of a set.
extension [UInt8]: DotMapKey {
  var tableHash: UInt32 {
    UInt32(truncatingIfNeeded: SipHash.hash(self, key: KeyTableSecret.key))
  }

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
    from decoder: inout WireDecoder, key: [UInt8], replicas: ReplicaTable, most: MapScope,
    depth: Int
  ) throws(WireError) -> DotSet {
    try DotSet(from: &decoder, replicas: replicas)
  }
}

extension DotFunction: DotMapValue {
  static func empty(for key: [UInt8], partial: Bool) -> Self { Self() }

  func forEachPart(of key: [UInt8], _ body: (Dot, Self) -> Void) { forEachPart(body) }

  static func decode(
    from decoder: inout WireDecoder, key: [UInt8], replicas: ReplicaTable, most: MapScope,
    depth: Int
  ) throws(WireError) -> Self {
    try Self(from: &decoder, replicas: replicas)
  }
}
