import ABCI
import Foundation
import Production
import Runtime
import Snapshot
import Streams

/// `livesync abci`
enum AbciCommand: Command {
  static let specification = CommandSpecification(
    name: "abci",
    summary: "Give and take snapshots over ABCI, as CometBFT's state sync drives it.",
    positionals: [],
    options: [
      .init("--data", "DIR", help: "data directory of a node, made if it is not there"),
      .init("--genesis", "FILE", help: "the genesis file of its chain"),
      .init("--listen", "ADDR", help: "tcp://HOST:PORT or unix:///PATH"),
    ],
    notes: [
      "Serves the snapshots in DIR/snapshots, and restores one into DIR/restoring, which becomes",
      "DIR/store in one step at its end. No node may have DIR open. Answers Echo, Flush, Info,",
      "Query and the four calls of snapshots; everything else gets an exception. Prints where it",
      "listens; SIGTERM and SIGINT end it.",
      "Exit codes: 0 ended in order, 2 unusable arguments or files, 3 a data directory that cannot",
      "be opened, 4 a full disk at the start.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let data = try needed("--data", arguments)
    let file = try needed("--genesis", arguments)
    let listen = try needed("--listen", arguments)
    guard let address = ABCIAddress(listen) else {
      throw UsageError("option '--listen' is no tcp://HOST:PORT or unix:///PATH: '\(listen)'")
    }
    let genesis = try GenesisFile(path: file, withAccounts: false).genesis
    try Folder.make(data, mode: 0o700)
    let application: StoredApplication
    do throws(SnapshotFault) {
      application = try StoredApplication(
        genesis: genesis, stores: FolderStores(folder: data, chain: genesis.hash),
        shelf: DirectoryShelf(SnapshotDirectory(path: data + "/snapshots")))
    } catch {
      Console.error("\(error)")
      return error.isFullDisk ? .fullDisk : .unopened
    }
    defer { application.close() }
    let wantsJSON = arguments.wantsJSON
    try Blocking.result { try await serve(application, at: address, asJSON: wantsJSON) }
    return .pass
  }

  private static func needed(
    _ option: String, _ arguments: Arguments
  ) throws(UsageError) -> String {
    guard let text = arguments.text(option), !text.isEmpty else {
      throw UsageError("option '\(option)' is needed")
    }
    return text
  }

  private static func serve(
    _ application: StoredApplication, at address: ABCIAddress, asJSON: Bool
  ) async throws {
    let runtime = try EventLoopRuntime()
    defer { runtime.shutdown() }
    let isStopping = Gate()
    let signals = EndSignals(stop: { isStopping.open() })
    defer { signals.end() }
    let notes = NoteWriter(runtime)
    let note: ABCIHandler.Note = { notes.add($0) }
    let server = ABCIServer(
      runtime: runtime,
      handler: ABCIHandler(application, version: BuildIdentity.build.version, note: note),
      note: note)
    let bound = try await server.start(at: address)
    if asJSON {
      Console.printJSON(#"{"listening":"\#(bound)"}"#)
    } else {
      Console.print("listening \(bound)")
    }
    try? await isStopping.wait()
    await server.stop()
  }
}
