import KeyValue
import Streams

/// `livesync-bench kv`.
enum KeyValueCommand {
  static let usage = """
    usage: livesync-bench kv [--keys N] [--different N] [--json] [--write FILE]

    Two key-value stores in one process, on one thread, with values of some 30 bytes, that differ in
    some keys and become equal by a session: bytes of requests and answers, time, and the longest
    pause of the loop; and what a view of a store costs its writers.

      --keys N       1000…10000000 (default 1000000)
      --different N  keys that differ, at most half of them (default 1000)
      --json         print one JSON object instead of a table
      --write FILE   also replace the section 'kv' of this Markdown file, or add it
      --help         print this text

    Exit codes: 0 done, 1 a bound missed, 2 unusable arguments or file, 5 done, but the output could
    not be written, 141 nobody reads the output any more.
    """

  /// Returns the exit code.
  static func run(_ words: [String]) -> Int32 {
    if words.contains("--help") {
      Console.print(usage)
      return 0
    }
    var (asJSON, keys, different) = (false, 1_000_000, 1_000)
    var file: String?
    var rest = words[...]
    while let option = rest.popFirst() {
      switch option {
      case "--json": asJSON = true
      case "--keys":
        keys = number(rest.popFirst(), 1_000...10_000_000, option)
      case "--different":
        different = number(rest.popFirst(), 1...5_000_000, option)
      case "--write":
        guard let value = rest.popFirst() else { Main.fail("\(option) needs a value") }
        file = value
      default: Main.fail("unknown option '\(option)'")
      }
    }
    guard different <= keys / 2 else { Main.fail("at most half of the keys can differ") }
    do {
      let page = try file.map(PerformancePage.init(file:))
      let report = try report(KeyValueSessions(keys: keys, different: different))
      if asJSON { Console.printJSON(try report.json()) } else { Console.print(report.text) }
      try page?.replace(
        section: "kv",
        with: report.markdown(
          heading: "Sessions of key-value stores",
          command: ShellWord.command(["livesync-bench", "kv"] + words), machine: Machine()))
      return report.isWithinBounds ? 0 : 1
    } catch { Main.fail(error) }
  }

  private static func number(
    _ word: String?, _ range: ClosedRange<Int>, _ option: String
  ) -> Int {
    guard let number = word.flatMap({ Int($0) }), range.contains(number) else {
      Main.fail("\(option) needs a number of \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func report(_ benchmark: KeyValueSessions) throws -> FigureReport {
    let (sessions, views) = try benchmark.run()
    var figures: [FigureReport.Figure] = []
    let full = sessions.first { $0.mode == .full }?.bytes ?? 0
    var isWithin = true
    for session in sessions.dropLast() {
      let name = session.mode.rawValue
      figures.append(.init("\(name), bytes", Double(session.bytes), "B"))
      if session.mode != .full {
        let share = Double(full) / Double(max(1, session.bytes))
        figures.append(.init("\(name), full exchange takes", share, "times as many"))
        isWithin = isWithin && share >= 50
      }
      figures.append(.init("\(name), time", session.seconds * 1e3, "ms"))
      figures.append(.init("\(name), longest pause of the loop", session.pause * 1e3, "ms"))
      isWithin = isWithin && session.repaired == benchmark.different
    }
    figures.append(.init("idle session, bytes", Double(sessions.last?.bytes ?? 0), "B"))
    figures += [
      .init("taking a view", views.view * 1e3, "ms"),
      .init("its tree and symbols", views.content * 1e3, "ms"),
      .init("1,000 writes after that", views.write * 1e3, "ms"),
      .init("1,000 writes without a view", views.plainWrite * 1e3, "ms"),
      .init("making the index over ids", views.names * 1e3, "ms"),
      .init("memory beside keys and values", views.bytes, "B a key"),
      .init("the same with the index over ids", views.bytesWithNames, "B a key"),
    ]
    return FigureReport(
      benchmark: "kv",
      title: "\(benchmark.keys) keys, \(benchmark.different) of them different, "
        + "both stores on one thread",
      settings: ["keys": benchmark.keys, "different": benchmark.different], figures: figures,
      isWithinBounds: isWithin)
  }
}
