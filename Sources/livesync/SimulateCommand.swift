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
  private static let profiles = Profile.all.map(\.name).joined(separator: ", ")

  static let specification = CommandSpecification(
    name: "simulate",
    summary: "Run a simulated network and let a fresh node join its moving chain.",
    positionals: [],
    options: [
      .init("--scenario", "NAME|FILE", help: "a built-in scenario or a JSON file (default)"),
      .init("--profile", "NAME", help: "draw the scenario with the seed: \(profiles)"),
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
      .init("--show", help: "print the scenario as a JSON file instead of running it"),
      .init(
        "--out", "DIR",
        help: "where events.jsonl goes (out/SCENARIO-SEED), or the results"),
    ],
    notes: [
      "Scenarios: " + Scenario.builtIn.map(\.name).joined(separator: ", ") + ".",
      "Prints the parameters, a line for each notable event of the joining node, and the verdict.",
      "The same scenario, seed and program give the same events.jsonl, byte by byte.",
      "Exit codes: 0 pass, 2 unusable arguments, 5 pass, but log or output are cut, 10 safety,",
      "11 liveness, 13 crash, 14 vacuous, 15 unwinnable. An interrupted --seeds prints what it",
      "found; its code is that of the gravest verdict, or 128 and the signal's number if nothing",
      "failed. With --seeds, --out is a folder or a file *.jsonl; without it no result is kept.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max) ?? 1
    let profile = try profile(arguments)
    let (scenario, isRepeatable) = try scenario(arguments, seed: seed)
    if arguments.flag("--show") {
      Console.printJSON(String(scenario.json.dropLast()))
      return .pass
    }
    let transport = try transport(arguments)
    if let profile, case .realNetwork = transport {
      throw UsageError(
        "option '--profile \(profile.name)' draws worlds of more nodes than "
          + "'--transport real-network' takes"
      )
    }
    if arguments.flag("--worker") {
      let others = ["--seed", "--seeds", "--jobs", "--shard", "--out"]
      if let other = others.first(where: { arguments.text($0) != nil }) {
        throw UsageError("option '--worker' does not go with '\(other)'")
      }
      return try work(arguments, transport)
    }
    if let text = arguments.text("--seeds") {
      guard isRepeatable else {
        throw UsageError("option '--seeds' needs a scenario in a file that can be read again")
      }
      return try campaign(
        text, scenario, isDrawn: profile != nil, transport, arguments)
    }
    for name in ["--jobs", "--shard"] where arguments.text(name) != nil {
      throw UsageError("option '\(name)' needs '--seeds'")
    }
    if arguments.flag("--resume") { throw UsageError("option '--resume' needs '--seeds'") }
    return try run(scenario, seed: seed, transport, arguments)
  }

  /// One run, with its log.
  private static func run(
    _ scenario: Scenario, seed: UInt64, _ transport: SimulatedTransport, _ arguments: Arguments
  ) throws -> ExitCode {
    let simulation = try usable { () throws(ScenarioError) in
      try SimulationRun(scenario, seed: seed, transport: transport)
    }
    let folder = arguments.text("--out") ?? "out/\(scenario.name)-\(seed)"
    let log = try LogFile(folder: folder, name: "events.jsonl") { cut in
      Console.error(
        "warning: the log in '\(folder)' is cut off at byte \(cut.bytes), after \(cut.lines) "
          + "whole records: \(cut.reason); the run goes on")
    }
    let isQuiet = arguments.wantsJSON
    if !isQuiet { printParameters(scenario, seed, log) }
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
    return code == .pass && cut != nil ? .lost : code
  }

  /// The scenario that is asked for, and whether it can be read again; with a profile, the one it
  /// draws with `seed`.
  static func scenario(
    _ arguments: Arguments, seed: UInt64
  ) throws -> (Scenario, isRepeatable: Bool) {
    let name = arguments.text("--scenario") ?? "default"
    var scenario: Scenario
    var isRepeatable = true
    if let profile = try profile(arguments) {
      scenario = profile.scenario(seed)
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

  /// The profile that draws the scenario with the seed, if one is asked for.
  static func profile(_ arguments: Arguments) throws(UsageError) -> Profile? {
    guard let name = arguments.text("--profile") else { return nil }
    guard arguments.text("--scenario") == nil else {
      throw UsageError("option '--profile' does not go with '--scenario'")
    }
    return try usable { () throws(ScenarioError) in try Profile.named(name) }
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

  private static func printParameters(_ scenario: Scenario, _ seed: UInt64, _ log: LogFile) {
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
    Console.print("          All numbers: --show, and the first record of the log.")
    Console.print("log       \(PrintableText.line(log.path))")
    Console.print("")
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

extension LogFile.Cut {
  /// One JSON object.
  fileprivate var json: String {
    "{\"bytes\":\(bytes),\"records\":\(lines),\"reason\":\(JSONText.quoted(reason))}"
  }
}
