import EventLog
import Ledger
import LiveSync
import Networking
import Primitives
import Runtime

/// The nodes, the network and the chain of one run, and what happens to them block by block.
final class SimulatedWorld: @unchecked Sendable {
  // Unchecked: used on the simulation's thread only.

  let scenario: Scenario
  let runtime: SimulatedRuntime
  let network: SimulatedNetwork
  let producer: ChainProducer
  let observer: RunObserver
  let liars: [Liar]
  private let verifier: any SignatureVerifier
  private var peers: [FullNode] = []
  private(set) var joiner: FullNode?
  private(set) var joinedAt: Int64?
  private var tasks: [SpawnedTask] = []
  private var away: Set<PeerID> = []
  private var churn: RandomStream
  /// Blocks of the chain when the joining node's state became complete.
  private(set) var completeAtBlock: UInt32?

  static let joinerPeer = PeerID(0)

  init(
    _ scenario: Scenario, runtime: SimulatedRuntime, writer: JSONLinesWriter,
    line: @escaping (String) -> Void
  ) throws {
    self.scenario = scenario
    self.runtime = runtime
    verifier = CachingSignatureVerifier(capacity: SimulationLimits.signaturesCached)
    producer = try ChainProducer(scenario, runtime: runtime, verifier: verifier)
    network = SimulatedNetwork(
      runtime: runtime,
      configuration: NetworkConfiguration(
        link: LinkConditions(
          latency: .milliseconds(scenario.latencyMilliseconds),
          jitterMean: .milliseconds(scenario.jitterMilliseconds),
          lossPerMillion: scenario.lossPerMillion),
        capacity: NodeCapacity(
          uploadBytesPerSecond: scenario.uploadBytesPerSecond,
          downloadBytesPerSecond: scenario.downloadBytesPerSecond)))
    let liars = scenario.liars.enumerated().map { index, kind in
      Liar(kind, peer: PeerID(UInt32(index + 1)), victim: Self.joinerPeer)
    }
    self.liars = liars
    churn = runtime.randomStream(RandomConsumer(.peers))
    observer = RunObserver(
      writer: writer, producer: producer, scenario: scenario,
      liars: Set(liars.map(\.peer.number)), now: { [runtime] in runtime.now.nanoseconds },
      line: line)
  }

  /// Starts the full peers.
  func start() {
    for number in 1...UInt32(scenario.fullPeers) {
      let peer = PeerID(number)
      let node = FullNode(
        chain: Blockchain(genesis: producer.genesis, state: .complete, verifier: verifier),
        network: network.endpoint(for: peer), runtime: runtime, sink: observer,
        configuration: NodeConfiguration(name: "p\(number)"))
      peers.append(node)
      tasks.append(runtime.spawn("p\(number)") { await node.run() })
    }
    for liar in liars {
      network.setInterceptor({ liar.intercept($0) }, for: liar.peer)
    }
  }

  /// Lets the fresh node join, with the genesis block and no state.
  func join() {
    let chain = Blockchain(genesis: producer.genesis, state: .missing, verifier: verifier)
    let node = FullNode(
      chain: chain, network: network.endpoint(for: Self.joinerPeer), runtime: runtime,
      sink: observer,
      configuration: NodeConfiguration(
        name: RunObserver.joinerName, chunkItems: scenario.chunkItems))
    joiner = node
    joinedAt = runtime.now.nanoseconds
    observer.chain = chain
    tasks.append(runtime.spawn(RunObserver.joinerName) { await node.run() })
  }

  /// One block interval: a block or a fork is made and announced, peers come and go.
  func advance() async throws {
    let blocks = try producer.advance()
    for block in blocks {
      _ = observer.record(
        .block(
          .produced(
            kind: block.kind.logged, block: block.number, hash: block.hash,
            transactions: block.body?.transactions.count ?? 0,
            entries: producer.source.entryCount(of: block.hash))),
        context: .run, cause: nil, request: nil)
    }
    try await announce(blocks)
    for liar in liars where liar.kind == .wrongRoot { try await announceWrongRoot(liar) }
    changePeers()
    if observer.isComplete, completeAtBlock == nil { completeAtBlock = producer.source.headNumber }
  }

  /// Hands new blocks to an honest peer that can take them, which announces them. The one that made
  /// the last block always can.
  private func announce(_ blocks: [Block]) async throws {
    let makers = peers.filter { node in
      !away.contains(node.peer)
        && !liars.contains { $0.peer == node.peer && $0.kind == .wrongRoot }
    }
    let turn = Int(blocks[0].number)
    let ready = makers.indices.map { makers[(turn + $0) % makers.count] }
      .first { $0.chain.isKnown(blocks[0].parentHash) }
    // If all who have the parent are away, the maker gets it from where it comes from.
    let maker = ready ?? makers[turn % makers.count]
    for block in ancestors(of: blocks[0], missingFor: maker.chain) + blocks {
      try maker.chain.push(block)
      await maker.announce(block)
    }
  }

  /// The blocks below `block` that `chain` lacks, lowest first.
  private func ancestors(of block: Block, missingFor chain: Blockchain) -> [Block] {
    var list: [Block] = []
    var hash = block.parentHash
    while !chain.isKnown(hash), let parent = producer.source.block(hash) {
      list.append(parent)
      hash = parent.parentHash
    }
    return list.reversed()
  }

  private func announceWrongRoot(_ liar: Liar) async throws {
    guard Int(producer.source.headNumber) % SimulationLimits.wrongRootEvery == 0,
      let block = try producer.blockWithWrongRoot()
    else { return }
    if observer.isComplete { liar.countAnnouncement() }
    await network.endpoint(for: liar.peer).announce(block)
  }

  private func changePeers() {
    guard churn.chance(perMillion: scenario.leavePerMillion) else { return }
    let present = peers.map(\.peer).filter { peer in
      !away.contains(peer) && !liars.contains { $0.peer == peer }
    }
    // One honest peer at least stays, or nobody could go on with the chain.
    guard present.count > 2, let peer = churn.pick(present) else { return }
    away.insert(peer)
    network.leave(peer)
    runtime.schedule(after: .milliseconds(scenario.absenceMilliseconds)) { [self] in
      away.remove(peer)
      network.join(peer)
    }
  }

  /// True if the joining node has done all that the scenario asks for.
  var isDone: Bool {
    guard let joiner, let completeAtBlock, observer.isComplete else { return false }
    let head = producer.source.headNumber
    let followed = Int(head) - Int(completeAtBlock)
    // Who was not asked while the state was incomplete will not be asked any more.
    let liarsAreKnown = liars.allSatisfy {
      observer.banned.contains($0.peer.number) || ($0.kind != .wrongRoot && $0.lies == 0)
    }
    return Int(head) >= scenario.blocks && followed >= scenario.followBlocks && liarsAreKnown
      && joiner.chain.headHash == producer.source.headHash
  }

  /// Ends everything; returns the names of tasks that do not end.
  func stop() -> [String] {
    for task in tasks { task.cancel() }
    _ = runtime.runUntilIdle()
    network.shutdown()
    return runtime.shutdown()
  }
}

extension BlockKind {
  /// The kind's name in the log.
  fileprivate var logged: Event.BlockKind {
    switch self {
    case .micro: .micro
    case .skip: .skip
    case .macro: .macro
    case .election: .election
    }
  }
}

extension Blockchain {
  /// Number of entries in a kept diff.
  fileprivate func entryCount(of hash: Hash256) -> Int {
    guard case .diff(let diff) = trieDiff(of: hash) else { return 0 }
    return diff.entries.count
  }
}
