import Daemon
import EventLog
import Foundation
import Primitives
import Reports
import Simulation
import Streams

/// `livesync simulate --profile swarm` and `--plan FILE`: worlds with planned faults.
extension SimulateCommand {
  /// The plan that is asked for; nil if none is.
  static func faultPlan(_ arguments: Arguments, seed: UInt64) throws -> FaultPlan? {
    if let path = arguments.text("--plan") {
      for name in ["--profile", "--scenario", "--seed", "--seeds"]
      where arguments.text(name) != nil {
        throw UsageError("option '--plan' does not go with '\(name)': a plan says it")
      }
      try refuseNumbers(arguments, with: "--plan")
      var file = try InputFile(path: path)
      let bytes = try file.all(limit: SimulationLimits.planBytesMax)
      do { return try FaultPlan(json: bytes) } catch { throw UsageError("\(path): \(error)") }
    }
    guard arguments.text("--profile") == "swarm" else { return nil }
    guard arguments.text("--scenario") == nil else {
      throw UsageError("option '--profile' does not go with '--scenario'")
    }
    try refuseNumbers(arguments, with: "--profile swarm")
    return .swarm(seed: seed)
  }

  /// The world of a plan is what the plan says.
  private static func refuseNumbers(
    _ arguments: Arguments, with option: String
  ) throws(UsageError) {
    for name in ["--nodes", "--accounts", "--blocks", "--strategy", "--set"]
    where arguments.text(name) != nil {
      throw UsageError("option '\(option)' does not go with '\(name)'; change the plan instead")
    }
  }

  /// One run of a plan, with its log, and a report of what is wrong if it fails.
  static func run(
    _ plan: FaultPlan, _ transport: SimulatedTransport, _ arguments: Arguments
  ) throws -> ExitCode {
    let simulation = try usable { () throws(ScenarioError) in
      try SimulationRun(plan, transport: transport)
    }
    let folder = arguments.text("--out") ?? "out/\(plan.scenario.name)-\(plan.seed)"
    let (report, code) = try run(
      simulation, seed: plan.seed, folder: folder, faults: plan, arguments)
    guard !arguments.wantsJSON, FailureClass(report) != nil,
      let failure = FailureReport(
        of: plan, identity: BuildIdentity.current, transport: transport)
    else { return code }
    let path = folder + "/plan.json"
    try write(failure.shrunk.plan.json, folder: folder, name: "plan.json")
    Console.print("")
    Console.print(
      failure.text(
        replay: replay(arguments, seed: plan.seed),
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

  /// Runs every seed of the profile and sums up what its faults did.
  static func swarmCampaign(
    _ seeds: ClosedRange<UInt64>, _ transport: SimulatedTransport, _ arguments: Arguments
  ) throws -> ExitCode {
    try campaign(
      SwarmTally(planned: seeds.count, arguments), of: "profile swarm", seeds,
      asJSON: arguments.wantsJSON
    ) { try SimulationRun(.swarm(seed: $0), transport: transport) }
  }

  // MARK: Determinism

  /// Longest log that is compared, in bytes.
  private static let comparedLogBytesMax = 1 << 32

  /// Runs the same twice, each in a process of its own, and compares the logs.
  static func checkDeterminism(_ arguments: Arguments, seed: UInt64) throws -> ExitCode {
    let folder = FileManager.default.temporaryDirectory.path + "/livesync-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var logs: [[UInt8]] = []
    for name in ["first", "second"] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      var words = runWords(arguments)
      if arguments.text("--plan") == nil { words += ["--seed", "\(seed)"] }
      process.arguments = words + ["--json", "--out", "\(folder)/\(name)"]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      guard process.terminationReason == .exit, process.terminationStatus != ExitCode.usage.rawValue
      else { throw UsageError("the \(name) of two runs came to no end") }
      var file = try InputFile(path: "\(folder)/\(name)/events.jsonl")
      logs.append(try file.all(limit: comparedLogBytesMax))
    }
    let difference = FirstDifference(logs[0], logs[1])
    if arguments.wantsJSON {
      Console.printJSON(
        "{\"seed\":\(seed),\"equal\":\(difference == nil),"
          + "\"first_different_record\":\(difference.map { "\($0.record)" } ?? "null")}")
    } else if let difference {
      Console.print("the runs differ at record \(difference.record):")
      Console.print("first     \(PrintableText.line(difference.lines.0))")
      Console.print("second    \(PrintableText.line(difference.lines.1))")
    } else {
      let records = logs[0].count { $0 == UInt8(ascii: "\n") }
      Console.print("PASS  two processes wrote the same \(records) records")
    }
    return difference == nil ? .pass : .nondeterminism
  }
}

/// Where two logs differ first.
struct FirstDifference {
  /// Number of the record, from 0, as its `seq` says.
  let record: Int
  /// The record in either log; empty behind the end of one.
  let lines: (String, String)

  /// Nil if the logs are equal.
  init?(_ first: [UInt8], _ second: [UInt8]) {
    guard first != second else { return nil }
    let end = UInt8(ascii: "\n")
    let (a, b) = (first.split(separator: end), second.split(separator: end))
    let shorter = min(a.count, b.count)
    let place = (0..<shorter).first { a[$0] != b[$0] } ?? shorter
    func line(_ list: [ArraySlice<UInt8>]) -> String {
      list.indices.contains(place) ? String(decoding: list[place], as: UTF8.self) : ""
    }
    record = place
    lines = (line(a), line(b))
  }
}
