import CRDT
import KeyValue
import Primitives
import Runtime
import Streams
import Transport

/// `livesync kv`
enum KvCommand: Command {
  static let specification = CommandSpecification(
    name: "kv",
    summary: "Run a key-value node that clients of Redis talk to.",
    positionals: [],
    options: [
      .init("--listen", "ADDR", help: "where clients come (127.0.0.1:3000)"),
      .init("--requirepass", "WORD", help: "the password that clients have to give"),
      .init("--maxclients", "N", help: "connections at a time (10000)"),
    ] + KvData.options,
    notes: [
      "Speaks RESP2 and RESP3, and lines for nc. Without '--data' its keys are gone when it",
      "ends. Without a password it listens on this machine only. Prints where it listens; SIGTERM,",
      "SIGINT and the command SHUTDOWN end it.",
      "Exit codes: 0 ended in order, 2 unusable arguments or an address that is taken.",
    ])

  static func run(_ arguments: Arguments) throws -> ExitCode {
    let word = arguments.text("--listen") ?? "127.0.0.1:3000"
    guard let address = SocketAddress(word) else {
      throw UsageError("option '--listen' needs ADDRESS:PORT, not '\(word)'")
    }
    let password = arguments.text("--requirepass")
    guard password?.isEmpty != true else {
      throw UsageError("option '--requirepass' needs a word that is not empty")
    }
    guard password != nil || address.isLoopback else {
      throw UsageError("'--listen \(word)' is open to other machines: it needs '--requirepass'")
    }
    let clients = try arguments.number("--maxclients", in: 1...1_000_000)
    let wantsJSON = arguments.wantsJSON
    let durability = try KvData.durability(arguments)
    try Blocking.result {
      let runtime = try EventLoopRuntime()
      defer { runtime.shutdown() }
      var settings = settings(runtime, password, clients: clients)
      if let durability {
        settings.replica = durability.identity.replica
        settings.fsync = durability.fsync.rawValue
      }
      try await serve(runtime, at: address, settings, durability, asJSON: wantsJSON)
    }
    return .pass
  }

  private static func settings(
    _ runtime: EventLoopRuntime, _ password: String?, clients: Int?
  ) -> KeyValueSettings {
    let secret = SystemEntropy.bytes(32)
    func word(_ place: Int) -> UInt64 {
      secret[8 * place..<8 * place + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    return KeyValueSettings(
      replica: ReplicaID(word(0)), tableKey: SipKey(low: word(1), high: word(2)), seed: word(3),
      password: password.map { Array($0.utf8) },
      clientsMax: clients ?? KeyValueLimits.clientsDefault,
      programVersion: BuildIdentity.build.version)
  }

  private static func serve(
    _ runtime: EventLoopRuntime, at address: SocketAddress, _ settings: KeyValueSettings,
    _ durability: KeyValueDurability?, asJSON: Bool
  ) async throws {
    let isStopping = Gate()
    let notes = NoteWriter(runtime)
    let server = KeyValueServer(
      runtime: runtime, settings: settings, notice: { notes.add("\($0)") },
      ended: { isStopping.open() })
    let signals = EndSignals(stop: { runtime.perform { server.stop() } })
    defer { signals.end() }
    let bound = try await withCheckedThrowingContinuation { continuation in
      runtime.perform {
        continuation.resume(
          with: Result {
            let report = try durability?.attach(to: server) { notes.add("\($0)") }
            for line in report.map(KvData.lines) ?? [] { notes.add(line) }
            return try server.listen(at: address)
          })
      }
    }
    if asJSON {
      Console.printJSON(#"{"listening":"\#(bound)"}"#)
    } else {
      Console.print("listening \(bound)")
    }
    try? await isStopping.wait()
    await withCheckedContinuation { continuation in
      runtime.perform {
        durability?.close()
        continuation.resume()
      }
    }
  }
}
