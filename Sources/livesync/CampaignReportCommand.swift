import EventLog
import Primitives
import Reports
import Simulation
import Streams

/// `livesync campaign report`
enum CampaignReportCommand: Command {
  static let specification = CommandSpecification(
    name: "campaign report",
    summary: "Write a page about a campaign for people: what failed, what was reached, how fast.",
    positionals: ["FILE"],
    options: [.init("-o", "FILE", help: "where the page goes, such as campaign.html")],
    notes: [
      "FILEs are results as simulate --out writes them. The page is one file that needs no",
      "network; its numbers are those of livesync campaign merge --json.",
    ], repeatsLast: true)

  static func run(_ arguments: Arguments) throws -> ExitCode {
    guard let path = arguments.text("-o") else { throw UsageError("option '-o' is needed") }
    let file = try OutputFile(path: path)
    var results = CampaignResults()
    for path in arguments.positionals {
      guard let code = try CampaignMergeCommand.read(path, into: &results) else { continue }
      return code
    }
    let (campaign, sorted, summary) = try CampaignMergeCommand.sum(results)
    let report = CampaignReport(
      summary, of: campaign, frame: CampaignMergeCommand.frame(campaign, sorted))
    let page = Array(report.html.utf8)
    try file.write(page)
    if file.isOutput { return .pass }
    if arguments.wantsJSON {
      Console.printJSON("{\"report\":\(JSONText.quoted(path)),\"bytes\":\(page.count)}")
    } else {
      Console.print(
        PrintableText.line("wrote \(path) about \(summary.count) seeds, \(page.count) bytes"))
    }
    return .pass
  }
}
