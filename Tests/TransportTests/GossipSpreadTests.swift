import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

@Suite struct GossipSpreadTests {
  static let body = Topic(2, name: "body", payloadBytesMax: 1 << 20, traffic: .blocks)
  static let header = Topic(1, name: "header", payloadBytesMax: 1 << 10, traffic: .headers)

  private static func at(_ duration: Duration) -> Moment { Moment.start.advanced(by: duration) }
  private static func id(_ number: Int) -> GossipID {
    GossipID(topic: body, payload: Array("\(number)".utf8))
  }

  private static func spread(_ neighbours: Int, outbound: Set<Int> = []) -> GossipSpread {
    var spread = GossipSpread()
    for number in 0..<neighbours {
      spread.joined(Somebody.peer(number), isOutbound: outbound.contains(number))
    }
    return spread
  }

  @Test func urgentMessages_shouldBePushedToSome_andLargeOnesAnnouncedToAll() {
    var spread = Self.spread(10)
    let urgent = spread.spread(Self.id(1), Self.header, [1], knownBy: [Somebody.peer(2)])
    let pushed = urgent.filter { if case .push = $0 { true } else { false } }
    #expect(pushed.count == TransportLimits.gossipDegree - 1 && urgent.count == 9)
    let large = spread.spread(Self.id(2), Self.body, [1], knownBy: [])
    #expect(large == (0..<10).map { .announce(Somebody.peer($0), Self.id(2)) })
  }

  @Test func neighboursThatThisEndChose_shouldBePushedTo_howeverManyOthersCame() {
    let spread = Self.spread(30, outbound: [20, 25, 28, 29])
    let half = TransportLimits.gossipDegree / 2
    #expect(spread.eager.count == TransportLimits.gossipDegree)
    #expect(spread.eager.prefix(half) == [20, 25, 28].map { Somebody.peer($0) }[...])
  }

  @Test func announcedMessage_shouldBeGivenOnce_toWhomItWasAnnounced() {
    var spread = Self.spread(2)
    _ = spread.spread(Self.id(1), Self.body, [7], knownBy: [Somebody.peer(1)])
    #expect(spread.wanted(Self.id(1), by: Somebody.peer(1)) == nil)
    #expect(spread.wanted(Self.id(1), by: Somebody.peer(0))?.payload == [7])
    #expect(spread.wanted(Self.id(1), by: Somebody.peer(0)) == nil)
    spread.offer(Self.id(1), to: Somebody.peer(1))
    #expect(spread.wanted(Self.id(1), by: Somebody.peer(1))?.payload == [7])
  }

  @Test func heldMessages_shouldStayBelowTheirBytes() {
    var spread = GossipSpread(heldBytesMax: 10_000)
    for number in 0..<40 { spread.joined(Somebody.peer(number), isOutbound: false) }
    let each =
      1000 + TransportLimits.gossipOverheadBytes + 40 * TransportLimits.gossipOfferBytes
    for number in 0..<50 {
      let payload = [UInt8](repeating: 0, count: 1000)
      _ = spread.spread(Self.id(number), Self.body, payload, knownBy: [])
      #expect(spread.heldBytes <= 10_000 && spread.heldBytes == spread.held.count * each)
    }
    #expect(spread.held[Self.id(49)] != nil && spread.held[Self.id(0)] == nil)
    // One that is larger than all together is held until the next comes.
    let large = [UInt8](repeating: 0, count: 20_000)
    _ = spread.spread(Self.id(60), Self.body, large, knownBy: [])
    #expect(spread.held.count == 1)
    #expect(TransportLimits.gossipHeldBytes >= 2 * NetworkingLimits.payloadBytesMax)
  }

  @Test func promises_shouldBeBounded_byNeighbourAndInAll() {
    var spread = Self.spread(80)
    for peer in 0..<80 {
      var asked = 0
      for number in 0..<TransportLimits.promisesPerPeerMax + 10 {
        let id = Self.id(peer * 1000 + number)
        asked += spread.announced(id, Self.body, by: Somebody.peer(peer), at: .start).count
      }
      #expect(asked <= TransportLimits.promisesPerPeerMax)
    }
    #expect(spread.promiseCount == TransportLimits.promisesMax)
    // They do not last.
    for second in 0..<40 {
      _ = spread.tick(at: Self.at(.seconds(second))) { _ in nil }
    }
    #expect(spread.promiseCount == 0)
  }

  @Test func latePromise_shouldBeAskedOfOthers_andUrgentOnesBeWaitedForALittle() {
    var spread = Self.spread(4)
    let (first, second) = (Somebody.peer(1), Somebody.peer(2))
    #expect(
      spread.announced(Self.id(1), Self.body, by: first, at: .start) == [.want(first, Self.id(1))])
    #expect(spread.announced(Self.id(1), Self.body, by: second, at: .start) == [])
    let late = Self.at(TransportLimits.promiseWait)
    #expect(spread.tick(at: .start) { _ in nil } == [])
    #expect(spread.tick(at: late) { _ in nil } == [.want(second, Self.id(1))])
    #expect(spread.left(second, at: late) == [] && spread.promiseCount == 0)
    // One that is likely pushed is asked for after `pushWait`.
    #expect(spread.announced(Self.id(2), Self.header, by: first, at: late) == [])
    let pushed = late.advanced(by: TransportLimits.pushWait)
    #expect(spread.tick(at: pushed) { _ in nil } == [.want(first, Self.id(2))])
    spread.arrived(Self.id(2), from: first)
    #expect(spread.promiseCount == 0)
  }

  @Test func slowMessage_shouldBeWaitedFor_asLongAsBytesCome_upToALimit() {
    var spread = Self.spread(3)
    let (slow, other) = (Somebody.peer(1), Somebody.peer(2))
    _ = spread.announced(Self.id(1), Self.body, by: slow, at: .start)
    _ = spread.announced(Self.id(1), Self.body, by: other, at: .start)
    var asked: [Duration] = []
    for second in 1...60 {
      let now = Self.at(.seconds(second))
      if !spread.tick(at: now, heard: { _ in now }).isEmpty { asked.append(.seconds(second)) }
    }
    #expect(asked.first == TransportLimits.promiseMax)
  }

  @Test func whoBrokePromises_shouldBePassedOver_forWhoKeptThem() {
    var spread = Self.spread(20)
    let liar = Somebody.peer(1)
    _ = spread.announced(Self.id(1), Self.body, by: liar, at: .start)
    _ = spread.tick(at: Self.at(TransportLimits.promiseWait)) { _ in nil }
    let now = Self.at(.seconds(60))
    // It is first again, with as many friends as are remembered: none of them blocks an honest one.
    #expect(spread.announced(Self.id(2), Self.body, by: liar, at: now) == [.want(liar, Self.id(2))])
    let honest = Somebody.peer(9)
    #expect(
      spread.announced(Self.id(2), Self.body, by: honest, at: now) == [.want(honest, Self.id(2))])
    // And no bytes that come of it buy it time.
    _ = spread.announced(Self.id(3), Self.body, by: liar, at: now)
    _ = spread.tick(at: now.advanced(by: TransportLimits.promiseWait), heard: { _ in now })
    #expect(spread.promiseCount <= 1)
    for number in 10..<10 + 2 * TransportLimits.announcersMax {
      _ = spread.announced(Self.id(4), Self.body, by: Somebody.peer(number), at: now)
    }
    var asked: Set<PeerID> = []
    for second in 61..<200 {
      for case .want(let peer, Self.id(4)) in spread.tick(
        at: Self.at(.seconds(second)), heard: { _ in nil })
      {
        asked.insert(peer)
      }
    }
    #expect(asked.count == TransportLimits.announcersMax)
  }
}

/// Nodes that gossip over lines with random delays. Some only announce what they do not have.
final class GossipWorld {
  private enum Word {
    case push(GossipSpread.Message)
    case announce(GossipID, Topic)
    case want(GossipID)
  }

  private struct Delivery {
    var time: Int
    var number: Int
    var from: Int
    var to: Int
    var word: Word
  }

  private struct Node {
    var spread = GossipSpread()
    var cache = GossipCache()
    var got: Set<GossipID> = []
    var payloads = 0
  }

  let honest: Int
  let liars: Int
  private var nodes: [Node]
  private var neighbours: [[Int]]
  private var queue: [Delivery] = []
  private var random: SeededGenerator
  private var number = 0
  private var time = 0
  /// In how many of a hundred cases a peer has no room for what is pushed.
  var refusedPercent = 0

  init(seed: UInt64, honest: Int, liars: Int) {
    random = SeededGenerator(seed: seed)
    (self.honest, self.liars) = (honest, liars)
    nodes = (0..<honest + liars).map { _ in Node() }
    neighbours = Array(repeating: [], count: honest + liars)
    // Each has chosen one that is honest; the liars came by themselves.
    var edges = (0..<honest).map { ($0, ($0 + 1) % honest) }
    for _ in 0..<honest { edges.append((random.below(honest), random.below(honest))) }
    for liar in honest..<honest + liars { edges += (0..<honest).map { (liar, $0) } }
    for (a, b) in edges where a != b && !neighbours[a].contains(b) {
      neighbours[a].append(b)
      neighbours[b].append(a)
      nodes[a].spread.joined(Somebody.peer(b), isOutbound: true)
      nodes[b].spread.joined(Somebody.peer(a), isOutbound: false)
    }
  }

  private var now: Moment { Moment.start.advanced(by: .milliseconds(time)) }

  private func send(_ word: Word, from: Int, to: Int) {
    number += 1
    let delay = 1 + random.below(100)
    // In order on each line.
    let last = queue.filter { $0.from == from && $0.to == to }.map(\.time).max() ?? 0
    queue.append(
      Delivery(time: max(time + delay, last), number: number, from: from, to: to, word: word))
  }

  private func perform(_ orders: [GossipSpread.Order], at node: Int) {
    for order in orders {
      switch order {
      case .push(let peer, let id):
        guard let message = nodes[node].spread.held[id]?.message else { continue }
        let to = Int(peer.number)
        if random.chance(refusedPercent) {
          nodes[node].spread.offer(id, to: peer)
          send(.announce(id, message.topic), from: node, to: to)
        } else {
          send(.push(message), from: node, to: to)
        }
      case .announce(let peer, let id):
        guard let topic = nodes[node].spread.held[id]?.message.topic else { continue }
        send(.announce(id, topic), from: node, to: Int(peer.number))
      case .want(let peer, let id): send(.want(id), from: node, to: Int(peer.number))
      }
    }
  }

  func publish(_ topic: Topic, _ payload: [UInt8], by node: Int) {
    let id = GossipID(topic: topic, payload: payload)
    // The liars know of it before everybody else.
    for liar in honest..<honest + liars {
      for peer in neighbours[liar] { send(.announce(id, topic), from: liar, to: peer) }
    }
    run(milliseconds: liars > 0 ? 200 : 0)
    _ = nodes[node].cache.publish(id)
    nodes[node].got.insert(id)
    nodes[node].spread.arrived(id, from: nil)
    perform(nodes[node].spread.spread(id, topic, payload, knownBy: []), at: node)
  }

  func run(milliseconds: Int) {
    let end = time + milliseconds
    while time < end {
      time += 1
      let due = queue.filter { $0.time <= time }.sorted {
        ($0.time, $0.number) < ($1.time, $1.number)
      }
      queue.removeAll { $0.time <= time }
      for delivery in due { deliver(delivery) }
      if time % 250 == 0 {
        // The liars send something all the time.
        for node in 0..<honest {
          let heard = now
          let orders = nodes[node].spread.tick(at: now) { Int($0.number) >= honest ? heard : nil }
          perform(orders, at: node)
        }
      }
    }
  }

  private func deliver(_ delivery: Delivery) {
    let (node, from) = (delivery.to, Somebody.peer(delivery.from))
    guard node < honest else { return }
    switch delivery.word {
    case .push(let message):
      nodes[node].payloads += 1
      let id = GossipID(topic: message.topic, payload: message.payload)
      nodes[node].spread.arrived(id, from: from)
      let gossip = GossipMessage(
        id: id, from: from, topic: message.topic, payload: message.payload)
      guard case .first = nodes[node].cache.receive(gossip),
        case .forward(_, let knownBy) = nodes[node].cache.report(id, .accept)
      else { return }
      nodes[node].got.insert(id)
      let orders = nodes[node].spread.spread(
        id, message.topic, message.payload, knownBy: knownBy)
      perform(orders, at: node)
    case .announce(let id, let topic):
      guard !nodes[node].cache.hasSeen(id) else { return }
      perform(nodes[node].spread.announced(id, topic, by: from, at: now), at: node)
    case .want(let id):
      guard let message = nodes[node].spread.wanted(id, by: from) else { return }
      send(.push(message), from: node, to: delivery.from)
    }
  }

  /// Honest nodes that have a message.
  func reached(_ id: GossipID) -> Int { nodes.prefix(honest).count { $0.got.contains(id) } }
  /// Payloads that came to honest nodes.
  var payloads: Int { nodes.reduce(0) { $0 + $1.payloads } }
  var promisesMax: Int { nodes.map(\.spread.promiseCount).max() ?? 0 }
}

@Suite struct GossipWorldTests {
  /// Random networks; pushes find no room at random.
  @Test func everyMessage_shouldReachEveryNode_andLargeOnesOnce() {
    for seed in 0..<Campaign.seeds("LIVESYNC_GOSSIP_SEEDS", default: 20) {
      let world = GossipWorld(seed: seed, honest: 12, liars: 0)
      world.refusedPercent = Int(seed % 4) * 25
      for (index, topic) in [GossipSpreadTests.body, GossipSpreadTests.header].enumerated() {
        let before = world.payloads
        let payload = [UInt8(index)] + Array("\(seed)".utf8)
        world.publish(topic, payload, by: Int(seed) % 12)
        world.run(milliseconds: 8_000)
        let reached = world.reached(GossipID(topic: topic, payload: payload))
        #expect(reached == 12, "seed \(seed): \(topic) reached \(reached)")
        if index == 0 { #expect(world.payloads - before == 11, "seed \(seed)") }
      }
    }
  }

  /// Neighbours of everybody that announce everything first and send nothing of it.
  @Test func everyMessage_shouldReachEveryNode_whoeverAnnouncesWhatHeDoesNotHave() {
    for seed in 0..<Campaign.seeds("LIVESYNC_GOSSIP_SEEDS", default: 4) {
      let liars = TransportLimits.announcersMax + 2
      let world = GossipWorld(seed: seed, honest: 8, liars: liars)
      for index in 0..<2 * liars + 4 {
        let payload = [UInt8(index)] + Array("\(seed)".utf8)
        world.publish(GossipSpreadTests.body, payload, by: index % 8)
        // At each node each of them is waited for once; from then on it is known.
        world.run(milliseconds: index < 2 * liars ? 300_000 : 5_000)
        let id = GossipID(topic: GossipSpreadTests.body, payload: payload)
        #expect(world.reached(id) == 8, "seed \(seed), message \(index): \(world.reached(id))")
      }
    }
  }
}
