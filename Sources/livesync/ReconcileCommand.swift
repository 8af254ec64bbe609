import Foundation
import Primitives
import Reconciliation
import Runtime
import Streams

/// `livesync reconcile A B`
enum ReconcileCommand: Command {
  private static let lineDefault = (kilobytes: 1_250, milliseconds: 20)
  private static let strategies = ["auto", "threshold"] + StrategyID.all.map(\.name)

  static let specification = CommandSpecification(
    name: "reconcile",
    summary: "Find what two sets of records differ in, and what that would cost over a line.",
    positionals: ["A", "B"],
    options: [
      .init(
        "--strategy", "NAME",
        help: strategies.joined(separator: ", ") + " (default auto)"),
      .init(
        "--bandwidth", "N",
        help: "kilobytes a second of the line (default \(lineDefault.kilobytes))"),
      .init(
        "--round-trip", "N",
        help: "milliseconds there and back (default \(lineDefault.milliseconds))"),
      .init("--summary", help: "leave out the records"),
    ],
    notes: [
      "A and B are files of JSON Lines or data directories of nodes. A line of a file is an object",
      "with a text 'key', a 'value' (a text or any JSON) and, if it has one, a 'version'.",
      "The records of a data directory are the accounts of its state, which must be complete.",
      "",
      "A asks and B answers, with the messages of a session between two nodes; only the line is",
      "thought up. Each key that differs is a line: < if only A has it, > if only B has it, | if",
      "both have it in two versions. Nothing is changed.",
      "The exit code is 0 whether they differ or not.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let name = arguments.text("--strategy") ?? "auto"
    let kilobytes = try arguments.number("--bandwidth", in: 1...100_000_000)
    let milliseconds = try arguments.number("--round-trip", in: 0...600_000)
    guard strategies.contains(name) else {
      throw UsageError("there is no strategy '\(name)': \(strategies.joined(separator: ", "))")
    }
    let line = PathFigures(
      bytesPerSecond: Double(kilobytes ?? lineDefault.kilobytes) * 1_000,
      roundTrip: Double(milliseconds ?? lineDefault.milliseconds) / 1_000)
    let meter = ProgressMeter()
    let views = try arguments.positionals.enumerated().map { place, path in
      meter.show(place * 400_000, "reading")
      let input = try RecordInput(path: path)
      return MemoryReplica(input.records, salts: RandomStream(seed: UInt64(place))).view()
    }
    meter.show(800_000, "comparing")
    let outcome = try compare(views, line, name)
    Console.endProgress()
    let report = ReconcileReport(outcome, a: views[0], b: views[1])
    if arguments.wantsJSON {
      Console.printJSON(report.json(withRecords: !arguments.flag("--summary")))
    } else {
      if !arguments.flag("--summary") { report.printRecords() }
      Console.print(report.summary)
    }
    return .pass
  }

  private static func compare(
    _ views: [any ReplicaView], _ line: PathFigures, _ name: String
  ) throws -> DirectSession.Outcome {
    let session = DirectSession(on: line)
    switch name {
    case "auto": return try session.compare(views[0], with: views[1], by: AdaptivePolicy())
    case "threshold": return try session.compare(views[0], with: views[1], by: ThresholdPolicy())
    default:
      guard let strategy = StrategyID.all.first(where: { $0.name == name }) else {
        throw UsageError("there is no strategy '\(name)'")
      }
      return try session.compare(views[0], with: views[1], by: SingleStrategy(strategy))
    }
  }
}

/// What the command says of a comparison.
private struct ReconcileReport {
  /// One key that differs.
  struct Line {
    let key: [UInt8]
    let a: Record?
    let b: Record?

    var sign: String { a == nil ? ">" : b == nil ? "<" : "|" }
  }

  private let outcome: DirectSession.Outcome
  private let counts: (a: UInt64, b: UInt64)
  private let lines: [Line]

  init(_ outcome: DirectSession.Outcome, a: any ReplicaView, b: any ReplicaView) {
    self.outcome = outcome
    counts = (a.summary.count, b.summary.count)
    let records =
      outcome.difference.extra.compactMap { a.record($0) }
      + outcome.difference.missing.compactMap { b.record($0) }
    lines = Set(records.map(\.key)).sorted { $0.lexicographicallyPrecedes($1) }.map {
      Line(key: $0, a: a.record(of: $0), b: b.record(of: $0))
    }
  }

  func printRecords() {
    for line in lines {
      let versions = [line.a, line.b].compactMap { $0.map { "\($0.version)" } }
      Console.print(
        "\(line.sign) \(Self.text(line.key))  version \(versions.joined(separator: " and "))")
    }
  }

  /// A key as text if it is one, else in hexadecimal digits.
  private static func text(_ key: [UInt8]) -> String {
    String(validating: key, as: UTF8.self).map(PrintableText.line) ?? "0x" + Hex.string(key)
  }

  private var shares: (onlyA: Int, onlyB: Int, both: Int) {
    let onlyA = lines.count { $0.b == nil }
    let onlyB = lines.count { $0.a == nil }
    return (onlyA, onlyB, lines.count - onlyA - onlyB)
  }

  private var strategies: String {
    outcome.strategies.isEmpty
      ? "none, the roots are equal" : outcome.strategies.map(\.name).joined(separator: ", then ")
  }

  var summary: String {
    let (onlyA, onlyB, both) = shares
    let seconds = String(format: "%.3f", Double(outcome.time.wholeNanoseconds) / 1e9)
    let shared = "\(onlyA) only in A, \(onlyB) only in B, \(both) in two versions"
    let because = outcome.reason.isEmpty ? "" : " (\(outcome.reason))"
    return """
      records    \(counts.a) in A, \(counts.b) in B
      different  \(lines.count) keys: \(shared)
      strategy   \(strategies)\(because)
      rounds     \(outcome.flights)
      bytes      \(outcome.sentBytes) sent by A, \(outcome.receivedBytes) by B
      time       \(seconds) s on this line
      """
  }

  func json(withRecords: Bool) -> String {
    let (onlyA, onlyB, both) = shares
    var object: [String: Any] = [
      "records_a": Int(counts.a), "records_b": Int(counts.b), "different_keys": lines.count,
      "only_a": onlyA, "only_b": onlyB, "two_versions": both,
      "strategies": outcome.strategies.map(\.name), "reason": outcome.reason,
      "rounds": outcome.flights, "sent_bytes": outcome.sentBytes,
      "received_bytes": outcome.receivedBytes, "line_ns": outcome.time.wholeNanoseconds,
    ]
    if withRecords {
      object["records"] = lines.map { line -> [String: Any] in
        var entry: [String: Any] = ["key_hex": Hex.string(line.key)]
        if let text = String(validating: line.key, as: UTF8.self) { entry["key"] = text }
        if let a = line.a { entry["version_a"] = a.version }
        if let b = line.b { entry["version_b"] = b.version }
        return entry
      }
    }
    return DbJSON.text(object)
  }
}
