import Daemon
import Foundation
import Runtime
import Streams

/// `livesync node`
enum NodeCommand: Command {
  static let specification = CommandSpecification(
    name: "node",
    summary:
      "Run a node on a real network: it follows the chain, fills its state and serves others.",
    positionals: [],
    options: [
      .init("--config", "FILE", help: "settings as JSON; options go before them"),
      .init("--print-config", help: "print the settings as JSON and end"),
    ]
      + Setting.all.map {
        CommandSpecification.Option($0.option, $0.placeholder, help: $0.help, isList: $0.isList)
      },
    notes: [
      "The key of the node is made at the first start, in DIR/node.key with mode 600; the event",
      "log is DIR/events.jsonl. SIGTERM and SIGINT end the node in order, SIGHUP begins a new file",
      "of the event log. On a terminal a line shows where the node stands.",
      "Exit codes: 0 ended in order, 2 unusable settings or files, 3 a data folder that cannot be",
      "opened, 4 a full disk at the start, 5 ended in order, but logs could not all be written.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let settings = try settings(arguments)
    if arguments.flag("--print-config") {
      Console.printJSON(settings.json)
      return .pass
    }
    return try run(settings)
  }

  /// Runs a node until a signal ends it.
  static func run(_ settings: NodeSettings) throws -> ExitCode {
    SystemMemory.returnLargeBlocks()
    // Until the node is there, there is no log to begin anew.
    signal(SIGHUP, SIG_IGN)
    return try Blocking.result { try await follow(settings) }
  }

  private static func settings(_ arguments: Arguments) throws -> NodeSettings {
    var settings = NodeSettings()
    do throws(SettingsError) {
      if let path = arguments.text("--config") { try settings.read(path: path) }
      for setting in Setting.all {
        if setting.placeholder == nil {
          if arguments.flag(setting.option) { try settings.read(setting, ["true"]) }
        } else if !arguments.texts(setting.option).isEmpty {
          try settings.read(setting, arguments.texts(setting.option))
        }
      }
    } catch { throw UsageError(error.description) }
    return settings
  }

  private static func follow(_ settings: NodeSettings) async throws -> ExitCode {
    let node: NodeProcess
    do {
      node = try await NodeProcess.start(settings, build: BuildIdentity.build)
    } catch { throw error.cause }
    let signals = EndSignals(
      stop: { node.stop() }, reopen: { node.reopenLog() })
    defer { signals.end() }
    let line = Task.detached {
      var line = StatusLine()
      while Console.isTerminal, !Task.isCancelled {
        Console.progress(line.text(of: await node.status()))
        try? await Task.sleep(for: DaemonLimits.statusPause)
      }
    }
    let isClosed = await node.run()
    line.cancel()
    // Whoever does not read standard error would hold up the end.
    guard isClosed else { return .lost }
    Console.endProgress()
    return node.log.lost == 0 ? .pass : .lost
  }
}
