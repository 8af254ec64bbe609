import EventLog
import Primitives
import Simulation
import Streams

/// What came of the seeds of the profile `swarm` so far: failures in groups, and coverage.
struct SwarmTally: SeedTally {
  private struct Failure {
    let seed: UInt64
    let verdict: Event.RunVerdict
    let reason: String
    /// What failed and where, the same for runs that fail alike.
    let group: String
  }

  private let planned: Int
  private let arguments: Arguments
  private(set) var count = 0
  private var passed = 0
  private var vacuous = 0
  private var unwinnable = 0
  private var failures: [Failure] = []
  private var chunks = 0
  private var diffs = 0
  private var rebranches = 0
  private var virtualNanoseconds: Int64 = 0
  private var slowest: (seed: UInt64, steps: Int) = (0, 0)
  /// In how many runs each had an effect, was seen or reached.
  private var fired: [String: Int] = [:]
  private var reasons: [String: Int] = [:]
  private var marks: [String: Int] = [:]

  init(planned: Int, _ arguments: Arguments) {
    self.planned = planned
    self.arguments = arguments
  }

  var failureCount: Int { failures.count }

  mutating func add(_ seed: UInt64, _ result: Result<SimulationReport, any Error>) {
    count += 1
    switch result {
    case .failure(let error):
      failures.append(
        Failure(seed: seed, verdict: .crash, reason: "\(error)", group: "crash \(error)"))
    case .success(let report): add(report)
    }
  }

  private mutating func add(_ report: SimulationReport) {
    switch report.verdict {
    case .pass: passed += 1
    case .vacuous: vacuous += 1
    case .unwinnable: unwinnable += 1
    case .safety, .liveness, .crash:
      // Numbers differ from run to run, words say where.
      let words = report.reason.split(separator: " ").filter { !$0.contains { $0.isNumber } }
      let check = FailureClass(report)?.description ?? report.verdict.rawValue
      failures.append(
        Failure(
          seed: report.seed, verdict: report.verdict, reason: report.reason,
          group: ([check] + words.prefix(8).map(String.init)).joined(separator: " ")))
    }
    chunks += report.chunksAccepted
    diffs += report.diffsAccepted
    rebranches += report.rebranches
    virtualNanoseconds += report.virtualNanoseconds
    if report.steps > slowest.steps { slowest = (report.seed, report.steps) }
    for name in report.marks.faults.keys { fired[name, default: 0] += 1 }
    for name in report.marks.reasons.keys { reasons[name, default: 0] += 1 }
    for name in report.marks.marks.keys { marks[name, default: 0] += 1 }
  }

  var exitCode: ExitCode {
    let codes = failures.map { SimulateCommand.exitCode($0.verdict) }
    if let code = [ExitCode.safety, .liveness].first(where: { codes.contains($0) }) { return code }
    return isVacuous ? .vacuous : .pass
  }

  /// C3: a campaign that is long enough must have done what it is for.
  private var isVacuous: Bool {
    count >= SimulationLimits.coveredRunsMin
      && (chunks < count || diffs < count || rebranches < count || passed * 2 < count
        || !unfired.isEmpty || !unreached.isEmpty)
  }

  private var unfired: [String] { FaultClass.all.map(\.name).filter { fired[$0] == nil } }
  private var unreached: [String] { RunMarks.known.filter { marks[$0] == nil } }

  private var groups: [(name: String, seeds: [UInt64])] {
    Dictionary(grouping: failures, by: \.group).map { ($0.key, $0.value.map(\.seed).sorted()) }
      .sorted { ($1.seeds.count, $0.name) < ($0.seeds.count, $1.name) }
  }

  func text(_ wall: Double) -> String {
    var lines = failures.sorted { $0.seed < $1.seed }.map { failure in
      "seed \(failure.seed)  \(failure.verdict.rawValue)  \(PrintableText.line(failure.reason))\n"
        + "          replay: \(SimulateCommand.replay(arguments, seed: failure.seed))"
    }
    lines += groups.map {
      "group     \($0.seeds.count) x \(PrintableText.line($0.name)): "
        + $0.seeds.prefix(8).map(String.init).joined(separator: " ")
    }
    lines.append("faults    " + Self.table(fired, of: FaultClass.all.map(\.name)))
    lines.append("reached   " + Self.table(marks, of: RunMarks.known))
    lines.append("refused   " + Self.table(reasons, of: reasons.keys.sorted()))
    lines.append(
      "not seen  "
        + ((unfired + unreached).isEmpty
          ? "-" : (unfired + unreached).joined(separator: " ")))
    lines.append(
      "sums      \(chunks) chunks, \(diffs) diffs, \(rebranches) rebranches; most steps: seed "
        + "\(slowest.seed) with \(slowest.steps)")
    lines.append(
      "classes   \(passed) pass, \(vacuous) vacuous, \(unwinnable) unwinnable, "
        + "\(failures.count) failures")
    let word = count < planned ? "INTERRUPTED" : isVacuous ? "VACUOUS" : "PASS"
    let speed = Int(Double(virtualNanoseconds) / 1e9 / max(wall, 0.001))
    lines.append(
      (failures.isEmpty ? word : "FAIL") + "  \(count) seeds in \(Self.tenths(wall)) s, "
        + "\(Self.tenths(Double(count) / max(wall, 0.001))) seeds/s (\(speed) x)"
        + (count < planned ? ", \(planned - count) seeds were not run" : ""))
    return lines.joined(separator: "\n")
  }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func table(_ counts: [String: Int], of names: [String]) -> String {
    names.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ")
  }

  func json(_ wall: Double) -> String {
    func object(_ counts: [String: Int]) -> String {
      let pairs = counts.sorted { $0.key < $1.key }
      return "{" + pairs.map { "\(JSONText.quoted($0.key)):\($0.value)" }.joined(separator: ",")
        + "}"
    }
    let list = failures.sorted { $0.seed < $1.seed }.map {
      "{\"seed\":\($0.seed),\"verdict\":\"\($0.verdict.rawValue)\","
        + "\"reason\":\(JSONText.quoted($0.reason)),\"group\":\(JSONText.quoted($0.group)),"
        + "\"replay\":\(JSONText.quoted(SimulateCommand.replay(arguments, seed: $0.seed)))}"
    }
    let unseen = (unfired + unreached).map(JSONText.quoted).joined(separator: ",")
    return "{\"profile\":\"swarm\",\"seeds\":\(count),\"planned\":\(planned),"
      + "\"interrupted\":\(count < planned),\"passed\":\(passed),\"vacuous\":\(vacuous),"
      + "\"unwinnable\":\(unwinnable),\"chunks_accepted\":\(chunks),"
      + "\"diffs_accepted\":\(diffs),\"rebranches\":\(rebranches),"
      + "\"virtual_ns\":\(virtualNanoseconds),\"wall_ms\":\(Int(wall * 1000)),"
      + "\"fired\":\(object(fired)),\"marks\":\(object(marks)),\"reasons\":\(object(reasons)),"
      + "\"not_seen\":[\(unseen)],\"failures\":[\(list.joined(separator: ","))]}"
  }
}
