import Daemon
import Streams

/// `livesync snapshot serve`
enum SnapshotServeCommand: Command {
  static let specification = CommandSpecification(
    name: "snapshot serve",
    summary: "Give the snapshots in a node's data directory to other nodes; take none.",
    positionals: ["DATA"],
    options: [
      .init("--genesis", "FILE", help: "genesis file of the chain"),
      .init("--listen", "ADDR", help: "where nodes may connect", isList: true),
      .init("--peer", "KEY@ADDR", help: "a node to keep a connection to", isList: true),
    ],
    notes: [
      SnapshotPlace.directoryNote,
      "It is that node, following its chain: who joins needs the diffs since the snapshot, too.",
      "Ends and exit codes are those of livesync node, which serves snapshots itself: this is for",
      "imported ones, and for a node that shall not spend time on taking more.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    var settings = NodeSettings()
    settings.data = arguments.positionals[0]
    settings.snapshotInterval = 0
    for setting in Setting.all where ["genesis", "listen", "peers"].contains(setting.key) {
      let words = arguments.texts(setting.option)
      if words.isEmpty { continue }
      do throws(SettingsError) { try settings.read(setting, words) } catch {
        throw UsageError(error.description)
      }
    }
    return try NodeCommand.run(settings)
  }
}
