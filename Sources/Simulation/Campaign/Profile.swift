/// Worlds that are drawn with the seed.
public struct Profile: Sendable {
  /// As it is given to `--profile`.
  public let name: String
  /// One sentence.
  public let description: String
  /// The world of a seed.
  public let scenario: @Sendable (_ seed: UInt64) -> Scenario

  /// All there are. To add one, add it here.
  public static let all: [Profile] = [
    Profile(
      name: "wild",
      description: "every number of a scenario may be anything in its range",
      scenario: { .wild(seed: $0) })
  ]

  /// The profile `name`; throws `unknownProfile`.
  public static func named(_ name: String) throws(ScenarioError) -> Profile {
    guard let profile = all.first(where: { $0.name == name }) else {
      throw .unknownProfile(name, known: all.map(\.name))
    }
    return profile
  }
}
