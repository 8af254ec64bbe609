import Foundation
import Streams

/// `livesync-bench serving`.
enum ServingCommand {
  /// The 99th percentile of a busy node's answers may be so many times an idle node's.
  static let ratioMax = 2.0

  static let usage = """
    usage: livesync-bench serving [--accounts N] [--directory DIR] [--durability MODE] [--json]
                                  [--write FILE]

    Asks a node for its head and for chunks of 100 accounts, thousands of times a second: first
    while it is idle, then while it takes chunks of 5,000 accounts into its store on disk, back to
    back. Shows in which time 50, 95 and 99 of 100 answers came, and the ratio of busy to idle.

      --accounts N       2000…20000000 (default 400000)
      --directory DIR    where the store is made and removed (default: a temporary directory)
      --durability MODE  everyCommit (default) or onRequest
      --json             print one JSON object instead of a table
      --write FILE       also replace the section 'serving' of this Markdown file, or add it
      --help             print this text

    Exit codes: 0 done, 1 failed or a ratio of the 99th percentiles above 2, 2 unusable arguments or
    file, 5 done, but the output could not be written, 141 nobody reads the output any more.
    """

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    let options = StoreOptions(words, accounts: 400_000)
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { Main.fail(error) }
    do {
      // Printed when the store is removed, since printing may end the program.
      let result = try StoreOptions.inFolder(options.directory) { folder in
        try ServingBenchmark(
          accounts: options.accounts, directory: folder, durability: options.durability
        ).run()
      }
      let report = ServingReport(options: options, result: result)
      if options.asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
      let command = ShellWord.command(["livesync-bench", "serving"] + words)
      try page?.replace(
        section: "serving", with: report.markdown(command: command, machine: Machine()))
      return report.worstRatio <= ratioMax ? 0 : 1
    } catch let error as StreamError {
      Main.fail(error)
    } catch {
      Console.error("\(error)")
      return 1
    }
  }
}

/// The figures of one run.
struct ServingReport {
  let options: StoreOptions
  let result: ServingBenchmark.Result

  private struct Row {
    let name: String
    let idle: Double
    let busy: Double
    var ratio: Double { busy / max(idle, 0.001) }
  }

  private var rows: [Row] {
    let kinds = [
      ("head", result.idle.heads, result.busy.heads),
      ("chunk", result.idle.chunks, result.busy.chunks),
    ]
    return kinds.flatMap { name, idle, busy in
      [50, 95, 99].map { share in
        Row(
          name: "\(name), \(share) of 100 within", idle: Double(idle.percentile(share)) / 1e3,
          busy: Double(busy.percentile(share)) / 1e3)
      }
    }
  }

  /// The larger ratio of the two 99th percentiles.
  var worstRatio: Double { rows.filter { $0.name.contains("99") }.map(\.ratio).max() ?? 0 }

  private var summary: String {
    let rate = Double(result.chunksTaken) / max(result.secondsTaken, 1e-9)
    return
      "\(result.busy.heads.count) answers of each kind while \(result.chunksTaken) chunks were "
      + String(format: "committed, %.1f a second", rate)
  }

  var text: String {
    let lines = rows.map { row in
      row.name.padding(toLength: 26, withPad: " ", startingAt: 0)
        + String(format: "%10.1f us idle %10.1f us busy %8.2f x", row.idle, row.busy, row.ratio)
    }
    return (["serving, \(options.accounts) accounts, \(summary)"] + lines).joined(separator: "\n")
  }

  func json() throws -> String {
    var object: [String: Any] = [
      "accounts": options.accounts, "chunks": result.chunksTaken,
      "seconds": (result.secondsTaken * 1e3).rounded() / 1e3,
    ]
    for row in rows {
      object[row.name + ", idle us"] = (row.idle * 10).rounded() / 10
      object[row.name + ", busy us"] = (row.busy * 10).rounded() / 10
    }
    object["ratio"] = (worstRatio * 100).rounded() / 100
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    return String(decoding: data, as: UTF8.self)
  }

  func markdown(command: String, machine: Machine) -> String {
    let lines = rows.map {
      String(format: "| \($0.name) | %.1f | %.1f | %.2f |", $0.idle, $0.busy, $0.ratio)
    }
    return """
      ## Answers of a busy node

      `\(command)`, \(machine.cpu), \(machine.cores) cores, \(machine.system),
      commit \(machine.commit).
      A chain of \(options.accounts) accounts in a store on disk, durability
      `\(options.durability)`; \(summary).
      Times in microseconds.

      | answer | idle | busy | ratio |
      |---|---|---|---|
      \(lines.joined(separator: "\n"))
      """
  }
}
