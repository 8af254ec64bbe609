/// A JSON document as RFC 8259 has it and no more: no key twice in an object, no comma too many, no
/// half characters, nothing before or after. Each value knows its place, for errors about it.
public struct JSONDocument: Sendable, Hashable {
  /// Where something stands in a document.
  public struct Place: Sendable, Hashable, CustomStringConvertible {
    /// Line, from 1.
    public let line: Int
    /// Byte of the line, from 1.
    public let column: Int

    public var description: String { "line \(line), column \(column)" }
  }

  /// A key of an object with its value.
  public struct Member: Sendable, Hashable {
    public let key: String
    /// Where the key stands.
    public let place: Place
    public let value: JSONDocument
  }

  public enum Content: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The number as it was written.
    case number(String)
    case text(String)
    case array([JSONDocument])
    /// The members in the order of the document.
    case object([Member])
  }

  public let content: Content
  public let place: Place

  /// The whole number that was written as digits, with a minus sign at most; nil for everything
  /// else, such as `1.0`, `1e3`, `-0` or what does not fit.
  public func whole<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
    guard case .number(let digits) = content, let value = Value(digits), "\(value)" == digits else {
      return nil
    }
    return value
  }

  /// The text, nil for everything else.
  public var text: String? {
    if case .text(let text) = content { text } else { nil }
  }
}

/// Why bytes are no JSON document, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public let reason: String
  public let place: JSONDocument.Place

  public var description: String { "\(place): no JSON: \(reason)" }
}
