/// A map of fields that are themselves replicated values, maps among them. A field is there as long
/// as it has events: its removal takes away what was seen of it, and what was written to it without
/// knowledge of the removal stays.
public struct ORMap: CausalType {
  public indirect enum Operation: Sendable, Hashable {
    /// Changes a field, which need not be there before. Its type is that of the operation.
    case update([UInt8], FieldOperation)
    /// Removes a field as far as it was seen.
    case remove(FieldKey)
  }

  public static let kind = ReplicatedKind.map
  public var state: CausalState

  public init(state: CausalState) { self.state = state }

  public static func field(_ operation: Operation) -> FieldOperation { .map(operation) }

  private var store: DotMap<EventStore> {
    if case .map(let store) = state.store { return store }
    return DotMap()
  }

  public var value: [FieldKey: FieldValue] { store.fields }

  /// A field, nil if it is not there.
  public subscript(key: FieldKey) -> FieldValue? {
    guard let field = store[key], !field.isEmpty else { return nil }
    return field.value
  }

  /// A delta with the events of the fields `keys` and nothing else: it removes nothing anywhere.
  public func part(of keys: [FieldKey]) -> ORMap {
    var part = DotMap<EventStore>.partial
    for key in keys {
      guard let field = store[key] else { continue }
      part.list(key, field)
    }
    return ORMap(state: CausalState(.map(part), part.events))
  }
}

extension DotMap<EventStore> {
  var fields: [FieldKey: FieldValue] {
    var fields: [FieldKey: FieldValue] = [:]
    for entry in entries.entries where !entry.value.isEmpty {
      fields[entry.key] = entry.value.value
    }
    return fields
  }
}

extension EventStore {
  var value: FieldValue {
    switch self {
    case .counter(let store): .counter(store.sum)
    case .lastWriter(let store): .lastWriter(store.latest?.value.bytes ?? [])
    case .multiValue(let store): .multiValue(store.values)
    case .addWinsSet(let store): .set(store.elements)
    case .removeWinsSet(let store): .set(store.elements)
    case .enableWinsFlag(let store): .flag(!store.isEmpty)
    case .disableWinsFlag(let store): .flag(store.isPresent)
    case .map(let store): .map(store.fields)
    }
  }
}
