import Foundation
import KeyValue
import Ledger
import Snapshot
import Storage
import Streams

/// A command of the program: what it takes, and what it does with it.
protocol Command {
  static var specification: CommandSpecification { get }
  static func run(_ arguments: Arguments) throws -> ExitCode
}

@main
struct Main {
  private static var commands: [any Command.Type] {
    [
      SimulateCommand.self, CampaignMergeCommand.self, CampaignReportCommand.self,
      ScenarioListCommand.self,
      ScenarioShowCommand.self, NodeCommand.self, AbciCommand.self,
      DevnetCommand.self, StatusCommand.self,
      GenesisCommand.self, FiguresCommand.self, FixtureRecordCommand.self,
      ReplayCommand.self,
      DbCheckCommand.self, DbStatCommand.self, EventsSummaryCommand.self,
      EventsExplainCommand.self, EventsExportCommand.self, EventsPictureCommand.self,
      EventsSchemaCommand.self, ReportCommand.self, EvidenceCheckCommand.self,
      SnapshotCreateCommand.self,
      SnapshotListCommand.self, SnapshotServeCommand.self, SnapshotShowCommand.self,
      SnapshotVerifyCommand.self,
      SnapshotExportCommand.self, SnapshotImportCommand.self, ReconcileServeCommand.self,
      ReconcileCommand.self, CrdtDemoCommand.self, CrdtLawsCommand.self, ReplicasCommand.self,
      KvBackupCommand.self, KvRestoreCommand.self, KvExportCommand.self, KvImportCommand.self,
      KvKeyCommand.self, KvSimulateCommand.self, KvCommand.self,
    ]
  }

  /// One line for each command whose name begins with the word `group`, or for all.
  private static func list(_ group: String? = nil) -> String {
    let specifications = commands.map { $0.specification }.filter { specification in
      group.map { specification.name.hasPrefix($0 + " ") } ?? true
    }
    let width = specifications.map(\.name.count).max() ?? 0
    return specifications.map {
      "  " + $0.name + String(repeating: " ", count: width - $0.name.count + 2) + $0.summary
    }.joined(separator: "\n")
  }

  private static var help: String {
    """
    usage: livesync <command> [options]

    A full node joins a moving chain: it follows the blocks while it fills its account trie in
    verified ranges, over TCP or under a deterministic simulator.

    \(list())

    livesync <command> --help explains one command.

    Exit codes: 0 pass, 1 a data directory or snapshot is damaged, evidence proves nothing, another
    process contradicts itself or a law is broken, 2 unusable arguments or files, 3 a data directory
    cannot be opened, 4 the disk of a data directory is full, 5 pass, but output or a log could not
    be written, 10 a safety check failed, 11 the node did not complete, follow or answer, 12 a
    replay gave something else than recorded, 13 a run ended in the middle, 14 the run proved
    nothing, 15 no node could have done it, 141 nobody reads the output any more.
    """
  }

  static func main() {
    Console.prepare(program: "livesync")
    let code = run(Array(CommandLine.arguments.dropFirst()))
    exit((code == .pass && Console.isLost ? .lost : code).rawValue)
  }

  private static func run(_ words: [String]) -> ExitCode {
    if words.isEmpty || ["--help", "-h", "help"].contains(words[0]) {
      Console.print(help)
      return words.isEmpty ? .usage : .pass
    }
    guard let command = find(words) else { return unknown(words) }
    let specification = command.specification
    let rest = Array(words.dropFirst(specification.name.split(separator: " ").count))
    do {
      let arguments = try Arguments(rest, specification)
      if arguments.wantsHelp {
        Console.print(specification.help)
        return .pass
      }
      return try command.run(arguments)
    } catch let error as UsageError {
      Console.error(error.message, more: specification.usage)
      return .usage
    } catch let error as StreamError {
      Console.error(error.description)
      return error.isLoss ? .lost : .usage
    } catch let error as StorageError {
      return refused(error, error.description)
    } catch let error as LedgerStoreError {
      return refused(error.storage, error.description)
    } catch let error as SnapshotError {
      if let ledger = error.ledger { return refused(ledger.storage, ledger.description) }
      Console.error(error.description)
      return error.isDamage ? .refuted : error.isLoss ? .lost : .usage
    } catch let error as LogError {
      Console.error(error.description)
      return error.kind == .refused || error.kind == .present ? .usage : .unopened
    } catch {
      Console.error("\(error)")
      return .usage
    }
  }

  /// Says why a data directory could not be used; `error` is what the store said, if it was that.
  private static func refused(_ error: StorageError?, _ description: String) -> ExitCode {
    Console.error(description)
    return error?.isFullDisk == true ? .fullDisk : .unopened
  }

  /// Says which commands there are instead.
  private static func unknown(_ words: [String]) -> ExitCode {
    let group = list(words[0])
    if group.isEmpty {
      Console.error("unknown command '\(words[0])'; see livesync --help")
    } else if words.count == 2, ["--help", "-h"].contains(words[1]) {
      Console.print("usage: livesync \(words[0]) <command> [options]\n\n\(group)")
      return .pass
    } else {
      Console.error("'\(words[0])' needs one of these after it:", more: group)
    }
    return .usage
  }

  /// The command whose name the words begin with.
  private static func find(_ words: [String]) -> (any Command.Type)? {
    commands.first {
      words.starts(with: $0.specification.name.split(separator: " ").map(String.init))
    }
  }
}
