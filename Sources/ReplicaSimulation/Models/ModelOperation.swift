/// The replicated types, as the models know them.
public enum ModelKind: String, Sendable, Hashable, CaseIterable {
  case gcounter, pncounter, lwwregister, mvregister, gset, orset, rwset, ewflag, dwflag, ormap
  case rgatext

  /// What may be a field of a map.
  static let fields: [ModelKind] = [
    .pncounter, .lwwregister, .mvregister, .orset, .rwset, .ewflag, .dwflag, .ormap,
  ]
}

/// The name and the type of a field of a map.
struct ModelField: Sendable, Hashable {
  let name: [UInt8]
  let kind: ModelKind
}

/// What a client asks for.
indirect enum ModelOperation: Sendable, Hashable {
  case count(Int64)
  case reset
  case write([UInt8])
  case add([UInt8])
  case remove([UInt8])
  case clear
  case enable
  case disable
  case update(ModelField, ModelOperation)
  case removeField(ModelField)
  case insert(String, at: Int)
  case erase(Range<Int>)

  /// Whether it is an event of its own, not only the end of others.
  func makesEvent(of kind: ModelKind) -> Bool {
    switch self {
    case .count, .write, .add, .enable, .insert: kind != .gcounter && kind != .gset
    case .remove: kind == .rwset
    case .disable: kind == .dwflag
    case .update(let field, let inner): inner.makesEvent(of: field.kind)
    case .reset, .clear, .removeField, .erase: false
    }
  }
}

/// What a user sees of a value.
indirect enum ModelShown: Sendable, Hashable {
  case number(Int64)
  case bytes([UInt8]?)
  case values([[UInt8]])
  case flag(Bool)
  case fields([ModelField: ModelShown])
  case text(String)

  var text: String {
    if case .text(let text) = self { return text }
    return ""
  }
}

/// A change as the models see it: what was asked, who made it, and what its author had seen.
struct ModelEvent: Sendable {
  let number: Int
  let operation: ModelOperation
  let stamp: TraceStamp
  let seen: EventSet
  /// What the author saw before; of texts only.
  let before: ModelShown

  /// The same as a change of a field.
  func inner(_ operation: ModelOperation) -> ModelEvent {
    ModelEvent(number: number, operation: operation, stamp: stamp, seen: seen, before: before)
  }
}

/// Changes of one value, and the removals around it, each of which takes what it has seen.
struct ModelHistory: Sendable {
  var events: [ModelEvent]
  var removals: [ModelEvent] = []

  /// The events that `isMade` chooses and no other one that `isEnd` chooses has seen.
  func live(
    _ isMade: (ModelEvent) -> Bool, endedBy isEnd: (ModelEvent, ModelEvent) -> Bool
  ) -> [ModelEvent] {
    events.filter { event in
      isMade(event)
        && !events.contains { isEnd($0, event) && $0.seen.contains(event.number) }
        && !removals.contains { $0.seen.contains(event.number) }
    }
  }
}
