import EventLog
import KeyValue
import Primitives
import Runtime
import Streams
import Transport

/// A key-value node as a process.
///
/// `@unchecked Sendable`: what is not safe by itself is touched on the loop's thread only.
final class KvNode: @unchecked Sendable {
  private let setup: KvSetup
  private let durability: KeyValueDurability?
  private let runtime: EventLoopRuntime
  private let server: KeyValueServer
  private let shell: ReplicationShell?
  private let log: KvEventLog?
  private let note: @Sendable (String) -> Void
  private let isStopping = Gate()

  init(
    _ setup: KvSetup, _ durability: KeyValueDurability?, _ identity: KeyPair,
    _ runtime: EventLoopRuntime
  ) throws {
    (self.setup, self.durability, self.runtime) = (setup, durability, runtime)
    let notes = NoteWriter(runtime)
    log = try setup.events.map { path in
      try KvEventLog(
        path: path, name: setup.name.isEmpty ? "kv" : setup.name,
        parameters: "identity=\(identity.publicKey) unix_ms=\(WallClock.system.milliseconds)",
        runtime, cut: { notes.add($0) })
    }
    let recorder = log?.recorder ?? .none
    let note: @Sendable (String) -> Void = { line in
      notes.add(line)
      recorder.record(.keyValue(.notice(detail: line)))
    }
    self.note = note
    let server = KeyValueServer(
      runtime: runtime, settings: setup.settings(durability), notice: { note("\($0)") },
      ended: { [isStopping] in isStopping.open() })
    self.server = server
    shell = setup.replication.map { replication in
      ReplicationShell(
        replication.plan(identity, directory: setup.directory, recorder: recorder), of: server,
        links: SocketMaker(runtime: runtime), notice: { notes.add($0) })
    }
  }

  /// Works until it is ended.
  func run() async throws -> ExitCode {
    log?.start()
    let signals = EndSignals(stop: { [runtime, server] in runtime.perform { server.stop() } })
    defer { signals.end() }
    let (listening, replicating) = try await onLoop { try self.begin() }
    let metrics = try setup.metrics.map { try KvMetrics(at: $0, runtime, of: server) }
    tell(listening, replicating, metrics: metrics?.port)
    try? await isStopping.wait()
    metrics?.stop()
    try await onLoop {
      self.shell?.stop()
      self.durability?.close()
    }
    return await log?.close() ?? true ? .pass : .lost
  }

  /// Reads the data, meets the other replicas and takes clients, in this order.
  private func begin() throws -> (SocketAddress, [String]) {
    let report = try durability?.attach(to: server) { [note] in note("\($0)") }
    for line in report.map(KvData.lines) ?? [] { note(line) }
    let replicating = try shell?.start() ?? []
    return (try server.listen(at: setup.address), replicating)
  }

  private func onLoop<Output: Sendable>(
    _ body: @escaping @Sendable () throws -> Output
  ) async throws -> Output {
    try await withCheckedThrowingContinuation { continuation in
      runtime.perform { continuation.resume(with: Result { try body() }) }
    }
  }

  private func tell(_ listening: SocketAddress, _ replicating: [String], metrics: UInt16?) {
    let metrics = setup.metrics.flatMap { address in
      metrics.map { "\(SocketAddress(address.host, port: $0))" }
    }
    guard setup.wantsJSON else {
      Console.print("listening \(listening)")
      for place in replicating { Console.print("replicating \(place)") }
      if let metrics { Console.print("metrics \(metrics)") }
      return
    }
    var object: [String: Any] = ["listening": "\(listening)"]
    if setup.replication != nil { object["replicating"] = replicating }
    if let metrics { object["metrics"] = metrics }
    Console.printJSON(DbJSON.text(object))
  }
}
