import Primitives

/// The events of a value of one of the types that have a causal context.
enum EventStore: Sendable, Equatable {
  case counter(DotFunction<CounterShare>)
  case lastWriter(DotFunction<TimedValue>)
  case multiValue(DotFunction<PlainValue>)
  case addWinsSet(DotMap<DotSet>)
  case removeWinsSet(DotMap<DotFunction<Presence>>)
  case enableWinsFlag(DotSet)
  case disableWinsFlag(DotFunction<Presence>)
  case map(DotMap<EventStore>)

  /// Without events. What only grows has no such store, and gets nil.
  init?(_ kind: ReplicatedKind, _ scope: MapScope = .whole) {
    switch kind {
    case .counter: self = .counter(.init())
    case .lastWriter: self = .lastWriter(.init())
    case .multiValue: self = .multiValue(.init())
    case .addWinsSet: self = .addWinsSet(.init(scope))
    case .removeWinsSet: self = .removeWinsSet(.init(scope))
    case .enableWinsFlag: self = .enableWinsFlag(.init())
    case .disableWinsFlag: self = .disableWinsFlag(.init())
    case .map: self = .map(.init(scope))
    case .growOnlyCounter, .growOnlySet, .text, .textDelta, .deltaInterval, .removedEvents:
      return nil
    }
  }

  var kind: ReplicatedKind {
    switch self {
    case .counter: .counter
    case .lastWriter: .lastWriter
    case .multiValue: .multiValue
    case .addWinsSet: .addWinsSet
    case .removeWinsSet: .removeWinsSet
    case .enableWinsFlag: .enableWinsFlag
    case .disableWinsFlag: .disableWinsFlag
    case .map: .map
    }
  }

  /// What it speaks of; stores without keys speak of all events of their context.
  var scope: MapScope? {
    switch self {
    case .counter, .lastWriter, .multiValue, .enableWinsFlag, .disableWinsFlag: nil
    case .addWinsSet(let store): store.scope
    case .removeWinsSet(let store): store.scope
    case .map(let store): store.scope
    }
  }

  var isEmpty: Bool {
    switch self {
    case .counter(let store): store.isEmpty
    case .lastWriter(let store): store.isEmpty
    case .multiValue(let store): store.isEmpty
    case .addWinsSet(let store): store.isEmpty
    case .removeWinsSet(let store): store.isEmpty
    case .enableWinsFlag(let store): store.isEmpty
    case .disableWinsFlag(let store): store.isEmpty
    case .map(let store): store.isEmpty
    }
  }

  /// Joins a store of the same kind; see `DotFunction.join`.
  mutating func join(_ other: EventStore, known: CausalContext, otherKnown: CausalContext) {
    precondition(kind == other.kind, "\(other.kind) joined to \(kind)")
    switch other {
    case .counter(let other):
      guard case .counter(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .counter(store)
    case .lastWriter(let other):
      guard case .lastWriter(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .lastWriter(store)
    case .multiValue(let other):
      guard case .multiValue(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .multiValue(store)
    case .addWinsSet(let other):
      guard case .addWinsSet(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .addWinsSet(store)
    case .removeWinsSet(let other):
      guard case .removeWinsSet(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .removeWinsSet(store)
    case .enableWinsFlag(let other):
      guard case .enableWinsFlag(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .enableWinsFlag(store)
    case .disableWinsFlag(let other):
      guard case .disableWinsFlag(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .disableWinsFlag(store)
    case .map(let other):
      guard case .map(var store) = self else { return }
      release()
      store.join(other, known: known, otherKnown: otherKnown)
      self = .map(store)
    }
  }

  /// Lets the payload go, so that it is changed in place by who has taken it out, without a copy.
  private mutating func release() { self = .enableWinsFlag(DotSet()) }

  func forEachDot(_ body: (Dot) -> Void) {
    switch self {
    case .counter(let store): store.forEachDot(body)
    case .lastWriter(let store): store.forEachDot(body)
    case .multiValue(let store): store.forEachDot(body)
    case .addWinsSet(let store): store.forEachDot(body)
    case .removeWinsSet(let store): store.forEachDot(body)
    case .enableWinsFlag(let store): store.forEachDot(body)
    case .disableWinsFlag(let store): store.forEachDot(body)
    case .map(let store): store.forEachDot(body)
    }
  }

  /// Calls `body` with each event and the store of a delta that has it alone.
  func forEachPart(_ body: (Dot, EventStore) -> Void) {
    switch self {
    case .counter(let store): store.forEachPart { body($0, .counter($1)) }
    case .lastWriter(let store): store.forEachPart { body($0, .lastWriter($1)) }
    case .multiValue(let store): store.forEachPart { body($0, .multiValue($1)) }
    case .addWinsSet(let store): store.forEachPart { body($0, .addWinsSet($1)) }
    case .removeWinsSet(let store): store.forEachPart { body($0, .removeWinsSet($1)) }
    case .enableWinsFlag(let store): store.forEachDot { body($0, .enableWinsFlag(DotSet($0))) }
    case .disableWinsFlag(let store): store.forEachPart { body($0, .disableWinsFlag($1)) }
    case .map(let store): store.forEachPart { body($0, .map($1)) }
    }
  }

  /// Whether no event is under two keys. No merge makes one so that was not before: of an event
  /// that both sides know, what only one of them has is dropped.
  var hasEachEventOnce: Bool {
    var dots: [Dot] = []
    forEachDot { dots.append($0) }
    dots.sort()
    return zip(dots, dots.dropFirst()).allSatisfy { $0 < $1 }
  }

  // MARK: Wire form

  /// The form of the store of its kind; the kind is written before, by whoever calls this.
  func encode(to encoder: inout WireEncoder, replicas: ReplicaTable) {
    switch self {
    case .counter(let store): store.encode(to: &encoder, replicas: replicas)
    case .lastWriter(let store): store.encode(to: &encoder, replicas: replicas)
    case .multiValue(let store): store.encode(to: &encoder, replicas: replicas)
    case .addWinsSet(let store): store.encode(to: &encoder, replicas: replicas)
    case .removeWinsSet(let store): store.encode(to: &encoder, replicas: replicas)
    case .enableWinsFlag(let store): store.encode(to: &encoder, replicas: replicas)
    case .disableWinsFlag(let store): store.encode(to: &encoder, replicas: replicas)
    case .map(let store): store.encode(to: &encoder, replicas: replicas)
    }
  }

  static func decode(
    from decoder: inout WireDecoder, kind: ReplicatedKind, replicas: ReplicaTable, most: MapScope,
    depth: Int
  ) throws(WireError) -> EventStore {
    let start = decoder.offset
    switch kind {
    case .counter: return .counter(try .init(from: &decoder, replicas: replicas))
    case .lastWriter: return .lastWriter(try .init(from: &decoder, replicas: replicas))
    case .multiValue: return .multiValue(try .init(from: &decoder, replicas: replicas))
    case .addWinsSet:
      return .addWinsSet(
        try .init(from: &decoder, replicas: replicas, most: most, depth: depth))
    case .removeWinsSet:
      return .removeWinsSet(
        try .init(from: &decoder, replicas: replicas, most: most, depth: depth))
    case .enableWinsFlag: return .enableWinsFlag(try .init(from: &decoder, replicas: replicas))
    case .disableWinsFlag: return .disableWinsFlag(try .init(from: &decoder, replicas: replicas))
    case .map:
      guard depth < CRDTLimits.mapDepthMax else {
        throw .lengthTooLarge(UInt64(depth + 1), limit: CRDTLimits.mapDepthMax, at: start)
      }
      return .map(
        try .init(from: &decoder, replicas: replicas, most: most, depth: depth + 1))
    case .growOnlyCounter, .growOnlySet, .text, .textDelta, .deltaInterval, .removedEvents:
      throw .invalidCase(UInt64(kind.rawValue), of: "EventStore", at: start)
    }
  }
}

extension FieldKey: DotMapKey {
  var tableHash: UInt32 { name.tableHash &+ UInt32(kind.rawValue) }

  static func isBefore(_ a: FieldKey, _ b: FieldKey) -> Bool {
    a.name == b.name
      ? a.kind.rawValue < b.kind.rawValue : a.name.lexicographicallyPrecedes(b.name)
  }

  /// The name as a byte string, and the byte of the kind.
  func encode(to encoder: inout WireEncoder) {
    encoder.append(name)
    encoder.append(byte: kind.rawValue)
  }

  init(decoding decoder: inout WireDecoder) throws(WireError) {
    name = try decoder.bytes(limit: CRDTLimits.valueBytesMax)
    let start = decoder.offset
    let raw = try decoder.byte()
    guard let kind = ReplicatedKind(rawValue: raw), EventStore(kind) != nil else {
      throw .invalidCase(UInt64(raw), of: "FieldKey", at: start)
    }
    self.kind = kind
  }
}

extension EventStore: DotMapValue {
  static func empty(for key: FieldKey, partial: Bool) -> EventStore {
    guard let store = EventStore(key.kind, partial ? .listed : .whole) else {
      preconditionFailure("a field of kind \(key.kind)")
    }
    return store
  }

  func forEachPart(of key: FieldKey, _ body: (Dot, EventStore) -> Void) { forEachPart(body) }

  static func decode(
    from decoder: inout WireDecoder, key: FieldKey, replicas: ReplicaTable, most: MapScope,
    depth: Int
  ) throws(WireError) -> EventStore {
    try decode(
      from: &decoder, kind: key.kind, replicas: replicas, most: most, depth: depth)
  }
}
