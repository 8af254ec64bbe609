import Primitives

/// A set that only grows.
public struct GSet: ReplicatedType {
  public enum Operation: Sendable, Hashable {
    case add([UInt8])
  }

  private var elements: Set<[UInt8]> = []

  public init() {}

  /// The elements in the order of their bytes.
  public var value: [[UInt8]] { elements.sorted { $0.lexicographicallyPrecedes($1) } }
  public var count: Int { elements.count }
  public func contains(_ element: [UInt8]) -> Bool { elements.contains(element) }

  /// An addition needs no event of its own: to add twice is to add once.
  public func nextDot(of replica: ReplicaID) -> Dot { Dot(replica, 1) }

  public mutating func apply(_ operation: Operation, at stamp: Stamp) throws(CRDTError) -> GSet {
    guard case .add(let element) = operation, !elements.contains(element) else { return GSet() }
    try element.checkSize()
    var delta = GSet()
    delta.elements = [element]
    try merge(delta)
    return delta
  }

  public mutating func merge(_ other: GSet) throws(CRDTError) {
    // Counted first only if it could be too many.
    if elements.count + other.elements.count > CRDTLimits.elementsMax {
      let new = other.elements.count { !elements.contains($0) }
      guard elements.count + new <= CRDTLimits.elementsMax else {
        throw .tooLarge("elements", limit: CRDTLimits.elementsMax)
      }
    }
    elements.formUnion(other.elements)
  }

  public func decomposed() -> [GSet] {
    value.map { element in
      var part = GSet()
      part.elements = [element]
      return part
    }
  }

  /// An element is called by its hash.
  public static func name(of piece: GSet) -> PieceName? {
    guard piece.elements.count == 1, let element = piece.elements.first else { return nil }
    return PieceName(of: element)
  }

  public func change(
    of held: some HeldPieces<GSet>, by delta: GSet
  ) -> PieceChange<GSet> {
    PieceChange(
      come: delta.decomposed().filter { piece in
        Self.name(of: piece).flatMap { held.piece(of: $0.key) } == nil
      })
  }

  /// The byte 10, a varint count, and the elements as byte strings, ascending.
  public init(from decoder: inout WireDecoder) throws(WireError) {
    try decoder.kind(.growOnlySet)
    let count = try decoder.count(limit: CRDTLimits.elementsMax)
    var last: [UInt8]?
    for _ in 0..<count {
      let start = decoder.offset
      let element = try decoder.bytes(limit: CRDTLimits.valueBytesMax)
      if let last, !last.lexicographicallyPrecedes(element) {
        throw .keysNotIncreasing(at: start)
      }
      elements.insert(element)
      last = element
    }
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: ReplicatedKind.growOnlySet.rawValue)
    encoder.append(count: elements.count)
    for element in value { encoder.append(element) }
  }
}

/// A set in which an addition wins over a removal that did not know of it (optimised as in
/// Bieniusa et al. 2012: what is removed leaves no tombstone).
public struct ORSet: CausalType {
  public enum Operation: Sendable, Hashable {
    case add([UInt8])
    /// Removes an element as far as its additions were seen.
    case remove([UInt8])
    /// Removes all elements as far as their additions were seen.
    case clear
  }

  public static let kind = ReplicatedKind.addWinsSet
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation { .addWinsSet(operation) }

  private var store: DotMap<DotSet> {
    if case .addWinsSet(let store) = state.store { return store }
    return DotMap()
  }

  /// The elements in the order of their bytes.
  public var value: [[UInt8]] { store.elements }
  public var count: Int { store.isPartial ? value.count : store.entries.count }
  public func contains(_ element: [UInt8]) -> Bool { !(store[element]?.isEmpty ?? true) }

  /// A delta with the additions of `elements` and nothing else: it removes nothing anywhere.
  public func part(of elements: [[UInt8]]) -> ORSet {
    var part = DotMap<DotSet>.partial
    for element in elements {
      if let events = store[element] { part.list(element, events) }
    }
    return ORSet(state: CausalState(.addWinsSet(part), part.events))
  }
}

extension DotMap {
  /// The events that it holds, as a context.
  var events: CausalContext {
    var dots: [Dot] = []
    forEachDot { dots.append($0) }
    return CausalContext(dots)
  }
}

extension DotMap<DotSet> {
  var elements: [[UInt8]] { keys { !$0.isEmpty } }
}

/// A set in which a removal wins over an addition that did not know of it. What was removed keeps
/// an event until all replicas know of it (`forget`).
public struct RWSet: CausalType {
  public enum Operation: Sendable, Hashable {
    case add([UInt8])
    case remove([UInt8])
  }

  public static let kind = ReplicatedKind.removeWinsSet
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation {
    .removeWinsSet(operation)
  }

  private var store: DotMap<DotFunction<Presence>> {
    if case .removeWinsSet(let store) = state.store { return store }
    return DotMap()
  }

  /// The elements in the order of their bytes.
  public var value: [[UInt8]] { store.elements }
  public func contains(_ element: [UInt8]) -> Bool { store[element]?.isPresent ?? false }
  /// Elements of which something is kept, present or removed.
  public var keptCount: Int { store.entries.count }

  /// Lets go what was removed by events within `stable`. Only for a vector that every replica has
  /// acknowledged, after what each had written before it did so was merged here: no addition that
  /// did not know of the removal can then come any more.
  public mutating func forget(stable: VersionVector) {
    var store = store
    store.forget { events in
      !events.isPresent && events.entries.allSatisfy { stable.contains($0.dot) }
    }
    state.store = .removeWinsSet(store)
  }
}

extension DotMap<DotFunction<Presence>> {
  var elements: [[UInt8]] { keys(where: \.isPresent) }
}
