import Foundation
import Ledger
import Storage

/// A command of the program: what it takes, and what it does with it.
protocol Command {
  static var specification: CommandSpecification { get }
  static func run(_ arguments: Arguments) throws -> ExitCode
}

@main
struct Main {
  private static var commands: [any Command.Type] {
    [
      SimulateCommand.self, FiguresCommand.self, FixtureRecordCommand.self, ReplayCommand.self,
      DbCheckCommand.self, DbStatCommand.self, EventsSummaryCommand.self, EventsPictureCommand.self,
      EventsSchemaCommand.self, EvidenceCheckCommand.self,
    ]
  }

  private static var help: String {
    let width = commands.map { $0.specification.name.count }.max() ?? 0
    let list = commands.map {
      let name = $0.specification.name
      return "  " + name + String(repeating: " ", count: width - name.count + 2)
        + $0.specification.summary
    }
    return """
      usage: livesync <command> [options]

      A full node joins a moving chain: it follows the blocks while it fills its account trie in
      verified ranges, under a deterministic simulator.

      \(list.joined(separator: "\n"))

      livesync <command> --help explains one command.

      Exit codes: 0 pass, 1 a data directory is damaged or evidence proves nothing, 2 unusable
      arguments or files, 3 a data directory cannot be opened, 10 a safety check failed, 11 the node
      did not complete or follow, 12 a replay gave something else than recorded, 14 the run proved
      nothing.
      """
  }

  static func main() {
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  private static func run(_ words: [String]) -> ExitCode {
    if words.isEmpty || ["--help", "-h", "help"].contains(words[0]) {
      Console.print(help)
      return words.isEmpty ? .usage : .pass
    }
    guard let command = find(words) else {
      Console.error("unknown command '\(words[0])'; see livesync --help")
      return .usage
    }
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
      Console.error("\(error.message)\n\(specification.usage)")
      return .usage
    } catch let error as StorageError {
      Console.error(error.description)
      return .unopened
    } catch let error as LedgerStoreError {
      Console.error(error.description)
      return .unopened
    } catch {
      Console.error("\(error)")
      return .usage
    }
  }

  /// The command whose name the words begin with.
  private static func find(_ words: [String]) -> (any Command.Type)? {
    commands.first {
      words.starts(with: $0.specification.name.split(separator: " ").map(String.init))
    }
  }
}
