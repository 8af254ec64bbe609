import Networking
import Runtime
import SimulatedNetworking

/// The network of a simulated world. Peers are called by the names of the run (`PeerID(3)`).
protocol WorldNetwork: AnyObject {
  /// Bytes that a message is charged beside its own.
  var overheadBytes: Int { get }
  /// How much longer than in the model a block may take to its receiver.
  var slackNanoseconds: Int64 { get }
  /// The network as `peer` sees it; the first call, and the first after `remove(_:)`, lets it join.
  func endpoint(for peer: PeerID) -> any Network
  /// Lets `interceptor` change or drop what the peer answers.
  func setInterceptor(_ interceptor: Interceptor?, for peer: PeerID)
  /// The peer can dial and not be dialled. Before it has an endpoint.
  func letNobodyDial(_ peer: PeerID)
  /// Whether neighbours need not send the peer gossip.
  func setTakesGossip(_ takes: Bool, for peer: PeerID)
  /// Bytes a second that the peer sends at most.
  func setUpload(_ bytesPerSecond: Int, of peer: PeerID)
  /// The peer is away: its connections end, its handlers stay.
  func leave(_ peer: PeerID)
  /// It comes back.
  func join(_ peer: PeerID)
  /// Its process is gone.
  func remove(_ peer: PeerID)
  /// Its messages so far.
  func statistics(of peer: PeerID) -> NodeStatistics
  /// Bytes on the wire that came from one peer to another.
  func deliveredBytes(from peer: PeerID, to other: PeerID) -> Int
  /// Lets everything go.
  func shutdown()
}

extension SimulatedNetwork: WorldNetwork {
  /// The model of a scenario's network.
  convenience init(_ scenario: Scenario, runtime: SimulatedRuntime) {
    self.init(
      runtime: runtime,
      configuration: NetworkConfiguration(
        link: LinkConditions(
          latency: .milliseconds(scenario.latencyMilliseconds),
          jitterMean: .milliseconds(scenario.jitterMilliseconds),
          lossPerMillion: scenario.lossPerMillion),
        capacity: NodeCapacity(
          uploadBytesPerSecond: scenario.uploadBytesPerSecond,
          downloadBytesPerSecond: scenario.downloadBytesPerSecond)))
  }

  var overheadBytes: Int { configuration.overheadBytes }
  var slackNanoseconds: Int64 { 0 }

  func endpoint(for peer: PeerID) -> any Network { endpoint(for: peer, joined: true) }

  func setUpload(_ bytesPerSecond: Int, of peer: PeerID) {
    var capacity = configuration.capacity
    capacity.uploadBytesPerSecond = bytesPerSecond
    setCapacity(capacity, for: peer)
  }

  func deliveredBytes(from peer: PeerID, to other: PeerID) -> Int {
    traffic(from: peer, to: other).delivered.bytes
  }
}
