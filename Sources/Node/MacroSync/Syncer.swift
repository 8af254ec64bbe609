import EventLog
import Ledger
import LiveSync
import Networking
import Peers
import Primitives
import Runtime

/// Leads each peer through macro sync into live sync, and back. A shell over `SyncerCore`.
public actor Syncer: NodeService {
  /// Work for the task group of `run()`.
  private enum Order: Sendable {
    case macroSync(PeerID)
    case wait(PeerID, ticket: UInt64, Duration)
    case seek(BlockID, PeerID)
  }

  private let context: SyncContext
  private let macroSync: MacroSync
  private let resolve: @Sendable (Hash256, UInt32, PeerID) async -> ResolveOutcome
  private let goLive: @Sendable (PeerID) -> Void
  private var core = SyncerCore()
  private let orders = Mailbox<Order>(capacity: PeerLimits.ordersMax)

  /// - Parameters:
  ///   - source: another way to the state than chunks.
  ///   - carrier: what brings an old state along.
  ///   - resolve: waits until the chain has a block, asking the peer first.
  ///   - goLive: called with each peer that is good for live sync.
  public init(
    context: SyncContext, configuration: QueueConfiguration, source: (any StateSource)? = nil,
    carrier: (any StateCarrier)? = nil,
    resolve: @escaping @Sendable (Hash256, UInt32, PeerID) async -> ResolveOutcome,
    goLive: @escaping @Sendable (PeerID) -> Void
  ) {
    self.context = context.actor("syncer")
    self.resolve = resolve
    macroSync = MacroSync(
      context: context, configuration: configuration, source: source, carrier: carrier,
      resolve: resolve)
    self.goLive = goLive
  }

  /// Answers so far that brought new macro blocks: they count as movement.
  nonisolated var macroPartsVerified: Int { macroSync.verifiedCount }

  /// Works until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.followFindings() }
      group.addTask { await self.followPeers() }
      for await order in orders {
        group.addTask { await self.execute(order) }
      }
    }
  }

  /// Takes back the peers that live sync found too far from us.
  private func followFindings() async {
    for await finding in context.peers.findings() {
      switch finding {
      case .behind(let peer): perform(core.behind(peer))
      case .ahead(let peer): perform(core.ahead(peer))
      }
    }
  }

  private func followPeers() async {
    let events = context.network.peerEvents()
    for peer in context.network.connectedPeers() { joined(peer) }
    for await event in events {
      switch event {
      case .joined(let peer): joined(peer)
      case .left(let peer):
        context.recorder.record(
          .peer(
            .left(
              peer: peer.number,
              reason: context.peers.isBanned(peer) ? "banned" : "disconnected")))
        perform(core.left(peer))
        takeIn()
      }
    }
  }

  /// Peers that connected when there was no room are taken in once there is.
  private func takeIn() {
    for peer in context.network.connectedPeers() where core.hasRoom && !core.isTracked(peer) {
      join(peer)
    }
  }

  /// A connection is open. Who is not taken in is named too: its number may stand in other records.
  private func joined(_ peer: PeerID) {
    if !core.isTracked(peer) { context.recorder.record(.peer(.joined(peer: peer))) }
    join(peer)
  }

  private func join(_ peer: PeerID) {
    if context.peers.isBanned(peer) {
      context.network.disconnect(peer, reason: "banned")
      return
    }
    perform(core.joined(peer))
  }

  private func execute(_ order: Order) async {
    switch order {
    case .macroSync(let peer):
      context.recorder.record(.macroSync(.started(peers: 1)))
      let outcome = await macroSync.run(with: peer)
      if Task.isCancelled { return }
      perform(core.ended(peer, outcome))
      if outcome == .banned { takeIn() }
    case .wait(let peer, let ticket, let pause):
      try? await context.runtime.sleep(for: pause)
      if !Task.isCancelled { perform(core.due(peer, ticket: ticket)) }
    case .seek(let head, let peer):
      // Only a claim: if there is no such block, nobody gives it, and nothing else follows.
      _ = await resolve(head.hash, head.number, peer)
    }
  }

  private func perform(_ actions: [SyncerCore.Action]) {
    for action in actions {
      switch action {
      case .startMacroSync(let peer): order(.macroSync(peer))
      case .goLive(let peer, let head):
        goLive(peer)
        // The next announcement may be a whole block interval away.
        let chain = context.chain.view
        if head.number > chain.headNumber, !chain.isKnown(head.hash) {
          order(.seek(head, peer))
        }
      case .rejoin(let peer): goLive(peer)
      case .leave(let peer): context.peers.remove(peer)
      case .wait(let peer, let ticket, let pause):
        order(.wait(peer, ticket: ticket, pause))
      }
    }
  }

  private func order(_ order: Order) {
    if !orders.offer(order) { context.overflow("syncer_orders", limit: orders.capacity) }
  }
}
