import Daemon
import EventLog
import Foundation
import Primitives
import Reports
import Simulation
import Streams

/// `livesync simulate` without `--seeds`: one run.
extension SimulateCommand {
  /// One run, with its log, and a report of what is wrong if a plan fails.
  static func run(
    _ input: RunInput, _ transport: SimulatedTransport, _ arguments: Arguments
  ) throws -> ExitCode {
    let simulation = try usable { () throws(ScenarioError) in
      try input.run(transport: transport)
    }
    let folder = arguments.text("--out") ?? "out/\(input.scenario.name)-\(simulation.seed)"
    let plan = input.plan
    let (report, code) = try run(
      simulation, seed: simulation.seed, folder: folder, faults: plan, arguments)
    guard let plan, !arguments.wantsJSON, FailureClass(report) != nil,
      let failure = FailureReport(
        of: plan, identity: BuildIdentity.current, transport: transport)
    else { return code }
    let path = folder + "/plan.json"
    try write(failure.shrunk.plan.json, folder: folder, name: "plan.json")
    Console.print("")
    Console.print(
      failure.text(
        replay: replay(arguments)(plan.seed),
        replayShrunk: ShellWord.command(["livesync", "simulate", "--plan", path]),
        open: ShellWord.command(["livesync", "events", "summary", folder + "/events.jsonl"])))
    return code
  }

  private static func write(_ text: String, folder: String, name: String) throws {
    let file = try LogFile(folder: folder, name: name) { cut in
      Console.error("warning: '\(folder)/\(name)' is cut off at byte \(cut.bytes): \(cut.reason)")
    }
    file.write(Array(text.utf8))
    _ = file.close()
  }

  /// Runs it, writes its log and prints its table.
  private static func run(
    _ simulation: SimulationRun, seed: UInt64, folder: String, faults: FaultPlan?,
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
}

extension LogFile.Cut {
  /// One JSON object.
  fileprivate var json: String {
    "{\"bytes\":\(bytes),\"records\":\(lines),\"reason\":\(JSONText.quoted(reason))}"
  }
}
