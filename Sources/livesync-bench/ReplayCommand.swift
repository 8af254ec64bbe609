import Foundation
import Storage
import Streams

/// `livesync-bench replay`.
enum ReplayCommand {
  static let usage = """
    usage: livesync-bench replay [--blocks N] [--accounts N] [--directory DIR]
                                 [--durability MODE] [--json] [--write FILE]

    Makes blocks of 100 transfers (every 50th is a macro block, which has none), and brings two new
    nodes to the state after the last one: one executes all blocks, the other fills its state from
    the snapshot of the last block, each piece verified. Shows time, bytes that others must send,
    bytes of the store and processor time of both, beside what the implementation notes of another
    system's state sync claim for the same comparison.

      --blocks N         a multiple of 50 from 50 to 100000 (default 10000)
      --accounts N       accounts of the chain, 2000…20000000 (default 100000)
      --directory DIR    where the stores are made and removed (default: a temporary directory)
      --durability MODE  everyCommit (default) or onRequest, of the stores of both nodes
      --json             print one JSON object instead of a table
      --write FILE       also replace the section 'replay' of this Markdown file, or add it
      --help             print this text

    Exit codes: 0 done, 1 failed, 2 unusable arguments or file, 5 done, but the output could not be
    written, 141 nobody reads the output any more.
    """

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    var rest = words
    let blocks = blocks(&rest)
    let options = StoreOptions(rest, accounts: 100_000)
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { Main.fail(error) }
    do {
      // Printed when the stores are removed, since printing may end the program.
      let result = try StoreOptions.inFolder(options.directory) { folder in
        try ReplayBenchmark(
          accounts: options.accounts, blocks: blocks, directory: folder,
          durability: options.durability
        ).run()
      }
      let report = ReplayReport(options: options, blocks: blocks, result: result)
      if options.asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
      let command = ShellWord.command(["livesync-bench", "replay"] + words)
      try page?.replace(
        section: "replay", with: report.markdown(command: command, machine: Machine()))
      return 0
    } catch let error as StreamError {
      Main.fail(error)
    } catch {
      Console.error("\(error)")
      return 1
    }
  }

  /// Takes `--blocks` out of the words.
  private static func blocks(_ words: inout [String]) -> UInt32 {
    guard let place = words.firstIndex(of: "--blocks") else { return 10_000 }
    guard place + 1 < words.count, let count = UInt32(words[place + 1]),
      (1...100_000).contains(count), count % ReplayBenchmark.batch == 0
    else { Main.fail("--blocks needs a multiple of \(ReplayBenchmark.batch) up to 100000") }
    words.removeSubrange(place...place + 1)
    return count
  }
}

/// The figures of one run.
struct ReplayReport {
  let options: StoreOptions
  let blocks: UInt32
  let result: ReplayBenchmark.Result

  private struct Row {
    let name: String
    let unit: String
    let replay: Double
    let restore: Double
    let claim: String

    /// How many times as much it takes to execute the blocks.
    var factor: Double { replay / max(restore, 1e-9) }
    /// The share that the snapshot saves, in per cent.
    var saved: Double { 100 * (1 - restore / max(replay, 1e-9)) }
  }

  private var rows: [Row] {
    let (replay, restore) = (result.replay, result.restore)
    return [
      Row(
        name: "time", unit: "s", replay: replay.seconds, restore: restore.seconds,
        claim: "about 100 times faster"),
      Row(
        name: "bandwidth", unit: "MB", replay: Double(replay.received) / 1e6,
        restore: Double(restore.received) / 1e6, claim: "about 90 % less"),
      Row(
        name: "storage", unit: "MB", replay: Double(replay.stored) / 1e6,
        restore: Double(restore.stored) / 1e6, claim: "about 95 % less"),
      Row(
        name: "processor", unit: "s", replay: replay.processor, restore: restore.processor,
        claim: "about 80 % less"),
    ]
  }

  private var title: String {
    "\(blocks) blocks with \(result.transactions) transfers, \(options.accounts) accounts, "
      + "durability \(options.durability)"
  }

  var text: String {
    let lines = rows.map { row in
      (row.name + ", " + row.unit).padding(toLength: 15, withPad: " ", startingAt: 0)
        + String(
          format: "%12.3f %12.3f %9.1f x %7.1f %% less   ", row.replay, row.restore, row.factor,
          row.saved) + "claimed: " + row.claim
    }
    let head = "               all blocks     snapshot    measured"
    return (["replay, " + title, head] + lines).joined(separator: "\n")
  }

  func json() throws -> String {
    var object: [String: Any] = [
      "accounts": options.accounts, "blocks": Int(blocks), "transactions": result.transactions,
      "durability": "\(options.durability)",
    ]
    for row in rows {
      object[row.name] = [
        "unit": row.unit, "replay": (row.replay * 1e3).rounded() / 1e3,
        "snapshot": (row.restore * 1e3).rounded() / 1e3,
        "factor": (row.factor * 10).rounded() / 10,
        "less_percent": (row.saved * 10).rounded() / 10, "claimed": row.claim,
      ]
    }
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    return String(decoding: data, as: UTF8.self)
  }

  func markdown(command: String, machine: Machine) -> String {
    let lines = rows.map { row in
      String(
        format: "| \(row.name), \(row.unit) | %.3f | %.3f | %.1f times, %.1f %% less | ",
        row.replay, row.restore, row.factor, row.saved) + row.claim + " |"
    }
    return """
      ## A snapshot against all blocks

      `\(command)`, \(machine.cpu), \(machine.cores) cores, \(machine.system),
      commit \(machine.commit).
      \(title). The claims are those of another system's notes, for a million blocks.

      | | all blocks | snapshot | measured | claimed |
      |---|---|---|---|---|
      \(lines.joined(separator: "\n"))
      """
  }
}
