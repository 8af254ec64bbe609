import EventLog
import Foundation
import Primitives
import Simulation
import Streams

/// `livesync simulate --profile wild`: another scenario with each seed.
extension SimulateCommand {
  /// True if the scenario is drawn with the seed.
  static func isWild(_ arguments: Arguments) throws(UsageError) -> Bool {
    guard let name = arguments.text("--profile") else { return false }
    guard name == "wild" else {
      throw UsageError("there is no profile '\(name)'; known are swarm and wild")
    }
    guard arguments.text("--scenario") == nil else {
      throw UsageError("option '--profile' does not go with '--scenario'")
    }
    return true
  }

  /// Runs every seed's scenario and sums up by class.
  static func wildCampaign(
    _ seeds: ClosedRange<UInt64>, _ transport: SimulatedTransport, _ arguments: Arguments
  ) throws -> ExitCode {
    try campaign(
      WildTally(planned: seeds.count, arguments), of: "profile wild", seeds, transport,
      asJSON: arguments.wantsJSON
    ) { try scenario(arguments, seed: $0).0 }
  }
}

/// What came of the seeds of a profile so far, by class.
struct WildTally: SeedTally {
  /// A seed whose run was no pass, and why.
  struct Entry {
    let seed: UInt64
    let verdict: Event.RunVerdict
    let reason: String
  }

  /// Seeds that are to be run.
  private let planned: Int
  private let arguments: Arguments
  private(set) var passed = 0
  private var entries: [Entry] = []

  init(planned: Int, _ arguments: Arguments) {
    self.planned = planned
    self.arguments = arguments
  }

  var failureCount: Int { failures.count }
  private var isInterrupted: Bool { count < planned }
  var count: Int { passed + entries.count }
  var vacuous: [Entry] { sorted { $0 == .vacuous } }
  var unwinnable: [Entry] { sorted { $0 == .unwinnable } }
  var failures: [Entry] { sorted { $0 != .vacuous && $0 != .unwinnable } }

  mutating func add(_ seed: UInt64, _ result: Result<SimulationReport, any Error>) {
    switch result {
    case .failure(let error):
      entries.append(Entry(seed: seed, verdict: .crash, reason: "\(error)"))
    case .success(let report) where report.verdict == .pass:
      passed += 1
    case .success(let report):
      entries.append(Entry(seed: seed, verdict: report.verdict, reason: report.reason))
    }
  }

  private func sorted(_ isMeant: (Event.RunVerdict) -> Bool) -> [Entry] {
    entries.filter { isMeant($0.verdict) }.sorted { $0.seed < $1.seed }
  }

  /// Only a failure is one: seeds are drawn to be anything.
  var exitCode: ExitCode {
    let codes = failures.map { SimulateCommand.exitCode($0.verdict) }
    return [.safety, .liveness].first { codes.contains($0) } ?? .pass
  }

  func text(_ wall: Double) -> String {
    var lines = failures.map { entry in
      "seed \(entry.seed)  \(entry.verdict.rawValue)  \(PrintableText.line(entry.reason))\n"
        + "          replay: \(SimulateCommand.replay(arguments, seed: entry.seed))"
    }
    lines += vacuous.map { "vacuous   seed \($0.seed)  \($0.reason)" }
    lines += unwinnable.map { "unwinnable seed \($0.seed)  \($0.reason)" }
    lines.append(
      "classes   \(passed) pass, \(vacuous.count) vacuous, \(unwinnable.count) unwinnable, "
        + "\(failures.count) failures")
    let word = isInterrupted ? "INTERRUPTED" : "PASS"
    lines.append(
      (failures.isEmpty ? word : "FAIL") + "  \(count) seeds in "
        + String(format: "%.1f s, %.1f seeds/s", wall, Double(count) / max(wall, 0.001))
        + (isInterrupted ? ", \(planned - count) seeds were not run" : ""))
    return lines.joined(separator: "\n")
  }

  func json(_ wall: Double) -> String {
    func list(_ entries: [Entry]) -> String {
      "["
        + entries.map {
          "{\"seed\":\($0.seed),\"verdict\":\"\($0.verdict.rawValue)\","
            + "\"reason\":\(JSONText.quoted($0.reason))}"
        }.joined(separator: ",") + "]"
    }
    return "{\"profile\":\"wild\",\"seeds\":\(count),"
      + "\"planned\":\(planned),\"interrupted\":\(isInterrupted),\"passed\":\(passed),"
      + "\"wall_ms\":\(Int(wall * 1000)),\"vacuous\":\(list(vacuous)),"
      + "\"unwinnable\":\(list(unwinnable)),\"failures\":\(list(failures))}"
  }
}
