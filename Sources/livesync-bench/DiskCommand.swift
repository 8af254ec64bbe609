import Foundation
import Storage
import Streams

/// `livesync-bench disk`.
enum DiskCommand {
  static let usage = """
    usage: livesync-bench disk [--accounts N] [--directory DIR] [--durability MODE] [--json]
                               [--write FILE]

    Syncs accounts of 20-byte keys and 40-byte values into an empty store on disk, by chunks of
    1,000 that are each verified against the root, and measures it: accounts per second, memory,
    file size, commits; then opening the store, and 1,000 random updates with root and commit.

      --accounts N       2000…20000000 (default 1000000)
      --directory DIR    where the stores are made and removed (default: a temporary directory)
      --durability MODE  everyCommit (default): a loss of power loses nothing committed;
                         onRequest: it may damage the store, which is then synced anew
      --json             print one JSON object instead of a table
      --write FILE       also replace the section 'disk' of this Markdown file, or add it
      --help             print this text

    Exit codes: 0 done, 1 failed, 2 unusable arguments or file, 5 done, but the output could not be
    written, 141 nobody reads the output any more.
    """

  static func run(_ words: [String]) {
    if words.contains("--help") {
      Console.print(usage)
      return
    }
    let options = StoreOptions(words, accounts: 1_000_000)
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { Main.fail(error) }
    do {
      // Printed when the stores are removed, since printing may end the program.
      let report = try StoreOptions.inFolder(options.directory) { folder in
        try DiskBenchmark(
          accounts: options.accounts, directory: folder, durability: options.durability
        ).run()
      }
      if options.asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
      let command = ShellWord.command(["livesync-bench", "disk"] + words)
      try page?.replace(
        section: "disk", with: report.markdown(command: command, machine: Machine()))
    } catch let error as StreamError {
      Main.fail(error)
    } catch {
      Console.error("\(error)")
      exit(1)
    }
  }
}

/// The figures of one run.
struct DiskReport {
  let accounts: Int
  let durability: Durability
  /// One BLAKE2b-256 of 64 bytes, in nanoseconds.
  let hash: Double
  let sync: DiskBenchmark.Sync
  let openSeconds: Double
  let updateSeconds: [Double]
  let fileBytes: Int

  /// Name, value and unit of each figure.
  private var figures: [(name: String, value: Double, unit: String)] {
    let count = Double(accounts)
    let perAccount = { (seconds: Double) in seconds / count * 1e9 }
    return [
      ("accounts committed", count / sync.taken, "accounts/s"),
      (
        "accounts committed, making the chunks included", count / (sync.taken + sync.made),
        "accounts/s"
      ),
      ("accounts committed per processor second", count / sync.takenCPU, "accounts/s"),
      ("verify, apply, root, commit", perAccount(sync.taken), "ns/account"),
      ("verify, apply, root, commit, in hashes", perAccount(sync.taken) / hash, "h/account"),
      ("verify, apply and root alone", perAccount(sync.applied), "ns/account"),
      ("make a chunk from a snapshot", perAccount(sync.made), "ns/account"),
      ("peak memory without mapped files", Double(sync.peakBytes) / 1_048_576, "MiB"),
      ("file size", Double(fileBytes) / count, "bytes/account"),
      ("chunks", Double(sync.chunks), ""),
      ("commits", Double(sync.commits), ""),
      ("open the store and tell the root", openSeconds * 1e3, "ms"),
      ("1,000 random updates, root, commit: first", (updateSeconds.first ?? 0) * 1e3, "ms"),
      ("1,000 random updates, root, commit: best", (updateSeconds.min() ?? 0) * 1e3, "ms"),
      ("one hash (h), BLAKE2b-256 of 64 bytes", hash, "ns"),
    ]
  }

  var text: String {
    let rows = figures.map { figure in
      figure.name.padding(toLength: 52, withPad: " ", startingAt: 0)
        + String(format: "%14.1f ", figure.value) + figure.unit
    }
    return (["disk, \(accounts) accounts, durability \(durability)"] + rows)
      .joined(separator: "\n")
  }

  func json() throws -> String {
    var object: [String: Any] = ["accounts": accounts, "durability": "\(durability)"]
    for figure in figures {
      let unit = figure.unit.isEmpty ? "" : " " + figure.unit
      object[figure.name + unit] = (figure.value * 10).rounded() / 10
    }
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    return String(decoding: data, as: UTF8.self)
  }

  func markdown(command: String, machine: Machine) -> String {
    let rows = figures.map { "| \($0.name) | \(String(format: "%.1f", $0.value)) | \($0.unit) |" }
    return """
      ## The trie on disk

      `\(command)`, \(machine.cpu), \(machine.cores) cores, \(machine.system),
      commit \(machine.commit).
      \(accounts) accounts of 20-byte keys and 40-byte values are synced into an empty store by
      chunks of 1,000, each verified against the root; durability `\(durability)`. The chunks are
      made from snapshots of a second store in the same process.

      | figure | value | unit |
      |---|---|---|
      \(rows.joined(separator: "\n"))
      """
  }
}
