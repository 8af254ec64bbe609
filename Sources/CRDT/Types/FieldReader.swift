/// A value or a field of a map, with the events behind what it shows. Reads without making what is
/// not asked for.
package struct FieldReader {
  let store: EventStore

  package var kind: ReplicatedKind { store.kind }
  /// Whether it has no event.
  package var isEmpty: Bool { store.isEmpty }

  package func forEachDot(_ body: (Dot) -> Void) { store.forEachDot(body) }

  /// The sum of a counter, the nearest 64-bit integer; 0 of anything else.
  package var sum: Int64 {
    if case .counter(let store) = store { store.sum } else { 0 }
  }

  /// What a register of many values shows, each with its event, in the order of events.
  package var writes: [(dot: Dot, value: [UInt8])] {
    guard case .multiValue(let store) = store else { return [] }
    return store.entries.map { ($0.dot, $0.payload.bytes) }
  }

  /// How many elements a set has in which an addition wins.
  package var elementCount: Int {
    guard case .addWinsSet(let store) = store else { return 0 }
    return store.entries.entries.count { !$0.value.isEmpty }
  }

  package func contains(_ element: [UInt8]) -> Bool {
    guard case .addWinsSet(let store) = store else { return false }
    return !(store[element]?.isEmpty ?? true)
  }

  /// The elements of such a set in the order of their bytes.
  package var elements: [[UInt8]] {
    if case .addWinsSet(let store) = store { store.elements } else { [] }
  }

  /// The fields of a map that have events, in their order.
  package var fieldKeys: [FieldKey] {
    if case .map(let store) = store { store.keys { !$0.isEmpty } } else { [] }
  }

  /// A field of a map; nil if it has no event.
  package subscript(key: FieldKey) -> FieldReader? {
    guard case .map(let store) = store, let field = store[key], !field.isEmpty else { return nil }
    return FieldReader(store: field)
  }
}

extension ORMap {
  package var reader: FieldReader { FieldReader(store: state.store) }

  /// Removes, as seen, all events of `context`; what is not known yet of it is known then.
  package mutating func remove(_ context: CausalContext) throws(CRDTError) {
    guard let removal = CausalState(removed: context, of: Self.kind) else { return }
    try merge(ORMap(state: removal))
  }
}
