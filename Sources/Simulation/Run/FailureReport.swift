import EventLog
import Primitives

/// What a person needs to know of a run that failed: what is wrong, where, what led to it, and how
/// to have it again.
public struct FailureReport: Sendable {
  /// The plan that failed, and what its run gave.
  public let plan: FaultPlan
  public let report: SimulationReport
  /// The smallest plan found that fails in the same way.
  public let shrunk: ShrunkPlan
  /// The last events of the nodes that the smallest plan is about, one a line.
  public let events: [String]

  /// Runs the plan, makes it smaller and looks at what is left; nil if the run does not fail.
  public init?(of plan: FaultPlan, identity: RunIdentity, transport: SimulatedTransport = .model) {
    var shrinker = PlanShrinker(plan) { plan in
      try? SimulationRun(plan, transport: transport).run(identity: identity)
    }
    guard let shrunk = shrinker?.shrunk(),
      let report = try? SimulationRun(plan, transport: transport).run(identity: identity)
    else { return nil }
    self.plan = plan
    self.report = report
    self.shrunk = shrunk
    events = Self.events(of: shrunk.plan, identity, transport)
  }

  /// Runs the plan once more and keeps the last events of the nodes it is about.
  private static func events(
    of plan: FaultPlan, _ identity: RunIdentity, _ transport: SimulatedTransport
  ) -> [String] {
    let text = LineCollector()
    _ = try? SimulationRun(plan, transport: transport).run(
      identity: identity, log: { text.add($0) })
    let nodes = Set(
      plan.faults.flatMap { [$0.node, $0.peer].map(plan.scenario.nodeName) }
        + [RunObserver.joinerName])
    let lines = text.lines.compactMap { EventLine($0) }
    // The faults themselves, and what breaks, are events of the run.
    let involved = lines.filter { nodes.contains($0.node) || $0.name.hasPrefix("check.") }
    return involved.suffix(SimulationLimits.reportedEventsMax).map(\.text)
  }

  /// The report as text.
  /// - Parameters:
  ///   - replay: the command that gives the run again.
  ///   - replayShrunk: the command that gives the run of the smallest plan.
  ///   - open: the command that shows its log.
  public func text(replay: String, replayShrunk: String, open: String) -> String {
    let last = shrunk.report
    var lines = ["FAIL  \(report.verdict.rawValue)  \(report.reason)"]
    func short(_ title: String, _ rest: String) { lines.append("\(title)  \(rest)") }
    short(
      "roots     ",
      "node \(last.nodeRoot?.hex ?? "unknown")\n            "
        + "header \(last.headerRoot?.hex ?? "unknown")\n            "
        + "oracle \(last.oracleRoot?.hex ?? "unknown")")
    if let key = last.wrongKey { short("first key ", key) }
    short("last events of the nodes involved", "")
    lines += events.map { "  " + $0 }
    short("blocks", "")
    lines += last.blockTree.map { "  " + $0 }
    short(
      "faults    ",
      "\(shrunk.plan.faults.count) of \(plan.faults.count) needed (\(shrunk.runs) runs)")
    lines += shrunk.plan.faults.map { "  " + $0.json }
    short("replay    ", replay)
    short("smallest  ", replayShrunk)
    short("open      ", open)
    short("test", "")
    lines.append(stanza)
    return lines.joined(separator: "\n")
  }

  /// A test that fails as long as the fault is there.
  public var stanza: String {
    let name = shrunk.plan.scenario.name.map { $0.isLetter || $0.isNumber ? String($0) : "_" }
    let list = shrunk.plan.faults.map { fault in
      var words = ["\"\(fault.kind)\"", "start: \(fault.start)"]
      if fault.duration > 0 { words.append("duration: \(fault.duration)") }
      if fault.node > 0 { words.append("node: \(fault.node)") }
      if fault.peer > 0 { words.append("peer: \(fault.peer)") }
      if fault.amount > 0 { words.append("amount: \(fault.amount)") }
      return "    PlannedFault(\(words.joined(separator: ", "))),"
    }
    // The profile gives the world; what is no world of a profile is given as it is.
    let drawn = [
      ("swarm", FaultPlan.swarm(seed: plan.seed)), ("small", FaultPlan.small(seed: plan.seed)),
    ].first { $0.1.scenario == shrunk.plan.scenario }
    let made =
      drawn.map {
        "  var plan = FaultPlan.\($0.0)(seed: \(plan.seed))\n  plan.faults = [\n"
          + list.joined(separator: "\n") + "\n  ]"
      }
      ?? "  let plan = try FaultPlan(json: Array(#\"\"\"\n"
      + shrunk.plan.json.split(separator: "\n").map { "    \($0)\n" }.joined()
      + "    \"\"\"#.utf8))"
    return """
      @Test func \(name.joined())_shouldPass() throws {
      \(made)
        let report = try SimulationRun(plan).run(
          identity: RunIdentity(commit: "test", toolchain: "test", mode: "test"))
        #expect(report.verdict == .pass, "\\(report.reason)")
      }
      """
  }
}

/// Takes the bytes of a log and gives its lines.
private final class LineCollector: @unchecked Sendable {
  // Unchecked: used on the simulation's thread only.

  private var bytes: [UInt8] = []

  func add(_ more: [UInt8]) { bytes += more }

  var lines: [[UInt8]] { bytes.split(separator: UInt8(ascii: "\n")).map(Array.init) }
}

/// A record of a log for people: time, node, event, and its fields as words.
private struct EventLine {
  let node: String
  let name: String
  let text: String

  init?(_ bytes: [UInt8]) {
    guard let document = try? JSONDocument(parsing: bytes),
      case .object(let members) = document.content
    else { return nil }
    func word(_ value: JSONDocument) -> String {
      switch value.content {
      case .text(let text): text
      case .number(let digits): digits
      case .bool(let flag): "\(flag)"
      case .null: "null"
      case .array, .object: "…"
      }
    }
    let values = Dictionary(members.map { ($0.key, word($0.value)) }) { first, _ in first }
    node = values["node"] ?? "-"
    name = values["event"] ?? ""
    let time = values["t_ns"].flatMap { Int64($0) } ?? 0
    let rest = members.filter { !["t_ns", "node", "event", "level", "seq"].contains($0.key) }
    text =
      "\(seconds(time))  \(node)  \(name)  "
      + rest.map { "\($0.key)=\(word($0.value))" }.joined(separator: " ")
  }
}
