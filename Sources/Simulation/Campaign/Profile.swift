/// Worlds that are drawn with the seed.
public struct Profile: Sendable {
  /// As it is given to `--profile`.
  public let name: String
  /// One sentence.
  public let description: String
  /// The world of a seed.
  public let draw: @Sendable (_ seed: UInt64) -> RunInput
  /// Names of the marks that a long campaign has (C1, C2), else it proves too little; none if
  /// nothing is asked of it.
  public let coverage: [String]

  /// All there are. To add one, add it here.
  public static let all: [Profile] = [
    Profile(
      name: "swarm",
      description: "a small world with planned faults of the classes that the seed switches on",
      draw: { .plan(.swarm(seed: $0)) },
      coverage: FaultClass.all.map { RunMarks.Kind.fault.mark($0.name) }
        + RunMarks.known.map(RunMarks.Kind.reached.mark)),
    Profile(
      name: "small", description: "as swarm, in the least world in which it can all come about",
      draw: { .plan(.small(seed: $0)) }, coverage: []),
    Profile(
      name: "wild",
      description: "every number of a scenario may be anything in its range",
      draw: { .scenario(.wild(seed: $0), seed: $0) }, coverage: []),
  ]

  /// The profile `name`; throws `unknownProfile`.
  /// - Parameter others: names of profiles that are not of nodes that sync.
  public static func named(
    _ name: String, others: [String] = []
  ) throws(ScenarioError) -> Profile {
    guard let profile = all.first(where: { $0.name == name }) else {
      throw .unknownProfile(name, known: all.map(\.name) + others)
    }
    return profile
  }
}
