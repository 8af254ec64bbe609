import Daemon
import Foundation
import Ledger
import Locking
import Primitives
import Production
import Streams
import Transport

/// `livesync devnet`
enum DevnetCommand: Command {
  static let specification = CommandSpecification(
    name: "devnet",
    summary: "Start a network of real processes on this machine, and let a fresh node join it.",
    positionals: [],
    options: [
      .init("--nodes", "N", help: "nodes beside the one that joins, 1 to 16 (4)"),
      .init("--accounts", "N", help: "accounts of the chain (50000)"),
      .init("--data-bytes", "N", help: "bytes of data of each (200)"),
      .init("--block-time", "MS", help: "time between blocks in ms (500)"),
      .init("--transactions", "N", help: "transfers in each block (20)"),
      .init("--before", "N", help: "blocks before the fresh node joins (10)"),
      .init("--after", "N", help: "blocks to follow once its state is complete (10)"),
      .init("--join", "HOW", help: "what the fresh node joins from: chunks or snapshot (chunks)"),
      .init(
        "--liar", help: "n1 lies in its snapshots, n2 damages its own (with --join snapshot)"),
      .init("--seconds", "N", help: "most seconds for the fresh node (120)"),
      .init("--dir", "DIR", help: "folder of the nodes; a temporary one is removed at the end"),
      .init("--keep", help: "leave the folder"),
      .init("--stay", help: "go on until Ctrl-C once the fresh node is there"),
    ],
    notes: [
      "One process makes the blocks, the others execute them from the first on; the fresh one",
      "fills its state in verified ranges. At the end all are stopped, and the state in the store",
      "of each must be that of the oracle: a chain in this process that executes every block anew.",
      "With --join snapshot all take snapshots, and the fresh node must join from one of them.",
      "Exit codes: 0 pass, 10 a state differs, 11 the fresh node did not complete in time, joined",
      "from no snapshot or did not ban the liar, or a node did not start or ended. Nodes only",
      "listen at 127.0.0.1.",
    ])

  /// What the fresh node joins from.
  enum Source: String, CaseIterable {
    case chunks
    case snapshot
  }

  struct Plan {
    let nodes: Int
    let accounts: Int
    let dataBytes: Int
    let blockTime: UInt64
    let transactions: Int
    let before: UInt32
    let after: UInt32
    let source: Source
    /// True if n1 lies in its snapshots, and n2 damages its.
    let hasLiar: Bool
    let seconds: Int
    let folder: String
    let keeps: Bool
    let stays: Bool

    init(_ arguments: Arguments) throws(UsageError) {
      nodes = try arguments.number("--nodes", in: 1...16) ?? 4
      accounts =
        try arguments.number("--accounts", in: 1...LedgerLimits.genesisAccountsMax)
        ?? 50_000
      dataBytes =
        try arguments.number("--data-bytes", in: 0...ProductionLimits.generatedDataBytesMax) ?? 200
      blockTime =
        try arguments.number(
          "--block-time", in: 50...ProductionLimits.blockIntervalMillisecondsMax) ?? 500
      transactions =
        try arguments.number("--transactions", in: 0...LedgerLimits.transactionsPerBlockMax) ?? 20
      before = try arguments.number("--before", in: 0...1_000_000) ?? 10
      after = try arguments.number("--after", in: 0...1_000_000) ?? 10
      let word = arguments.text("--join") ?? Source.chunks.rawValue
      guard let source = Source(rawValue: word) else {
        throw UsageError("option '--join' needs chunks or snapshot, not '\(word)'")
      }
      self.source = source
      hasLiar = arguments.flag("--liar")
      guard !hasLiar || source == .snapshot && nodes >= 2 else {
        throw UsageError("option '--liar' needs '--join snapshot' and 2 nodes or more")
      }
      seconds = try arguments.number("--seconds", in: 1...86_400) ?? 120
      let temporary = NSTemporaryDirectory() + "livesync-devnet-\(getpid())"
      folder = arguments.text("--dir") ?? temporary
      keeps = arguments.flag("--keep") || arguments.text("--dir") != nil
      stays = arguments.flag("--stay")
    }
  }

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let plan = try Plan(arguments)
    guard !FileManager.default.fileExists(atPath: plan.folder) else {
      throw UsageError("'\(plan.folder)' is there already")
    }
    let place = try Workplace(path: plan.folder, isKept: plan.keeps)
    let interruption = Interruption { number in
      place.end()
      return 128 + number
    }
    defer { place.end() }
    let result = Result { try DevNetwork(plan, place).play() }
    // If a signal came first, that is why the network has ended: nothing more is said.
    interruption.end()
    let verdict: NetworkVerdict
    do { verdict = try result.get() } catch let error as DevnetError {
      Console.error(error.description)
      return .liveness
    }
    if arguments.wantsJSON {
      Console.printJSON(verdict.json)
    } else {
      Console.print(verdict.text)
    }
    if plan.keeps { Console.print("the nodes' folders are in \(plan.folder)") }
    return switch verdict.outcome {
    case .pass: .pass
    case .wrongState: .safety
    case .notThere: .liveness
    }
  }
}
