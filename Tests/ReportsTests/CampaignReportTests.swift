import EventLog
import Reports
import Simulation
import Testing

/// The page about a campaign.
@Suite struct CampaignReportTests {
  private static let identity = CampaignIdentity(
    profile: "swarm", options: "--profile swarm",
    program: RunIdentity(commit: "abc", toolchain: "swift", mode: "release"))

  private static func page(_ add: (inout CampaignSummary) throws -> Void) throws -> String {
    var summary = CampaignSummary(
      name: "swarm", profile: try Profile.named("swarm"), planned: 3)
    try add(&summary)
    let frame = CampaignSummary.Frame(
      events: ["chunk.accepted", "state.complete"], milliseconds: 1, seeds: summary.count
    ) { "livesync simulate --profile swarm --seed \($0)" }
    return CampaignReport(summary, of: identity, frame: frame).html
  }

  private static func crash(_ seed: UInt64, _ reason: String, wall: Int64) -> SeedResult {
    SeedResult(crashed: reason, seed: seed, campaign: identity, wallNanoseconds: wall)
  }

  private static func pass(_ seed: UInt64, perMille: Int) throws -> SeedResult {
    var result = crash(seed, "", wall: 1)
    result.verdict = .pass
    result.limitPerMille = perMille
    let line = result.line.replacing(
      "\"marks\":{}", with: "\"marks\":{\"chunk.accepted\":7,\"fault loss\":2}")
    return try SeedResult(line: Array(line.utf8))
  }

  @Test func page_shouldNameFailures_withTheirCommands() throws {
    let html = try Self.page { summary in
      summary.add(Self.crash(17, "<script>alert(1)</script> & more", wall: 5_000_000_000))
      summary.add(try Self.pass(3, perMille: 1_250))
    }
    #expect(html.contains("id=\"verdict\">failed</span>"))
    #expect(html.contains("<code>livesync simulate --profile swarm --seed 17</code>"))
    #expect(html.contains("data-figure=\"groups/0/count\">1</data>"))
    #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"))
    #expect(!html.contains("<script>alert(1)"))
    #expect(html.contains("<data value=\"17\" data-figure=\"slow_seeds/0/seed\">"))
  }

  @Test func page_shouldSayWhatNoRunReached() throws {
    let html = try Self.page { $0.add(try Self.pass(3, perMille: 1_250)) }
    #expect(html.contains("id=\"verdict\">passed</span>"))
    #expect(html.contains("<data value=\"1\" data-figure=\"marks/fault loss\">1</data>"))
    #expect(html.contains("<td class=\"bad\">latency</td>"))
    #expect(html.contains("<td class=\"bad\">state.complete</td>"))
    #expect(html.contains("Every seed passed."))
  }

  @Test func histogram_shouldHaveABarForEachStep() throws {
    let html = try Self.page { summary in
      for (seed, perMille) in [(1, 1_250), (2, 1_299), (3, 90_000)] as [(UInt64, Int)] {
        summary.add(try Self.pass(seed, perMille: perMille))
      }
    }
    #expect(html.contains("data-runs=\"2\" data-step=\"1189\""))
    #expect(html.contains("data-runs=\"1\" data-step=\"76096\""))
    #expect(html.contains("data-figure=\"limit_per_mille/most\">90 ×</data>"))
  }

  @Test func page_shouldAskNobodyForAnything() throws {
    let html = try Self.page { $0.add(try Self.pass(3, perMille: 1_250)) }
    #expect(html.contains("default-src 'none'"))
    #expect(!html.contains("http://") && !html.contains("https://"))
  }
}
