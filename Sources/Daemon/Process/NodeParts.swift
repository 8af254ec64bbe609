import EventLog
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

/// What a node is made of, opened one after another.
struct NodeParts {
  let settings: NodeSettings
  let identity: KeyPair
  let runtime: EventLoopRuntime
  let store: LMDBStore
  let chain: Blockchain
  let network: TransportNetwork
  let relay: TransactionRelay
  let node: FullNode
  /// The snapshots that the node takes and keeps.
  let snapshots: StoredSnapshots
  let log: NodeEventLog
  let people: PeopleLog
  let files: LogWriter
  let watch: EventWatch
  let source: NodeSource<StateQueue>
  let origin: UInt64
  /// Opened when the node answers requests.
  let isUp = Gate()

  init(
    _ settings: NodeSettings, build: ProgramBuild
  ) throws(NodeProcessError) {
    self.settings = settings
    let file = try Self.genesis(settings)
    let genesis = file.genesis
    try Self.folder(settings.data)
    identity = try Self.identity(settings)
    let validators = try Self.validators(settings, genesis)
    let store = try Self.store(settings, genesis)
    self.store = store
    do throws(NodeProcessError) {
      let runtime = try Self.runtime()
      self.runtime = runtime
      do throws(NodeProcessError) {
        chain = try Self.chain(genesis, settings, store)
        origin = WallClock.system.milliseconds
        people = PeopleLog(least: settings.logLevel, origin: origin)
        files = try Self.files(settings, runtime)
      } catch {
        runtime.shutdown()
        throw error
      }
    } catch {
      // What was opened is closed; the first error is the one to tell.
      try? store.close()
      throw error
    }
    let (people, runtime) = (people, runtime)
    let watch = EventWatch(runtime: runtime)
    self.watch = watch
    let log = NodeEventLog(
      start: Self.start(settings, runtime, genesis, identity, origin, build),
      partBytesMax: settings.eventLogBytes, now: { runtime.now.nanoseconds },
      listener: { [isUp] record, line in
        people.add(record)
        watch.publish(line)
        // The node goes on from here to its handlers without a pause.
        if case Event.Node.started = record.event.group { isUp.open() }
      })
    self.log = log
    network = Self.network(settings, genesis, identity, store, runtime, log)
    let configuration = NodeConfiguration(name: settings.name)
    let kept = Lock<TransactionRelay?>(nil)
    let snapshots = try Self.snapshots(settings, chain, runtime, log)
    self.snapshots = snapshots
    let joining = try Self.joining(settings)
    node = FullNode(
      chain: chain, network: network, runtime: runtime, sink: watch.sink(before: log),
      configuration: configuration,
      services: { context in
        SnapshotHost(context: context, provider: snapshots).start()
        let relay = TransactionRelay(context: context)
        kept.withLock { $0 = relay }
        guard !validators.isEmpty else { return [relay] }
        let producer = ProducerConfiguration(
          keys: validators, clock: .system,
          blockTime: settings.blockTimeMilliseconds == 0
            ? nil : .milliseconds(settings.blockTimeMilliseconds),
          transactionsPerBlock: settings.transactionsPerBlock, testKeys: file.testKeys)
        return [
          relay, Producer(context: context, configuration: producer, relay: relay, store: store),
        ]
      },
      source: { context in joining.map { SnapshotJoin(context: context, settings: $0) } })
    guard let relay = kept.withLock({ $0 }) else { preconditionFailure("a node asked no services") }
    self.relay = relay
    let status = NodeIdentityStatus(
      name: settings.name, key: identity.publicKey, version: build.version, commit: build.commit,
      genesis: genesis.hash, isProducer: !validators.isEmpty)
    source = Self.makeSource((node, network, relay, snapshots), status, runtime, watch)
  }

  /// Closes what was opened.
  func close() async {
    await network.stop()
    await files.close()
    // Nothing was written yet; the error that led here is the one to tell.
    try? store.close()
    runtime.shutdown()
  }

  private static func genesis(_ settings: NodeSettings) throws(NodeProcessError) -> GenesisFile {
    guard !settings.data.isEmpty else {
      throw .settings(SettingsError(place: "--data", reason: "is needed"))
    }
    guard !settings.genesis.isEmpty else {
      throw .settings(SettingsError(place: "--genesis", reason: "is needed"))
    }
    do throws(GenesisFileError) {
      return try GenesisFile(
        path: settings.genesis, withAccounts: settings.state == .genesis)
    } catch {
      throw .genesis(error)
    }
  }

  private static func folder(_ path: String) throws(NodeProcessError) {
    do throws(StreamError) { try Folder.make(path, mode: 0o700) } catch { throw .stream(error) }
  }

  private static func identity(_ settings: NodeSettings) throws(NodeProcessError) -> KeyPair {
    do throws(KeyFileError) {
      return try KeyFile.nodeKey(at: settings.data + "/node.key")
    } catch { throw .key(error) }
  }

  private static func validators(
    _ settings: NodeSettings, _ genesis: Genesis
  ) throws(NodeProcessError) -> [KeyPair] {
    guard let path = settings.produce else { return [] }
    let keys: [KeyPair]
    do throws(KeyFileError) { keys = try KeyFile.read(.validator, at: path) } catch {
      throw .key(error)
    }
    let known = Set(genesis.validators.validators.map(\.publicKey))
    if let stranger = keys.first(where: { !known.contains($0.publicKey) }) {
      throw .settings(
        SettingsError(
          place: "--produce",
          reason: "'\(path)' has the key \(stranger.publicKey), which is no validator of "
            + "'\(settings.genesis)'"))
    }
    return keys
  }

  private static func store(
    _ settings: NodeSettings, _ genesis: Genesis
  ) throws(NodeProcessError) -> LMDBStore {
    do throws(StorageError) {
      return try LMDBStore(path: settings.data + "/store", owner: .chain(genesis.hash))
    } catch { throw .storage(error) }
  }

  private static func files(
    _ settings: NodeSettings, _ runtime: any Runtime
  ) throws(NodeProcessError) -> LogWriter {
    do throws(StreamError) { return try LogWriter(settings, runtime) } catch {
      throw .stream(error)
    }
  }

  private static func runtime() throws(NodeProcessError) -> EventLoopRuntime {
    do throws(EventLoopError) { return try EventLoopRuntime() } catch { throw .loop(error) }
  }

  /// Looks at the snapshots of the node, and removes what was begun and not finished.
  private static func snapshots(
    _ settings: NodeSettings, _ chain: Blockchain, _ runtime: EventLoopRuntime, _ log: NodeEventLog
  ) throws(NodeProcessError) -> StoredSnapshots {
    let recorder = EventRecorder(
      sink: log, context: EventContext(node: settings.name, actor: "snapshots"))
    do throws(SnapshotError) {
      let taker = try SnapshotTaker(
        chain: chain, directory: SnapshotDirectory(path: settings.data + "/snapshots"),
        options: SnapshotOptions(
          interval: UInt32(settings.snapshotInterval), keep: settings.snapshotKeep),
        runtime: runtime, log: recorder)
      return StoredSnapshots(taker, runtime: runtime)
    } catch { throw .snapshot(error) }
  }

  /// How the node joins from snapshots of others; nil if it does not.
  private static func joining(
    _ settings: NodeSettings
  ) throws(NodeProcessError) -> SnapshotSettings? {
    guard settings.stateSync, settings.state == .sync else { return nil }
    guard (settings.trustHeight > 0) == (settings.trustHash != nil) else {
      throw .settings(
        SettingsError(
          place: "--statesync-trust-height",
          reason: "and --statesync-trust-hash belong together"))
    }
    let trust = settings.trustHash.map {
      TrustedBlock(
        height: UInt32(settings.trustHeight), hash: $0,
        period: .seconds(settings.trustPeriodSeconds))
    }
    return SnapshotSettings(
      trust: trust, discoveryTime: .milliseconds(settings.discoveryMilliseconds),
      chunkFetchers: settings.chunkFetchers == 0 ? nil : settings.chunkFetchers,
      chunkRequestTimeout: settings.chunkRequestTimeoutMilliseconds == 0
        ? nil : .milliseconds(settings.chunkRequestTimeoutMilliseconds))
  }

  private static func chain(
    _ genesis: Genesis, _ settings: NodeSettings, _ store: LMDBStore
  ) throws(NodeProcessError) -> Blockchain {
    do throws(LedgerStoreError) {
      return try Blockchain(
        genesis: genesis, state: settings.state == .genesis ? .complete : .missing,
        options: BlockchainOptions(finalDiffsKept: diffsKept(settings, genesis)), store: store)
    } catch { throw .ledger(error) }
  }

  /// Diffs that are kept behind the last macro block: whoever joins from the newest snapshot needs
  /// those since.
  private static func diffsKept(_ settings: NodeSettings, _ genesis: Genesis) -> Int {
    let batch = Int(genesis.configuration.blocksPerBatch)
    let most = LedgerLimits.carriedBlocksMax
    return max(
      LedgerLimits.finalDiffsKeptDefault, min(most, settings.snapshotInterval + 2 * batch))
  }

  private static func start(
    _ settings: NodeSettings, _ runtime: EventLoopRuntime, _ genesis: Genesis,
    _ identity: KeyPair, _ origin: UInt64, _ build: ProgramBuild
  ) -> Event {
    let parameters = [
      "genesis=\(genesis.hash)", "identity=\(identity.publicKey)", "unix_ms=\(origin)",
      "state=\(settings.state.rawValue)",
    ]
    return .run(
      .start(
        schema: Event.schemaVersion, seed: runtime.seed, commit: build.commit,
        toolchain: build.toolchain, mode: build.mode, clock: .system, scenario: "node",
        parameters: parameters.joined(separator: " ")))
  }

  private static func network(
    _ settings: NodeSettings, _ genesis: Genesis, _ identity: KeyPair, _ store: LMDBStore,
    _ runtime: EventLoopRuntime, _ log: NodeEventLog
  ) -> TransportNetwork {
    var configuration = TransportConfiguration(
      network: genesis.hash, identity: identity, listen: settings.listen)
    configuration.peers = settings.peers
    configuration.limits.inboundMax = settings.inboundMax
    configuration.limits.outboundMax = settings.outboundMax
    configuration.takesPrivateAddresses = settings.privateAddresses
    configuration.memory = memory(store)
    let context = EventContext(node: settings.name, actor: "transport")
    return TransportNetwork(
      configuration, runtime: runtime, links: SocketMaker(runtime: runtime)
    ) { event in
      log.record(.transport(Event.Transport(event)), context: context, cause: nil, request: nil)
    }
  }

  /// What the network remembers; nothing if that cannot be read, since it can be learned again.
  private static func memory(_ store: LMDBStore) -> TransportMemory? {
    let bytes = try? store.read { (snapshot) throws(StorageError) in
      try snapshot.value(of: NodeProcess.memoryNamespace.key())
    }
    guard let bytes = bytes ?? nil else { return nil }
    return try? TransportMemory(wireBytes: bytes)
  }
}
