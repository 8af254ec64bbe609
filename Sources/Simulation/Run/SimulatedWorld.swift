import EventLog
import Ledger
import Networking
import Node
import Peers
import Primitives
import Runtime
import SimulatedNetworking
import Snapshot
import StateReconciliation
import Storage

/// The nodes, the network and the chain of one run, and what happens to them block by block.
final class SimulatedWorld: @unchecked Sendable {
  // Unchecked: used on the simulation's thread only.

  let scenario: Scenario
  let runtime: SimulatedRuntime
  let network: any WorldNetwork
  let producer: ChainProducer
  let observer: RunObserver
  let liars: [Liar]
  /// Those who announce blocks with a wrong state root by plan, for as long as they do.
  var rootLiars: [Liar] = []
  let plan: PeerPlan
  /// What goes wrong beside what the scenario says; nil if nothing does.
  let faultPlan: FaultPlan?
  /// The full peers that tell lies by plan.
  let plannedLiars: Set<Int>
  /// Where planned faults change the network; nil if it takes none.
  let faultBoard: FaultBoard?
  /// The snapshots of the full peers; nil if they keep none.
  let shelf: SnapshotShelf?
  let verifier: any SignatureVerifier
  /// What the chains of all nodes have executed.
  let executedBlocks = ExecutedBlocks()
  private(set) var peers: [FullPeer] = []
  /// The chain's maker, where it is a node of the network.
  private(set) var maker: FullPeer?
  private(set) var joiner: FullNode? { didSet { noteLines() } }
  private(set) var joinedAt: Int64?
  private var lines = LineHistory()
  /// Height of the head when the node joined, and of the last macro block then.
  private(set) var heightsAtJoin: (head: UInt32, macro: UInt32) = (0, 0)
  /// Forks made while the node was not there to see them.
  private(set) var forksUnseen = 0
  private var forksAtDeparture = 0
  private var life: NodeLife?
  /// What outlives the joining node's process, and what the process has open of it.
  let joinerDisk = JoinerDisk(name: RunObserver.joinerName)
  private var store: MemoryStore?
  var clockOffset: Int64 = 0
  let joinerSeam = NodeSeam()
  /// A twin of the next block that may have one is to be made; told when it is.
  var twinDue: (() -> Void)?
  /// Disks of other nodes, which the joining node may get a copy of.
  var otherDisks: [RestartDisk: MemoryDisk] = [:]
  /// The joining node's process has ended by plan, and the next one has not begun.
  var isCrashing = false
  private var joinerTask: SpawnedTask?
  var tasks: [SpawnedTask] = []
  /// What the checks of those that joined together with it take for the oracle's accounts.
  let companionOracle: (AccountModel) -> AccountModel
  /// The nodes that joined together with it.
  var companions: [Companion] = []
  var away: Set<PeerID> = [] { didSet { noteLines() } }
  var churn: RandomStream
  /// The planned kill is still to come.
  var isKillDue: Bool
  /// A branch of this depth is made instead of the next block.
  var rebranchDue: Int?
  /// A branch is made before the next macro block that replaces all blocks since the last one.
  var isBatchDue = false
  /// Why the chain could not go on; ends the run.
  var failure: (any Error)?
  /// Heights of the chain and of the joining node when its state became complete; nil while it is
  /// not.
  private(set) var completeAt: (source: UInt32, node: UInt32)?
  /// Heads of the chain that the joining node may stand on.
  var heads = HeadTrack()
  var watch: WorldWatch
  /// What completing the state took.
  private(set) var measurement: SyncMeasurement?

  static let joinerPeer = PeerID(0)

  init(
    _ scenario: Scenario, runtime: SimulatedRuntime, writer: JSONLinesWriter,
    transport: SimulatedTransport, faults: FaultPlan? = nil,
    companionOracle: @escaping (AccountModel) -> AccountModel, line: ((String) -> Void)?
  ) throws {
    self.scenario = scenario
    self.companionOracle = companionOracle
    faultPlan = faults
    plannedLiars = faults?.liars ?? []
    self.runtime = runtime
    isKillDue = scenario.killAtPercent > 0
    plan = PeerPlan(scenario)
    shelf = scenario.snapshotInterval > 0 ? SnapshotShelf(scenario) : nil
    watch = WorldWatch(scenario)
    let shape = faults?.shape ?? WorldShape()
    verifier = CachingSignatureVerifier(capacity: shape.signaturesCached)
    producer = try ChainProducer(
      scenario, shape: shape, runtime: runtime, verifier: verifier, executedBlocks: executedBlocks)
    let liars = scenario.liars.enumerated().map { [shelf, producer] index, kind in
      Liar(
        kind, peer: PeerID(UInt32(index + 1)), victim: Self.joinerPeer,
        forge: { shelf?.forgedManifest(for: producer.source) })
    }
    self.liars = liars
    if scenario.isReturning { try producer.makePast(changing: scenario.changedAccounts) }
    churn = runtime.randomStream(RandomConsumer(.peers))
    observer = RunObserver(
      writer: writer, producer: producer, scenario: scenario,
      liars: Set(liars.map(\.peer.number)).union(plannedLiars.map(UInt32.init)),
      faults: faults, now: { [runtime] in runtime.now.nanoseconds },
      line: line)
    let chain = producer.genesis.hash
    switch transport {
    case .model: network = SimulatedNetwork(scenario, runtime: runtime)
    case .realCodec(let tap):
      let model = SimulatedNetwork(scenario, runtime: runtime)
      model.carrier = CodecCarrier(
        runtime: runtime, network: chain, tap: tap,
        onFailure: { [observer] in
          observer.violate(CheckViolation(check: "T1", detail: $0.description))
        })
      network = model
    case .realNetwork:
      network = LinkedNetwork(
        scenario, runtime: runtime, chain: chain, peers: [Self.joinerPeer] + plan.all,
        onFailure: { [observer] in observer.violate(CheckViolation(check: "T2", detail: $0)) })
    }
    faultBoard = (network as? SimulatedNetwork).map { FaultBoard($0, runtime: runtime) }
  }

  /// Starts the full peers.
  func start() {
    if scenario.undialablePeers > 0 {
      for peer in [Self.joinerPeer] + plan.undialable { network.letNobodyDial(peer) }
    }
    // With planned faults the last one always has the chain, so that it is not lost.
    peers = plan.all.map { peer in
      scenario.sharedPeers > 0 || faultPlan != nil && peer == plan.all.last
        ? sharing(peer) : whole(peer)
    }
    maker = plan.maker.map(makerNode)
    // A node that comes back begins with them.
    if !scenario.isReturning { producer.letAccountsGo() }
    for liar in liars {
      intercept(liar.peer) { liar.intercept($0) }
      note("liar", "\(liar.peer)", liar.kind.rawValue)
    }
    for peer in plan.silent {
      intercept(peer) { PeerPlan.silence($0) }
      note("silent", "\(peer)", "answers no request for a part of the state")
    }
    for peer in plan.undialable {
      note("undialable", "\(peer)", "can dial and not be dialled, like the joining node")
    }
    for peer in plan.slow {
      network.setUpload(plan.upload(of: peer), of: peer)
      note("slow", "\(peer)", "sends \(plan.upload(of: peer)) bytes a second")
    }
    observer.onComplete = { [unowned self] in measure() }
    if faultPlan != nil {
      observer.reading = { [joinerDisk] check in joinerDisk.unharmed(check) }
    }
    planFaults()
    armFaults()
  }

  /// Lets the fresh node join, with the genesis block and no state.
  func join() throws {
    joinedAt = runtime.now.nanoseconds
    heightsAtJoin = (producer.source.headNumber, producer.source.macroNumber)
    try startCompanions()
    do { try startJoiner() } catch {
      guard faultPlan != nil else { throw error }
      // Its disk fails by plan.
      isCrashing = true
      restartJoiner(after: SimulationLimits.operatorTime, tries: SimulationLimits.restartsMax)
    }
  }

  /// A life of the joining node begins, with what its disk holds.
  func startJoiner() throws {
    let store = try MemoryStore(on: joinerDisk.current, owner: .chain(producer.genesis.hash))
    let chain = try Blockchain(
      genesis: producer.genesis, state: scenario.isReturning ? .complete : .missing,
      verifier: verifier, executedBlocks: executedBlocks, store: store)
    self.store = store
    forksUnseen += producer.forks - forksAtDeparture
    let life =
      faultPlan == nil
      ? NodeLife(observer)
      : NodeLife(
        observer, hasDied: { [unowned self] in hasDied() },
        lookAfter: { [unowned self] in lookAfter($0) })
    let endpoint = network.endpoint(for: Self.joinerPeer)
    let hasSeam = faultPlan != nil
    let node = FullNode(
      chain: chain,
      network: hasSeam ? SeamedNetwork(base: endpoint, seam: joinerSeam) : endpoint,
      runtime: hasSeam ? SeamedRuntime(base: runtime, seam: joinerSeam) : runtime,
      sink: life,
      configuration: configuration(of: Self.joinerPeer),
      source: { [unowned self] in snapshots(for: $0) { [unowned self] in clockOffset } },
      carrier: { [scenario] context in
        scenario.isReturning ? StateReturn(context: context, ways: scenario.returnWays) : nil
      })
    joiner = node
    self.life = life
    observer.follow(chain)
    joinerTask = runtime.spawn(RunObserver.joinerName) { await node.run() }
  }

  /// What a fresh node is told beforehand.
  func configuration(of peer: PeerID) -> NodeConfiguration {
    let configuration = NodeConfiguration(
      name: scenario.nodeName(Int(peer.number)), chunkItems: scenario.chunkItems,
      strategy: scenario.strategy)
    return faultPlan?.settings(of: peer, configuration) ?? configuration
  }

  /// Lets a fresh node look for snapshots, if the full peers may keep any.
  func snapshots(
    for context: SyncContext, shift: @escaping @Sendable () -> Int64
  ) -> (any StateSource)? {
    guard scenario.snapshotInterval > 0 else { return nil }
    return SnapshotJoin(
      context: context, settings: SnapshotSettings(),
      clock: WallClock(startingAt: producer.genesis.timestamp, runtime).shifted(by: shift))
  }

  /// The joining node writes nothing any more.
  func endLife() { life?.end() }

  /// The joining node's process is gone, in whatever it was doing; what it did not commit is lost.
  func stopJoiner() {
    life?.end()
    store?.crash()
    joinerTask?.cancel()
    network.remove(Self.joinerPeer)
    observer.forgetNode()
    joiner = nil
    completeAt = nil
    forksAtDeparture = producer.forks
  }

  /// What can come to the joining node from now on.
  private func noteLines() {
    guard joinedAt != nil else { return }
    lines.set(
      joiner == nil ? 0 : plan.bytesPerSecond(without: away), at: runtime.now.nanoseconds)
  }

  /// What completing the state took, looked at in the moment it is complete.
  private func measure() {
    guard measurement == nil, let joinedAt, let chain = joiner?.chain else { return }
    let limit = SyncLimit(
      plan: plan, scenario: scenario, chain: chain, source: producer.source,
      heightsAtJoin: heightsAtJoin, lines: lines, snapshot: chosenSnapshot)
    measurement = SyncMeasurement(
      nanoseconds: runtime.now.nanoseconds - joinedAt, limit: limit, tally: observer.tally,
      statistics: network.statistics(of: Self.joinerPeer),
      peers: plan.all.map { peer in
        .init(
          peer: peer.number, uploadBytesPerSecond: plan.upload(of: peer),
          deliveredBytes: network.deliveredBytes(from: peer, to: Self.joinerPeer))
      })
  }

  /// Height and bytes of the snapshot that the node joined from; nil if from none.
  private var chosenSnapshot: (height: UInt32, bytes: Int)? {
    guard let height = observer.snapshotHeight, let bytes = shelf?.storedBytes(at: height) else {
      return nil
    }
    return (height, bytes)
  }

  /// Notes the heights at which the state was found complete, for as long as it is.
  func noteCompletion() {
    guard observer.isComplete, let joiner else {
      completeAt = nil
      return
    }
    completeAt = completeAt ?? (producer.source.headNumber, joiner.chain.headNumber)
  }

  /// Gives back the chains and states of the joining node, its disk with it, of the full peers and
  /// of the chain's maker, once everything has ended.
  func letChainsGo() {
    peers = []
    maker = nil
    producer.letChainGo()
    joiner = nil
    joinerTask = nil
    store = nil
    observer.letChainGo()
    joinerDisk.replace(with: .empty, of: [:])
  }

  /// Ends everything; returns the names of tasks that do not end.
  func stop() -> [String] {
    for task in tasks + [joinerTask].compactMap(\.self) { task.cancel() }
    _ = runtime.runUntilIdle()
    network.shutdown()
    return runtime.shutdown()
  }
}
