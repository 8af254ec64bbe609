/// Why bytes are no fixture chain, and where. A struct over a private enum, so that cases can be
/// added.
public struct FixtureError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case syntax(expected: String)
    case field(name: String, rule: String)
    case order(String)
    case format(found: UInt32)
    case tooLarge(String, limit: Int)
    case incompleteLine
  }

  private let kind: Kind
  /// Line of the file, from 1.
  public let line: Int

  /// The line is not what the format has there.
  static func syntax(expected: String, line: Int) -> FixtureError {
    FixtureError(kind: .syntax(expected: expected), line: line)
  }
  /// The value of a field breaks a rule.
  static func field(_ name: String, _ rule: String, line: Int) -> FixtureError {
    FixtureError(kind: .field(name: name, rule: rule), line: line)
  }
  /// A record stands where it cannot stand.
  static func order(_ rule: String, line: Int) -> FixtureError {
    FixtureError(kind: .order(rule), line: line)
  }
  /// The file has another version of the format.
  static func format(found: UInt32, line: Int) -> FixtureError {
    FixtureError(kind: .format(found: found), line: line)
  }
  /// There is more of something than the named limits allow.
  static func tooLarge(_ what: String, limit: Int, line: Int) -> FixtureError {
    FixtureError(kind: .tooLarge(what, limit: limit), line: line)
  }
  /// The file does not end with a line feed.
  static func incompleteLine(line: Int) -> FixtureError {
    FixtureError(kind: .incompleteLine, line: line)
  }

  /// Name of the field at fault, if it is one.
  public var fieldName: String? {
    if case .field(let name, _) = kind { name } else { nil }
  }

  public var description: String {
    let what =
      switch kind {
      case .syntax(let expected): "expected \(expected)"
      case .field(let name, let rule): "field \(name) \(rule)"
      case .order(let rule): rule
      case .format(let found):
        "the fixture has format \(found), this program reads format \(FixtureLimits.formatVersion)"
      case .tooLarge(let what, let limit): "\(what) is above the limit of \(limit)"
      case .incompleteLine: "the file does not end with a line feed"
      }
    return "line \(line): \(what)"
  }
}
