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
  static let specification = CommandSpecification(
    name: "simulate",
    summary: "Run a simulated network and let a fresh node join its moving chain.",
    positionals: [],
    options: [
      .init("--scenario", "NAME|FILE", help: "a built-in scenario or a JSON file (default)"),
      .init("--profile", "NAME", help: "draw the world with the seed: swarm or wild"),
      .init("--plan", "FILE", help: "run a plan of faults from a JSON file"),
      .init("--seed", "N", help: "seed of everything random (1)"),
      .init("--seeds", "A...B", help: "run many seeds instead and sum up; writes no log"),
      .init("--nodes", "N", help: "nodes, the joining one among them"),
      .init("--accounts", "N", help: "accounts at the start"),
      .init("--blocks", "N", help: "blocks the chain has at least at the end"),
      .init("--strategy", "NAME", help: "how the state is filled: sequential or parallel"),
      .init("--transport", "NAME", help: "model (default), real-codec or real-network"),
      .init("--set", "KEY=N,…", help: "other numbers of the scenario, as in its file"),
      .init("--show", help: "print the scenario as a JSON file instead of running it"),
      .init("--check-determinism", help: "run twice in two processes and compare the logs"),
      .init("--out", "DIR", help: "where events.jsonl goes (out/SCENARIO-SEED)"),
    ],
    notes: [
      "Scenarios: " + Scenario.builtIn.map(\.name).joined(separator: ", ") + ".",
      "Prints the parameters, a line for each notable event of the joining node, and the verdict.",
      "The same scenario, seed and program give the same events.jsonl, byte by byte.",
      "Exit codes: 0 pass, 2 unusable arguments, 5 pass, but log or output are cut, 10 safety,",
      "11 liveness, 12 two runs differ, 14 vacuous, 15 unwinnable. An interrupted --seeds prints",
      "what it found; its code is that of the gravest verdict, or 128 and the signal's number if",
      "nothing failed.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max) ?? 1
    if arguments.flag("--check-determinism") {
      guard arguments.text("--seeds") == nil, arguments.text("--out") == nil else {
        throw UsageError("option '--check-determinism' goes with neither '--seeds' nor '--out'")
      }
      return try checkDeterminism(arguments, seed: seed)
    }
    if let plan = try faultPlan(arguments, seed: seed) {
      return try run(plan, seed: seed, arguments)
    }
    let isWild = try isWild(arguments)
    let (scenario, isRepeatable) = try scenario(arguments, seed: seed)
    if arguments.flag("--show") {
      Console.printJSON(String(scenario.json.dropLast()))
      return .pass
    }
    let transport = try transport(arguments)
    if isWild, case .realNetwork = transport {
      throw UsageError(
        "option '--profile wild' draws worlds of more nodes than '--transport real-network' takes")
    }
    if let seeds = try seeds(arguments) {
      guard isRepeatable else {
        throw UsageError("option '--seeds' needs a scenario in a file that can be read again")
      }
      if isWild { return try wildCampaign(seeds, transport, arguments) }
      _ = try usable { () throws(ScenarioError) in
        try SimulationRun(scenario, seed: seeds.lowerBound, transport: transport)
      }
      return try campaign(scenario, seeds, transport, arguments)
    }
    return try run(scenario, seed: seed, transport, arguments)
  }

  /// The seeds of a campaign; nil if one run is asked for.
  private static func seeds(_ arguments: Arguments) throws(UsageError) -> ClosedRange<UInt64>? {
    guard let text = arguments.text("--seeds") else { return nil }
    guard arguments.text("--seed") == nil, arguments.text("--out") == nil else {
      throw UsageError("option '--seeds' goes with neither '--seed' nor '--out'")
    }
    return try seeds(text)
  }

  /// A plan: shown, run, or the first of a campaign.
  private static func run(
    _ plan: FaultPlan, seed: UInt64, _ arguments: Arguments
  ) throws -> ExitCode {
    if arguments.flag("--show") {
      Console.printJSON(String(plan.json.dropLast()))
      return .pass
    }
    let transport = try transport(arguments)
    if let seeds = try seeds(arguments) {
      _ = try usable { () throws(ScenarioError) in try SimulationRun(plan, transport: transport) }
      return try swarmCampaign(seeds, transport, arguments)
    }
    return try run(plan, transport, arguments)
  }

  /// One run, with its log.
  private static func run(
    _ scenario: Scenario, seed: UInt64, _ transport: SimulatedTransport, _ arguments: Arguments
  ) throws -> ExitCode {
    let simulation = try usable { () throws(ScenarioError) in
      try SimulationRun(scenario, seed: seed, transport: transport)
    }
    let folder = arguments.text("--out") ?? "out/\(scenario.name)-\(seed)"
    return try run(simulation, seed: seed, folder: folder, arguments).1
  }

  /// Runs it, writes its log and prints its table.
  static func run(
    _ simulation: SimulationRun, seed: UInt64, folder: String, faults: FaultPlan? = nil,
    _ arguments: Arguments
  ) throws -> (SimulationReport, ExitCode) {
    let log = try LogFile(folder: folder, name: "events.jsonl") { cut in
      Console.error(
        "warning: the log in '\(folder)' is cut off at byte \(cut.bytes), after \(cut.lines) "
          + "whole records: \(cut.reason); the run goes on")
    }
    let isQuiet = arguments.wantsJSON
    if !isQuiet { printParameters(simulation.scenario, seed, log, faults) }
    let meter = ProgressMeter()
    let started = ContinuousClock.now
    var report = try simulation.run(
      identity: BuildIdentity.current,
      progress: { progress in
        meter.show(
          progress.partsPerMillion,
          "block \(progress.block)  state \(progress.heldPartsPerMillion / 10_000) %")
      },
      line: { line in
        guard !isQuiet else { return }
        Console.endProgress()
        Console.print(line)
      },
      log: { log.write($0) })
    Console.endProgress()
    // The kinds of events in the order of their page.
    report.coverage = EventSchema.livesync.entries.compactMap { entry in
      report.coverage.first { $0.name == entry.name }
    }
    let cut = log.close()
    let wall = Double(started.duration(to: .now).milliseconds) / 1000
    let speed = Double(report.virtualNanoseconds) / 1e9 / max(wall, 0.001)
    if isQuiet {
      Console.printJSON(
        report.json(adding: [
          ("wall_ms", "\(Int(wall * 1000))"), ("virtual_per_wall", "\(Int(speed))"),
          ("log", JSONText.quoted(log.path)), ("log_cut", cut?.json ?? "null"),
        ]))
    } else {
      Console.print(report.text + String(format: " in %.2f s wall (%.0f x)", wall, speed))
    }
    let code = exitCode(report.verdict)
    return (report, code == .pass && cut != nil ? .lost : code)
  }

  /// The scenario that is asked for, and whether it can be read again; with a profile, the one it
  /// draws with `seed`.
  static func scenario(
    _ arguments: Arguments, seed: UInt64
  ) throws -> (Scenario, isRepeatable: Bool) {
    let name = arguments.text("--scenario") ?? "default"
    var scenario: Scenario
    var isRepeatable = true
    if try isWild(arguments) {
      scenario = .wild(seed: seed)
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
    try usable { () throws(ScenarioError) in try scenario.check() }
    return (scenario, isRepeatable)
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

  private static func printParameters(
    _ scenario: Scenario, _ seed: UInt64, _ log: LogFile, _ faults: FaultPlan?
  ) {
    let identity = BuildIdentity.current
    Console.print(
      "simulate  \(scenario.name)  seed \(seed)  commit \(identity.commit)  "
        + "\(identity.toolchain) \(identity.mode)  schema \(Event.schemaVersion)")
    Console.print("          \(PrintableText.line(scenario.description))")
    let words = scenario.parametersChanged.split(separator: " ")
    for start in stride(from: 0, to: words.count, by: 3) {
      let row = words[start..<min(start + 3, words.count)].map {
        $0 + String(repeating: " ", count: max(1, 34 - $0.count))
      }
      Console.print("          " + row.joined().trimmingCharacters(in: .whitespaces))
    }
    if let faults {
      let kinds = Set(faults.kinds)
      let off = FaultClass.all.map(\.name).filter { !kinds.contains($0) }
      Console.print(
        "faults on " + (faults.kinds.isEmpty ? "-" : faults.kinds.joined(separator: " ")))
      Console.print("      off " + off.joined(separator: " "))
    }
    Console.print("          All numbers: --show, and the first record of the log.")
    Console.print("log       \(PrintableText.line(log.path))")
    Console.print("")
  }

  static func exitCode(_ verdict: Event.RunVerdict) -> ExitCode {
    switch verdict {
    case .pass: .pass
    case .safety, .crash: .safety
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

extension LogFile.Cut {
  /// One JSON object.
  fileprivate var json: String {
    "{\"bytes\":\(bytes),\"records\":\(lines),\"reason\":\(JSONText.quoted(reason))}"
  }
}
