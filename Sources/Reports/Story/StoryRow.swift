/// What became of something that a node asked for or was given.
enum StoryFate: String, Sendable {
  /// It was of use.
  case taken
  /// It was wrong.
  case refused
  /// It was not wrong and of no use.
  case unused
}

/// The part that an event plays for the thing that it is about.
enum StoryRole: Sendable, Equatable {
  /// Something is asked of a peer, by a request of one of these types.
  case asks([String])
  /// A request goes out.
  case sends
  /// A request ends.
  case ends
  /// What was asked for is here and not looked at yet.
  case arrives
  /// It waits for something else.
  case waits
  /// It is decided what became of it.
  case settles(StoryFate)
  /// A peer pays for something.
  case penalises
  /// None of these.
  case tells
}

/// How stories tell of one event.
struct StoryRow: Sendable {
  /// The name of the event.
  let name: String
  /// The sentence, with fields as `{peer}`. What stands in brackets is left out if a field in it is
  /// missing.
  let sentence: String
  let role: StoryRole

  init(_ name: String, _ sentence: String, _ role: StoryRole = .tells) {
    self.name = name
    self.sentence = sentence
    self.role = role
  }
}

/// How stories tell of all events. An event that is not here is told by the names of its fields.
package enum StoryTable {
  static let rows: [String: StoryRow] = Dictionary(
    (runs + syncs + chains + transfers + keyValues + others).map { ($0.name, $0) },
    uniquingKeysWith: { first, _ in first })

  /// The types of the requests that bring answers for a group of events.
  static let requestTypes: [String: [String]] = Dictionary(
    rows.values.compactMap { row in
      guard case .asks(let types) = row.role else { return nil }
      return (String(row.name.prefix { $0 != "." }), types)
    }, uniquingKeysWith: { first, _ in first })

  static func row(_ name: String) -> StoryRow {
    rows[name] ?? StoryRow(name, "")
  }

  /// The events that have a sentence, with it.
  package static var sentences: [(name: String, sentence: String)] {
    rows.values.map { ($0.name, $0.sentence) }.sorted { $0.0 < $1.0 }
  }
}
