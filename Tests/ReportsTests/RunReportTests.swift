import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Reports
import Simulation
import TestSupport
import Testing

@Suite struct RunReportTests {
  private static func report(_ records: [EventRecord]) -> RunReport {
    var report = RunReport(node: "s0")
    for record in records { report.add(record) }
    return report
  }

  private static let log: MadeLog = {
    var log = MadeLog()
    log.add(.node(.started(block: 4, hash: .zero, missingRanges: 1)))
    log.exchange(3, request: 1, bytes: 5_000)
    log.add(.chunk(.accepted(MadeLog.facts(3, 0x20))))
    log.add(.chunk(.rejected(MadeLog.facts(4, 0x30), reason: "items_mismatch")))
    log.add(.stall(.detected(blocker: .noPeers, sinceNs: 3_000_000, detail: "")))
    log.add(.stall(.resolved(blocker: .noPeers, durationNs: 4_000_000)))
    log.add(
      .state(
        .forecast(
          forecast: .converges, etaNs: 2_000_000, progressPpm: 500_000, hasBytesPerS: 1,
          needsBytesPerS: 1, detail: "")))
    log.add(.state(.complete(block: 5, hash: .zero, items: 7)))
    log.add(.run(.end(verdict: .pass, steps: 1, detail: "")), node: "-")
    return log
  }()

  @Test func page_shouldSayTheOutcomeFirst() {
    let html = Self.report(Self.log.records).html
    #expect(html.contains("id=\"verdict\">passed</span>"))
    #expect(html.contains("s0 held the complete, proven state <data value=\"8000000\""))
    #expect(html.contains("there was nobody to ask"))
    #expect(html.contains("the accounts are not those of the proof (items_mismatch)"))
  }

  @Test func everyFigure_shouldBeThatOfTheSummary() throws {
    let report = Self.report(Self.log.records)
    let json = try JSONValue(parsing: .init(report.summary.json.utf8))
    let figures = report.html.matches(of: /<data value="(\d+)" data-figure="([^"]+)">/)
    #expect(figures.count > 30)
    for figure in figures {
      var place = json
      for step in figure.2.split(separator: ".") {
        place = Int(step).map { place[$0] } ?? place[String(step)]
      }
      #expect(place.integer == Int(figure.1), "\(figure.2)")
    }
  }

  @Test func summary_shouldHaveTheCostsAndTheCourse() throws {
    let summary = Self.report(Self.log.records).summary
    let json = try JSONValue(parsing: .init(summary.json.utf8))
    let run = json["run"]
    #expect(run["complete_after_ns"].integer == 8_000_000)
    #expect(run["useful_chunk_bytes"].integer == 900)
    #expect(run["refused_chunk_bytes"].integer == 900)
    #expect(run["received_bytes"].integer == 5_000)
    #expect(run["other_received_bytes"].integer == 3_200)
    #expect(run["longest_stall_ns"].integer == 4_000_000)
    // Forecast at 8 ms for 10 ms, true at 9 ms after 8 ms of work.
    #expect(run["forecast_error_ppm"].integer == 125_000)
    #expect(json["refusals"][0]["peer"].text == "p4")
    #expect(json["peers"][1]["wasted_bytes"].integer == 900)
    #expect(json["stall_list"][0]["blocker"].text == "no_peers")
  }

  @Test func incompleteSync_shouldBeSaid() {
    var log = MadeLog()
    log.add(.node(.started(block: 4, hash: .zero, missingRanges: 1)))
    log.add(
      .state(
        .progress(
          block: 4, items: 1, missingRanges: 2, heldPpm: 421_000, inFlight: 0, buffered: 0)))
    let html = Self.report(log.records).html
    #expect(html.contains("did not complete its state: at the end it held"))
    #expect(html.contains("42.1 %") && html.contains("the log has no end"))
    #expect(RunReport(node: "s0").isEmpty)
  }

  /// What strangers wrote stands in texts, never as markup.
  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func hostileWords_shouldNotBecomeMarkup(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let parts = [
      "<script>alert(1)</script>", "</script>", "\"", "'", "<img src=x onerror=alert(1)>", "&lt;",
      "<!--", "]]>", "\u{202e}", "\u{0}", "\u{2028}", "javascript:", "\\u003c", "é",
    ]
    func words() -> String {
      (0..<random.below(6)).map { _ in parts[random.below(parts.count)] }.joined()
    }
    let node = words()
    var log = MadeLog()
    let peer = UInt32(random.below(9))
    log.add(
      .node(.started(block: 4, hash: .zero, missingRanges: 1)), node: node)
    log.add(.chunk(.rejected(MadeLog.facts(peer, 0x30), reason: words())), node: node)
    log.add(.block(.rejected(block: 1, hash: .zero, peer: nil, reason: words())), node: node)
    log.add(.node(.crashed(reason: words())), node: node)
    log.add(.fault(.injected(fault: "leave", target: words(), detail: words())), node: "-")
    log.add(.request(.sent(type: words(), peer: peer, bytes: 1)), node: node)
    log.add(.run(.end(verdict: .safety, steps: 1, detail: words())), node: "-")
    var report = RunReport(node: node)
    for record in log.records { report.add(record) }
    let html = report.html
    // The page's own elements, and no others.
    let tags = Set(html.matches(of: /<([a-zA-Z!\/][a-zA-Z0-9]*)/).map { $0.1.lowercased() })
    #expect(tags.isDisjoint(with: ["img", "!", "iframe", "a"]), "seed \(seed): \(tags.sorted())")
    #expect(html.split(separator: "<script", omittingEmptySubsequences: false).count == 3)
    #expect(html.split(separator: "</script", omittingEmptySubsequences: false).count == 3)
    let open = try #require(html.firstRange(of: "id=\"summary\">"))
    let end = try #require(html[open.upperBound...].firstRange(of: "</script>"))
    let embedded = html[open.upperBound..<end.lowerBound]
    #expect(
      try JSONValue(parsing: .init(embedded.utf8))
        == JSONValue(parsing: .init(report.summary.json.utf8)), "seed \(seed)")
  }

  @Test func page_shouldAskNobody() {
    let html = Self.report(Self.log.records).html
    #expect(html.contains("default-src 'none'"))
    #expect(!html.contains("http://") && !html.contains("https://") && !html.contains("//"))
    #expect(html.wholeMatch(of: /(?s).*style-src 'sha256-[A-Za-z0-9+\/]{43}='.*/) != nil)
  }
}
