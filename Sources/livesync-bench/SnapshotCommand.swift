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
  /// How many times as long blocks may take at the 99th percentile while a snapshot is taken.
  static let importRatioMax = 1.05

  static let usage = """
    usage: livesync-bench snapshot [--accounts N] [--values KIND] [--import] [--directory DIR]
                                   [--durability MODE] [--json] [--write FILE]

    Takes a snapshot of accounts with 20-byte keys from a store on disk, and fills an empty store
    from it, each piece verified against the root. Shows the times, the bytes beside those of live
    chunks of 5,000 of the same accounts, and the memory.

      --accounts N       2000…20000000 (default 1000000)
      --values KIND      balances (default: 1…1,000), words (balances of 64 random bits), or bytes
                         (40 random bytes, which nothing makes smaller)
      --import           measure instead how long a chain on disk takes for blocks of 100 transfers
                         while a snapshot of it is taken and while none is, in turns
      --directory DIR    where the stores are made and removed (default: a temporary directory)
      --durability MODE  everyCommit (default) or onRequest, of the store that is filled
      --json             print one JSON object instead of a table
      --write FILE       also replace the section 'snapshot' ('snapshot-import') of this Markdown
                         file, or add it
      --help             print this text

    Exit codes: 0 done, 1 failed or a bound missed (the bound of bytes counts for balances; blocks
    may take 1.05 times as long at the 99th percentile), 2 unusable arguments or file, 5 done, but
    the output could not be written, 141 nobody reads the output any more.
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
    let isImport = rest.contains("--import")
    rest.removeAll { $0 == "--import" }
    let options = StoreOptions(rest, accounts: 1_000_000)
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { Main.fail(error) }
    do {
      // Printed when the stores are removed, since printing may end the program.
      let report = try StoreOptions.inFolder(options.directory) { folder in
        isImport
          ? try importReport(options, folder) : try filesReport(options, values, folder)
      }
      if options.asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
      let command = ShellWord.command(["livesync-bench", "snapshot"] + words)
      try page?.replace(
        section: isImport ? "snapshot-import" : "snapshot",
        with: report.markdown(
          heading: isImport ? "Blocks while a snapshot is taken" : "Snapshots", command: command,
          machine: Machine()))
      return report.isWithinBounds ? 0 : 1
    } catch let error as StreamError {
      Main.fail(error)
    } catch {
      Console.error("\(error)")
      return 1
    }
  }

  private static func filesReport(
    _ options: StoreOptions, _ values: SnapshotBenchmark.Values, _ folder: String
  ) throws -> FigureReport {
    let result = try SnapshotBenchmark(
      accounts: options.accounts, values: values, directory: folder,
      durability: options.durability
    ).run()
    let count = Double(options.accounts)
    let millions = count / 1e6
    let ratio = Double(result.storedBytes) / Double(max(1, result.liveBytes))
    return FigureReport(
      benchmark: "snapshot",
      title: "\(options.accounts) accounts, values \(values.rawValue), "
        + "durability \(options.durability)",
      settings: [
        "accounts": options.accounts, "values": values.rawValue,
        "durability": "\(options.durability)",
      ],
      figures: [
        .init("take, processor time", result.takenCPU, "s"),
        .init("take, wall clock", result.takenSeconds, "s"),
        .init(
          "take, accounts per processor second", count / max(1e-9, result.takenCPU), "accounts/s"),
        .init("bytes in the files", Double(result.storedBytes) / count, "bytes/account"),
        .init("bytes uncompressed", Double(result.rawBytes) / count, "bytes/account"),
        .init("bytes of live chunks", Double(result.liveBytes) / count, "bytes/account"),
        .init("bytes in the files : bytes of live chunks", ratio, ""),
        .init("pieces", Double(result.pieces), ""),
        .init("chunks", Double(result.chunks), ""),
        .init("restore, wall clock", result.restoredSeconds, "s"),
        .init("restore, processor time", result.restoredCPU, "s"),
        .init("restore, memory without mapped files", Double(result.peakBytes) / 1_048_576, "MiB"),
      ],
      isWithinBounds: result.takenCPU <= takenSecondsMax * max(1, millions)
        && (values != .balances || ratio <= ratioMax)
        && result.restoredSeconds <= restoredSecondsMax * max(1, millions / 10)
        && result.peakBytes <= restoredBytesMax)
  }

  private static func importReport(
    _ options: StoreOptions, _ folder: String
  ) throws -> FigureReport {
    let result = try SnapshotImportBenchmark(
      accounts: options.accounts, directory: folder, durability: options.durability
    ).run()
    func times(_ name: String, _ times: ServingBenchmark.Times) -> [FigureReport.Figure] {
      [50, 95, 99].map { share in
        .init("\(name), \(share) of 100 within", Double(times.percentile(share)) / 1e6, "ms")
      }
    }
    return FigureReport(
      benchmark: "snapshot --import",
      title: "\(options.accounts) accounts, blocks of \(TransferChain.transfers) transfers, "
        + "\(result.idle.count) while idle and \(result.busy.count) while \(result.taken) "
        + "snapshots were taken, durability \(options.durability)",
      settings: [
        "accounts": options.accounts, "durability": "\(options.durability)",
        "blocks_idle": result.idle.count, "blocks_busy": result.busy.count,
        "snapshots": result.taken,
      ],
      figures: times("idle", result.idle) + times("while one is taken", result.busy)
        + [.init("99th percentiles, taken : idle", result.ratio, "")],
      isWithinBounds: result.busy.count > 0 && result.ratio <= importRatioMax)
  }
}
