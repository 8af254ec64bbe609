import Primitives

/// What can stand in a log: the events of a program, group by group. The table of their fields is
/// found out by letting every event read made-up ones.
///
/// Each room declares the groups that it emits; the program lists them all in one place.
public struct EventSchema: Sendable {
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
  public let entries: [Entry]
  private let kinds: [EventKind]
  private let kindsByName: [String: EventKind]

  /// The schema of these groups, in the order of the schema document. Traps if they contradict each
  /// other.
  public init(_ groups: [any EventGroup.Type]) {
    if let contradiction = Self.contradiction(among: groups) {
      preconditionFailure(contradiction)
    }
    kinds = groups.flatMap { EventKind.all(of: $0) }
    kindsByName = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    entries = kinds.map(Entry.init)
  }

  /// Why these groups cannot stand in one schema: two claim one event, or mean different things by
  /// one field. Nil if they can.
  public static func contradiction(among groups: [any EventGroup.Type]) -> String? {
    var owners: [String: String] = [:]
    var uses: [String: (field: Field, event: String)] = [:]
    for group in groups {
      for entry in EventKind.all(of: group).map(Entry.init) {
        let owner = String(reflecting: group)
        if let other = owners.updateValue(owner, forKey: entry.name) {
          return "\(other) and \(owner) both claim the event \(entry.name)"
        }
        for field in entry.fields {
          let first = uses[field.field.name, default: (field, entry.name)]
          guard first.field.field == field.field, first.field.text == field.text else {
            return "\(first.event) and \(entry.name) mean different things by the field "
              + field.field.name
          }
          uses[field.field.name] = first
        }
      }
    }
    return nil
  }

  /// One event of each kind, its fields chosen by `choose`, which gives a number in 0..<its
  /// argument. A number of 0 leaves an optional field out.
  public func samples(choosing choose: @escaping (UInt64) -> UInt64) -> [Event] {
    kinds.map { $0.sample(EventFieldProbe(choose)) }
  }

  /// The kind of the events with this name; nil if the schema has none.
  func kind(named name: String) -> EventKind? { kindsByName[name] }
}

extension EventSchema.Entry {
  fileprivate init(_ kind: EventKind) {
    let probe = EventFieldProbe { _ in 1 }
    _ = kind.sample(probe)
    self.init(name: kind.name, level: kind.level, meaning: kind.meaning, fields: probe.fields)
  }
}

extension EventKind {
  /// An event of this kind with the fields that `probe` makes up.
  fileprivate func sample(_ probe: EventFieldProbe) -> Event {
    do {
      return try read(probe)
    } catch {
      preconditionFailure("\(name) refuses made-up fields: \(error)")
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
    case .hash, .publicKey: return digits(64)
    case .key: return digits(choose(127))
    case .data: return digits(2 * choose(20))
    case .peer: return "p\(choose(1 << 32))"
    case .symbol(let words): return words[Int(choose(UInt64(words.count)))]
    }
  }

  func invalid(_ field: EventField, _ rule: String) -> EventLogError {
    .invalidValue(field.name, rule: rule, line: 0, column: 0)
  }

  private func note(_ field: EventField, _ form: EventTextForm?) {
    fields.append(EventSchema.Field(field: field, text: form, isOptional: isOptional))
    isOptional = false
  }

  private func digits(_ count: UInt64) -> String {
    String((0..<count).map { _ in Character(String(choose(16), radix: 16)) })
  }
}
