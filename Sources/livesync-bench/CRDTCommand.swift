import Streams

/// `livesync-bench crdt`.
enum CRDTCommand {
  static let usage = """
    usage: livesync-bench crdt [--traces DIR] [--seed N] [--json] [--write FILE]

    Replicated types on one core, each figure beside its bound; a ratio of 1 or less keeps it. Times
    are processor time.

      --traces DIR  also replay the editing histories automerge-paper, friendsforever and
                    clownschool of josephg/editing-traces (CC BY 4.0), as .json.gz or .json
      --seed N      of the sets and the orders of delivery (default 1)
      --json        print one JSON object instead of a table
      --write FILE  also replace the section 'crdt' of this Markdown file, or add it
      --help        print this text

    Exit codes: 0 done, 1 a bound missed, 2 unusable arguments or file, 5 done, but the output could
    not be written, 141 nobody reads the output any more.
    """

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    var (asJSON, seed) = (false, UInt64(1))
    var (folder, file): (String?, String?)
    var rest = words[...]
    while let option = rest.popFirst() {
      switch option {
      case "--json": asJSON = true
      case "--seed":
        guard let value = rest.popFirst().flatMap({ UInt64($0) }) else {
          Main.fail("--seed needs a number")
        }
        seed = value
      case "--traces", "--write":
        guard let value = rest.popFirst() else { Main.fail("\(option) needs a value") }
        if option == "--traces" { folder = value } else { file = value }
      default: Main.fail("unknown option '\(option)'")
      }
    }
    do {
      let page = try file.map(PerformancePage.init(file:))
      // Read first, so that no one waits for what is not there.
      let traces = try folder.map { folder in
        try EditingTrace.names.map { try EditingTrace($0, in: folder) }
      }
      let progress = Progress()
      var bounds = try CRDTFigures(seed: seed, progress: progress).run()
      for trace in traces ?? [] {
        bounds += try TextFigures(trace: trace, seed: seed, progress: progress).run()
      }
      progress.clear()
      return try finish(
        bounds, seed: seed, hasTraces: traces != nil, asJSON: asJSON, page: page, words: words)
    } catch { Main.fail(error) }
  }

  private static func finish(
    _ bounds: [Bound], seed: UInt64, hasTraces: Bool, asJSON: Bool, page: PerformancePage?,
    words: [String]
  ) throws -> Int32 {
    let note =
      hasTraces
      ? "; recorded histories of josephg/editing-traces (CC BY 4.0)"
      : "; no recorded histories, which --traces names"
    let report = FigureReport(
      benchmark: "crdt", title: "On one core, seed \(seed)\(note)",
      settings: ["seed": seed, "traces": hasTraces], figures: bounds.flatMap(\.figures),
      isWithinBounds: bounds.allSatisfy(\.isKept))
    if asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
    // The page names no folder of this machine.
    let named = words.enumerated().map { index, word in
      index > 0 && words[index - 1] == "--traces" ? "DIR" : word
    }
    try page?.replace(
      section: "crdt",
      with: report.markdown(
        heading: "Replicated types",
        command: ShellWord.command(["livesync-bench", "crdt"] + named),
        machine: Machine()))
    return report.isWithinBounds ? 0 : 1
  }
}
