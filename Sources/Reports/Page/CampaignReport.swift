import EventLog
import Primitives
import Simulation

/// A page about a campaign, for people: what failed and how to see it again, what was reached and
/// what was not, how long the seeds took. Its numbers are those of the summary's JSON, by their
/// paths in it.
public struct CampaignReport {
  private let summary: CampaignSummary
  private let campaign: CampaignIdentity
  private let frame: CampaignSummary.Frame

  public init(
    _ summary: CampaignSummary, of campaign: CampaignIdentity, frame: CampaignSummary.Frame
  ) {
    self.summary = summary
    self.campaign = campaign
    self.frame = frame
  }

  /// The page as one HTML document.
  public var html: String {
    let json = summary.json(frame, adding: [("commit", JSONText.quoted(campaign.program.commit))])
    let body = [
      head, "<main>", cards, failures, histogram, coverage, slow, "</main>", footer,
      "<script type=\"application/json\" id=\"summary\">\(HTMLText.script(json))</script>",
    ]
    return ReportPage.document(
      title: "campaign of \(campaign.profile)", body: body.joined(separator: "\n"))
  }

  /// A number with its path in the JSON.
  private func figure(_ number: Int, _ path: String, unit: String? = nil) -> String {
    "<data value=\"\(number)\" data-figure=\"\(HTMLText.escaped(path))\">"
      + "\(Figures.plain(UInt64(max(0, number)), unit: unit))</data>"
  }

  // MARK: Head

  private var head: String {
    let (word, kind) = verdict
    return """
      <header>
      <div class="over"><span class="badge \(kind)" id="verdict">\(word)</span>
      <span class="dim">campaign of \(HTMLText.escaped(campaign.profile))</span></div>
      <h1>\(figure(summary.count, "seeds")) seeds, \(figure(summary.failureCount, "failed")) \
      failed</h1>
      <p class="lead">\(lead)</p>
      </header>
      """
  }

  private var verdict: (String, String) {
    if summary.failureCount > 0 { return ("failed", "bad") }
    if summary.isThin { return ("nothing failed, but it proves too little", "warn") }
    return ("passed", "good")
  }

  private var lead: String {
    let groups = summary.groups.count { summary.failing.contains($0.verdict) }
    let failed =
      groups == 0
      ? "No seed failed." : "The failures are of \(groups) \(groups == 1 ? "class" : "classes")."
    guard !summary.expected.isEmpty else { return failed }
    let missed = summary.missed.count
    return failed + " "
      + (missed == 0
        ? "Every fault had an effect and every state was reached in some run."
        : "\(missed) of \(summary.expected.count) faults and states were seen in no run.")
  }

  private var cards: String {
    func card(_ name: String, _ big: String, _ more: String) -> String {
      "<article><p class=\"name\">\(name)</p><p class=\"big\">\(big)</p>"
        + "<p class=\"more\">\(more)</p></article>"
    }
    let ratio = summary.ratio.map { ratio in
      card(
        "Time against the limit", times(ratio.median, "limit_per_mille/median"),
        "median, most \(times(ratio.most, "limit_per_mille/most"))")
    }
    return "<div class=\"cards\">"
      + [
        card("Passed", figure(summary.passed, "passed"), "of \(summary.count) seeds"),
        card("Failed", figure(summary.failureCount, "failed"), "seeds"),
        card(
          "Chunks", figure(summary.chunks, "chunks_accepted"),
          "\(figure(summary.diffs, "diffs_accepted")) diffs"),
        card(
          "Rebranches", figure(summary.rebranches, "rebranches"),
          "\(figure(summary.rebranchesWhileIncomplete, "rebranches_while_incomplete")) while the "
            + "state was incomplete"),
        card(
          "Virtual time", figure(Int(summary.virtualNanoseconds), "virtual_ns", unit: "ns"),
          "of all runs together"),
        ratio ?? "",
      ].joined() + "</div>"
  }

  /// Thousandths as a factor.
  private func times(_ perMille: Int, _ path: String) -> String {
    "<data value=\"\(perMille)\" data-figure=\"\(path)\">"
      + "\(HTMLText.decimal(Double(perMille) / 1_000)) ×</data>"
  }

  // MARK: Failures

  private var failures: String {
    let groups = summary.groups
    let rows = groups.enumerated().map { index, group in
      let isBad = summary.failing.contains(group.verdict)
      let seeds =
        group.seeds.map(String.init).joined(separator: ", ")
        + (group.count > group.seeds.count ? " …" : "")
      let replay = group.seeds.first.map(frame.replay) ?? ""
      return "<tr><td class=\"n\">\(figure(group.count, "groups/\(index)/count"))</td>"
        + "<td class=\"\(isBad ? "bad" : "dim")\">\(group.verdict.rawValue)</td>"
        + "<td>\(HTMLText.escaped(group.failure.invariant))</td>"
        + "<td class=\"wrap\">\(HTMLText.escaped(group.failure.place))</td>"
        + "<td class=\"wrap\">\(seeds)</td>"
        + "<td class=\"wrap\"><code>\(HTMLText.escaped(replay))</code></td></tr>"
    }
    let list = summary.failures.prefix(ReportLimits.tableRowsMax).map { entry in
      "<tr><td class=\"n\"><data value=\"\(entry.seed)\">\(entry.seed)</data></td>"
        + "<td class=\"bad\">\(entry.verdict.rawValue)</td>"
        + "<td class=\"wrap\">\(HTMLText.escaped(entry.reason))</td>"
        + "<td class=\"wrap\"><code>\(HTMLText.escaped(frame.replay(entry.seed)))</code></td></tr>"
    }
    let why =
      groups.isEmpty
      ? "Every seed passed."
      : "Seeds that were no pass, by the rule that did not hold and where that was seen. The "
        + "command gives the lowest seed of a class again."
    return "<section><h2>What was no pass</h2><p class=\"why\">\(why)</p>"
      + table("groups", ["seeds", "verdict", "rule", "place", "which", "command"], rows)
      + (list.isEmpty
        ? ""
        : "<h3>Failures by seed</h3>"
          + table("failures", ["seed", "verdict", "why", "command"], list)) + "</section>"
  }

  private func table(_ name: String, _ heads: [String], _ rows: [String]) -> String {
    guard !rows.isEmpty else { return "" }
    let cells = heads.map { "<th><button>\($0)</button></th>" }.joined()
    return "<div class=\"scroll\"><table><thead><tr>\(cells)</tr></thead>"
      + "<tbody data-table=\"\(name)\">\(rows.joined())</tbody></table></div>"
  }

  // MARK: Distributions

  private var histogram: String {
    let steps = summary.ratioSteps
    guard let most = steps.map(\.runs).max(), let ratio = summary.ratio else { return "" }
    let width = 1_000 / Double(steps.count)
    let bars = steps.enumerated().map { index, step in
      let height = max(4, Double(step.runs) / Double(most) * 980)
      let left = HTMLText.decimal((Double(index) + 0.06) * width)
      return "<rect class=\"accent-fill\" x=\"\(left)\" "
        + "width=\"\(HTMLText.decimal(width * 0.88))\" y=\"\(HTMLText.decimal(1_000 - height))\" "
        + "height=\"\(HTMLText.decimal(height))\" data-runs=\"\(step.runs)\" "
        + "data-step=\"\(step.perMille)\"><title>\(step.runs) runs from "
        + "\(factor(step.perMille)) on</title></rect>"
    }
    let every = max(1, steps.count / 10)
    let labels = steps.enumerated().filter { $0.offset % every == 0 }.map { index, step in
      let place = HTMLText.decimal((Double(index) + 0.5) * width / 10)
      return "<text x=\"\(place)%\" y=\"13\" text-anchor=\"middle\">"
        + "\(factor(step.perMille))</text>"
    }
    return """
      <section><h2>Time against the least possible</h2>
      <p class="why">How many runs took how many times the least time in which lines and round \
      trips let a state be complete, in steps of a quarter of a doubling; \
      \(figure(ratio.runs, "limit_per_mille/runs")) runs were measured, the best at \
      \(times(ratio.least, "limit_per_mille/least")).</p>
      <div class="chart"><div class="axis"><span>\(most)</span><span>runs</span><span>0</span></div>
      <svg class="ground" height="180" role="img" aria-label="Runs by their time against the least \
      possible"><svg width="100%" height="100%" viewBox="0 0 1000 1000" \
      preserveAspectRatio="none" id="histogram">\(bars.joined())</svg></svg>
      <div class="axis one"><span></span></div>
      <svg class="labels" height="18" aria-hidden="true">\(labels.joined())</svg></div></section>
      """
  }

  /// Thousandths as a factor, for people.
  private func factor(_ perMille: Int) -> String {
    perMille == 0 ? "below 1 ×" : HTMLText.decimal(Double(perMille) / 1_000) + " ×"
  }

  private var slow: String {
    let rows = summary.slow.enumerated().map { index, entry in
      let place = "slow_seeds/\(index)"
      let time = figure(Int(entry.nanoseconds), "\(place)/wall_ns", unit: "ns")
      return "<tr><td class=\"n\">\(figure(Int(clamping: entry.seed), "\(place)/seed"))</td>"
        + "<td class=\"n\">\(time)</td><td class=\"wrap\">"
        + "<code>\(HTMLText.escaped(frame.replay(entry.seed)))</code></td></tr>"
    }
    return "<section><h2>Slowest seeds</h2><p class=\"why\">Real time that a run took, with its "
      + "checks.</p>" + table("slow_seeds", ["seed", "time", "command"], rows) + "</section>"
  }

  // MARK: Coverage

  private var coverage: String {
    let parts = [
      (RunMarks.Kind.fault, "Faults that had an effect"), (.reached, "States that were reached"),
      (.refused, "What was refused"),
    ].map { kind, title in
      let start = kind.mark("")
      let names = summary.expected.filter { $0.hasPrefix(start) }
      let others = summary.seen.keys.filter { $0.hasPrefix(start) && !names.contains($0) }.sorted()
      return part(title, (names + others).map { ($0, String($0.dropFirst(start.count)), "marks") })
    }
    let events = part("Kinds of events", frame.events.map { ($0, $0, "coverage") })
    return "<section><h2>Coverage</h2><p class=\"why\">In how many runs each was seen. Red was "
      + "seen in none.</p>" + parts.joined() + events + "</section>"
  }

  /// A table of marks: by their names in the summary, for people, and where in the JSON they stand.
  private func part(
    _ title: String, _ marks: [(mark: String, name: String, place: String)]
  ) -> String {
    let rows = marks.map { mark, name, place in
      guard let runs = summary.seen[mark] else {
        return "<tr><td class=\"bad\">\(HTMLText.escaped(name))</td>"
          + "<td class=\"n\"><data value=\"0\">0</data></td><td></td></tr>"
      }
      let share = HTMLText.decimal(Double(runs) / Double(max(1, summary.count)) * 100)
      return "<tr><td>\(HTMLText.escaped(name))</td>"
        + "<td class=\"n\">\(figure(runs, "\(place)/\(mark)"))</td>"
        + "<td><svg class=\"share ground\" height=\"8\" aria-hidden=\"true\"><rect "
        + "class=\"accent-fill\" width=\"\(share)%\" height=\"8\"/></svg></td></tr>"
    }
    guard !rows.isEmpty else { return "" }
    let missed = marks.count { summary.seen[$0.mark] == nil }
    let note = missed == 0 ? "" : " <span class=\"bad\">\(missed) in no run</span>"
    return
      "<details\(missed == 0 ? "" : " open")><summary>\(title), \(marks.count)\(note)</summary>"
      + table(title, ["name", "runs", "share"], rows) + "</details>"
  }

  private var footer: String {
    let program = campaign.program
    let words = [
      "commit \(program.commit)", "toolchain \(program.toolchain)", "mode \(program.mode)",
      "options \(campaign.options)",
    ]
    return """
      <footer><p>\(words.map(HTMLText.escaped).joined(separator: " · "))</p>
      <p>All numbers are those of <code>livesync campaign merge --json</code>.</p></footer>
      """
  }
}
