import Networking
import Primitives
import Runtime
import SimulatedLinks
import Testing
import Transport

/// A node that announces what it does not have: a connection of the real transport, and nothing
/// behind it. `@unchecked Sendable`: used on the simulation's thread only.
private final class Rogue: ByteLinkUser, @unchecked Sendable {
  private let runtime: SimulatedRuntime
  private var link: PeerLink
  private var byteLink: (any ByteLink)?
  private(set) var isConnected = false
  /// How often something was wanted of it.
  private(set) var wanted = 0

  init(_ runtime: SimulatedRuntime) throws {
    self.runtime = runtime
    let keys = KeyPair(seed: Blake2b256.hash(Array("rogue".utf8)))
    let secret = { (name: String) in SecretKey(bytes: Blake2b256.hash(Array(name.utf8)).bytes)! }
    let handshake = PeerHandshake(
      .initiator,
      own: HandshakeIdentity(
        network: TransportWorld.chain, identity: keys,
        staticKeys: AgreementKeyPair(secret: secret("static")),
        attachment: PeerGreeting(port: 0).wireBytes),
      ephemeralSecret: secret("ephemeral"), expected: nil)
    link = try PeerLink(
      handshake, role: .initiator, settings: MuxSettings(),
      messageLimits: TagLimits(oneWays: [PeerLink.wordTag: TransportWord.bytesMax]),
      now: runtime.now)
  }

  func start(_ byteLink: any ByteLink) {
    self.byteLink = byteLink
    byteLink.start(self)
  }

  func announce(_ id: GossipID, of topic: Topic) {
    let word = TransportWord.announce(topic: topic.rawValue, id)
    _ = link.tell(PeerLink.wordTag, .control, word.wireBytes)
    byteLink?.flush()
  }

  func received(_ bytes: ArraySlice<UInt8>) {
    var events: [PeerLinkEvent] = []
    try? link.receive(bytes, now: runtime.now, into: &events)
    for event in events {
      switch event {
      case .authenticated: isConnected = true
      case .word(let bytes):
        if case .want? = try? TransportWord(wireBytes: bytes) { wanted += 1 }
      default: break
      }
    }
    byteLink?.flush()
  }

  func nextBytes(max: Int) -> [UInt8] { (try? link.nextBytes(max: max, now: runtime.now)) ?? [] }
  func ended(_ reason: LinkFailure) { isConnected = false }
}

/// Gossip that is announced and does not come.
@Suite struct BrokenPromiseTests {
  private static let payload = Array("news of the day".utf8)
  private static let id = GossipID(topic: TransportWorld.news, payload: payload)

  /// Two connected nodes; a rogue tells the second that it has what the first is about to publish.
  private static func world(seed: UInt64) throws -> (TransportWorld, Rogue) {
    let world = TransportWorld(seed: seed, shape: .star, count: 2)
    for node in world.nodes { world.start(node) }
    world.runtime.advance(by: .seconds(10))
    let rogue = try Rogue(world.runtime)
    let host = world.internet.host(at: .v4(0x0855_0001))
    let target = SocketAddress(world.nodes[1].host.address, port: TransportWorld.port)
    host.process().dial(target) { result in
      if case .success(let link) = result { rogue.start(link) }
    }
    world.runtime.advance(by: .seconds(2))
    #expect(rogue.isConnected)
    rogue.announce(id, of: TransportWorld.news)
    world.runtime.advance(by: .milliseconds(100))
    return (world, rogue)
  }

  private static func publish(in world: TransportWorld) throws {
    let network = try #require(world.nodes[0].network)
    world.runtime.spawn("publishes") { await network.publish(TransportWorld.news, payload) }
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func message_shouldArriveOnce_thoughSomebodyElseDidNotKeepItsPromise(seed: UInt64) throws {
    let (world, rogue) = try Self.world(seed: seed)
    try Self.publish(in: world)
    world.runtime.advance(by: .milliseconds(500))
    #expect(world.nodes[1].heard[Self.id] == nil && rogue.wanted == 1)
    world.runtime.advance(by: TransportLimits.promiseWait + .seconds(1))
    #expect(world.nodes[1].heard[Self.id] == 1 && rogue.wanted == 1)
    #expect(world.violations.isEmpty, "\(world.violations)")
  }

  @Test func message_shouldNotCount_whenOnlyTheRogueHasPromisedIt() throws {
    let (world, rogue) = try Self.world(seed: 1)
    world.internet.block(from: world.nodes[0].host, to: world.nodes[1].host)
    try Self.publish(in: world)
    world.runtime.advance(by: .seconds(10))
    #expect(world.nodes[1].heard[Self.id] == nil && rogue.wanted >= 1)
    // It is not waited for for ever.
    world.internet.heal()
    world.runtime.advance(by: .seconds(10))
    #expect(world.nodes[1].heard[Self.id] == 1)
  }
}
