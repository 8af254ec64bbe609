import EventLog
import Foundation
import Primitives
import Reports
import Simulation
import Streams

/// `livesync campaign merge`
enum CampaignMergeCommand: Command {
  static let specification = CommandSpecification(
    name: "campaign merge",
    summary: "Sum up the results of a campaign that ran in several files.",
    positionals: ["FILE"],
    options: [
      .init("--seeds", "A..<B", help: "the seeds there must be; says which are missing"),
      .init("--out", "FILE", help: "write all results into one file, by seed"),
    ],
    notes: [
      "A seed may stand in several files if the results are equal but for their wall time. A last",
      "line that is cut off is left out, with a warning.",
      "Exit codes: as simulate has for the gravest verdict; 1 seeds are missing, 2 a file cannot",
      "be used or is of another campaign, 12 two results of one seed differ.",
    ], repeatsLast: true)

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let output = try arguments.text("--out").map { path throws(StreamError) in
      try OutputFile(path: path)
    }
    let expected = try arguments.text("--seeds").map(SimulateCommand.seeds)
    var results = CampaignResults()
    for path in arguments.positionals {
      guard let code = try read(path, into: &results) else { continue }
      return code
    }
    let (campaign, sorted, summary) = try sum(results, expected: expected)
    try output?.write(Array(sorted.map { $0.line + "\n" }.joined().utf8))
    if output?.isOutput != true { show(summary, campaign, sorted, asJSON: arguments.wantsJSON) }
    let code = SimulateCommand.exitCode(summary.verdict)
    return code == .pass && !summary.isWhole ? .refuted : code
  }

  /// What the results of files come to, by seed.
  static func sum(
    _ results: CampaignResults, expected: SeedSpan? = nil
  ) throws(UsageError) -> (CampaignIdentity, [SeedResult], CampaignSummary) {
    guard let campaign = results.campaign else { throw UsageError("the files hold no results") }
    let sorted = results.sorted
    let planned = expected?.count ?? sorted.count
    var summary =
      ReplicaProfile.named(campaign.profile)?.summary(planned: planned)
      ?? CampaignSummary(
        name: campaign.profile, profile: Profile.all.first { $0.name == campaign.profile },
        planned: planned)
    for result in sorted where expected.map({ $0.contains(result.seed) }) ?? true {
      summary.add(result)
    }
    return (campaign, sorted, summary)
  }

  /// How a summary of these results is shown: their times, and what replays one.
  static func frame(
    _ campaign: CampaignIdentity, _ results: [SeedResult]
  ) -> CampaignSummary.Frame {
    let wall = results.reduce(0) { $0 &+ $1.wallNanoseconds }
    return CampaignSummary.Frame(
      events: EventSchema.livesync.entries.map(\.name), milliseconds: Int(wall / 1_000_000),
      seeds: results.count
    ) { "livesync simulate \(campaign.options) --seed \($0)" }
  }

  /// Takes a file in; an exit code if it contradicts another one.
  static func read(_ path: String, into results: inout CampaignResults) throws -> ExitCode? {
    var file = try InputFile(path: path)
    var reader = ResultReader()
    do {
      while true {
        let piece = try file.next()
        if piece.isEmpty { break }
        try reader.read(piece) { result throws(CampaignError) in try results.add(result) }
      }
    } catch let error as CampaignError {
      guard error.isContradiction else { throw UsageError("\(path): \(error)") }
      Console.error("\(path): \(error)")
      return .nondeterminism
    }
    if reader.cutBytes > 0 {
      Console.error("warning: \(path): the last line is cut off after \(reader.cutBytes) bytes")
    }
    return nil
  }

  private static func show(
    _ summary: CampaignSummary, _ campaign: CampaignIdentity, _ results: [SeedResult],
    asJSON isJSON: Bool
  ) {
    let frame = frame(campaign, results)
    if isJSON {
      Console.printJSON(
        summary.json(frame, adding: [("commit", JSONText.quoted(campaign.program.commit))]))
    } else {
      Console.print(
        "campaign  \(PrintableText.line(campaign.profile))  commit "
          + PrintableText.line(campaign.program.commit))
      Console.print(summary.text(frame))
    }
  }
}
