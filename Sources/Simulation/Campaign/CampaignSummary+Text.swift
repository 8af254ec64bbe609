import EventLog
import Primitives

/// A summary for people and for programs.
extension CampaignSummary {
  /// What a summary is printed with.
  public struct Frame {
    /// Names of all kinds of events there are, in the order of their page.
    public var events: [String]
    /// Real time that the seeds of this call took together, in milliseconds, and how many they are.
    public var milliseconds: Int
    public var seeds: Int
    /// The command that gives one run.
    public var replay: (UInt64) -> String

    public init(
      events: [String], milliseconds: Int, seeds: Int, replay: @escaping (UInt64) -> String
    ) {
      self.events = events
      self.milliseconds = milliseconds
      self.seeds = seeds
      self.replay = replay
    }

    fileprivate var tenthsPerSecond: Int { seeds * 10_000 / max(1, milliseconds) }
  }

  /// Columns of the table of coverage.
  private static let columns = 3

  public func text(_ frame: Frame) -> String {
    var lines = failures.map { entry in
      "seed \(entry.seed)  \(entry.verdict.rawValue)  \(PrintableText.line(entry.reason))\n"
        + "          replay: \(frame.replay(entry.seed))"
    }
    if isDrawn {
      for verdict in [Event.RunVerdict.vacuous, .unwinnable] {
        lines += entries(verdict).map {
          "\(right(verdict.rawValue, 10))seed \($0.seed)  \(PrintableText.line($0.reason))"
        }
      }
    }
    lines += groupLines
    lines += table("coverage", frame.events.map { ($0, $0) })
    for (kind, title) in [(RunMarks.Kind.fault, "faults"), (.reached, "reached")] {
      lines += table(title, marks(kind))
    }
    lines += refusals
    if isOfSyncs {
      lines.append(
        "sums      \(chunks) chunks, \(diffs) diffs, \(rebranches) rebranches, "
          + "\(rebranchesWhileIncomplete) of them while incomplete")
    }
    if let ratio {
      lines.append(
        "limit     \(thousandths(ratio.least)) to \(thousandths(ratio.most)) x the least time, "
          + "median \(ratio.median / 1_000).\(ratio.median / 100 % 10) x, in \(ratio.runs) runs")
    }
    if let slowest = slow.first {
      lines.append("slowest   seed \(slowest.seed), \(seconds(slowest.nanoseconds)) of wall time")
    }
    if isOfSyncs {
      let unseen = unseen(frame.events)
      lines.append("not seen  " + (unseen.isEmpty ? "-" : unseen.joined(separator: " ")))
    }
    if !expected.isEmpty {
      lines.append("missed    " + (missed.isEmpty ? "-" : missed.joined(separator: ", ")))
    }
    if isDrawn {
      lines.append(
        "classes   \(passed) pass, \(verdicts[.vacuous] ?? 0) vacuous, "
          + "\(verdicts[.unwinnable] ?? 0) unwinnable, \(failureCount) failures")
    }
    lines.append(last(frame))
    return lines.joined(separator: "\n")
  }

  private func last(_ frame: Frame) -> String {
    let word = isThin ? "VACUOUS" : isWhole ? "PASS" : "INTERRUPTED"
    let speed = frame.tenthsPerSecond
    let good = isDrawn ? "" : "\(count - failureCount) of "
    return (failureCount == 0 ? word : "FAIL") + "  \(good)\(count) seeds in "
      + "\(frame.milliseconds / 1_000).\(frame.milliseconds / 100 % 10) s, "
      + "\(speed / 10).\(speed % 10) seeds/s"
      + (isWhole ? "" : ", \(planned - count) seeds were not run")
  }

  private var groupLines: [String] {
    groups.map { group in
      let more = group.count > group.seeds.count ? " …" : ""
      return "group     \(group.count) x \(group.verdict.rawValue)  "
        + "\(PrintableText.line(group.failure.description))  seeds "
        + group.seeds.map(String.init).joined(separator: " ") + more
    }
  }

  private func unseen(_ events: [String]) -> [String] { events.filter { seen[$0] == nil } }

  /// The marks of a kind that were seen, by their own names: those that are expected first, in
  /// their order.
  private func marks(_ kind: RunMarks.Kind) -> [(mark: String, name: String)] {
    let start = kind.mark("")
    let others = Set(seen.keys).subtracting(expected).sorted()
    return (expected + others).filter { $0.hasPrefix(start) }.map {
      ($0, String($0.dropFirst(start.count)))
    }
  }

  /// In how many of the runs something was refused, one event and reason a line.
  private var refusals: [String] {
    marks(.refused).enumerated().map { index, entry in
      (index == 0 ? "refused   " : "          ") + left("\(seen[entry.mark] ?? 0)", 8) + "  "
        + PrintableText.line(entry.name)
    }
  }

  /// In how many of the runs each mark was seen that was seen.
  private func table(_ title: String, _ marks: [(mark: String, name: String)]) -> [String] {
    let cells = marks.compactMap { mark, name in
      seen[mark].map { right(PrintableText.line(name), 26) + left("\($0)", 8) }
    }
    return stride(from: 0, to: cells.count, by: Self.columns).map { start in
      let row = cells[start..<min(start + Self.columns, cells.count)].joined(separator: "   ")
      return (start == 0 ? right(title, 10) : "          ") + row
    }
  }

  /// One JSON object; `more` are further names and JSON values.
  public func json(_ frame: Frame, adding more: [(String, String)] = []) -> String {
    func list(_ entries: [Entry]) -> String {
      let objects = entries.map { entry in
        "{\"seed\":\(entry.seed),\"verdict\":\"\(entry.verdict.rawValue)\","
          + "\"invariant\":\(JSONText.quoted(entry.failure.invariant)),"
          + "\"place\":\(JSONText.quoted(entry.failure.place)),"
          + "\"reason\":\(JSONText.quoted(entry.reason)),"
          + "\"log_sha256\":\"\(entry.logDigest)\","
          + "\"replay\":\(JSONText.quoted(frame.replay(entry.seed)))}"
      }
      return "[\(objects.joined(separator: ","))]"
    }
    let kinds = groups.map { group in
      "{\"verdict\":\"\(group.verdict.rawValue)\","
        + "\"invariant\":\(JSONText.quoted(group.failure.invariant)),"
        + "\"place\":\(JSONText.quoted(group.failure.place)),\"count\":\(group.count),"
        + "\"seeds\":[\(group.seeds.map(String.init).joined(separator: ","))]}"
    }
    let coverage = frame.events.compactMap { name in seen[name].map { "\"\(name)\":\($0)" } }
    let marks = RunMarks.Kind.allCases.flatMap(marks).compactMap { mark, _ in
      seen[mark].map { "\(JSONText.quoted(mark)):\($0)" }
    }
    let names = unseen(frame.events).map(JSONText.quoted).joined(separator: ",")
    var fields: [(String, String)] = [
      (isDrawn ? "profile" : "scenario", JSONText.quoted(name)), ("seeds", "\(count)"),
      ("planned", "\(planned)"), ("interrupted", "\(!isWhole)"),
      ("passed", "\(passed)"), ("failed", "\(failureCount)"),
      ("chunks_accepted", "\(chunks)"), ("diffs_accepted", "\(diffs)"),
      ("rebranches", "\(rebranches)"),
      ("rebranches_while_incomplete", "\(rebranchesWhileIncomplete)"),
      ("virtual_ns", "\(virtualNanoseconds)"), ("wall_ms", "\(frame.milliseconds)"),
      ("groups", "[\(kinds.joined(separator: ","))]"),
      ("coverage", "{\(coverage.joined(separator: ","))}"), ("events_not_seen", "[\(names)]"),
      ("marks", "{\(marks.joined(separator: ","))}"),
      ("missed", "[\(missed.map(JSONText.quoted).joined(separator: ","))]"),
      ("thin", "\(isThin)"),
    ]
    func object(_ slow: SlowSeed) -> String {
      "{\"seed\":\(slow.seed),\"wall_ns\":\(slow.nanoseconds)}"
    }
    if let slowest = slow.first {
      fields.append(("slowest", object(slowest)))
      fields.append(("slow_seeds", "[\(slow.map(object).joined(separator: ","))]"))
    }
    if let ratio {
      fields.append(
        (
          "limit_per_mille",
          "{\"least\":\(ratio.least),\"median\":\(ratio.median),\"most\":\(ratio.most),"
            + "\"runs\":\(ratio.runs)}"
        ))
      let steps = ratioSteps.map { "\"\($0.perMille)\":\($0.runs)" }
      fields.append(("limit_steps", "{\(steps.joined(separator: ","))}"))
    }
    if isDrawn {
      fields += [("vacuous", list(entries(.vacuous))), ("unwinnable", list(entries(.unwinnable)))]
    }
    fields.append(("failures", list(failures)))
    return "{" + (fields + more).map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }
}
