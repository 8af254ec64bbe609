/// What is wrong with bytes that are no RESP, in the words that Redis uses.
public enum RESPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An array announces no number, or more arguments than `RequestBounds.arguments`.
  case invalidArrayLength
  /// An argument announces no number, or more bytes than `RequestBounds.bulkBytes`.
  case invalidBulkLength
  /// Where `$` or another marker must be there is something else.
  case unexpected(UInt8, expected: UInt8)
  /// An array's first line does not end.
  case longArrayLine
  /// An argument's first line does not end.
  case longBulkLine
  /// An inline request does not end.
  case longInline
  /// An inline request opens a quote that it does not close, or goes on right after one.
  case unbalancedQuotes
  /// What stands behind an argument is not CR and LF.
  case unendedBulk
  /// Too many arguments of a client that has not authenticated itself.
  case strangerArrayLength
  /// An argument of such a client is too long.
  case strangerBulkLength
  /// A reply is not what its type allows.
  case malformedReply(String)

  /// The error as a client reads it, without "ERR".
  public var description: String {
    switch self {
    case .invalidArrayLength: "Protocol error: invalid multibulk length"
    case .invalidBulkLength: "Protocol error: invalid bulk length"
    case .unexpected(let found, let expected):
      "Protocol error: expected '\(Self.character(expected))', got '\(Self.character(found))'"
    case .longArrayLine: "Protocol error: too big mbulk count string"
    case .longBulkLine: "Protocol error: too big bulk count string"
    case .longInline: "Protocol error: too big inline request"
    case .unbalancedQuotes: "Protocol error: unbalanced quotes in request"
    case .unendedBulk: "Protocol error: no CRLF after an argument"
    case .strangerArrayLength: "Protocol error: unauthenticated multibulk length"
    case .strangerBulkLength: "Protocol error: unauthenticated bulk length"
    case .malformedReply(let what): "Protocol error: \(what)"
    }
  }

  /// A byte as it may stand in a line: what ends lines becomes a space, as in Redis.
  private static func character(_ byte: UInt8) -> Character {
    byte == 10 || byte == 13 ? " " : Character(UnicodeScalar(byte))
  }
}
