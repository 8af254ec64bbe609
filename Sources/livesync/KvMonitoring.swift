import Daemon
import EventLog
import HTTPServer
import KeyValue
import Monitoring
import Runtime
import Streams
import Transport

/// Serves what a key-value node counts at `/metrics`.
struct KvMetrics {
  private let server: HTTPServer

  /// - Parameter address: there is no authentication, so whoever reaches it reads everything.
  init(at address: SocketAddress, _ runtime: EventLoopRuntime, of node: KeyValueServer) throws {
    server = HTTPServer(
      address: address.hostText, port: address.port, runtime: runtime,
      routes: [
        .get("/metrics") { _ in
          // A handler is a task of the loop, so it is on the server's thread.
          HTTPResponse(
            contentType: "text/plain; version=0.0.4; charset=utf-8",
            bytes: Array(Self.text(node.metrics).utf8))
        }
      ])
    try server.start()
  }

  var port: UInt16? { server.port }

  func stop() { server.stop() }

  static func text(_ metrics: [KeyValueMetric]) -> String {
    var writer = MetricsWriter()
    for metric in metrics {
      writer.family(
        metric.name, metric.kind == .counter ? .counter : .gauge, metric.help,
        metric.samples.map { sample in
          (labels: sample.peer.map { [("peer", $0)] } ?? [], value: sample.value)
        })
    }
    return writer.text
  }
}

/// The event log of a key-value node, written off the loop's thread.
final class KvEventLog: Sendable {
  /// `@unchecked Sendable`: touched by the worker only.
  private final class Files: @unchecked Sendable {
    let log: RotatingLog
    init(_ log: RotatingLog) { self.log = log }
  }

  let log: NodeEventLog
  private let files: Files
  private let worker: any Worker
  private let runtime: EventLoopRuntime
  private let name: String

  /// - Parameters:
  ///   - path: the newest file; older ones are beside it.
  ///   - name: what records call the node.
  init(
    path: String, name: String, parameters: String, _ runtime: EventLoopRuntime,
    cut: @escaping @Sendable (String) -> Void
  ) throws(StreamError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[..<$0]) } ?? "."
    let file = slash.map { String(path[path.index(after: $0)...]) } ?? path
    files = Files(
      try RotatingLog(
        folder: folder.isEmpty ? "/" : folder, name: file, filesMax: DaemonLimits.eventLogFiles
      ) { cut("the event log is cut after \($0.bytes) bytes: \($0.reason)") })
    let build = BuildIdentity.build
    log = NodeEventLog(
      start: .run(
        .start(
          schema: Event.schemaVersion, seed: runtime.seed, commit: build.commit,
          toolchain: build.toolchain, mode: build.mode, clock: .system, scenario: "kv",
          parameters: parameters)),
      partBytesMax: DaemonLimits.eventLogBytes, now: { runtime.now.nanoseconds })
    worker = runtime.worker("events")
    self.runtime = runtime
    self.name = name
  }

  /// What the node records with.
  var recorder: EventRecorder {
    EventRecorder(sink: log, context: EventContext(node: name, actor: "replication"))
  }

  /// Writes what waits, again and again.
  func start() {
    runtime.spawn("events") { [self] in
      while (try? await runtime.sleep(for: DaemonLimits.logPause)) != nil { await write() }
    }
  }

  private func write() async {
    await worker.run { [log, files] in
      // A file that cannot be begun is tried again by the log itself, which counts what is lost.
      try? log.flush(into: files.log)
    }
  }

  /// Writes the end. Returns whether everything was written.
  func close() async -> Bool {
    log.record(
      .run(.end(verdict: .pass, steps: 0, detail: "stopped")), context: .run, cause: nil,
      request: nil)
    await write()
    return await worker.run { [log, files] in files.log.close() == nil && log.lost == 0 }
  }
}
