import EventLog
import Primitives

/// Why a scenario cannot be used. A struct over a private enum, so that cases can be added.
public struct ScenarioError: Error, Equatable, Sendable, CustomStringConvertible {
  private enum Kind: Equatable {
    case unknown(String, known: [String])
    case unknownProfile(String, known: [String])
    case outOfRange(String, Int, ClosedRange<Int>)
    case contradiction(String)
    case badFile(String)
  }
  private let kind: Kind
  /// The keys at fault, if it is not the form of the file.
  public let keys: [String]
  /// Where it stands in the scenario's file, if it comes from one.
  public private(set) var place: JSONDocument.Place?

  private init(kind: Kind, keys: [String] = []) {
    self.kind = kind
    self.keys = keys
  }

  /// The same with its place in a file.
  func at(_ place: JSONDocument.Place) -> ScenarioError {
    var error = self
    error.place = error.place ?? place
    return error
  }

  /// There is no scenario of this name.
  public static func unknown(_ name: String, known: [String]) -> ScenarioError {
    .init(kind: .unknown(name, known: known))
  }
  /// There is no profile of this name.
  static func unknownProfile(_ name: String, known: [String]) -> ScenarioError {
    .init(kind: .unknownProfile(name, known: known))
  }
  /// The number of `key` is not allowed.
  public static func outOfRange(
    _ key: String, _ value: Int, _ range: ClosedRange<Int>
  ) -> ScenarioError { .init(kind: .outOfRange(key, value, range), keys: [key]) }
  /// Settings that cannot be, alone or together; `keys` names them.
  public static func contradiction(_ what: String, keys: [String] = []) -> ScenarioError {
    .init(kind: .contradiction(what), keys: keys)
  }
  /// A file is no scenario.
  public static func badFile(_ what: String) -> ScenarioError { .init(kind: .badFile(what)) }

  public var description: String {
    PrintableText.line(place.map { "\($0): \(what)" } ?? what)
  }

  /// What is wrong, without its place.
  package var reason: String { PrintableText.line(what) }

  private var what: String {
    switch kind {
    case .unknown(let name, let known):
      "there is no scenario '\(name)'; known are \(known.joined(separator: ", ")), or give a file"
    case .unknownProfile(let name, let known):
      "there is no profile '\(name)'; known: \(known.joined(separator: ", "))"
    case .outOfRange(let key, let value, let range):
      "\(key) is \(value), allowed is \(range.lowerBound) to \(range.upperBound)"
    case .contradiction(let what): what
    case .badFile(let what): what
    }
  }
}
