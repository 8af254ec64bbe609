import EventLog

/// A record with its fields at hand, whatever its event is.
struct StoryRecord: Sendable {
  let record: EventRecord
  /// The name of the event, such as `chunk.rejected`.
  let name: String
  let row: StoryRow
  private let fields: [(field: EventField, value: EventValue)]

  init(_ record: EventRecord) {
    self.record = record
    name = record.event.name
    row = StoryTable.row(name)
    fields = record.event.fields
  }

  var sequence: UInt64 { record.sequence }
  var time: Int64 { record.time }
  var node: String { record.context.node }
  /// The group of the event, such as `chunk`.
  var group: Substring { name.prefix { $0 != "." } }

  func value(_ name: String) -> (field: EventField, value: EventValue)? {
    fields.first { $0.field.name == name }
  }

  func text(_ field: EventField) -> String? {
    if case .text(let text) = value(field.name)?.value { text } else { nil }
  }

  func number(_ field: EventField) -> UInt64? {
    if case .number(let number) = value(field.name)?.value { number } else { nil }
  }

  /// The node that the record is about, such as `p3`.
  var peer: String? { text(.peer) }

  /// What tells the thing that the event is about from others of its kind, if anything does.
  var thing: String? { text(.startKey) ?? text(.hash) }

  /// Fields for people that have no sentence of their own.
  var facts: String {
    fields.map { "\($0.field.name) \(StorySentence.plain($0.field, $0.value))" }
      .joined(separator: ", ")
  }
}
