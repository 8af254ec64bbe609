import EventLog
import Primitives
import Simulation
import Testing

/// What a campaign keeps and sums up, without a run.
@Suite struct CampaignTests {
  static let program = RunIdentity(commit: "c0ffee", toolchain: "swift-6.3", mode: "release")
  static let identity = CampaignIdentity(
    profile: "wild", options: "--profile wild", program: program)

  /// A result as a file has it.
  static func result(
    _ seed: UInt64, verdict: String = "pass", invariant: String = "", place: String = "",
    reason: String = "", digest: String = "ab", wall: Int = 5, commit: String = "c0ffee",
    ratio: String = "1250", marks: String = ""
  ) throws -> SeedResult {
    let line = """
      {"seed":\(seed),"profile":"wild","options":"--profile wild","commit":"\(commit)",\
      "toolchain":"swift-6.3","mode":"release","verdict":"\(verdict)",\
      "invariant":"\(invariant)","place":"\(place)","reason":"\(reason)","virtual_ns":7,\
      "limit_per_mille":\(ratio),"chunks_accepted":3,"diffs_accepted":4,"rebranches":2,\
      "rebranches_while_incomplete":1,"log_sha256":"\(digest)",\
      "marks":{"chunk.accepted":3,"run.end":1\(marks)},"wall_ns":\(wall)}
      """
    return try SeedResult(line: Array(line.utf8))
  }

  @Test func seeds_shouldBeReadInBothForms_orRefused() throws {
    let open = try SeedSpan("3..<7")
    #expect((open.first, open.last, open.count) == (3, 6, 4))
    #expect(try SeedSpan("3...6") == open)
    #expect(try SeedSpan("\(UInt64.max)...\(UInt64.max)").count == 1)
    for text in ["", "3", "7..<7", "7...6", "a..<b", "1..<2..<3", "-1..<4", "1....3"] {
      #expect(throws: CampaignError.self, "\(text)") { try SeedSpan(text) }
    }
  }

  @Test func seeds_shouldBeRefused_aboveTheirNumber() throws {
    let most = CampaignLimits.seedsMax
    #expect(try SeedSpan("1...\(most)").count == most)
    #expect(throws: CampaignError.self) { try SeedSpan("0...\(most)") }
  }

  @Test func shards_shouldBeRefused_aboveTheirNumber() throws {
    let most = CampaignLimits.shardsMax
    #expect(try Shard("0/\(most)").count == most)
    for text in ["0/\(most + 1)", "1/1", "-1/2", "0/0", "01/2", "1", "1/2/3", "+1/2"] {
      #expect(throws: CampaignError.self, "\(text)") { try Shard(text) }
    }
  }

  @Test func shards_shouldHaveEverySeedOnce() throws {
    for (first, count) in [(0, 1), (5, 7), (1, 100), (UInt64.max - 9, 10)] as [(UInt64, Int)] {
      let span = try SeedSpan("\(first)...\(first + UInt64(count - 1))")
      for shards in [1, 2, 3, 8, 200] {
        var seen: [UInt64] = []
        for index in 0..<shards {
          let share = ShardSeeds(span, shard: try Shard("\(index)/\(shards)"))
          #expect(share.allSatisfy(share.contains))
          seen += share
        }
        #expect(seen.sorted() == Array(first...(first + UInt64(count - 1))))
      }
    }
  }

  @Test func aLine_shouldBeTheResultThatWasWritten() throws {
    for result in [
      try Self.result(1), try Self.result(UInt64.max, ratio: "null"),
      try Self.result(2, verdict: "safety", invariant: "S1", place: "chunk.accepted", reason: "x"),
    ] {
      #expect(try SeedResult(line: Array(result.line.utf8)) == result)
    }
  }

  @Test func aDamagedLine_shouldBeNamed() throws {
    let line = try Self.result(9).line
    for (from, to, word) in [
      ("\"seed\":9", "\"seed\":-9", "seed"), ("\"pass\"", "\"fine\"", "verdict"),
      ("\"wall_ns\":5", "\"wall_ns\":true", "wall_ns"), ("\"mode\"", "\"mood\"", "mode"),
      ("{\"chunk", "[\"chunk", "JSON"), ("\"run.end\":1", "\"run.end\":-1", "run.end"),
      ("\"virtual_ns\":7", "\"virtual_ns\":99999999999999999999", "virtual_ns"),
    ] {
      let bad = line.replacing(from, with: to)
      #expect(bad != line)
      var reader = ResultReader()
      do throws(CampaignError) {
        try reader.read(Array("\(line)\n\(bad)\n".utf8)) { _ in }
        Issue.record("\(to) was taken")
      } catch {
        #expect(error.line == 2 && error.description.contains(word), "\(error)")
      }
    }
    // Any single byte may be wrong: an error, or a result; never a crash.
    for place in line.utf8.indices {
      var bytes = Array(line.utf8)
      bytes[line.utf8.distance(from: line.utf8.startIndex, to: place)] ^= 0x11
      _ = try? SeedResult(line: bytes)
    }
  }

  @Test func aCutLine_shouldBeLeftOut_whereverItEnds() throws {
    let lines = try (0..<3).map { try Self.result($0).line + "\n" }
    let whole = Array(lines.joined().utf8)
    for length in 0...whole.count {
      var reader = ResultReader()
      var seeds: [UInt64] = []
      // In two pieces, cut anywhere.
      try reader.read(Array(whole.prefix(length / 2))) { seeds.append($0.seed) }
      try reader.read(Array(whole[(length / 2)..<length])) { seeds.append($0.seed) }
      #expect(reader.wholeBytes + reader.cutBytes == length)
      #expect(seeds == Array(0..<UInt64(seeds.count)))
      #expect(reader.wholeBytes == lines.prefix(seeds.count).reduce(0) { $0 + $1.utf8.count })
    }
  }

  @Test func aLine_shouldBeRefused_aboveItsLength() throws {
    let long = [UInt8](repeating: UInt8(ascii: " "), count: CampaignLimits.lineBytesMax)
    var reader = ResultReader()
    try reader.read(long) { _ in }
    #expect(throws: CampaignError.self) { try reader.read([UInt8(ascii: " ")]) { _ in } }
  }

  @Test func aReason_shouldBeCut_aboveItsLength() {
    let most = CampaignLimits.textBytesMax
    for length in [most, most + 1] {
      let result = SeedResult(
        crashed: String(repeating: "x", count: length), seed: 1, campaign: Self.identity,
        wallNanoseconds: 0)
      #expect(result.reason.utf8.count == most && result.failure.place.utf8.count == most)
    }
  }

  @Test func results_shouldBeRefused_ifTheyBelongElsewhereOrDiffer() throws {
    var results = CampaignResults(of: Self.identity)
    #expect(try results.add(Self.result(1)))
    // Wall time may be another.
    #expect(try !results.add(Self.result(1, wall: 6)))
    #expect(throws: CampaignError.self) { try results.add(Self.result(2, commit: "other")) }
    let other = try Self.result(1, digest: "cd")
    do throws(CampaignError) {
      try results.add(other)
      Issue.record("another log of the same seed was taken")
    } catch {
      #expect(error.isContradiction && error.description.contains("log_sha256"))
    }
    #expect(results.count == 1)
  }

  @Test func aClass_shouldNotDependOnNumbers() {
    for (reason, verdict, invariant, place) in [
      ("S1: 12 accounts", Event.RunVerdict.safety, "S1", "N accounts"),
      ("L1: not done after 30 s", .liveness, "L1", "not done after N s"),
      ("only 1 chunks were needed", .vacuous, "vacuous", "only N chunks were needed"),
      ("Storage: 7", .crash, "crash", "Storage: N"),
    ] {
      let failure = SeedResult(
        crashed: reason, seed: 1, campaign: Self.identity, wallNanoseconds: 0
      ).failure
      #expect(failure.place == place, "\(verdict)")
      #expect(failure.invariant == (invariant == "vacuous" ? "crash" : invariant))
    }
  }

  @Test func aSummary_shouldCountWhatAPlainListSays() throws {
    var summary = CampaignSummary(name: "wild", profile: try Profile.named("wild"), planned: 60)
    for seed in (0..<60).reversed() as ReversedCollection<Range<UInt64>> {
      let verdict = ["pass", "liveness", "vacuous"][Int(seed % 3)]
      summary.add(
        try Self.result(
          seed, verdict: verdict, invariant: verdict == "pass" ? "" : "L1",
          place: verdict == "pass" ? "" : "p\(seed % 2)", wall: Int(seed),
          ratio: "\(1_000 + 10 * seed)"))
    }
    #expect(summary.count == 60 && summary.isWhole && summary.passed == 20)
    #expect(summary.failureCount == 20 && summary.verdict == .liveness)
    #expect(summary.slow.first?.seed == 59)
    #expect(summary.failures.map(\.seed) == (0..<60).filter { $0 % 3 == 1 })
    #expect(summary.groups.map(\.count).reduce(0, +) == 40)
    #expect(summary.groups.allSatisfy { $0.seeds.count == CampaignLimits.seedsOfClassMax })
    let ratio = try #require(summary.ratio)
    #expect((ratio.least, ratio.median, ratio.most, ratio.runs) == (1_000, 1_200, 1_590, 60))
    let frame = CampaignSummary.Frame(
      events: ["chunk.accepted", "state.complete"], milliseconds: 2_000, seeds: 60
    ) { "replay \($0)" }
    let text = summary.text(frame)
    #expect(text.contains("not seen  state.complete") && text.contains("replay: replay 1\n"))
    #expect(text.hasSuffix("FAIL  60 seeds in 2.0 s, 30.0 seeds/s"))
    _ = try JSONDocument(parsing: Array(summary.json(frame).utf8))
  }

  /// A campaign of the swarm profile in which every run has the marks `marks`.
  private static func swarm(runs: Int, _ marks: [String]) throws -> CampaignSummary {
    var summary = CampaignSummary(
      name: "swarm", profile: try Profile.named("swarm"), planned: runs)
    var result = try Self.result(0, marks: marks.map { ",\"\($0)\":2" }.joined())
    for seed in 0..<UInt64(runs) {
      result.seed = seed
      summary.add(result)
    }
    return summary
  }

  @Test func aLongCampaign_shouldBeVacuous_ifItMissesWhatItsProfileExpects() throws {
    let expected = try Profile.named("swarm").coverage
    #expect(expected.count == FaultClass.all.count + RunMarks.known.count)
    let runs = SimulationLimits.coveredRunsMin
    let frame = CampaignSummary.Frame(events: ["run.end"], milliseconds: 1_000, seeds: runs) {
      "replay \($0)"
    }
    let whole = try Self.swarm(runs: runs, expected)
    #expect(!whole.isThin && whole.verdict == .pass && whole.missed.isEmpty)
    #expect(whole.text(frame).contains("missed    -"))
    let short = try Self.swarm(runs: runs - 1, [])
    #expect(!short.isThin && short.verdict == .pass && short.missed == expected)
    for left in [expected[0], expected[expected.count - 1]] {
      let thin = try Self.swarm(
        runs: runs, expected.filter { $0 != left } + ["refused chunk.rejected bad_proof"])
      #expect(thin.isThin && thin.verdict == .vacuous && thin.missed == [left])
      let text = thin.text(frame)
      #expect(text.contains("missed    \(left)\n") && text.contains("VACUOUS  \(runs) seeds"))
      #expect(text.contains("refused       \(runs)  chunk.rejected bad_proof"), "\(text)")
      _ = try JSONDocument(parsing: Array(thin.json(frame).utf8))
    }
  }

  @Test func aSummary_shouldNameABoundedNumberOfSeeds() throws {
    var summary = CampaignSummary(name: "plain", profile: nil, planned: 1)
    let count = CampaignLimits.seedsNamedMax + 5
    for seed in (0..<UInt64(count)).reversed() {
      summary.add(try Self.result(seed, verdict: "vacuous", invariant: "v", place: "p"))
    }
    #expect(summary.failureCount == count && summary.verdict == .vacuous)
    #expect(summary.failures.map(\.seed) == Array(0..<UInt64(CampaignLimits.seedsNamedMax)))
    #expect(summary.groups[0].seeds == Array(0..<UInt64(CampaignLimits.seedsOfClassMax)))
    #expect(summary.slow.map(\.seed) == Array(0..<UInt64(CampaignLimits.slowSeedsMax)))
  }

  @Test func aSummary_shouldCountSlowRunsTogether() throws {
    var summary = CampaignSummary(name: "plain", profile: nil, planned: 1)
    for (seed, perMille) in [950, 1_000, 1_250, 2_000, 256_000, 9_000_000].enumerated() {
      summary.add(try Self.result(UInt64(seed), ratio: "\(perMille)"))
    }
    #expect(CampaignLimits.ratioStepsMax == 33)
    #expect(summary.ratioSteps.map(\.perMille) == [0, 1_000, 1_189, 2_000, 256_000])
    #expect(summary.ratioSteps.map(\.runs) == [1, 1, 1, 1, 2])
  }

  @Test func aSummary_shouldTellABoundedNumberOfClassesApart() throws {
    var summary = CampaignSummary(name: "plain", profile: nil, planned: 1)
    let most = CampaignLimits.classesMax
    for seed in 0..<UInt64(most + 3) {
      summary.add(try Self.result(seed, verdict: "safety", invariant: "S1", place: "at \(seed)"))
    }
    #expect(summary.groups.count == most + 1 && summary.groups[0].count == 3)
    #expect(summary.groups[0].failure.place == "others")
  }
}
