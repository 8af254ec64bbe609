import EventLog
import Foundation
import LiveSync
import Simulation
import Synchronization

/// `livesync simulate`
enum SimulateCommand: Command {
  static let specification = CommandSpecification(
    name: "simulate",
    summary: "Run a simulated network and let a fresh node join its moving chain.",
    positionals: [],
    options: [
      .init("--scenario", "NAME|FILE", help: "a built-in scenario or a JSON file (default)"),
      .init("--profile", "NAME", help: "draw the scenario with the seed: wild"),
      .init("--seed", "N", help: "seed of everything random (1)"),
      .init("--seeds", "A...B", help: "run many seeds instead and sum up; writes no log"),
      .init("--nodes", "N", help: "nodes, the joining one among them"),
      .init("--accounts", "N", help: "accounts at the start"),
      .init("--blocks", "N", help: "blocks the chain has at least at the end"),
      .init("--strategy", "NAME", help: "how the state is filled: sequential or parallel"),
      .init("--set", "KEY=N,…", help: "other numbers of the scenario, as in its file"),
      .init("--show", help: "print the scenario as a JSON file instead of running it"),
      .init("--out", "DIR", help: "where events.jsonl goes (out/SCENARIO-SEED)"),
    ],
    notes: [
      "Scenarios: " + Scenario.builtIn.map(\.name).joined(separator: ", ") + ".",
      "Prints the parameters, a line for each notable event of the joining node, and the verdict.",
      "The same scenario, seed and program give the same events.jsonl, byte by byte.",
      "Exit codes: 0 pass, 2 unusable arguments, 10 safety, 11 liveness, 14 vacuous, "
        + "15 unwinnable.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max) ?? 1
    let isWild = try isWild(arguments)
    let scenario = try scenario(arguments, seed: seed)
    if arguments.flag("--show") {
      FileHandle.standardOutput.write(Data(scenario.json.utf8))
      return .pass
    }
    if let text = arguments.text("--seeds") {
      guard arguments.text("--seed") == nil, arguments.text("--out") == nil else {
        throw UsageError("option '--seeds' goes with neither '--seed' nor '--out'")
      }
      let seeds = try seeds(text)
      if isWild { return try wildCampaign(arguments, seeds: seeds) }
      _ = try usable { () throws(ScenarioError) in
        try SimulationRun(scenario, seed: seeds.lowerBound)
      }
      return try campaign(scenario, seeds: seeds, asJSON: arguments.wantsJSON)
    }
    let simulation = try usable { () throws(ScenarioError) in
      try SimulationRun(scenario, seed: seed)
    }
    let folder = arguments.text("--out") ?? "out/\(scenario.name)-\(seed)"
    let file = try OutputFile(folder: folder, name: "events.jsonl")
    let isQuiet = arguments.wantsJSON
    if !isQuiet { printParameters(scenario, seed, file) }
    let meter = ProgressMeter()
    let started = ContinuousClock.now
    let report = try simulation.run(
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
      log: { file.write($0) })
    Console.endProgress()
    try file.close()
    let wall = Double(started.duration(to: .now).milliseconds) / 1000
    let speed = Double(report.virtualNanoseconds) / 1e9 / max(wall, 0.001)
    if isQuiet {
      Console.print(
        report.json(adding: [
          ("wall_ms", "\(Int(wall * 1000))"), ("virtual_per_wall", "\(Int(speed))"),
          ("log", JSONText.quoted(file.path)),
        ]))
    } else {
      Console.print(report.text + String(format: " in %.2f s wall (%.0f x)", wall, speed))
    }
    return exitCode(report.verdict)
  }

  /// The scenario of the arguments; with a profile, the one it draws with `seed`.
  static func scenario(_ arguments: Arguments, seed: UInt64) throws -> Scenario {
    let name = arguments.text("--scenario") ?? "default"
    var scenario: Scenario
    if try isWild(arguments) {
      scenario = .wild(seed: seed)
    } else if name.contains("/") || name.hasSuffix(".json") {
      let bytes = try InputFile.bytes(of: name, limit: 1 << 20)
      do { scenario = try Scenario(json: bytes) } catch { throw UsageError("\(name): \(error)") }
    } else {
      scenario = try usable { () throws(ScenarioError) in try Scenario.named(name) }
    }
    try scenario.override("nodes", arguments)
    try scenario.override("accounts", arguments)
    try scenario.override("blocks", arguments)
    if let word = arguments.text("--strategy") {
      guard let strategy = SyncStrategy(rawValue: word) else {
        let known = SyncStrategy.allCases.map(\.rawValue).joined(separator: " or ")
        throw UsageError("option '--strategy' needs \(known), not '\(word)'")
      }
      scenario.strategy = strategy
    }
    for part in arguments.text("--set")?.split(separator: ",") ?? [] {
      try usable { () throws(ScenarioError) in try scenario.set(String(part)) }
    }
    return scenario
  }

  private static func usable<Value>(
    _ body: () throws(ScenarioError) -> Value
  ) throws(UsageError) -> Value {
    do { return try body() } catch { throw UsageError(error.description) }
  }

  private static func printParameters(_ scenario: Scenario, _ seed: UInt64, _ file: OutputFile) {
    let identity = BuildIdentity.current
    Console.print(
      "simulate  \(scenario.name)  seed \(seed)  commit \(identity.commit)  "
        + "\(identity.toolchain) \(identity.mode)  schema \(Event.schemaVersion)")
    Console.print("          \(scenario.description)")
    let words = scenario.parameters.split(separator: " ")
    for start in stride(from: 0, to: words.count, by: 3) {
      let row = words[start..<min(start + 3, words.count)].map {
        $0 + String(repeating: " ", count: max(1, 34 - $0.count))
      }
      Console.print("          " + row.joined().trimmingCharacters(in: .whitespaces))
    }
    Console.print("log       \(file.path)")
    Console.print("")
  }

  static func exitCode(_ verdict: Event.RunVerdict) -> ExitCode {
    switch verdict {
    case .pass: .pass
    case .safety, .crash: .safety
    case .liveness, .interrupted: .liveness
    case .nondeterminism: .nondeterminism
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

/// A file that is written piece by piece. Errors are kept and thrown at the end, since pieces come
/// from inside a run.
final class OutputFile: Sendable {
  let path: String
  private let state: Mutex<(handle: FileHandle, failure: (any Error)?)>

  init(folder: String, name: String) throws(UsageError) {
    path = folder + "/" + name
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw UsageError("folder '\(folder)' cannot be made: \(error.localizedDescription)")
    }
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw UsageError("'\(path)' cannot be written") }
    state = Mutex((handle, nil))
  }

  func write(_ bytes: [UInt8]) {
    state.withLock { state in
      guard state.failure == nil else { return }
      do { try state.handle.write(contentsOf: Data(bytes)) } catch { state.failure = error }
    }
  }

  func close() throws {
    try state.withLock { state in
      if let failure = state.failure {
        throw UsageError("'\(path)' could not be written: \(failure.localizedDescription)")
      }
      try state.handle.close()
    }
  }
}

/// A progress line with percentage and the time that is left, on a terminal only.
final class ProgressMeter {
  private let start = ContinuousClock.now
  private var shown = ContinuousClock.now
  /// Milliseconds between two lines.
  private static let interval = Duration.milliseconds(100)

  /// Shows how much is done, in parts per million, with a note.
  func show(_ partsPerMillion: Int, _ note: String) {
    guard Console.isTerminal, shown.duration(to: .now) >= Self.interval else { return }
    shown = .now
    let spent = Double(start.duration(to: .now).milliseconds) / 1000
    let share = Double(partsPerMillion) / 1_000_000
    let eta = share > 0.01 ? String(format: "%.0f s left", spent / share - spent) : "…"
    Console.progress(String(format: "%3.0f %%  %@  %@", share * 100, note, eta))
  }
}

extension Duration {
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
