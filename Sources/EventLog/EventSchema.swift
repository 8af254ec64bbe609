import Primitives

/// The schema as a table, found out by letting every event read made-up fields.
public enum EventSchema {
  /// One event of the schema.
  public struct Entry: Sendable, Hashable {
    /// The name in the log.
    public let name: String
    public let level: EventLevel
    /// What the event says, in one sentence.
    public let meaning: String
    /// The event's own fields in their order.
    public let fields: [Field]
  }

  /// One field of an event.
  public struct Field: Sendable, Hashable {
    public let field: EventField
    /// The form of a text, nil for an unsigned integer.
    public let text: EventTextForm?
    /// True if the field can be missing.
    public let isOptional: Bool
  }

  /// All events in the order of the schema document.
  public static let entries: [Entry] = EventKind.all.map { kind in
    let probe = EventFieldProbe { _ in 1 }
    _ = sample(kind, probe)
    return Entry(
      name: kind.name, level: kind.level, meaning: kind.meaning, fields: probe.fields)
  }

  /// One event of each kind, its fields chosen by `choose`, which gives a number in 0..<its
  /// argument. A number of 0 leaves an optional field out.
  public static func samples(choosing choose: @escaping (UInt64) -> UInt64) -> [Event] {
    EventKind.all.map { sample($0, EventFieldProbe(choose)) }
  }

  private static func sample(_ kind: EventKind, _ probe: EventFieldProbe) -> Event {
    do {
      return try kind.read(probe)
    } catch {
      preconditionFailure("\(kind.name) refuses made-up fields: \(error)")
    }
  }
}

/// Makes up fields and notes which ones it was asked for.
private final class EventFieldProbe: EventFieldReader {
  private let choose: (UInt64) -> UInt64
  private var isOptional = false
  private(set) var fields: [EventSchema.Field] = []

  init(_ choose: @escaping (UInt64) -> UInt64) {
    self.choose = choose
  }

  func has(_ field: EventField) throws(EventLogError) -> Bool {
    isOptional = choose(2) == 1
    return isOptional
  }

  func unsigned(_ field: EventField, atMost limit: UInt64) throws(EventLogError) -> UInt64 {
    note(field, nil)
    return limit == .max ? choose(limit) : choose(limit + 1)
  }

  func text(_ field: EventField, as form: EventTextForm) throws(EventLogError) -> String {
    note(field, form)
    switch form {
    case .text:
      let characters: [Character] = ["a", "Z", " ", "\"", "\\", "\n", "\u{1}", "\u{1f}", "ä", "🌲"]
      return String((0..<choose(12)).map { _ in characters[Int(choose(10))] })
    case .hash: return digits(64)
    case .key: return digits(choose(127))
    case .data: return digits(2 * choose(20))
    case .peer: return "p\(choose(1 << 32))"
    case .symbol(let words): return words[Int(choose(UInt64(words.count)))]
    }
  }

  func invalid(_ field: EventField, _ rule: String) -> EventLogError {
    .invalidValue(field.rawValue, rule: rule, line: 0, column: 0)
  }

  private func note(_ field: EventField, _ form: EventTextForm?) {
    fields.append(EventSchema.Field(field: field, text: form, isOptional: isOptional))
    isOptional = false
  }

  private func digits(_ count: UInt64) -> String {
    String((0..<count).map { _ in Character(String(choose(16), radix: 16)) })
  }
}
