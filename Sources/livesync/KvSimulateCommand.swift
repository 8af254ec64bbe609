import ReplicaSimulation

/// `livesync kv simulate`
enum KvSimulateCommand: Command {
  private static let planted = KeyValueFault.allCases.map(\.rawValue)
  private static let seedsDefault: ClosedRange<UInt64> = 1...200

  static let specification = CommandSpecification(
    name: "kv simulate",
    summary: "Run clusters of the key-value store, under faults, and check what they hold.",
    positionals: [],
    options: [
      .init("--seeds", "A..<B", help: "run many seeds and sum up (default 1...200)"),
      .init("--seed", "N", help: "run one; if it fails, make it small and show it"),
      .init("--plant", "FAULT", help: "build a fault into the replicas, to see it found"),
    ],
    notes: [
      "Faults to plant: \(planted.prefix(3).joined(separator: ", ")),",
      "\(planted.dropFirst(3).joined(separator: ", ")).",
      "The same seed and program give the same events; their SHA-256 is the digest.",
      "Exit codes: 0 all hold what the model says, 2 unusable arguments, 10 wrong, 11 not in",
      "time, 14 some fault never happened in \(ReplicaTally.completeRunsMin) or more runs.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let planted: KeyValueFault? = try ReplicasCommand.choice(arguments, "--plant")
    if let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max) {
      guard arguments.text("--seeds") == nil else {
        throw UsageError("option '--seed' does not go with '--seeds'")
      }
      let run = KeyValueRun(seed: seed, planted: planted)
      return ReplicasCommand.one(run.report(), { run.shrunk() }, arguments)
    }
    let seeds = try ReplicasCommand.seeds(arguments) ?? seedsDefault
    let plant = planted.map { " --plant \($0.rawValue)" } ?? ""
    return ReplicasCommand.campaign(seeds, "livesync kv simulate\(plant) --seed", arguments) {
      KeyValueRun(seed: $0, planted: planted).report()
    }
  }
}
