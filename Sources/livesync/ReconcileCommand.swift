import Foundation
import Primitives
import Reconciliation
import Runtime
import Streams
import Transport

/// `livesync reconcile A B` and `livesync reconcile A --with ADDR`
enum ReconcileCommand: Command {
  private static let lineDefault = (kilobytes: 1_250, milliseconds: 20)
  private static let strategies = ["auto", "threshold"] + StrategyID.all.map(\.name)

  static let specification = CommandSpecification(
    name: "reconcile",
    summary: "Find what two sets of records differ in, and what that would cost over a line.",
    positionals: ["A", "B"],
    options: [
      .init("--with", "KEY@ADDR", help: "in place of B: a process of livesync reconcile serve"),
      .init(
        "--strategy", "NAME",
        help: strategies.joined(separator: ", ") + " (default auto)"),
      .init(
        "--bandwidth", "N",
        help: "kilobytes a second of the line (default \(lineDefault.kilobytes), or as measured)"),
      .init(
        "--round-trip", "N",
        help: "milliseconds there and back (default \(lineDefault.milliseconds), or as measured)"),
      .init("--summary", help: "leave out the records"),
      ReconcileLink.keyOption,
    ],
    notes: [
      "A and B are files of JSON Lines or data directories of nodes. A line of a file is an object",
      "with a text 'key', a 'value' (a text or any JSON) and, if it has one, a 'version'.",
      "The records of a data directory are the accounts of its state, which must be complete.",
      "",
      "A asks and B answers, with the messages of a session between two nodes; without --with",
      "the line is thought up. Each key that differs is a line: < if only A has it, > if only B",
      "has it, | if both have it in two versions. Nothing is changed.",
      "",
      "With --with the time is measured until the difference is known, over an encrypted",
      "connection that is there already; predicted is what the line takes for these bytes and",
      "rounds, by its measured figures or those that are given (both or none).",
      "Exit codes: 0 whether they differ or not, 1 somebody with another key answers there or",
      "contradicts itself, 2 unusable arguments or files, 11 nobody answers, or no longer.",
    ], optionalPositionals: 1)

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let name = arguments.text("--strategy") ?? "auto"
    let kilobytes = try arguments.number("--bandwidth", in: 1...100_000_000)
    let milliseconds = try arguments.number("--round-trip", in: 0...600_000)
    guard strategies.contains(name) else {
      throw UsageError("there is no strategy '\(name)': \(strategies.joined(separator: ", "))")
    }
    let policy = policy(name)
    if let text = arguments.text("--with") {
      guard arguments.positionals.count == 1 else {
        throw UsageError("B and option '--with' are given both")
      }
      guard let peer = KeptPeer(text: text) else {
        throw UsageError("option '--with' needs KEY@HOST:PORT, not '\(text)'")
      }
      guard (kilobytes == nil) == (milliseconds == nil) else {
        throw UsageError("with '--with', '--bandwidth' and '--round-trip' belong together")
      }
      let line = kilobytes.flatMap { kilobytes in
        milliseconds.map { (Double(kilobytes) * 1_000, Duration.milliseconds($0)) }
      }
      return try run(arguments, with: peer, policy, line)
    }
    guard arguments.positionals.count == 2 else {
      throw UsageError("argument B, or option '--with', is missing")
    }
    guard arguments.text("--key") == nil else {
      throw UsageError("option '--key' belongs to '--with'")
    }
    let line = PathFigures(
      bytesPerSecond: Double(kilobytes ?? lineDefault.kilobytes) * 1_000,
      roundTrip: Double(milliseconds ?? lineDefault.milliseconds) / 1_000)
    return try run(arguments, policy, line)
  }

  private static func policy(_ name: String) -> any SyncPolicy {
    switch name {
    case "auto": AdaptivePolicy()
    case "threshold": ThresholdPolicy()
    default: SingleStrategy(StrategyID.all.first { $0.name == name } ?? .full)
    }
  }

  private static func view(of path: String, _ place: Int) throws -> any ReplicaView {
    let input = try RecordInput(path: path)
    return MemoryReplica(input.records, salts: RandomStream(seed: UInt64(place))).view()
  }

  // MARK: Both at hand

  private static func run(
    _ arguments: Arguments, _ policy: any SyncPolicy, _ line: PathFigures
  ) throws -> ExitCode {
    let meter = ProgressMeter()
    let views = try arguments.positionals.enumerated().map { place, path in
      meter.show(place * 400_000, "reading")
      return try view(of: path, place)
    }
    meter.show(800_000, "comparing")
    let outcome = try DirectSession(on: line).compare(views[0], with: views[1], by: policy)
    Console.endProgress()
    let figures = ReconcileReport.Figures(
      strategies: outcome.strategies, reason: outcome.reason, rounds: outcome.flights,
      sentBytes: outcome.sentBytes, receivedBytes: outcome.receivedBytes, time: outcome.time,
      note: " on this line", more: ["line_ns": outcome.time.wholeNanoseconds])
    ReconcileReport(
      figures, counts: (views[0].summary.count, views[1].summary.count),
      onlyA: outcome.difference.extra.compactMap { views[0].record($0) },
      onlyB: outcome.difference.missing.compactMap { views[1].record($0) }
    ).show(withRecords: !arguments.flag("--summary"), asJSON: arguments.wantsJSON)
    return .pass
  }

  // MARK: Over a network

  private static func run(
    _ arguments: Arguments, with peer: KeptPeer, _ policy: any SyncPolicy,
    _ line: (bytesPerSecond: Double, roundTrip: Duration)?
  ) throws -> ExitCode {
    let identity = try ReconcileLink.identity(arguments)
    let view = try view(of: arguments.positionals[0], 0)
    let outcome: RemoteComparison.Outcome
    do {
      outcome = try Blocking.result {
        try await RemoteComparison.run(view, with: peer, as: identity, by: policy, line: line)
      }
    } catch let error as RemoteError {
      Console.error(error.description)
      return error.exitCode
    }
    ReconcileReport(
      figures(outcome), counts: (view.summary.count, outcome.remoteCount),
      onlyA: outcome.difference.extra.compactMap { view.record($0) }, onlyB: outcome.missing
    ).show(withRecords: !arguments.flag("--summary"), asJSON: arguments.wantsJSON)
    return .pass
  }

  private static func figures(_ outcome: RemoteComparison.Outcome) -> ReconcileReport.Figures {
    let roundTrip = Double(outcome.roundTrip.wholeNanoseconds) / 1e6
    var more: [String: Any] = [
      "time_ns": outcome.time.wholeNanoseconds,
      "round_trip_ns": outcome.roundTrip.wholeNanoseconds,
    ]
    var note = String(format: "; round trip %.1f ms", roundTrip)
    if let rate = outcome.bytesPerSecond, let predicted = outcome.predicted {
      more["predicted_ns"] = predicted.wholeNanoseconds
      more["bytes_per_second"] = Int(min(rate, 9e15))
      note =
        "; predicted \(ReconcileReport.seconds(predicted)) at "
        + String(format: "%.0f kB/s and %.1f ms", rate / 1_000, roundTrip)
    }
    return ReconcileReport.Figures(
      strategies: outcome.strategies, reason: outcome.reason, rounds: outcome.rounds,
      sentBytes: outcome.sentBytes, receivedBytes: outcome.receivedBytes, time: outcome.time,
      note: note, more: more)
  }
}
