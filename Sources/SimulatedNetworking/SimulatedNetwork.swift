import Networking
import Runtime

/// A network in virtual time: links with latency, loss and duplication, nodes with bandwidth,
/// gossip that spreads only what was accepted, and requests with responses.
///
/// All randomness comes from the runtime's `network` streams. Joined nodes are connected pairwise;
/// gossip runs between fewer of them (see `NetworkConfiguration.gossipDegreeMax`). Connections open
/// and close at both ends at the same moment.
///
/// - Important: Belongs to the thread of its runtime. Call `shutdown()` before the runtime's, so
///   that handlers, and what they hold, are let go.
///
/// `@unchecked Sendable`: only the simulation's thread touches it; every call checks that.
public final class SimulatedNetwork: @unchecked Sendable {
  public let configuration: NetworkConfiguration
  /// Conditions of links without conditions of their own. May be changed at any time.
  public var linkConditions: LinkConditions
  /// Told of everything that happens.
  public var observer: NetworkObserver?
  /// Carries every message that is not lost; nil hands over its bytes as they are.
  public var carrier: (any MessageCarrier)?

  let runtime: SimulatedRuntime
  /// Nodes that can dial and not be dialled: two of them are never connected.
  private(set) var undialable: Set<PeerID> = []
  /// Draws for messages.
  var random: RandomStream
  /// Draws for the shape of the network, apart from those for messages.
  private var shape: RandomStream
  var nodes: [PeerID: SimulatedNode] = [:]
  /// Names of all nodes, sorted.
  private var order: [PeerID] = []
  var isShapeStale = false
  var requestNumber: UInt64 = 0
  /// Messages on their way.
  public internal(set) var messagesInFlight = 0
  /// Messages that came to nothing, by reason.
  public internal(set) var drops = DropCounts()

  public init(
    runtime: SimulatedRuntime, configuration: NetworkConfiguration = NetworkConfiguration(),
    observer: NetworkObserver? = nil
  ) {
    self.runtime = runtime
    self.configuration = configuration
    self.observer = observer
    linkConditions = configuration.link
    random = runtime.randomStream(RandomConsumer(.network))
    shape = runtime.randomStream(RandomConsumer(.network, index: 1))
  }

  /// All nodes that ever had an endpoint, sorted.
  public var peers: [PeerID] { order }

  /// The network as `peer` sees it. The first call, and the first after `remove(_:)`, lets the node
  /// join unless `joined` is false.
  public func endpoint(for peer: PeerID, joined: Bool = true) -> any Network {
    runtime.requireHome("endpoint")
    if let node = nodes[peer] {
      if joined, !node.isJoined, !node.wasEntered { join(peer) }
      node.wasEntered = true
      return SimulatedEndpoint(network: self, node: node, life: node.life)
    }
    let node = SimulatedNode(id: peer, ringKey: shape.next())
    for other in order {
      guard let otherNode = nodes[other] else { continue }
      node.links[other] = SimulatedLink(from: node, to: otherNode)
      otherNode.links[peer] = SimulatedLink(from: otherNode, to: node)
    }
    nodes[peer] = node
    order.insert(peer, at: order.firstIndex { peer < $0 } ?? order.endIndex)
    node.wasEntered = true
    if joined { join(peer) }
    return SimulatedEndpoint(network: self, node: node, life: node.life)
  }

  /// Nobody can dial the node from now on; it can dial others. Connections that there are stay.
  public func letNobodyDial(_ peer: PeerID) {
    runtime.requireHome("letNobodyDial")
    undialable.insert(peer)
  }

  /// Lets everything go: requests fail as disconnected, streams end, handlers are released.
  public func shutdown() {
    for peer in order { remove(peer) }
    for peer in order { nodes[peer]?.interceptor = nil }
    observer = nil
    carrier = nil
  }

  /// What `peer` has sent, received and suffered so far; survives `remove(_:)`.
  public func statistics(of peer: PeerID) -> NodeStatistics {
    nodes[peer]?.statistics ?? NodeStatistics()
  }

  /// What left `peer` for `other`, and what of it arrived.
  public func traffic(
    from peer: PeerID, to other: PeerID
  ) -> (sent: TrafficCount, delivered: TrafficCount) {
    guard let link = nodes[peer]?.links[other] else { return (TrafficCount(), TrafficCount()) }
    return (link.sent, link.delivered)
  }

  /// Requests of `peer` that wait for their response.
  public func pendingRequests(of peer: PeerID) -> Int {
    nodes[peer]?.pending.count ?? 0
  }

  /// The gossip neighbours of `peer`, sorted.
  public func gossipNeighbours(of peer: PeerID) -> [PeerID] {
    refreshShape()
    return nodes[peer]?.neighbours.map(\.to.id) ?? []
  }

  /// Counts a message that came to nothing.
  func drop(_ kind: MessageKind, on link: SimulatedLink, _ reason: DropReason) {
    drops[reason] += 1
    observer?(.dropped(kind, from: link.from.id, to: link.to.id, reason: reason))
  }
}
