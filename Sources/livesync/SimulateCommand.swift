import Daemon
import EventLog
import Foundation
import LiveSync
import Primitives
import Reports
import Simulation
import Streams

/// `livesync simulate`
enum SimulateCommand: Command {
  private static let profiles =
    (Profile.all.map(\.name) + ReplicaProfile.all.map(\.name)).joined(separator: ", ")

  static let specification = CommandSpecification(
    name: "simulate",
    summary: "Run a simulated network and let a fresh node join its moving chain.",
    positionals: [],
    options: [
      .init("--scenario", "NAME|FILE", help: "a built-in scenario or a JSON file (default)"),
      .init("--profile", "NAME", help: "draw the world with the seed: \(profiles)"),
      .init("--plan", "FILE", help: "run a plan of faults from a JSON file"),
      .init("--seed", "N", help: "seed of everything random (1)"),
      .init("--seeds", "A..<B", help: "run many seeds instead and sum up; writes no log"),
      .init("--jobs", "N", help: "processes that run seeds at the same time (one per processor)"),
      .init("--shard", "I/N", help: "run this share of the seeds only: 0/4 is the first of four"),
      .init("--resume", help: "go on with the results that --out has already"),
      .init("--worker", help: "run the seeds that come on standard input, one a line"),
      .init("--nodes", "N", help: "nodes, the joining one among them"),
      .init("--accounts", "N", help: "accounts at the start"),
      .init("--blocks", "N", help: "blocks the chain has at least at the end"),
      .init("--strategy", "NAME", help: "how the state is filled: sequential or parallel"),
      .init("--transport", "NAME", help: "model (default), real-codec or real-network"),
      .init("--set", "KEY=N,…", help: "other numbers of the scenario, as in its file"),
      .init("--show", help: "print the scenario or plan as a JSON file instead of running it"),
      .init("--check-determinism", help: "run twice in two processes and compare the logs"),
      .init(
        "--out", "DIR",
        help: "where events.jsonl goes (out/SCENARIO-SEED), or the results"),
    ],
    notes: [
      "Scenarios: " + Scenario.builtIn.map(\.name).joined(separator: ", ") + ".",
      "Prints the parameters, a line for each notable event of the joining node, and the verdict.",
      "The same scenario, seed and program give the same events.jsonl, byte by byte.",
      "Exit codes: 0 pass, 2 unusable arguments, 5 pass, but log or output are cut, 10 safety,",
      "11 liveness, 12 two runs differ, 13 crash, 14 vacuous, 15 unwinnable. An interrupted",
      "--seeds prints what it found; its code is that of the gravest verdict, or 128 and the",
      "signal's number if nothing failed. With --seeds, --out is a folder or a file *.jsonl;",
      "without it no result is kept.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max) ?? 1
    if let replicas = ReplicaProfile.named(arguments.text("--profile")) {
      return try run(replicas, seed: seed, arguments)
    }
    if arguments.flag("--check-determinism") { return try checkDeterminism(arguments, seed: seed) }
    let profile = try profile(arguments)
    let (input, isRepeatable) = try input(arguments, seed: seed)
    if arguments.flag("--show") {
      Console.printJSON(String(input.json.dropLast()))
      return .pass
    }
    let transport = try transport(arguments)
    if let profile, case .realNetwork = transport {
      throw UsageError(
        "option '--profile \(profile.name)' draws worlds that '--transport real-network' does not "
          + "take: of more nodes, or with planned faults")
    }
    if arguments.flag("--worker") { return try work(arguments, transport) }
    if let text = arguments.text("--seeds") {
      guard isRepeatable else {
        throw UsageError("option '--seeds' needs a scenario in a file that can be read again")
      }
      _ = try usable { () throws(ScenarioError) in try input.run(transport: transport) }
      return try campaign(text, identity(input, profile, arguments), arguments) {
        CampaignSummary(name: profile?.name ?? input.scenario.name, profile: profile, planned: $0)
      }
    }
    try refuseWithoutSeeds(arguments)
    return try run(input, transport, arguments)
  }

  /// What a run with `seed` is made of, and whether it can be read again: a plan from a file, what
  /// a profile draws, or a scenario.
  static func input(
    _ arguments: Arguments, seed: UInt64
  ) throws -> (RunInput, isRepeatable: Bool) {
    if let plan = try plan(arguments) { return (.plan(plan), false) }
    let profile = try profile(arguments)
    let drawn = profile?.draw(seed)
    if let profile, case .plan(let plan)? = drawn {
      try refuseNumbers(arguments, with: "--profile \(profile.name)")
      return (.plan(plan), true)
    }
    let (scenario, isRepeatable) = try scenario(arguments, drawn: drawn?.scenario)
    return (.scenario(scenario, seed: seed), isRepeatable)
  }

  /// The scenario that is asked for, and whether it can be read again.
  /// - Parameter drawn: the one that a profile gives.
  private static func scenario(
    _ arguments: Arguments, drawn: Scenario?
  ) throws -> (Scenario, isRepeatable: Bool) {
    let name = arguments.text("--scenario") ?? "default"
    var scenario: Scenario
    var isRepeatable = true
    if let drawn {
      scenario = drawn
    } else if name.contains("/") || name.hasSuffix(".json") {
      var file = try InputFile(path: name)
      isRepeatable = file.isRepeatable
      let bytes = try file.all(limit: SimulationLimits.scenarioBytesMax)
      do { scenario = try Scenario(json: bytes) } catch { throw UsageError("\(name): \(error)") }
    } else {
      scenario = try usable { () throws(ScenarioError) in try Scenario.named(name) }
    }
    let keys = ["nodes", "accounts", "blocks"]
    for key in keys { try scenario.override(key, arguments) }
    if let word = arguments.text("--strategy") {
      guard let strategy = SyncStrategy(rawValue: word) else {
        let known = SyncStrategy.allCases.map(\.rawValue).joined(separator: " or ")
        throw UsageError("option '--strategy' needs \(known), not '\(word)'")
      }
      scenario.strategy = strategy
    }
    var taken = Set(keys.filter { arguments.text("--\($0)") != nil })
    let parts = arguments.text("--set")?.split(separator: ",", omittingEmptySubsequences: false)
    for part in parts ?? [] {
      try usable { () throws(ScenarioError) in try scenario.set(String(part)) }
      let key = String(part.prefix { $0 != "=" })
      guard taken.insert(key).inserted else { throw UsageError("'\(key)' is set twice") }
    }
    _ = try usable { () throws(ScenarioError) in try scenario.plan(seed: 1) }
    return (scenario, isRepeatable)
  }

  /// The profile that draws the scenario with the seed, if one is asked for.
  static func profile(_ arguments: Arguments) throws(UsageError) -> Profile? {
    guard let name = arguments.text("--profile") else { return nil }
    guard arguments.text("--scenario") == nil else {
      throw UsageError("option '--profile' does not go with '--scenario'")
    }
    return try usable { () throws(ScenarioError) in
      try Profile.named(name, others: ReplicaProfile.all.map(\.name))
    }
  }

  /// What messages go through.
  private static func transport(_ arguments: Arguments) throws(UsageError) -> SimulatedTransport {
    switch arguments.text("--transport") {
    case nil, "model": .model
    case "real-codec": .realCodec()
    case "real-network": .realNetwork
    case let name?:
      throw UsageError(
        "option '--transport' needs model, real-codec or real-network, not '\(name)'")
    }
  }

  static func usable<Value>(
    _ body: () throws(ScenarioError) -> Value
  ) throws(UsageError) -> Value {
    do { return try body() } catch { throw UsageError(error.description) }
  }

  static func exitCode(_ verdict: Event.RunVerdict) -> ExitCode {
    switch verdict {
    case .pass: .pass
    case .safety: .safety
    case .crash: .crash
    case .liveness: .liveness
    case .vacuous: .vacuous
    case .unwinnable: .unwinnable
    }
  }
}

extension Scenario {
  /// Takes a number over from the option of the same name.
  fileprivate mutating func override(_ key: String, _ arguments: Arguments) throws(UsageError) {
    guard let field = Scenario.fields.first(where: { $0.key == key }),
      let value = try arguments.number("--\(key)", in: field.range)
    else { return }
    self[key] = value
  }
}

/// What this program was built from.
enum BuildIdentity {
  static let current = RunIdentity(
    commit: ProcessInfo.processInfo.environment["LIVESYNC_COMMIT"] ?? "unknown",
    toolchain: toolchain, mode: mode)

  static let build = ProgramBuild(
    version: "0.11", commit: current.commit, toolchain: toolchain, mode: mode)

  private static var toolchain: String {
    #if swift(>=6.4)
      "swift-6.4+"
    #elseif swift(>=6.3)
      "swift-6.3"
    #else
      "swift-6.2"
    #endif
  }

  private static var mode: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }
}
