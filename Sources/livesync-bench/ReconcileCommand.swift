import Foundation
import Reconciliation
import Streams

/// `livesync-bench reconcile`.
enum ReconcileCommand {
  static let usage = """
    usage: livesync-bench reconcile [--seed N] [--json] [--write FILE]
           livesync-bench reconcile --sweep [--records N[,N...]] [--seed N] [--worst N]
                                    [--clusterings NAME[,NAME...]]
                                    [--record FILE | --replay FILE] [--json] [--write FILE]

    Without --sweep: trees of a million records of which a thousand differ, coded symbols, updates
    of a tree, and a patch of a snapshot, on one core, each beside its bound; a ratio of 1 or less
    keeps it.

    --sweep lets every strategy find the difference of pairs of sets once, and tells how long each,
    and a policy that chooses among them, takes on lines of 12.5 kB/s to 1.25 GB/s with round trips
    of 0.2 to 200 ms and processors of which either may be eight times slower. The regret of a
    policy is how much longer it takes than the best strategy for someone who knows the sets and the
    line beforehand.

      --records N     records of the sets (default 10000,100000,1000000)
      --seed N        of the sets (default 1)
      --clusterings L how the differences lie: scattered, newest, middle, runs (default
                      scattered,newest)
      --worst N       also print the regret by rate, round trip, slowness, size, difference and way
                      taken, and the N cells in which the policy does worst (at most 1000)
      --record FILE   write down what the strategies sent and computed
      --replay FILE   take that instead of running them: one file, one table
      --json          print one JSON object instead of a table
      --write FILE    also replace the section 'reconcile' ('reconcile-sweep') of this Markdown
                      file, or add it
      --help          print this text

    Exit codes: 0 done, 1 failed or a bound missed (regret of at most 3 % in the mean, 10 % at the
    95th percentile, 25 % at worst), 2 unusable arguments or file, 5 done, but the output could not
    be written, 141 nobody reads the output any more.
    """

  static let meanMax = 0.03
  static let p95Max = 0.10
  static let worstMax = 0.25

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    let options = ReconcileOptions(words)
    let page: PerformancePage?
    do { page = try options.file.map(PerformancePage.init(file:)) } catch { Main.fail(error) }
    do {
      guard options.isSweep else { return try figures(options, page, words) }
      let sweep = ReconcileSweep(try worlds(options))
      let report = report(sweep, options)
      if options.asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
      if options.worst > 0 {
        Console.print(sweep.breakdown)
        Console.print(worst(sweep, options.worst))
      }
      try page?.replace(
        section: "reconcile-sweep",
        with: report.markdown(
          heading: "Choosing a strategy",
          command: ShellWord.command(["livesync-bench", "reconcile"] + words), machine: Machine()))
      return report.isWithinBounds ? 0 : 1
    } catch let error as StreamError {
      Main.fail(error)
    } catch {
      Console.error("\(error)")
      return 1
    }
  }

  private static func figures(
    _ options: ReconcileOptions, _ page: PerformancePage?, _ words: [String]
  ) throws -> Int32 {
    let bounds = try ReconcileFigures(seed: options.seed).run()
    let report = FigureReport(
      benchmark: "reconcile", title: "on one core, seed \(options.seed)",
      settings: ["seed": options.seed],
      figures: bounds.flatMap(\.figures), isWithinBounds: bounds.allSatisfy(\.isKept))
    if options.asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
    try page?.replace(
      section: "reconcile",
      with: report.markdown(
        heading: "Reconciliation",
        command: ShellWord.command(["livesync-bench", "reconcile"] + words), machine: Machine()))
    return report.isWithinBounds ? 0 : 1
  }

  private static func worlds(_ options: ReconcileOptions) throws -> [RecordedWorld] {
    if let file = options.replay { return try ReconcileRecording.read(file) }
    let progress = Progress()
    let maker = ReconcileWorlds(seed: options.seed)
    var worlds: [RecordedWorld] = []
    let steps = options.records.flatMap { ReconcileSweep.steps(of: $0, options.clusterings) }
    let work = steps.reduce(0) { $0 + $1.work }
    var done = 0.0
    var base: ReconcileWorlds.Base?
    let start = BenchClock.nanoseconds
    for step in steps {
      let spent = Double(BenchClock.nanoseconds - start) * 1e-9
      let left =
        done > 0 ? ", about \(Int((spent / done * (work - done)).rounded(.up))) s left" : ""
      progress.show("\(step.count) records, \(step.difference) differ \(step.clustering)\(left)")
      if base?.records.count != step.count { base = nil }
      let made = base ?? maker.base(step.count)
      base = made
      worlds.append(try maker.world(made, difference: step.difference, step.clustering))
      done += step.work
    }
    progress.clear()
    if let file = options.record { try ReconcileRecording.write(worlds, to: file) }
    return worlds
  }

  private static func report(
    _ sweep: ReconcileSweep, _ options: ReconcileOptions
  ) -> FigureReport {
    var figures: [FigureReport.Figure] = []
    for row in sweep.rows {
      figures.append(.init("\(row.name), mean regret", row.mean * 100, "%"))
      figures.append(.init("\(row.name), 95th percentile", row.p95 * 100, "%"))
      figures.append(.init("\(row.name), at worst", row.most * 100, "%"))
    }
    for strategy in sweep.winners.keys.sorted() {
      figures.append(
        .init("cells in which \(strategy) is best", Double(sweep.winners[strategy] ?? 0), ""))
    }
    let adaptive = sweep.rows[0]
    return FigureReport(
      benchmark: "reconcile --sweep",
      title:
        "\(sweep.cells) cells, sets of \(sweep.counts.map { "\($0)" }.joined(separator: ", "))"
        + " records",
      settings: [
        "records": sweep.counts, "seed": options.seed, "cells": sweep.cells,
      ],
      figures: figures,
      isWithinBounds: adaptive.mean <= meanMax && adaptive.p95 <= p95Max
        && adaptive.most <= worstMax)
  }

  private static func worst(_ sweep: ReconcileSweep, _ count: Int) -> String {
    sweep.worst.prefix(count).map { cell in
      "\(cell.world.localCount) records, \(cell.world.difference) differ"
        + (" \(cell.world.clustering)")
        + ", \(cell.path.bytesPerSecond) B/s, \(cell.path.roundTrip * 1e3) ms, "
        + "\(cell.path.localSlowness) \(cell.path.remoteSlowness): "
        + "\(cell.best) is best, \(cell.taken.map(\.name).joined(separator: ", then ")) taken, "
        + String(format: "%.1f %% longer, ", cell.regret * 100) + cell.detail
    }.joined(separator: "\n")
  }
}

/// What the command line asks for.
struct ReconcileOptions {
  var records = [10_000, 100_000, 1_000_000]
  var clusterings: [RecordedWorld.Clustering] = [.scattered, .newest]
  var seed: UInt64 = 1
  var isSweep = false
  /// Cells that are printed.
  var worst = 0
  var asJSON = false
  var record: String?
  var replay: String?
  var file: String?

  /// Ends the program if a word is of no use.
  init(_ words: [String]) {
    var rest = words[...]
    while let option = rest.popFirst() {
      switch option {
      case "--sweep": isSweep = true
      case "--worst":
        guard let value = rest.popFirst().flatMap({ Int($0) }), (1...1_000).contains(value) else {
          Main.fail("--worst needs a number from 1 to 1000")
        }
        worst = value
      case "--json": asJSON = true
      case "--clusterings":
        let names = (rest.popFirst() ?? "").split(separator: ",").map(String.init)
        clusterings = RecordedWorld.Clustering.allCases.filter { names.contains("\($0)") }
        guard !clusterings.isEmpty, clusterings.count == names.count else {
          Main.fail(
            "--clusterings needs names among "
              + RecordedWorld.Clustering.allCases.map { "\($0)" }.joined(separator: ", "))
        }
      case "--records":
        let counts = (rest.popFirst() ?? "").split(separator: ",").map { Int($0) ?? 0 }
        guard !counts.isEmpty, counts.allSatisfy((1_000...10_000_000).contains) else {
          Main.fail("--records needs numbers from 1000 to 10000000")
        }
        records = counts
      case "--seed":
        guard let value = rest.popFirst().flatMap({ UInt64($0) }) else {
          Main.fail("--seed needs a number")
        }
        seed = value
      case "--record", "--replay", "--write":
        guard let value = rest.popFirst() else { Main.fail("\(option) needs a file") }
        if option == "--record" { record = value }
        if option == "--replay" { replay = value }
        if option == "--write" { file = value }
      default: Main.fail("unknown option '\(option)'")
      }
    }
  }
}
