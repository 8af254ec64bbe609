import EventLog
import Foundation
import Locking
import Primitives
import Reports
import Simulation
import Streams

/// `livesync simulate --seeds A...B`: many runs, one line each for those that fail.
extension SimulateCommand {
  /// Most seeds in one call.
  private static let seedsMax = 10_000_000

  /// The seeds of a text such as `0...199`.
  static func seeds(_ text: String) throws(UsageError) -> ClosedRange<UInt64> {
    let ends = text.components(separatedBy: "...")
    guard ends.count == 2, let first = UInt64(ends[0]), let last = UInt64(ends[1]), first <= last,
      last - first < UInt64(seedsMax)
    else {
      throw UsageError("option '--seeds' needs FIRST...LAST, such as 0...199, not '\(text)'")
    }
    return first...last
  }

  /// Runs every seed of one scenario and sums up.
  static func campaign(
    _ scenario: Scenario, _ seeds: ClosedRange<UInt64>, _ transport: SimulatedTransport,
    _ arguments: Arguments
  ) throws -> ExitCode {
    try campaign(
      Tally(scenario: scenario, planned: seeds.count, arguments), of: scenario.name, seeds,
      transport, asJSON: arguments.wantsJSON
    ) { _ in scenario }
  }

  /// Runs every seed, on all processors, and sums up; if it is interrupted, those that have run.
  static func campaign<Sum: SeedTally>(
    _ tally: Sum, of what: String, _ seeds: ClosedRange<UInt64>,
    _ transport: SimulatedTransport, asJSON isJSON: Bool,
    scenario: @escaping @Sendable (UInt64) throws -> Scenario
  ) throws -> ExitCode {
    try campaign(tally, of: what, seeds, asJSON: isJSON) { seed in
      try SimulationRun(scenario(seed), seed: seed, transport: transport)
    }
  }

  /// The same for runs that `make` makes.
  static func campaign<Sum: SeedTally>(
    _ tally: Sum, of what: String, _ seeds: ClosedRange<UInt64>, asJSON isJSON: Bool,
    make: @escaping @Sendable (UInt64) throws -> SimulationRun
  ) throws -> ExitCode {
    if !isJSON {
      Console.print("simulate  \(what)  seeds \(seeds.lowerBound)...\(seeds.upperBound)")
    }
    let tally = Lock(tally)
    let started = ContinuousClock.now
    let show = { @Sendable (tally: Sum) in
      Console.endProgress()
      let wall = Double(started.duration(to: .now).milliseconds) / 1000
      if isJSON { Console.printJSON(tally.json(wall)) } else { Console.print(tally.text(wall)) }
    }
    let interruption = Interruption { number in
      let result = tally.withLock { $0 }
      show(result)
      return result.exitCode == .pass ? 128 + number : result.exitCode.rawValue
    }
    let meter = Lock(ProgressMeter())
    DispatchQueue.concurrentPerform(iterations: seeds.count) { index in
      let seed = seeds.lowerBound + UInt64(index)
      let result = Result {
        try make(seed).run(identity: BuildIdentity.current)
      }
      let done = tally.withLock { tally in
        tally.add(seed, result)
        return tally
      }
      meter.withLock {
        $0.show(
          done.count * 1_000_000 / seeds.count,
          "\(done.count) of \(seeds.count) seeds, \(done.failureCount) failed")
      }
    }
    // From here on it is too late for an interruption.
    interruption.end()
    let result = tally.withLock { $0 }
    show(result)
    return result.exitCode
  }

  /// The command that gives one run of a campaign.
  static func replay(_ arguments: Arguments, seed: UInt64) -> String {
    let seed = arguments.text("--plan") == nil ? ["--seed", "\(seed)"] : []
    return ShellWord.command(["livesync"] + runWords(arguments) + seed)
  }

  /// The words of a command that runs the same world.
  static func runWords(_ arguments: Arguments) -> [String] {
    let others = ["--seed", "--seeds", "--out"]
    let names = specification.options.filter { $0.value != nil }.map(\.name)
    var words = ["simulate"]
    for name in names where !others.contains(name) {
      if let value = arguments.text(name) { words += [name, value] }
    }
    return words
  }
}

/// What came of the seeds of a campaign so far.
protocol SeedTally: Sendable {
  /// Seeds that have run.
  var count: Int { get }
  /// Those of them that failed.
  var failureCount: Int { get }
  var exitCode: ExitCode { get }
  mutating func add(_ seed: UInt64, _ result: Result<SimulationReport, any Error>)
  func text(_ wall: Double) -> String
  func json(_ wall: Double) -> String
}

/// The sums of one scenario.
private struct Tally: SeedTally {
  struct Failure {
    let seed: UInt64
    let verdict: Event.RunVerdict
    let reason: String
    /// SHA-256 of the event log that the run gives; empty if it crashed.
    let digest: String
  }

  let scenario: Scenario
  /// Seeds that are to be run.
  let planned: Int
  private let arguments: Arguments
  var count = 0
  var failures: [Failure] = []
  private var chunks = 0
  private var diffs = 0
  private var rebranches = 0
  private var rebranchesWhileIncomplete = 0
  private var virtualNanoseconds: Int64 = 0
  /// In how many runs each event was seen.
  private var seen: [String: Int] = [:]

  init(scenario: Scenario, planned: Int, _ arguments: Arguments) {
    self.scenario = scenario
    self.planned = planned
    self.arguments = arguments
  }

  mutating func add(_ seed: UInt64, _ result: Result<SimulationReport, any Error>) {
    count += 1
    switch result {
    case .failure(let error):
      failures.append(.init(seed: seed, verdict: .crash, reason: "\(error)", digest: ""))
    case .success(let report):
      if report.verdict != .pass {
        failures.append(
          .init(
            seed: seed, verdict: report.verdict, reason: report.reason,
            digest: report.logDigest?.hex ?? ""))
      }
      chunks += report.chunksAccepted
      diffs += report.diffsAccepted
      rebranches += report.rebranches
      rebranchesWhileIncomplete += report.rebranchesWhileIncomplete
      virtualNanoseconds += report.virtualNanoseconds
      for event in report.coverage { seen[event.name, default: 0] += 1 }
    }
  }

  /// The gravest verdict counts.
  var exitCode: ExitCode {
    let codes = failures.map { SimulateCommand.exitCode($0.verdict) }
    let order: [ExitCode] = [.safety, .liveness, .unwinnable, .vacuous]
    return order.first { codes.contains($0) } ?? .pass
  }

  var failureCount: Int { failures.count }

  private var ordered: [Failure] { failures.sorted { $0.seed < $1.seed } }

  private var unseen: [String] {
    EventSchema.livesync.entries.map(\.name).filter { seen[$0] == nil }
  }

  private var isInterrupted: Bool { count < planned }

  func text(_ wall: Double) -> String {
    var lines = ordered.map { failure in
      "seed \(failure.seed)  \(failure.verdict.rawValue)  \(PrintableText.line(failure.reason))\n"
        + "          replay: \(SimulateCommand.replay(arguments, seed: failure.seed))"
    }
    let speed = Int(Double(virtualNanoseconds) / 1e9 / max(wall, 0.001))
    lines.append(
      "sums      \(chunks) chunks, \(diffs) diffs, \(rebranches) rebranches, "
        + "\(rebranchesWhileIncomplete) of them while incomplete")
    lines.append("not seen  " + (unseen.isEmpty ? "-" : unseen.joined(separator: " ")))
    let word = isInterrupted ? "INTERRUPTED" : "PASS"
    lines.append(
      (failures.isEmpty ? word : "FAIL") + "  \(count - failures.count) of \(count) seeds in "
        + String(format: "%.1f s, %.1f seeds/s", wall, Double(count) / max(wall, 0.001))
        + " (\(speed) x)"
        + (isInterrupted ? ", \(planned - count) seeds were not run" : ""))
    return lines.joined(separator: "\n")
  }

  func json(_ wall: Double) -> String {
    let list = ordered.map {
      let replay = SimulateCommand.replay(arguments, seed: $0.seed)
      return "{\"seed\":\($0.seed),\"verdict\":\"\($0.verdict.rawValue)\","
        + "\"reason\":\(JSONText.quoted($0.reason)),\"log_sha256\":\"\($0.digest)\","
        + "\"replay\":\(JSONText.quoted(replay))}"
    }
    let names = unseen.map(JSONText.quoted).joined(separator: ",")
    return "{\"scenario\":\(JSONText.quoted(scenario.name)),\"seeds\":\(count),"
      + "\"planned\":\(planned),\"interrupted\":\(isInterrupted),"
      + "\"passed\":\(count - failures.count),\"chunks_accepted\":\(chunks),"
      + "\"diffs_accepted\":\(diffs),\"rebranches\":\(rebranches),"
      + "\"rebranches_while_incomplete\":\(rebranchesWhileIncomplete),"
      + "\"virtual_ns\":\(virtualNanoseconds),\"wall_ms\":\(Int(wall * 1000)),"
      + "\"events_not_seen\":[\(names)],\"failures\":[\(list.joined(separator: ","))]}"
  }
}
