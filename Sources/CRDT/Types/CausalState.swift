import Primitives

/// The events of a value and the context that says which ones are known: what the types that have
/// one are made of. A delta is such a state of the part that a change was about.
public struct CausalState: Sendable, Equatable {
  var store: EventStore
  /// What is known, of the present and of the past.
  public package(set) var context = CausalContext()

  /// The state before any change; nil for a type that has no context.
  init?(_ kind: ReplicatedKind) {
    guard let store = EventStore(kind, partial: false) else { return nil }
    self.store = store
  }

  init(_ store: EventStore, _ context: CausalContext) {
    self.store = store
    self.context = context
  }

  public var kind: ReplicatedKind { store.kind }

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

  mutating func merge(_ other: CausalState) throws(CRDTError) {
    guard kind == other.kind else {
      throw .wrongType(expected: "\(kind)", found: "\(other.kind)")
    }
    var merged = context
    merged.merge(other.context)
    try merged.checkSize()
    store.join(other.store, known: context, otherKnown: other.context)
    context = merged
  }

  /// Each event alone, and what was removed in pieces of at most
  /// `CRDTLimits.removedPieceCounters` at multiples of that, so that equal pasts give equal pieces.
  func decomposed() -> [CausalState] {
    var pieces: [CausalState] = []
    var live = CausalContext()
    store.forEachPart { dot, part in
      var context = CausalContext()
      context.insert(dot)
      live.insert(dot)
      pieces.append(CausalState(part, context))
    }
    guard let nothing = EventStore(kind, partial: false) else { return pieces }
    for range in context.ranges(without: live) {
      var first = range.counters.lowerBound
      while first <= range.counters.upperBound {
        let block = first / CRDTLimits.removedPieceCounters
        let last = min(
          range.counters.upperBound, (block + 1) * CRDTLimits.removedPieceCounters - 1)
        var context = CausalContext()
        context.insert(DotRange(range.replica, first...last))
        pieces.append(CausalState(nothing, context))
        first = last + 1
      }
    }
    return pieces
  }

  // MARK: Wire form

  /// The byte of the kind, the context, the store.
  func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: kind.rawValue)
    encoder.append(context)
    store.encode(to: &encoder, replicas: ReplicaTable(context))
  }

  init(from decoder: inout WireDecoder, kind: ReplicatedKind) throws(WireError) {
    try decoder.kind(kind)
    context = try decoder.value()
    store = try .decode(
      from: &decoder, kind: kind, replicas: ReplicaTable(context), partial: true, depth: 0)
  }
}

extension CausalContext {
  /// What this one knows and `other`, which knows nothing else, does not.
  func ranges(without other: CausalContext) -> [DotRange] {
    ranges.flatMap { range -> [DotRange] in
      var left: [DotRange] = []
      var next = range.counters.lowerBound
      for hole in other.entries[range.replica]?.ranges ?? []
      where hole.lowerBound <= range.counters.upperBound && hole.upperBound >= next {
        if hole.lowerBound > next {
          left.append(DotRange(range.replica, next...hole.lowerBound - 1))
        }
        next = hole.upperBound + 1
      }
      if next <= range.counters.upperBound {
        left.append(DotRange(range.replica, next...range.counters.upperBound))
      }
      return left
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
