/// What a field of an event holds, for readers that treat all events alike.
public enum EventValue: Sendable, Hashable {
  case number(UInt64)
  /// A text as it was before it was quoted.
  case text(String)
}

extension Event {
  /// The event's own fields in their order; those that it can have and lacks are not among them.
  public var fields: [(field: EventField, value: EventValue)] {
    Self.values(of: group).map { ($0.field, EventValue(json: $0.value)) }
  }

  private static func values(
    of group: some EventGroup
  ) -> [(field: EventField, value: [UInt8])] {
    JSONLine.values(of: group)
  }
}

extension EventValue {
  /// The value that `JSONLine` wrote as these bytes.
  fileprivate init(json bytes: [UInt8]) {
    guard bytes.first == UInt8(ascii: "\"") else {
      self = .number(bytes.reduce(0) { $0 &* 10 &+ UInt64($1 & 15) })
      return
    }
    if bytes.contains(UInt8(ascii: "\\")), let text = try? JSONDocument(parsing: bytes).text {
      self = .text(text)
    } else {
      self = .text(String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self))
    }
  }
}
