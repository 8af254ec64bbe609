import Primitives

/// Why bytes are not an event log, and where.
///
/// A struct over a private enum, so that cases can be added without breaking callers.
public struct EventLogError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case syntax(expected: String)
    case unknownEvent(String)
    case unexpectedField(expected: String)
    case invalidValue(field: String, rule: String)
    case newerSchema(found: Int, known: Int)
    case lineTooLong(limit: Int)
    case incompleteLine
    case outOfOrder(String)
  }

  private let kind: Kind
  /// Line of the log, from 1.
  public let line: Int
  /// Byte of the line, from 1.
  public let column: Int

  /// The line is no JSON object as this program writes it.
  static func syntax(expected: String, line: Int, column: Int) -> EventLogError {
    EventLogError(kind: .syntax(expected: expected), line: line, column: column)
  }
  /// The schema has no event of this name.
  static func unknownEvent(_ name: String, line: Int, column: Int) -> EventLogError {
    EventLogError(kind: .unknownEvent(name), line: line, column: column)
  }
  /// Another field stands where the event has this one.
  static func unexpectedField(expected: String, line: Int, column: Int) -> EventLogError {
    EventLogError(kind: .unexpectedField(expected: expected), line: line, column: column)
  }
  /// A field's value breaks a rule.
  static func invalidValue(
    _ field: String, rule: String, line: Int, column: Int
  ) -> EventLogError {
    EventLogError(kind: .invalidValue(field: field, rule: rule), line: line, column: column)
  }
  /// The log was written by a newer program.
  static func newerSchema(found: Int, known: Int, line: Int) -> EventLogError {
    EventLogError(kind: .newerSchema(found: found, known: known), line: line, column: 1)
  }
  /// A line is longer than `EventLogLimits.lineBytesMax`.
  static func lineTooLong(line: Int) -> EventLogError {
    let limit = EventLogLimits.lineBytesMax
    return EventLogError(kind: .lineTooLong(limit: limit), line: line, column: limit + 1)
  }
  /// The log ends without a line feed.
  static func incompleteLine(line: Int, column: Int) -> EventLogError {
    EventLogError(kind: .incompleteLine, line: line, column: column)
  }
  /// A record stands where it cannot stand.
  static func outOfOrder(_ rule: String, line: Int) -> EventLogError {
    EventLogError(kind: .outOfOrder(rule), line: line, column: 1)
  }

  /// True if only the end of the log is missing, as after a crash of the writer.
  public var isIncompleteLine: Bool { kind == .incompleteLine }

  public var description: String {
    let what =
      switch kind {
      case .syntax(let expected): "expected \(expected)"
      case .unknownEvent(let name): "schema \(Event.schemaVersion) has no event \(name)"
      case .unexpectedField(let expected): "expected \(expected)"
      case .invalidValue(let field, let rule): "\(field) \(rule)"
      case .newerSchema(let found, let known):
        "the log has schema \(found), this program knows schemas up to \(known)"
      case .lineTooLong(let limit): "the line is longer than \(limit) bytes"
      case .incompleteLine: "the log ends without a line feed"
      case .outOfOrder(let rule): rule
      }
    return PrintableText.line("line \(line), column \(column): \(what)")
  }
}
