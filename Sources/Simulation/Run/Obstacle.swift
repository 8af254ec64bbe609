/// Why nobody could win a world: the rule that says so, and the numbers.
public struct Obstacle: Sendable, Hashable, CustomStringConvertible {
  /// The rules, as the manual names them.
  public enum Rule: String, Sendable, CaseIterable {
    /// Nobody gives the state truthfully.
    case path = "W1"
    /// The time limit is over before the least time the run takes.
    case time = "W2"
    /// The blocks alone are more than the joining node's line carries.
    case blocks = "W3"
    /// Announced blocks wait in the line of the peer that makes them.
    case maker = "W4"
    /// The joining node's line, or its peers', was full of what it needed, and that was not enough.
    case line = "W5"
  }

  public let rule: Rule
  /// The numbers, for people.
  public let detail: String

  init(_ rule: Rule, _ detail: String) {
    self.rule = rule
    self.detail = detail
  }

  public var description: String { "\(rule.rawValue): \(detail)" }
}
