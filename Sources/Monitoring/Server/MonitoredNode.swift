import Ledger
import LiveSync
import Networking
import Node
import Primitives
import Runtime

/// What a transaction that was handed in has come to.
public enum SubmissionOutcome: Sendable, Hashable {
  /// It waits for a block.
  case accepted
  /// It can never be in a block, for this reason.
  case invalid(String)
  /// It does not fit what is known: its nonce is used, or it waits already.
  case conflict(String)
  /// It cannot be taken now.
  case unavailable(String)
}

/// A node as the monitoring server sees it.
public protocol MonitoredNode: Sendable {
  /// Everything about the node, read now. Called every `MonitoringLimits.sampleInterval`.
  func status() async -> NodeStatus
  /// The account with its proof, in the head's state.
  func account(_ address: Address) async -> AccountAnswer
  /// Takes a transaction for the next blocks.
  func submit(_ transaction: Transaction) async -> SubmissionOutcome
}

/// A node of this package for the monitoring server.
public struct NodeSource<Queue: LiveSyncQueue>: MonitoredNode {
  private let node: SyncNode<Queue>
  private let identity: NodeIdentityStatus
  private let runtime: any Runtime
  private let watch: EventWatch
  private let started: Moment
  private let transport: @Sendable () async -> TransportStatus
  private let snapshots: @Sendable () -> SnapshotsStatus?
  private let submission: @Sendable (Transaction) async -> SubmissionOutcome

  /// - Parameters:
  ///   - watch: what stands between this node and its log.
  ///   - transport: what the network's transport knows at the moment.
  ///   - snapshots: the snapshots that the node keeps; nil if it takes none.
  ///   - submit: takes transactions; as it is, none is taken.
  public init(
    _ node: SyncNode<Queue>, identity: NodeIdentityStatus, runtime: any Runtime,
    watch: EventWatch, transport: @escaping @Sendable () async -> TransportStatus,
    snapshots: @escaping @Sendable () -> SnapshotsStatus? = { nil },
    submit: @escaping @Sendable (Transaction) async -> SubmissionOutcome = { _ in
      .unavailable("this node makes no blocks and forwards no transactions")
    }
  ) {
    self.node = node
    self.identity = identity
    self.runtime = runtime
    self.watch = watch
    started = runtime.now
    self.transport = transport
    self.snapshots = snapshots
    submission = submit
  }

  public func submit(_ transaction: Transaction) async -> SubmissionOutcome {
    await submission(transaction)
  }

  public func account(_ address: Address) async -> AccountAnswer {
    AccountAnswer(of: address, in: node.chain)
  }

  public func status() async -> NodeStatus {
    let progress = await node.progress()
    let transport = await transport()
    let view = node.chain.view
    let live = Set(node.peers)
    let now = runtime.now
    var status = NodeStatus(
      identity: identity, head: BlockStatus(number: view.headNumber, hash: view.headHash))
    status.at = now
    status.uptime = started.duration(to: now)
    status.finalNumber = view.macroNumber
    status.forecast = progress.forecast
    status.snapshots = snapshots()
    status.isConsensusEstablished = progress.isEstablished
    status.blocker = progress.blocker?.rawValue
    status.storeFailure = node.chain.storeFailure?.description
    status.bufferedBlocks = progress.bufferedBlocks
    status.requestsInFlight = progress.requests
    status.transport = transport
    status.peerCount = transport.peers.count
    status.peersInSync = progress.peers
    let known = watch.read { tally in
      Known(
        tally: tally.status, inFlight: tally.inFlight, origins: tally.spansByPeer,
        heights: transport.peers.map { tally.height(of: $0.peer.number) })
    }
    status.tally = known.tally
    status.state = Self.state(view, progress, known)
    status.peers = Self.peers(transport, known, live)
    status.networkHead = Self.networkHead(known.heights.compactMap { $0 })
    status.phase = Self.phase(status, isStateless: !view.holdsState)
    return status
  }

  /// What the events of the node have told.
  private struct Known: Sendable {
    var tally: TallyStatus
    var inFlight: [PeerSpan]
    var origins: [PeerSpan]
    /// For each peer of the transport, in its order.
    var heights: [UInt32?]
  }

  private static func state(
    _ view: ChainView, _ progress: SyncProgress, _ known: Known
  ) -> StateStatus {
    var state = StateStatus()
    let missing = view.holdsState ? view.missing : .none
    state.isComplete = view.stateComplete || !view.holdsState
    state.heldPpm = missing.absentPartsPerMillion
    state.missingRangeCount = missing.ranges.count
    state.accounts = view.itemCount
    state.missing = missing.spans(limit: MonitoringLimits.rangesListedMax)
    state.inFlight = known.inFlight
    state.origins = known.origins
    state.bufferedChunks = progress.bufferedChunks
    state.verifiedBytes = progress.traffic.verified
    state.unusedBytes = progress.traffic.unused
    state.refusedBytes = progress.traffic.refused
    return state
  }

  private static func peers(
    _ transport: TransportStatus, _ known: Known, _ live: Set<PeerID>
  ) -> [PeerStatus] {
    let peers = transport.peers.enumerated().map { index, peer in
      var status = PeerStatus(peer)
      status.isInSync = live.contains(peer.peer)
      status.height = known.heights[index]
      status.rangesInFlight = known.inFlight.count { $0.peer == peer.peer.number }
      return status
    }
    return Array(
      peers.sorted { $0.transport.peer.number < $1.transport.peer.number }
        .prefix(MonitoringLimits.peersListedMax))
  }

  /// The height that half of those who named one have reached, so that a few who lie move nothing.
  package static func networkHead(_ heights: [UInt32]) -> UInt32? {
    let falling = heights.sorted(by: >)
    return falling.isEmpty ? nil : falling[(falling.count - 1) / 2]
  }

  private static func phase(_ status: NodeStatus, isStateless: Bool) -> NodePhase {
    if status.storeFailure != nil { return .storeFailed }
    if status.state.isComplete {
      return status.lag > MonitoringLimits.readyLagBlocksMax ? .catchingUp : .following
    }
    if status.peerCount == 0 { return .connecting }
    return status.peersInSync == 0 && status.state.heldPpm == 0 ? .macroSync : .stateSync
  }
}
