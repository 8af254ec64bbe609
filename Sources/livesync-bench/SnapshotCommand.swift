import Foundation
import Storage
import Streams

/// `livesync-bench snapshot`.
enum SnapshotCommand {
  /// What a million accounts may take on one core, in seconds; more and fewer in proportion.
  static let takenSecondsMax = 2.0
  /// The most that a snapshot may have of the bytes of live chunks.
  static let ratioMax = 0.75
  /// What ten million accounts may take to restore, in seconds; more and fewer in proportion.
  static let restoredSecondsMax = 45.0
  /// Memory beside mapped pages while it is restored, in bytes.
  static let restoredBytesMax = 160 << 20

  static let usage = """
    usage: livesync-bench snapshot [--accounts N] [--values KIND] [--directory DIR]
                                   [--durability MODE] [--json] [--write FILE]

    Takes a snapshot of accounts with 20-byte keys from a store on disk, and fills an empty store
    from it, each piece verified against the root. Shows the times, the bytes beside those of live
    chunks of 5,000 of the same accounts, and the memory.

      --accounts N       2000…20000000 (default 1000000)
      --values KIND      balances (default: 1…1,000), words (balances of 64 random bits), or bytes
                         (40 random bytes, which nothing makes smaller)
      --directory DIR    where the stores are made and removed (default: a temporary directory)
      --durability MODE  everyCommit (default) or onRequest, of the store that is filled
      --json             print one JSON object instead of a table
      --write FILE       also replace the section 'snapshot' of this Markdown file, or add it
      --help             print this text

    Exit codes: 0 done, 1 failed or a bound missed (the bound of bytes counts for balances), 2
    unusable arguments or file, 5 done, but the output could not be written, 141 nobody reads the
    output any more.
    """

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    var rest = words
    var values = SnapshotBenchmark.Values.balances
    if let place = rest.firstIndex(of: "--values") {
      guard place + 1 < rest.count, let chosen = SnapshotBenchmark.Values(rawValue: rest[place + 1])
      else { Main.fail("--values is balances, words or bytes") }
      values = chosen
      rest.removeSubrange(place...place + 1)
    }
    let options = StoreOptions(rest, accounts: 1_000_000)
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { Main.fail(error) }
    do {
      // Printed when the stores are removed, since printing may end the program.
      let result = try StoreOptions.inFolder(options.directory) { folder in
        try SnapshotBenchmark(
          accounts: options.accounts, values: values, directory: folder,
          durability: options.durability
        ).run()
      }
      let report = SnapshotReport(options: options, values: values, result: result)
      if options.asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
      let command = ShellWord.command(["livesync-bench", "snapshot"] + words)
      try page?.replace(
        section: "snapshot", with: report.markdown(command: command, machine: Machine()))
      return report.isWithinBounds ? 0 : 1
    } catch let error as StreamError {
      Main.fail(error)
    } catch {
      Console.error("\(error)")
      return 1
    }
  }
}

/// The figures of one run.
struct SnapshotReport {
  let options: StoreOptions
  let values: SnapshotBenchmark.Values
  let result: SnapshotBenchmark.Result

  private var ratio: Double { Double(result.storedBytes) / Double(max(1, result.liveBytes)) }
  private var millions: Double { Double(options.accounts) / 1e6 }

  var isWithinBounds: Bool {
    result.takenCPU <= SnapshotCommand.takenSecondsMax * max(1, millions)
      && (values != .balances || ratio <= SnapshotCommand.ratioMax)
      && result.restoredSeconds <= SnapshotCommand.restoredSecondsMax * max(1, millions / 10)
      && result.peakBytes <= SnapshotCommand.restoredBytesMax
  }

  /// Name, value and unit of each figure.
  private var figures: [(name: String, value: Double, unit: String)] {
    let count = Double(options.accounts)
    return [
      ("take, processor time", result.takenCPU, "s"),
      ("take, wall clock", result.takenSeconds, "s"),
      ("take, accounts per processor second", count / max(1e-9, result.takenCPU), "accounts/s"),
      ("bytes in the files", Double(result.storedBytes) / count, "bytes/account"),
      ("bytes uncompressed", Double(result.rawBytes) / count, "bytes/account"),
      ("bytes of live chunks", Double(result.liveBytes) / count, "bytes/account"),
      ("bytes in the files : bytes of live chunks", ratio, ""),
      ("pieces", Double(result.pieces), ""),
      ("chunks", Double(result.chunks), ""),
      ("restore, wall clock", result.restoredSeconds, "s"),
      ("restore, processor time", result.restoredCPU, "s"),
      ("restore, memory without mapped files", Double(result.peakBytes) / 1_048_576, "MiB"),
    ]
  }

  private var title: String {
    "\(options.accounts) accounts, values \(values.rawValue), durability \(options.durability)"
  }

  var text: String {
    let rows = figures.map { figure in
      figure.name.padding(toLength: 44, withPad: " ", startingAt: 0)
        + String(format: "%14.3f ", figure.value) + figure.unit
    }
    return (["snapshot, " + title] + rows).joined(separator: "\n")
  }

  func json() throws -> String {
    var object: [String: Any] = [
      "accounts": options.accounts, "values": values.rawValue,
      "durability": "\(options.durability)", "ok": isWithinBounds,
    ]
    for figure in figures {
      let unit = figure.unit.isEmpty ? "" : " " + figure.unit
      object[figure.name + unit] = (figure.value * 1_000).rounded() / 1_000
    }
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    return String(decoding: data, as: UTF8.self)
  }

  func markdown(command: String, machine: Machine) -> String {
    let rows = figures.map { "| \($0.name) | \(String(format: "%.3f", $0.value)) | \($0.unit) |" }
    return """
      ## Snapshots

      `\(command)`, \(machine.cpu), \(machine.cores) cores, \(machine.system),
      commit \(machine.commit).
      \(title).

      | figure | value | unit |
      |---|---|---|
      \(rows.joined(separator: "\n"))
      """
  }
}
