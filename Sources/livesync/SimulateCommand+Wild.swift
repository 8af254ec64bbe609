import EventLog
import Foundation
import Simulation
import Synchronization

/// `livesync simulate --profile wild`: another scenario with each seed.
extension SimulateCommand {
  /// True if the scenario is drawn with the seed.
  static func isWild(_ arguments: Arguments) throws(UsageError) -> Bool {
    guard let name = arguments.text("--profile") else { return false }
    guard name == "wild" else { throw UsageError("there is no profile '\(name)'; known is wild") }
    guard arguments.text("--scenario") == nil else {
      throw UsageError("option '--profile' does not go with '--scenario'")
    }
    return true
  }

  /// Runs every seed's scenario, on all processors, and sums up by class.
  static func wildCampaign(
    _ arguments: Arguments, seeds: ClosedRange<UInt64>
  ) throws -> ExitCode {
    let asJSON = arguments.wantsJSON
    if !asJSON {
      Console.print("simulate  profile wild  seeds \(seeds.lowerBound)...\(seeds.upperBound)")
    }
    let tally = Mutex(WildTally())
    let meter = Mutex(ProgressMeter())
    let started = ContinuousClock.now
    DispatchQueue.concurrentPerform(iterations: seeds.count) { index in
      let seed = seeds.lowerBound + UInt64(index)
      let result = Result {
        try SimulationRun(scenario(arguments, seed: seed), seed: seed)
          .run(identity: BuildIdentity.current)
      }
      let done = tally.withLock { tally in
        tally.add(seed, result)
        return tally
      }
      meter.withLock {
        $0.show(
          done.count * 1_000_000 / seeds.count,
          "\(done.count) of \(seeds.count) seeds, \(done.failures.count) failed")
      }
    }
    Console.endProgress()
    let result = tally.withLock { $0 }
    let wall = Double(started.duration(to: .now).milliseconds) / 1000
    Console.print(asJSON ? result.json(wall) : result.text(wall))
    return result.exitCode
  }
}

/// What came of the seeds of a profile so far, by class.
struct WildTally: Sendable {
  /// A seed whose run was no pass, and why.
  struct Entry {
    let seed: UInt64
    let verdict: Event.RunVerdict
    let reason: String
  }

  private(set) var passed = 0
  private var entries: [Entry] = []

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
    return [.safety, .liveness, .nondeterminism].first { codes.contains($0) } ?? .pass
  }

  func text(_ wall: Double) -> String {
    var lines = failures.map { entry in
      "seed \(entry.seed)  \(entry.verdict.rawValue)  \(entry.reason)\n"
        + "          replay: livesync simulate --profile wild --seed \(entry.seed)"
    }
    lines += vacuous.map { "vacuous   seed \($0.seed)  \($0.reason)" }
    lines += unwinnable.map { "unwinnable seed \($0.seed)  \($0.reason)" }
    lines.append(
      "classes   \(passed) pass, \(vacuous.count) vacuous, \(unwinnable.count) unwinnable, "
        + "\(failures.count) failures")
    lines.append(
      (failures.isEmpty ? "PASS" : "FAIL") + "  \(count) seeds in "
        + String(format: "%.1f s, %.1f seeds/s", wall, Double(count) / max(wall, 0.001)))
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
    return "{\"profile\":\"wild\",\"seeds\":\(count),\"passed\":\(passed),"
      + "\"wall_ms\":\(Int(wall * 1000)),\"vacuous\":\(list(vacuous)),"
      + "\"unwinnable\":\(list(unwinnable)),\"failures\":\(list(failures))}"
  }
}
