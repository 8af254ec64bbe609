import CRDT
import KeyValue
import Networking
import Primitives
import RESP
import Runtime
import TestSupport
import Testing

/// Some nodes, lines that can be cut, and a clock. Every message is written and read again.
final class ReplicaNetwork {
  enum Message {
    case request(ReplicationRequest, token: UInt64)
    case answer(ReplicationAnswer, token: UInt64)
    case applied(UInt64, [Result<ApplyOutcome, KeyValueCore.Refusal>], buried: Int)
    case session
  }

  struct Sent {
    let from: Int
    let to: Int
    let connection: Int
    let message: Message
    let due: Int64
  }

  enum Fate {
    case comes
    /// The sender is told.
    case fails
    case isLost
  }

  struct Line: Hashable {
    let low: Int
    let high: Int
    init(_ a: Int, _ b: Int) { (low, high) = (min(a, b), max(a, b)) }
  }

  private(set) var nodes: [ReplicaNode] = []
  private let count: Int
  /// Milliseconds of the network's clock.
  private(set) var now: Int64 = 10_000_000
  var connections: [Line: Int] = [:]
  var cut: Set<Line> = []
  private var nextConnection = 1
  private var nextToken: UInt64 = 1
  /// Where the answer to a request goes.
  private var askers: [UInt64: (node: Int, token: UInt64, connection: Int)] = [:]
  private var sent: [Sent] = []
  var random: SeededGenerator
  var delayMax = 20
  /// What becomes of a push on its way.
  var onPush: (Int, Int, PushRequest) -> Fate = { _, _, _ in .comes }
  /// Whether sessions that are asked for do not begin.
  var holdsSessions = false
  /// Told of each floor before it is raised.
  var onFloor: (ReplicaNode, UInt64) -> Void = { _, _ in }
  var configure: (inout ReplicationSettings) -> Void = { _ in }
  /// Named peers of each node; all others if nil.
  private let named: [[Int]]?
  /// The newest write of each key, and all writes.
  private(set) var writes: [KeyValueEffect] = []
  private(set) var model: [[UInt8]: KeyValueEffect] = [:]
  private(set) var pushes: [(from: Int, to: Int, push: PushRequest)] = []

  init(
    _ count: Int, seed: UInt64 = 1, named: [[Int]]? = nil,
    skews: [Int64] = [], configure: @escaping (inout ReplicationSettings) -> Void = { _ in }
  ) {
    random = SeededGenerator(seed: seed)
    self.named = named
    self.count = count
    self.configure = configure
    for number in 0..<count {
      let node = ReplicaNode(number, at: UInt64(now), settings(of: number))
      if number < skews.count { node.skew = skews[number] }
      nodes.append(node)
    }
    for node in nodes { start(node) }
  }

  func settings(of number: Int) -> ReplicationSettings {
    var settings = ReplicationSettings(
      identity: ReplicaNode.identities[number], name: "node \(number)",
      addresses: ["n\(number)"],
      peers: (named?[number] ?? (0..<count).filter { $0 != number }).map {
        ReplicationPeer(address: "n\($0)")
      },
      clusterKey: ClusterKey(Hash256(words: (1, 2, 3, 4))), startedAt: UInt64(now))
    settings.roundInterval = .milliseconds(500)
    settings.gossipInterval = .milliseconds(1_000)
    settings.clockAheadMax = 10_000
    settings.floorBehind = 5_000
    settings.floorStep = 200
    configure(&settings)
    return settings
  }

  func milliseconds(_ node: ReplicaNode) -> UInt64 { UInt64(now + node.skew) }
  func time(_ node: ReplicaNode) -> ReplicationTime {
    ReplicationTime(
      moment: Moment(nanoseconds: now * 1_000_000), milliseconds: milliseconds(node))
  }

  private func start(_ node: ReplicaNode) {
    node.isUp = true
    perform(node.replication.start(&node.core, at: time(node)), of: node)
  }

  // MARK: What happens to nodes and lines

  func stop(_ number: Int) {
    for other in nodes.indices { disconnect(Line(number, other)) }
    nodes[number].isUp = false
  }

  func restart(_ number: Int) {
    if nodes[number].isUp { stop(number) }
    nodes[number].restart(at: milliseconds(nodes[number]), settings(of: number))
    start(nodes[number])
  }

  func cut(_ a: Int, _ b: Int) {
    cut.insert(Line(a, b))
    disconnect(Line(a, b))
  }

  func disconnect(_ line: Line) {
    guard let connection = connections.removeValue(forKey: line) else { return }
    sent.removeAll { $0.connection == connection }
    for (one, other) in [(line.low, line.high), (line.high, line.low)] where nodes[one].isUp {
      let node = nodes[one]
      perform(node.replication.left(nodes[other].identity, at: time(node)), of: node)
    }
  }

  private func connect(_ from: ReplicaNode, _ address: String) {
    guard let to = nodes.first(where: { $0.address == address }) else { return }
    let line = Line(from.number, to.number)
    guard to.isUp, from !== to, !cut.contains(line), connections[line] == nil else { return }
    connections[line] = nextConnection
    nextConnection += 1
    let actions = from.replication.joined(
      to.identity, dialled: address, &from.core, at: time(from))
    perform(
      to.replication.joined(from.identity, dialled: nil, &to.core, at: time(to)), of: to)
    perform(actions, of: from)
  }

  // MARK: Clients

  /// One batch of a client's requests.
  @discardableResult
  func write(_ number: Int, _ requests: String...) -> [RESPReply?] {
    write(number, requests.map { $0.split(separator: " ").map { Array($0.utf8) } })
  }

  @discardableResult
  func write(_ number: Int, _ requests: [[[UInt8]]]) -> [RESPReply?] {
    let node = nodes[number]
    var replies: [RESPReply?] = []
    let effects = node.batch(at: milliseconds(node)) { core in
      for request in requests { replies.append(node.execute(request, &core)) }
    }
    for effect in effects { remember(effect) }
    guard !effects.isEmpty else { return replies }
    perform(
      node.replication.wrote(effects.map(\.key), &node.core, at: time(node)), of: node)
    return replies
  }

  private func remember(_ effect: KeyValueEffect) {
    guard let version = effect.version else { return }
    writes.append(effect)
    if let held = model[effect.key]?.version, held > version { return }
    // Of one version what has expired stays.
    if model[effect.key]?.version == version, case .expire? = model[effect.key] { return }
    model[effect.key] = effect
  }

  func read(_ number: Int, _ key: String) -> RESPReply? { write(number, "GET \(key)")[0] }

  // MARK: Actions

  func perform(_ actions: [ReplicationAction], of node: ReplicaNode) {
    for action in actions {
      switch action {
      case .send(let request, let peer, let token, _): send(request, peer, token, node)
      case .answer(let answer, let token): send(answer, token, node)
      case .apply(let effects, let dead, let token): apply(effects, dead, token, node)
      case .raiseClock(let ticks): node.core.raiseClock(to: ticks)
      case .raiseFloor(let ticks):
        onFloor(node, ticks)
        _ = node.batch(at: milliseconds(node)) { _ = $0.raiseFloor(to: ticks) }
      case .purge(let ticks):
        node.purges += 1
        var next: UInt32? = 0
        while let start = next {
          next = node.core.purge(through: ticks, from: start, entries: 1_000)
        }
      case .startSession(let peer):
        guard let other = nodes.first(where: { $0.identity == peer }) else { continue }
        node.sessions += 1
        if !holdsSessions { post(.session, from: other.number, to: node.number) }
      case .connect(let address, _): connect(node, address)
      case .disconnect(let peer, _):
        guard let other = nodes.first(where: { $0.identity == peer }) else { continue }
        disconnect(Line(node.number, other.number))
      case .storeMembers:
        let bytes = node.replication.book.wireBytes
        if let book = try? MemberBook(wireBytes: bytes) { node.book = book }
        #expect(node.book == node.replication.book)
      case .notice(let notice): node.notices.append(notice)
      }
    }
  }

  private func post(_ message: Message, from: Int, to: Int) {
    guard let connection = connections[Line(from, to)] else { return }
    sent.append(
      Sent(
        from: from, to: to, connection: connection, message: message,
        due: now + 1 + Int64(random.below(max(1, delayMax)))))
  }

  private func send(
    _ request: ReplicationRequest, _ peer: NodeIdentity, _ token: UInt64, _ node: ReplicaNode
  ) {
    guard let other = nodes.first(where: { $0.identity == peer }),
      let connection = connections[Line(node.number, other.number)]
    else { return }
    if case .push(let push) = request {
      pushes.append((node.number, other.number, push))
      switch onPush(node.number, other.number, push) {
      case .comes: break
      case .isLost: return
      case .fails:
        perform(node.replication.failed(token, .timeout, &node.core, at: time(node)), of: node)
        return
      }
    }
    let number = nextToken
    nextToken += 1
    askers[number] = (node.number, token, connection)
    post(.request(Self.copy(request), token: number), from: node.number, to: other.number)
  }

  private func send(_ answer: ReplicationAnswer, _ token: UInt64, _ node: ReplicaNode) {
    guard let asker = askers.removeValue(forKey: token),
      connections[Line(asker.node, node.number)] == asker.connection
    else { return }
    post(.answer(Self.copy(answer), token: asker.token), from: node.number, to: asker.node)
  }

  private func apply(
    _ effects: [KeyValueEffect], _ dead: [DeadRecord], _ token: UInt64, _ node: ReplicaNode
  ) {
    var results: [Result<ApplyOutcome, KeyValueCore.Refusal>] = []
    var buried = 0
    _ = node.batch(at: milliseconds(node)) { core in
      for effect in effects {
        do throws(KeyValueCore.Refusal) {
          results.append(.success(try core.apply(effect)))
        } catch { results.append(.failure(error)) }
      }
      for record in dead where core.bury(record.key, record.version) { buried += 1 }
    }
    // The disk takes its time.
    sent.append(
      Sent(
        from: node.number, to: node.number, connection: 0,
        message: .applied(token, results, buried: buried),
        due: now + 1 + Int64(random.below(max(1, delayMax)))))
  }

  // MARK: Time

  /// Lets so many milliseconds go by.
  func run(_ milliseconds: Int64, step: Int64 = 5) {
    let end = now + milliseconds
    while now < end {
      now += min(step, end - now)
      let due = sent.filter { $0.due <= now }
      sent.removeAll { $0.due <= now }
      for message in due where nodes[message.to].isUp { deliver(message) }
      for node in nodes where node.isUp {
        let effects = node.batch(at: self.milliseconds(node)) { $0.expireSome() }
        for effect in effects { remember(effect) }
        if !effects.isEmpty {
          perform(
            node.replication.wrote(effects.map(\.key), &node.core, at: time(node)), of: node)
        }
        perform(node.replication.tick(&node.core, at: time(node)), of: node)
      }
    }
  }

  private func deliver(_ sent: Sent) {
    let (node, peer) = (nodes[sent.to], nodes[sent.from].identity)
    guard sent.connection == 0 || connections[Line(sent.from, sent.to)] == sent.connection
    else { return }
    switch sent.message {
    case .request(let request, let token):
      perform(
        node.replication.received(
          request, from: peer, token: token, &node.core, at: time(node)), of: node)
    case .answer(let answer, let token):
      perform(
        node.replication.answered(token, answer, &node.core, at: time(node)), of: node)
    case .applied(let token, let results, let buried):
      perform(
        node.replication.applied(token, results, buried: buried, &node.core, at: time(node)),
        of: node)
    case .session: compare(node, nodes[sent.from])
    }
  }
}
