import EventLog
import Ledger
import Networking
import Node
import Peers
import Primitives
import Runtime
import Storage

/// A fresh node that joins together with the one that a run is about: a whole node that fills its
/// state at the same time, serves what it has, and is held to the same rules.
final class Companion: EventSink, @unchecked Sendable {
  // Unchecked: used on the simulation's thread only.

  let name: String
  let peer: PeerID
  private let observer: RunObserver
  private let producer: ChainProducer
  private var check: CompanionCheck
  /// What outlives its process; nil if its process never ends by plan, and its chain is in memory.
  private(set) var disk: MemoryDisk?
  /// Its chain, while it lives.
  private(set) var chain: Blockchain?
  private var store: MemoryStore?
  private var life: NodeLife?
  private var task: SpawnedTask?

  init(
    _ name: String, peer: PeerID, disk: MemoryDisk?, observer: RunObserver,
    producer: ChainProducer, check: CompanionCheck
  ) {
    self.name = name
    self.peer = peer
    self.disk = disk
    self.observer = observer
    self.producer = producer
    self.check = check
  }

  /// Requests of it that have not ended.
  var openRequestCount: Int { check.openRequestCount }

  /// It begins a life with this chain; returns where its events go.
  func begin(_ chain: Blockchain, in store: MemoryStore?) -> NodeLife {
    let life = NodeLife(self)
    (self.chain, self.store, self.life) = (chain, store, life)
    check.begin(isComplete: chain.stateComplete)
    return life
  }

  func runs(as task: SpawnedTask) { self.task = task }

  /// Its process writes nothing any more.
  func endLife() { life?.end() }

  /// Gives back what it holds, once everything has ended.
  func letGo() { (chain, store, life, task) = (nil, nil, nil, nil) }

  /// Its process is gone, and what it did not commit; the next one finds `disk`.
  func stop(leaving disk: RestartDisk) {
    store?.crash()
    task?.cancel()
    letGo()
    check.begin(isComplete: false)
    if disk == .empty { self.disk = MemoryDisk(name: name) }
  }

  /// S11, at the beginning of a life.
  func checkRestart() {
    if let broken = chain.flatMap({ check.restarted(with: $0) }) { violate(broken) }
  }

  /// L1 and L4: its state is complete, and it stands where the chain is.
  func follows(_ heads: HeadTrack, now: Moment) -> Bool {
    guard let chain else { return false }
    return chain.stateComplete && heads.isFollowed(by: chain.headHash, now: now.nanoseconds)
  }

  /// S3, once it is done: its root is that of its header and of the oracle.
  func rootIsRight() -> Bool {
    guard let chain else { return false }
    return chain.stateRoot == chain.head.header.stateRoot
      && chain.stateRoot == producer.model(after: chain.headHash)?.stateRoot()
  }

  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    let sequence = observer.record(event, context: context, cause: cause, request: request)
    if let chain, let broken = check.take(WatchedEvent(event), request: request, of: chain) {
      violate(broken)
    }
    return sequence
  }

  private func violate(_ broken: CheckViolation) {
    observer.violate(
      CheckViolation(
        check: broken.check, detail: "\(name): \(broken.detail)", keyPath: broken.keyPath))
  }
}

/// Other fresh nodes.
extension SimulatedWorld {
  /// Lets them join, with the genesis block and no state.
  func startCompanions() throws {
    for peer in plan.companions {
      let name = scenario.nodeName(Int(peer.number))
      let ends = faultPlan?.faults.contains {
        $0.from == peer && ["crash", "empty_store"].contains($0.kind)
      }
      let companion = Companion(
        name, peer: peer, disk: ends == true ? MemoryDisk(name: name) : nil, observer: observer,
        producer: producer,
        check: CompanionCheck(
          rules: observer.freshRules, hasMade: { [producer] in producer.hasMade($0) },
          model: { [producer, companionOracle] in
            producer.model(after: $0).map(companionOracle)
          }))
      companions.append(companion)
      try startLife(of: companion)
    }
  }

  private func startLife(of companion: Companion) throws {
    let store = try companion.disk.map {
      try MemoryStore(on: $0, owner: .chain(producer.genesis.hash))
    }
    let chain =
      if let store {
        try Blockchain(
          genesis: producer.genesis, state: .missing, verifier: verifier,
          executedBlocks: executedBlocks, store: store)
      } else {
        Blockchain(
          genesis: producer.genesis, state: .missing, verifier: verifier,
          executedBlocks: executedBlocks)
      }
    let node = FullNode(
      chain: chain, network: network.endpoint(for: companion.peer), runtime: runtime,
      sink: companion.begin(chain, in: store),
      configuration: configuration(of: companion.peer),
      source: { [unowned self] in snapshots(for: $0) { 0 } })
    let task = runtime.spawn(companion.name) { await node.run() }
    companion.runs(as: task)
    tasks.append(task)
  }

  /// The process of one of them ends, and begins again so much later.
  func crashCompanion(_ peer: PeerID, for milliseconds: Int, with disk: RestartDisk) {
    guard let companion = companions.first(where: { $0.peer == peer }), companion.chain != nil
    else { return }
    companion.endLife()
    // Never at once, so that the node is not taken apart in the middle of a call.
    runtime.schedule(after: .zero) { [self] in
      guard companion.chain != nil else { return }
      _ = observer.record(
        .node(.crashed(reason: "\(disk)")),
        context: EventContext(node: companion.name, actor: "node"), cause: nil, request: nil)
      companion.stop(leaving: disk)
      network.remove(peer)
      runtime.schedule(after: .milliseconds(milliseconds)) { [self] in
        do {
          try startLife(of: companion)
          observer.marks.add("restart_of_companion")
          companion.checkRestart()
        } catch { failure = failure ?? error }
      }
    }
  }

  /// Which of them are not where the chain is, for people.
  var companionsPending: String {
    let late = companions.filter { !$0.follows(heads, now: runtime.now) }
    return late.map { companion in
      guard let chain = companion.chain else { return "; \(companion.name) is not running" }
      return "; \(companion.name) is at head \(chain.headNumber) and lacks "
        + "\(chain.missing.ranges.count) ranges"
    }.joined()
  }
}
