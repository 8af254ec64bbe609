import Networking
import Primitives
import Runtime
import SimulatedLinks
import SimulatedNetworking
import Transport

/// The network of a world whose nodes have the whole transport, each on a host of its own, with
/// simulated links between them.
///
/// Each full peer is told to keep a connection to all others, and so is the joining node, which
/// nobody is told of. All keys and secrets are drawn from the run's seed.
///
/// `@unchecked Sendable`: only the simulation's thread touches it.
final class LinkedNetwork: WorldNetwork, @unchecked Sendable {
  private static let port: UInt16 = 30_303
  /// Time of day when a run begins, in milliseconds since the Unix epoch.
  private static let startOfTime: UInt64 = 1_800_000_000_000

  private let runtime: SimulatedRuntime
  private let chain: Hash256
  private let internet: SimulatedInternet
  private let onFailure: (String) -> Void
  private var machines: [PeerID: LinkedMachine] = [:]
  /// In the order of their names.
  private let order: [PeerID]
  private let numbers: [NodeIdentity: UInt32]
  let overheadBytes = SimulatedNetworkLimits.overheadBytes
  let slackNanoseconds: Int64

  /// - Parameters:
  ///   - peers: all nodes; the first one joins, the others know each other.
  ///   - onFailure: told of a node that is accused of having broken the rules of the transport.
  init(
    _ scenario: Scenario, runtime: SimulatedRuntime, chain: Hash256, peers: [PeerID],
    onFailure: @escaping (String) -> Void
  ) {
    self.runtime = runtime
    self.chain = chain
    self.onFailure = onFailure
    order = peers
    // A body is announced, wanted and sent; and it shares the line with all else that waits.
    slackNanoseconds =
      Int64(4 * scenario.latencyMilliseconds + scenario.blockIntervalMilliseconds) * 1_000_000
    internet = SimulatedInternet(
      runtime: runtime,
      conditions: LineConditions(
        latency: .milliseconds(scenario.latencyMilliseconds),
        jitterMean: .milliseconds(scenario.jitterMilliseconds),
        lossPerMillion: scenario.lossPerMillion))
    let capacity = HostCapacity(
      uploadBytesPerSecond: scenario.uploadBytesPerSecond,
      downloadBytesPerSecond: scenario.downloadBytesPerSecond)
    var numbers: [NodeIdentity: UInt32] = [:]
    for peer in peers {
      // Each in a subnet and a group of its own, as 8.3.0.1.
      let host = internet.host(at: .v4(8 << 24 | peer.number << 16 | 1), capacity)
      // The stream 0 is that of the validators.
      let random = runtime.randomStream(RandomConsumer(.identities, index: peer.number + 1))
      let machine = LinkedMachine(peer, host, random)
      machines[peer] = machine
      numbers[NodeIdentity(key: machine.keys.publicKey)] = peer.number
    }
    self.numbers = numbers
  }

  /// Throws for a scenario that the transport has no room for.
  static func check(_ scenario: Scenario) throws(ScenarioError) {
    let most = TransportLimits.inboundConnectionsMax
    guard scenario.nodes <= most else {
      throw .contradiction(
        "nodes is \(scenario.nodes), with the real network at most \(most) can all be connected",
        keys: ["nodes"])
    }
    guard scenario.joiners == 1 else {
      throw .contradiction(
        "joiners is \(scenario.joiners), with the real network one node joins", keys: ["joiners"])
    }
    guard scenario.producerGossips == 0 else {
      throw .contradiction(
        "producer_gossips is 1, with the real network the chain's maker is no node",
        keys: ["producer_gossips"])
    }
  }

  private func machine(_ peer: PeerID) -> LinkedMachine {
    guard let machine = machines[peer] else { preconditionFailure("there is no node \(peer)") }
    return machine
  }

  func endpoint(for peer: PeerID) -> any Network {
    let machine = machine(peer)
    if let endpoint = machine.endpoint { return endpoint }
    let maker = machine.host.process()
    let network = TransportNetwork(
      configuration(of: machine), runtime: runtime, links: maker,
      observer: { [self] in look(at: $0, of: peer) })
    if case .failure(let failure) = network.startHere() { onFailure("\(peer): \(failure)") }
    machine.maker = maker
    machine.network = network
    let endpoint = LinkedEndpoint(machine, network, runtime)
    machine.endpoint = endpoint
    return endpoint
  }

  private func configuration(of machine: LinkedMachine) -> TransportConfiguration {
    let others = order.dropFirst().filter { $0 != machine.peer }.map { self.machine($0) }
    var configuration = TransportConfiguration(
      network: chain, identity: machine.keys,
      listen: [SocketAddress(machine.host.address, port: Self.port)],
      peers: others.map {
        PeerAddress($0.host.address, port: Self.port, identity: $0.keys.publicKey)
      },
      secret: { machine.secret() },
      clock: WallClock(startingAt: Self.startOfTime, runtime))
    configuration.numbers = numbers
    configuration.memory = machine.memory
    return configuration
  }

  /// All ends are those of the real transport: none may accuse another.
  private func look(at event: TransportEvent, of peer: PeerID) {
    switch event {
    case .disconnected(let other, .connection(let error)):
      onFailure("\(peer) refused the bytes of \(other): \(error)")
    case .disconnected(let other, .local(.violation, let detail)):
      onFailure("\(peer) sent \(other) away: \(detail)")
    case .failed(_, let address, .connection(let error)):
      onFailure("\(peer) refused the bytes of \(address): \(error)")
    default: break
    }
  }

  func setInterceptor(_ interceptor: Interceptor?, for peer: PeerID) {
    machine(peer).interceptor = interceptor
  }

  func letNobodyDial(_ peer: PeerID) { machine(peer).host.takesLinks = false }

  /// Who subscribes to nothing wants no gossip: the transport sees to that.
  func setTakesGossip(_ takes: Bool, for peer: PeerID) {}

  func setUpload(_ bytesPerSecond: Int, of peer: PeerID) {
    machine(peer).host.capacity.uploadBytesPerSecond = bytesPerSecond
  }

  func leave(_ peer: PeerID) { machine(peer).host.goDown(isTold: true) }
  func join(_ peer: PeerID) { machine(peer).host.comeUp() }
  func remove(_ peer: PeerID) { machine(peer).kill() }

  func statistics(of peer: PeerID) -> NodeStatistics { machine(peer).statistics }

  func deliveredBytes(from peer: PeerID, to other: PeerID) -> Int {
    internet.deliveredBytes(from: machine(peer).host, to: machine(other).host)
  }

  func shutdown() {
    for peer in order {
      machine(peer).kill()
      machine(peer).interceptor = nil
    }
    internet.shutdown()
  }
}

/// A host and the process that runs on it.
///
/// `@unchecked Sendable`: only the simulation's thread touches it.
final class LinkedMachine: @unchecked Sendable {
  let peer: PeerID
  let keys: KeyPair
  let host: SimulatedHost
  var maker: SimulatedMaker?
  var network: TransportNetwork?
  var endpoint: LinkedEndpoint?
  var interceptor: Interceptor?
  var statistics = NodeStatistics()
  /// What the last process has written down of peers.
  private(set) var memory: TransportMemory?
  private var random: RandomStream

  init(_ peer: PeerID, _ host: SimulatedHost, _ random: RandomStream) {
    self.peer = peer
    self.host = host
    self.random = random
    keys = KeyPair(seed: Self.words(&self.random))
  }

  private static func words(_ random: inout RandomStream) -> Hash256 {
    Hash256(words: (random.next(), random.next(), random.next(), random.next()))
  }

  /// 32 bytes that nobody can guess who does not know the seed.
  func secret() -> [UInt8] { random.bytes(SecretKey.byteCount) }

  /// The process is gone; no word of it reaches anybody.
  func kill() {
    memory = network?.memory()
    maker?.kill()
    network?.stopHere()
    (network, maker, endpoint) = (nil, nil, nil)
  }
}
