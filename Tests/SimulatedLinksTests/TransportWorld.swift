import Networking
import Primitives
import Runtime
import SimulatedLinks
import TestSupport
import Testing
import Transport

/// What is wrong with a world by plan, for the checks to catch.
enum PlantedFault: CaseIterable {
  /// A node dials every address once.
  case dialsOnce
  /// What a node remembers over a restart lacks all addresses.
  case forgetsAddresses
  /// The node in the middle announces nothing that it has heard.
  case keepsGossip
  /// A node sends an honest one away.
  case bansAFriend
}

/// Some nodes with their whole transport on simulated links, and faults that stop at some time.
/// `@unchecked Sendable`: used on the simulation's thread only.
final class TransportWorld: @unchecked Sendable {
  /// Whom each node is told to keep a connection to.
  enum Shape: CaseIterable {
    case star, ring, complete, tree
  }

  static let chain = Blake2b256.hash(Array("a simulated network".utf8))
  static let port: UInt16 = 30_303
  static let echo = RequestType(
    7, name: "echo", requestBytesMax: 1 << 20, responseBytesMax: 1 << 20)
  static let news = Topic(3, name: "news", payloadBytesMax: 1 << 20)
  static let urgent = Topic(4, name: "urgent", payloadBytesMax: 4 << 10, traffic: .headers)

  /// One machine, and the process on it.
  final class Node: @unchecked Sendable {
    // Unchecked: used on the simulation's thread only.
    let number: Int
    let keys: KeyPair
    let host: SimulatedHost
    var kept: [Int] = []
    /// Where it was told that those are.
    var told: [Int: SocketAddress.Host] = [:]
    var maker: SimulatedMaker
    var network: TransportNetwork?
    var memory: TransportMemory?
    /// How often each message came in this life, by its name.
    var heard: [GossipID: Int] = [:]

    init(_ number: Int, _ keys: KeyPair, _ host: SimulatedHost) {
      self.number = number
      self.keys = keys
      self.host = host
      maker = host.process()
    }

    var identity: NodeIdentity { NodeIdentity(key: keys.publicKey) }
  }

  let seed: UInt64
  let fault: PlantedFault?
  let runtime: SimulatedRuntime
  let internet: SimulatedInternet
  var random: RandomStream
  private var secrets: RandomStream
  private(set) var nodes: [Node] = []
  let shape: Shape
  /// Small limits, so that not everybody finds room.
  let isCrowded: Bool
  private(set) var log = ""
  private(set) var violations: [String] = []
  private(set) var asked = 0
  private(set) var answered = 0
  private(set) var failed = 0
  /// How often a request was looked at, by its number.
  private var served: [Int: Int] = [:]
  private var messages = 0
  /// How often hosts have moved.
  var moves = 0

  init(seed: UInt64, fault: PlantedFault? = nil, shape: Shape? = nil, count: Int? = nil) {
    self.seed = seed
    self.fault = fault
    runtime = SimulatedRuntime(seed: seed)
    random = runtime.randomStream(RandomConsumer(.test))
    secrets = runtime.randomStream(RandomConsumer(.identities))
    internet = SimulatedInternet(runtime: runtime)
    let many = random.number(in: 3...12)
    let size = count ?? many
    let drawn = random.pick(Shape.allCases)!
    self.shape = shape ?? drawn
    let isDrawn = random.chance(perMillion: 200_000)
    isCrowded = isDrawn && fault == nil && count == nil
    for number in 0..<size {
      let keys = KeyPair(seed: Hash256(bytes: secrets.bytes(Hash256.byteCount))!)
      let rate = random.chance(perMillion: 300_000) ? random.number(in: 20_000...200_000) : nil
      nodes.append(
        Node(
          number, keys,
          internet.host(
            at: .v4(UInt32(8 << 24 | number << 16 | 1)),
            HostCapacity(uploadBytesPerSecond: rate))))
    }
    for node in nodes { node.kept = kept(by: node.number) }
  }

  private func kept(by number: Int) -> [Int] {
    switch shape {
    case .star: number == 0 ? [] : [0]
    case .ring: [(number + 1) % nodes.count]
    case .complete: nodes.indices.filter { $0 != number }
    case .tree: number == 0 ? [] : [random.below(number)]
    }
  }

  func note(_ text: String) { log += "\(runtime.now.nanoseconds) \(text)\n" }
  func violate(_ text: String) {
    note("VIOLATION \(text)")
    violations.append("\(runtime.now): \(text)")
  }

  // MARK: Processes

  func start(_ node: Node) {
    node.maker = node.host.process()
    for number in node.kept { node.told[number] = nodes[number].host.address }
    var configuration = TransportConfiguration(
      network: Self.chain, identity: node.keys,
      listen: [SocketAddress(.v4(0), port: Self.port)],
      peers: node.kept.map {
        PeerAddress(nodes[$0].host.address, port: Self.port, identity: nodes[$0].keys.publicKey)
      },
      secret: { [self] in secrets.bytes(SecretKey.byteCount) },
      clock: WallClock(startingAt: 1_800_000_000_000, runtime))
    configuration.memory = node.memory
    if isCrowded {
      configuration.limits.inboundMax = 2
      configuration.limits.outboundMax = 2
    }
    // Then everything has to pass the node in the middle.
    if fault == .keepsGossip { configuration.limits.outboundMax = 0 }
    let links: any LinkMaker = fault == .dialsOnce ? OneDial(node.maker) : node.maker
    let network = TransportNetwork(configuration, runtime: runtime, links: links) { [self] event in
      observe(event, of: node)
    }
    node.network = network
    node.heard = [:]
    network.serve(Self.echo) { [self] _, payload in
      served[Self.number(payload), default: 0] += 1
      if payload.count % 3 == 0 {
        try? await runtime.sleep(for: .milliseconds(payload.count % 500))
      }
      return payload.count % 11 == 0 ? nil : payload
    }
    for topic in [Self.news, Self.urgent] { read(network.subscribe(topic), of: node, network) }
    if case .failure(let failure) = network.startHere() { violate("\(node.number): \(failure)") }
    note("start \(node.number)")
  }

  /// The process is killed, or ends in order.
  func stop(_ node: Node, inOrder: Bool) {
    note("stop \(node.number) \(inOrder)")
    node.memory = fault == .forgetsAddresses ? nil : node.network?.memory()
    if !inOrder { node.maker.kill() }
    node.network?.stopHere()
    node.network = nil
    let maker = node.maker
    runtime.schedule(after: .seconds(2)) { maker.kill() }
  }

  private func read(_ subscription: GossipSubscription, of node: Node, _ network: TransportNetwork)
  {
    runtime.spawn("reads") { [self] in
      for await message in subscription {
        guard node.network === network else { return }
        node.heard[message.id, default: 0] += 1
        note("\(node.number) heard \(message.id) of \(message.from)")
        if node.heard[message.id] != 1 {
          violate("\(node.number) heard \(message.id) \(node.heard[message.id] ?? 0) times")
        }
        let keeps = fault == .keepsGossip && node.number == 0
        network.report(message.id, keeps ? .ignore : .accept)
      }
    }
  }

  private func observe(_ event: TransportEvent, of node: Node) {
    note("\(node.number) \(event)")
    switch event {
    case .banned: violate("\(node.number) banned somebody")
    case .disconnected(_, .connection(let error)), .failed(_, _, .connection(let error)):
      violate("\(node.number): bytes of an honest node were refused: \(error)")
    case .disconnected(_, .local(.violation, let detail)):
      violate("\(node.number): an honest node was sent away: \(detail)")
    default: break
    }
  }

  // MARK: Traffic

  private static func number(_ payload: [UInt8]) -> Int {
    payload.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  /// Some node asks one of its peers.
  func ask() {
    let live = nodes.filter { $0.network != nil }
    guard let node = random.pick(live), let network = node.network,
      let peer = random.pick(network.connectedPeers())
    else { return }
    asked += 1
    let number = asked
    let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    let payload = head + random.bytes(random.below(1 << random.below(17)))
    let timeout = random.duration(in: .milliseconds(50)...(.seconds(30)))
    note("\(node.number) asks \(number)")
    let end = runtime.now.advanced(by: timeout)
    runtime.spawn("asks") { [self] in
      do throws(RequestError) {
        let answer = try await network.send(Self.echo, payload, to: peer, timeout: timeout)
        answered += 1
        note("\(number) answered")
        if answer != payload { violate("request \(number) got the answer of another") }
        if served[number] != 1 {
          violate("request \(number) was served \(served[number] ?? 0) times")
        }
      } catch {
        failed += 1
        note("\(number) failed: \(error)")
        if (served[number] ?? 0) > 1 { violate("request \(number) was served twice") }
      }
      if runtime.now > end { violate("request \(number) ended after its time") }
    }
  }

  /// A node publishes; gives the name of the message.
  @discardableResult
  func publish(by node: Node) -> GossipID? {
    guard let network = node.network else { return nil }
    messages += 1
    let topic = random.chance(perMillion: 500_000) ? Self.news : Self.urgent
    let payload =
      Array("\(messages)".utf8)
      + random.bytes(random.below(topic == Self.urgent ? 1_000 : 1 << random.below(15)))
    let id = GossipID(topic: topic, payload: payload)
    node.heard[id, default: 0] += 1
    note("\(node.number) publishes \(id)")
    runtime.spawn("publishes") { await network.publish(topic, payload) }
    return id
  }

  // MARK: Checks

  /// Pairs of nodes that are connected, at both ends.
  var pairs: Set<[Int]> {
    var seen: [Int: Set<NodeIdentity>] = [:]
    for node in nodes {
      seen[node.number] = Set((node.network?.connectedPeers() ?? []).map(\.identity))
    }
    var pairs: Set<[Int]> = []
    for a in nodes {
      for b in nodes where a.number < b.number {
        guard seen[a.number]?.contains(b.identity) ?? false,
          seen[b.number]?.contains(a.identity) ?? false
        else { continue }
        pairs.insert([a.number, b.number])
      }
    }
    return pairs
  }

  /// Nodes that a node reaches over connections.
  func reached(from start: Int) -> Set<Int> {
    let pairs = pairs
    var reached: Set<Int> = [start]
    var open = [start]
    while let next = open.popLast() {
      for pair in pairs where pair.contains(next) {
        for other in pair where reached.insert(other).inserted { open.append(other) }
      }
    }
    return reached
  }

  func checkLimits() {
    let limits = isCrowded ? 2 : TransportLimits.inboundConnectionsMax
    for node in nodes {
      guard let network = node.network else { continue }
      let connections = network.connections()
      let keepers = nodes.filter { node.kept.contains($0.number) }.count
      let inbound = connections.count { $0.direction == .inbound }
      if inbound > limits + keepers { violate("\(node.number) has \(inbound) from others") }
      let outbound = connections.count { $0.direction == .outbound }
      let most = (isCrowded ? 2 : TransportLimits.outboundConnectionsMax) + node.kept.count
      if outbound > most { violate("\(node.number) has made \(outbound)") }
      if Set(connections.map(\.peer)).count != connections.count {
        violate("\(node.number) has two connections to one")
      }
      if network.totals().bannedPeers > 0 { violate("\(node.number) bans somebody") }
    }
  }
}

/// A maker that dials each address once. `@unchecked Sendable`: used on the simulation's thread.
private final class OneDial: LinkMaker, @unchecked Sendable {
  private let base: SimulatedMaker
  private var dialled: Set<SocketAddress> = []

  init(_ base: SimulatedMaker) { self.base = base }

  func listen(
    at address: SocketAddress,
    _ accept: @escaping (Result<any ByteLink, LinkFailure>, SocketAddress) -> Void
  ) throws(LinkFailure) -> SocketAddress { try base.listen(at: address, accept) }

  func dial(
    _ address: SocketAddress, _ done: @escaping (Result<any ByteLink, LinkFailure>) -> Void
  ) {
    if dialled.insert(address).inserted { base.dial(address, done) }
  }

  func close() { base.close() }
}
