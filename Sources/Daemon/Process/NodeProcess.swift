import EventLog
import HTTPServer
import Ledger
import LiveSync
import Locking
import Monitoring
import Networking
import Node
import Peers
import Primitives
import Production
import Runtime
import Snapshot
import Storage
import Streams
import Transport

/// Why a node does not start.
public enum NodeProcessError: Error, CustomStringConvertible {
  case settings(SettingsError)
  case genesis(GenesisFileError)
  case key(KeyFileError)
  case storage(StorageError)
  case ledger(LedgerStoreError)
  case stream(StreamError)
  case link(LinkFailure)
  case loop(EventLoopError)
  case http(HTTPServerError)
  case snapshot(SnapshotError)

  /// What was wrong.
  public var cause: any Error {
    switch self {
    case .settings(let error): error
    case .genesis(let error): error
    case .key(let error): error
    case .storage(let error): error
    case .ledger(let error): error
    case .stream(let error): error
    case .link(let error): error
    case .loop(let error): error
    case .http(let error): error
    case .snapshot(let error): error
    }
  }

  public var description: String { "\(cause)" }
}

/// A node on a real network as one process: store, keys, connections, engine and logs together.
///
/// `start` opens everything and lets the node work, or throws and leaves nothing open; `run()` goes
/// on until `stop()`, and closes what was opened.
public final class NodeProcess: Sendable {
  /// Where the node's connections are known over restarts.
  package static let memoryNamespace = Namespace("transport/memory")

  public let settings: NodeSettings
  public let identity: KeyPair
  public let chain: Blockchain
  public let node: FullNode
  public let network: TransportNetwork
  public let relay: TransactionRelay
  public let log: NodeEventLog
  public let runtime: EventLoopRuntime
  /// Where other nodes can connect.
  public let listening: [SocketAddress]
  /// Milliseconds since the Unix epoch when it began.
  public let origin: UInt64
  let people: PeopleLog
  let store: LMDBStore
  let files: LogWriter
  private let source: NodeSource<StateQueue>
  private let snapshots: StoredSnapshots
  private let monitoring: MonitoringServer?
  private let isStopping = Gate()
  /// The node at work.
  private let work: SpawnedTask

  /// Opens what the settings name, and takes connections.
  public static func start(
    _ settings: NodeSettings, build: ProgramBuild
  ) async throws(NodeProcessError) -> NodeProcess {
    let parts = try NodeParts(settings, build: build)
    do throws(NodeProcessError) {
      let monitoring = try listen(parts)
      let (work, listening) = try await connect(parts, monitoring)
      return NodeProcess(parts, work, listening, monitoring)
    } catch {
      await parts.close()
      throw error
    }
  }

  private static func listen(_ parts: NodeParts) throws(NodeProcessError) -> MonitoringServer? {
    guard let monitoring = parts.monitoring() else { return nil }
    do throws(HTTPServerError) { try monitoring.start() } catch { throw .http(error) }
    if let address = parts.settings.http, let port = monitoring.port {
      let bound = SocketAddress(address.host, port: port)
      parts.log.record(
        .transport(.answering(address: "\(bound)")),
        context: EventContext(node: parts.settings.name, actor: "monitoring"), cause: nil,
        request: nil)
    }
    return monitoring
  }

  /// Lets the node work, and then takes connections: a peer that asks before the node has its
  /// handlers would be refused.
  private static func connect(
    _ parts: NodeParts, _ monitoring: MonitoringServer?
  ) async throws(NodeProcessError) -> (work: SpawnedTask, listening: [SocketAddress]) {
    let node = parts.node
    let work = parts.runtime.spawn("node") { await node.run() }
    try? await parts.isUp.wait()
    do throws(LinkFailure) { return (work, try await parts.network.start()) } catch {
      work.cancel()
      await work.value
      await parts.files.worker.run { monitoring?.stop() }
      throw .link(error)
    }
  }

  private init(
    _ parts: NodeParts, _ work: SpawnedTask, _ listening: [SocketAddress],
    _ monitoring: MonitoringServer?
  ) {
    self.work = work
    self.monitoring = monitoring
    settings = parts.settings
    identity = parts.identity
    chain = parts.chain
    node = parts.node
    network = parts.network
    relay = parts.relay
    log = parts.log
    runtime = parts.runtime
    origin = parts.origin
    people = parts.people
    store = parts.store
    files = parts.files
    source = parts.source
    snapshots = parts.snapshots
    self.listening = listening
  }

  /// Works until `stop()` was called; to be called once. Returns whether everything was closed
  /// within `DaemonLimits.stopTimeout`; what is stored is whole in either case.
  public func run() async -> Bool {
    let isOver = Gate()
    let isLate = Gate()
    let process = runtime.spawn("process") {
      await self.workAndClose()
      isOver.open()
      isLate.open()
    }
    try? await isStopping.wait()
    let patience = runtime.spawn("patience") {
      try? await self.runtime.sleep(for: DaemonLimits.stopTimeout)
      isLate.open()
    }
    try? await isLate.wait()
    patience.cancel()
    if isOver.isOpen {
      await process.value
      runtime.shutdown()
    }
    return isOver.isOpen
  }

  private func workAndClose() async {
    let writing = repeating("logs", DaemonLimits.logPause) { await $0.writeLog() }
    let telling = repeating("people", DaemonLimits.logPause) { await $0.files.write($0.people) }
    let remembering = repeating("memory", DaemonLimits.memoryPause) { await $0.remember() }
    let taking = runtime.spawn("snapshots") { [snapshots] in await snapshots.run() }
    try? await isStopping.wait()
    for task in [work, taking, remembering, writing] {
      task.cancel()
      await task.value
    }
    await network.stop()
    await files.worker.run { [monitoring] in monitoring?.stop() }
    await remember()
    log.record(
      .run(.end(verdict: .pass, steps: 0, detail: "stopped")), context: .run, cause: nil,
      request: nil)
    await writeLog()
    await files.close()
    do throws(StorageError) { try store.close() } catch {
      note("the store could not be closed: \(error)", .error)
    }
    // Last, since nobody may read standard error any more.
    telling.cancel()
    await telling.value
    await files.write(people)
  }

  /// Lets `run()` end, from any thread.
  public func stop() { isStopping.open() }

  /// Begins a new part of the event log, for whoever has moved the last one away.
  public func reopenLog() { log.beginPart() }

  /// Where the node stands, read now.
  public func status() async -> NodeStatus { await source.status() }

  /// Does the same again and again, with a pause before each time.
  private func repeating(
    _ name: String, _ pause: Duration, _ body: @escaping @Sendable (NodeProcess) async -> Void
  ) -> SpawnedTask {
    runtime.spawn(name) {
      while (try? await self.runtime.sleep(for: pause)) != nil { await body(self) }
    }
  }

  private func writeLog() async {
    if let failure = await files.write(log) { note(failure, .error) }
  }

  private func note(_ text: String, _ level: EventLevel) {
    people.note(text, level: level, at: runtime.now.nanoseconds)
  }

  /// Writes down what the network has learned. A store that fails is told of by the node.
  private func remember() async {
    let bytes = network.memory().wireBytes
    let failure: StorageError? = await files.worker.run { [store] in
      do throws(StorageError) {
        try store.write { (transaction) throws(StorageError) in
          try transaction.put(Self.memoryNamespace.key(), bytes)
        }
        return nil
      } catch { return error }
    }
    if let failure { note("what the network remembers was not written: \(failure)", .warn) }
  }
}
