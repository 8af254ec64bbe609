import Primitives

/// The events of a value and the context that says which ones are known: what the types that have
/// one are made of. A delta is such a state of the part that a change was about.
public struct CausalState: Sendable, Equatable {
  var store: EventStore
  /// Whether it says nothing but that the events of its context are gone: a part of a value.
  private(set) var isRemoval = false
  /// What is known, of the present and of the past.
  public package(set) var context = CausalContext()

  /// The state before any change; nil for a type that has no context.
  init?(_ kind: ReplicatedKind) {
    guard let store = EventStore(kind) else { return nil }
    self.store = store
  }

  init(_ store: EventStore, _ context: CausalContext) {
    self.store = store
    self.context = context
  }

  /// The part that says of the events of `context`, which is not empty, that they are gone.
  init?(removed context: CausalContext, of kind: ReplicatedKind) {
    guard let store = EventStore(kind, .known) else { return nil }
    self.store = store
    self.context = context
    isRemoval = true
  }

  public var kind: ReplicatedKind { store.kind }

  /// Whether it shows that it is a part of a value: removed events, or a map that does not speak
  /// of everything. What has no keys speaks of the events of its context, be it a part or not.
  public var isPart: Bool { isRemoval || store.scope ?? .whole != .whole }

  mutating func apply(
    _ operation: FieldOperation, at stamp: Stamp
  ) throws(CRDTError) -> CausalState {
    guard stamp.dot.counter > 0, !context.contains(stamp.dot) else { throw .reusedDot(stamp.dot) }
    guard stamp.dot.counter < .max - 1 else { throw .counterExhausted(stamp.dot.replica) }
    var seen = CausalContext()
    let change = try store.change(operation, at: stamp, seen: &seen, depth: 0)
    let delta = CausalState(change, seen)
    try merge(delta)
    return delta
  }

  /// - Parameter bounds: what the result may have at most; what its decoder takes.
  package mutating func merge(
    _ other: CausalState, within bounds: MergeBounds = MergeBounds()
  ) throws(CRDTError) {
    guard kind == other.kind else {
      throw .wrongType(expected: "\(kind)", found: "\(other.kind)")
    }
    // Nearly always nothing can become too much, and all is changed in its place.
    if context.hasRoom(for: other.context, within: bounds),
      store.hasRoom(for: other.store, limit: bounds.elements)
    {
      join(other)
      return
    }
    var joined = self
    joined.join(other)
    try joined.context.checkSize(within: bounds)
    guard joined.store.isWithin(bounds.elements) else {
      throw .tooLarge("elements", limit: bounds.elements)
    }
    self = joined
  }

  private mutating func join(_ other: CausalState) {
    store.join(other.store, known: context, otherKnown: other.context)
    context.merge(other.context)
    isRemoval = isRemoval && other.isRemoval
  }

  /// Each event alone, and each range of removed ones, as long as it can be: together no more than
  /// there are events and ranges of the context.
  func decomposed() -> [CausalState] {
    var pieces: [CausalState] = []
    var live: [Dot] = []
    store.forEachPart { dot, part in
      live.append(dot)
      pieces.append(CausalState(part, of: dot))
    }
    for range in context.ranges(without: CausalContext(live)) {
      if let piece = CausalState(removed: range, of: kind) { pieces.append(piece) }
    }
    return pieces
  }

  // MARK: Wire form

  /// The byte of the kind, the context, the store; of removed events the byte 14, that of the
  /// kind, and the context.
  func encode(to encoder: inout WireEncoder) {
    if isRemoval { encoder.append(byte: ReplicatedKind.removedEvents.rawValue) }
    encoder.append(byte: kind.rawValue)
    encoder.append(context)
    if !isRemoval { store.encode(to: &encoder, replicas: ReplicaTable(context)) }
  }

  init(from decoder: inout WireDecoder, kind: ReplicatedKind) throws(WireError) {
    let start = decoder.offset
    let raw = try decoder.byte()
    if raw == ReplicatedKind.removedEvents.rawValue {
      try decoder.kind(kind)
      let contextOffset = decoder.offset
      let context = try CausalContext(from: &decoder, rangesMax: CRDTLimits.stateRangesMax)
      guard !context.isEmpty, let state = CausalState(removed: context, of: kind) else {
        throw .invalidValue("no removed events", at: contextOffset)
      }
      self = state
      return
    }
    guard raw == kind.rawValue else { throw .invalidCase(UInt64(raw), of: "\(kind)", at: start) }
    context = try CausalContext(from: &decoder, rangesMax: CRDTLimits.stateRangesMax)
    let storeOffset = decoder.offset
    store = try .decode(
      from: &decoder, kind: kind, replicas: ReplicaTable(context), most: .known, depth: 0)
    guard store.scope == nil || store.hasEachEventOnce else {
      throw .invalidValue("an event under two keys", at: storeOffset)
    }
  }
}

extension CausalContext {
  /// What this one knows and `other` does not.
  func ranges(without other: CausalContext) -> [DotRange] {
    zip(entries.replicas, entries.values).flatMap { replica, counters in
      counters.subtracting(other.entries[replica] ?? CounterRanges())
        .map { DotRange(replica, $0) }
    }
  }
}

/// A type that is made of a `CausalState`; its deltas are values of its own.
public protocol CausalType: ReplicatedType where Delta == Self {
  static var kind: ReplicatedKind { get }
  var state: CausalState { get set }
  init(state: CausalState)
  /// The operation as one of a field.
  static func field(_ operation: Operation) -> FieldOperation
}

extension CausalType {
  public init() {
    guard let state = CausalState(Self.kind) else {
      preconditionFailure("\(Self.kind) has no context")
    }
    self.init(state: state)
  }

  /// What is known, of the present and of the past.
  public var context: CausalContext { state.context }

  /// Whether it shows that it is a part of a value; see `CausalState.isPart`.
  public var isPart: Bool { state.isPart }

  public func nextDot(of replica: ReplicaID) -> Dot { state.context.next(of: replica) }

  public mutating func apply(_ operation: Operation, at stamp: Stamp) throws(CRDTError) -> Self {
    Self(state: try state.apply(Self.field(operation), at: stamp))
  }

  public mutating func merge(_ other: Self) throws(CRDTError) { try state.merge(other.state) }

  public func decomposed() -> [Self] { state.decomposed().map { Self(state: $0) } }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(state: try CausalState(from: &decoder, kind: Self.kind))
  }

  public func encode(to encoder: inout WireEncoder) { state.encode(to: &encoder) }
}
