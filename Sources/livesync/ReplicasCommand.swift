import EventLog
import Foundation
import Locking
import ReplicaSimulation
import Streams

/// `livesync crdt simulate`
enum ReplicasCommand: Command {
  private static let kinds = ModelKind.allCases.map(\.rawValue).joined(separator: ", ")
  private static let planted = PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")
  private static let seedsDefault: ClosedRange<UInt64> = 1...200

  static let specification = CommandSpecification(
    name: "crdt simulate",
    summary: "Run replicas that write apart, under faults, and check what they agree on.",
    positionals: [],
    options: [
      .init("--seeds", "A..<B", help: "run many seeds and sum up (default 1...200)"),
      .init("--seed", "N", help: "run one; if it fails, make it small and show it"),
      .init("--type", "NAME", help: "the replicated type (default one after another)"),
      .init("--protocol", "NAME", help: "deltas or log (default as the seed says)"),
      .init("--plant", "FAULT", help: "build a fault into the replicas, to see it found"),
    ],
    notes: [
      "Types: \(kinds).",
      "Faults to plant: \(planted).",
      "The same seed and program give the same events; their SHA-256 is the digest.",
      "Exit codes: 0 all agree on what the model says, 2 unusable arguments, 10 wrong, 11 not in",
      "time, 14 some fault never happened in \(ReplicaTally.completeRunsMin) or more runs.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let kind: ModelKind? = try choice(arguments, "--type")
    let planted: PlantedFault? = try choice(arguments, "--plant")
    let exchange: ReplicaProtocol? = try choice(arguments, "--protocol")
    if let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max) {
      guard arguments.text("--seeds") == nil else {
        throw UsageError("option '--seed' does not go with '--seeds'")
      }
      let run = ReplicaRun(seed: seed, kind: kind, planted: planted, exchange: exchange)
      return one(run.report(), { run.shrunk() }, arguments)
    }
    return campaign(
      try seeds(arguments) ?? seedsDefault, replay(kind, planted, exchange), arguments
    ) { seed in
      ReplicaRun(seed: seed, kind: kind, planted: planted, exchange: exchange).report()
    }
  }

  /// The seeds of a campaign, if any are named.
  static func seeds(_ arguments: Arguments) throws(UsageError) -> ClosedRange<UInt64>? {
    guard let text = arguments.text("--seeds") else { return nil }
    let span = try SimulateCommand.seeds(text)
    return span.first...span.last
  }

  /// The value of an option that names one of some.
  static func choice<Value: RawRepresentable & CaseIterable>(
    _ arguments: Arguments, _ name: String
  ) throws(UsageError) -> Value? where Value.RawValue == String {
    guard let text = arguments.text(name) else { return nil }
    guard let value = Value(rawValue: text) else {
      let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("option '\(name)' needs one of \(names), not '\(text)'")
    }
    return value
  }

  private static func exitCode(_ failures: [ReplicaReport]) -> ExitCode {
    if failures.isEmpty { return .pass }
    return failures.allSatisfy { $0.failure?.kind == .notConverged } ? .liveness : .safety
  }

  // MARK: One run

  /// Shows one run; if it failed, made small.
  static func one(
    _ report: ReplicaReport, _ shrink: () -> ShrunkRun?, _ arguments: Arguments
  ) -> ExitCode {
    let shrunk = report.failure == nil ? nil : shrink()
    if arguments.wantsJSON {
      Console.printJSON(json(report))
    } else {
      Console.print(text(report, shrunk))
    }
    return exitCode(report.failure == nil ? [] : [report])
  }

  private static func text(_ report: ReplicaReport, _ shrunk: ShrunkRun?) -> String {
    let logs = report.logOperations.map { " of \($0) operations" } ?? ""
    let exchange = report.exchange.map { " by \($0)" } ?? ""
    var lines = [
      "seed \(report.seed)  \(report.kind)\(exchange)\(logs)  \(report.replicas) replicas",
      "faults    \(report.faults)",
      "commands  \(report.done) done, \(report.refused) refused",
      "events    \(report.events) in \(report.milliseconds) ms, SHA-256 \(report.digest.hex)",
    ]
    if let shrunk, let failure = shrunk.report.failure {
      lines.append("smallest  \(shrunk.faults) faults, \(shrunk.commands) commands: \(failure)")
      lines.append("faults    \(shrunk.report.faults)")
      lines += shrunk.report.lastEvents.map { "  " + $0 }
    }
    lines.append(report.failure.map { "FAIL  \($0)" } ?? "PASS")
    return lines.joined(separator: "\n")
  }

  private static func json(_ report: ReplicaReport) -> String {
    let failure = report.failure.map { JSONText.quoted($0.description) } ?? "null"
    let exchange = report.exchange.map { "\"protocol\":\"\($0.rawValue)\"," } ?? ""
    return "{\"seed\":\(report.seed),\"type\":\(JSONText.quoted(report.kind)),\(exchange)"
      + "\"replicas\":\(report.replicas),\"done\":\(report.done),\"refused\":\(report.refused),"
      + "\"events\":\(report.events),\"virtual_ms\":\(report.milliseconds),"
      + "\"sha256\":\"\(report.digest.hex)\",\"failure\":\(failure)}"
  }

  // MARK: Many runs

  /// Runs many seeds and sums up.
  /// - Parameter command: what runs one of them, but for its seed.
  static func campaign(
    _ seeds: ClosedRange<UInt64>, _ command: String, _ arguments: Arguments,
    _ run: @escaping @Sendable (UInt64) -> ReplicaReport
  ) -> ExitCode {
    let isJSON = arguments.wantsJSON
    let tally = Lock(ReplicaTally())
    let show = { @Sendable (tally: ReplicaTally) in
      Console.endProgress()
      if isJSON {
        Console.printJSON(json(tally, planned: seeds.count))
      } else {
        Console.print(text(tally, planned: seeds.count, command))
      }
    }
    let interruption = Interruption { number in
      let result = tally.withLock { $0 }
      show(result)
      let code = exitCode(result.failures)
      return code == .pass ? 128 + number : code.rawValue
    }
    let meter = Lock(ProgressMeter())
    DispatchQueue.concurrentPerform(iterations: seeds.count) { index in
      let seed = seeds.lowerBound + UInt64(index)
      let report = run(seed)
      let (done, failed) = tally.withLock { tally in
        tally.add(report)
        return (tally.count, tally.failureCount)
      }
      meter.withLock {
        $0.show(
          done * 1_000_000 / seeds.count, "\(done) of \(seeds.count) seeds, \(failed) failed")
      }
    }
    interruption.end()
    let result = tally.withLock { $0 }
    show(result)
    let code = exitCode(result.failures)
    return code == .pass && result.isVacuous ? .vacuous : code
  }

  private static func replay(
    _ kind: ModelKind?, _ planted: PlantedFault?, _ exchange: ReplicaProtocol?
  ) -> String {
    var words = ["livesync", "crdt", "simulate"]
    if let kind { words += ["--type", kind.rawValue] }
    if let planted { words += ["--plant", planted.rawValue] }
    if let exchange { words += ["--protocol", exchange.rawValue] }
    return words.joined(separator: " ") + " --seed"
  }

  private static func counts(_ coverage: ReplicaCoverage) -> [(String, Int)] {
    ReplicaFault.allCases.map { ($0.rawValue, coverage.faults[$0] ?? 0) }
      + ReplicaNote.allCases.map { ($0.rawValue, coverage.notes[$0] ?? 0) }
  }

  private static func text(_ tally: ReplicaTally, planned: Int, _ command: String) -> String {
    var lines = tally.failures.sorted { $0.seed < $1.seed }.flatMap { report in
      [
        "seed \(report.seed)  \(report.kind)  \(report.failure?.description ?? "")",
        "  replay: \(command) \(report.seed)",
      ]
    }
    let numbers = counts(tally.coverage).map { "\($0.0) \($0.1)" }
    lines.append("happened  " + numbers.joined(separator: ", "))
    if tally.isVacuous { lines.append("missing   " + tally.missing.joined(separator: ", ")) }
    lines.append(
      "sums      \(tally.done) commands done, \(tally.refused) refused, \(tally.events) events, "
        + "\(tally.milliseconds / 1_000) s of virtual time")
    let isCut = tally.count < planned
    let word =
      tally.failureCount > 0
      ? "FAIL" : isCut ? "INTERRUPTED" : tally.isVacuous ? "VACUOUS" : "PASS"
    lines.append(
      "\(word)  \(tally.count - tally.failureCount) of \(tally.count) seeds agree"
        + (isCut ? ", \(planned - tally.count) were not run" : ""))
    return lines.joined(separator: "\n")
  }

  private static func json(_ tally: ReplicaTally, planned: Int) -> String {
    let happened = counts(tally.coverage).map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
    let failures = tally.failures.sorted { $0.seed < $1.seed }.map(json).joined(separator: ",")
    let missing = tally.missing.map(JSONText.quoted).joined(separator: ",")
    return "{\"seeds\":\(tally.count),\"planned\":\(planned),"
      + "\"failed\":\(tally.failureCount),\"done\":\(tally.done),"
      + "\"refused\":\(tally.refused),\"events\":\(tally.events),"
      + "\"virtual_ms\":\(tally.milliseconds),\"happened\":{\(happened)},"
      + "\"missing\":[\(missing)],\"failures\":[\(failures)]}"
  }
}
