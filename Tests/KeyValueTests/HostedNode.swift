import CRDT
import KeyValue
import Networking
import Primitives
import RESP
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

/// A node of tests that sessions work with.
///
/// `@unchecked Sendable`: tests use it on one thread.
final class HostedNode: KeyValueHost, @unchecked Sendable {
  var node: Node
  /// Why the log takes nothing; nil: it does.
  var refusal: String?
  /// Is called before a batch of a session is written.
  var beforeCommit: () -> Void = {}
  private(set) var commits = 0

  init(_ replica: UInt64, now: UInt64 = 1_000_000) {
    node = Node(replica, keepsTombstones: true, now: now)
  }

  func withCore<Output, Failure: Error>(
    _ body: (inout KeyValueCore) throws(Failure) -> Output
  ) throws(Failure) -> Output {
    try body(&node.core)
  }

  func commit(
    _ body: (inout KeyValueCore) -> Void, then done: @escaping @Sendable (String?) -> Void
  ) {
    beforeCommit()
    if let refusal { return done(refusal) }
    commits += 1
    node.core.beginBatch(at: node.now)
    body(&node.core)
    node.end()
    done(nil)
  }

  var now: UInt64 {
    get { node.now }
    set { node.now = newValue }
  }

  @discardableResult
  func callAsFunction(_ request: String) -> RESPReply { node(request) }

  @discardableResult
  func set(_ key: [UInt8], _ value: [UInt8]) -> RESPReply {
    node.bytes(Array("SET".utf8), key, value)
  }

  func apply(_ effects: [KeyValueEffect]) throws { try node.apply(effects) }

  /// Removes tombstones and what has expired up to these ticks, as if all others had them.
  func purge(through ticks: UInt64) {
    node.core.beginBatch(at: node.now)
    _ = node.core.raiseFloor(to: ticks)
    node.end()
    var next: UInt32? = 0
    while let start = next { next = node.core.purge(through: ticks, from: start, entries: 1_000) }
  }

  /// Ends what is over.
  func expire() {
    node.core.beginBatch(at: node.now)
    node.core.expireSome()
    node.end()
  }

  var entries: [KeyValueEffect] { node.entries }
  var root: Hash256 { node.core.recordSummary.root }
}

/// Some nodes on a simulated network.
final class SessionWorld {
  let runtime: SimulatedRuntime
  let network: SimulatedNetwork
  let nodes: [HostedNode]
  private(set) var sessions: [AntiEntropy] = []
  /// What was told, and what was stored of sessions.
  let told = Told()

  /// `@unchecked Sendable`: tests use it on one thread.
  final class Told: @unchecked Sendable {
    var notices: [AntiEntropyNotice] = []
    var stored: [(from: PeerID, records: TakenRecords)] = []
  }

  init(
    _ count: Int, seed: UInt64, link: LinkConditions = LinkConditions(latency: .milliseconds(2))
  ) {
    runtime = SimulatedRuntime(seed: seed)
    network = SimulatedNetwork(runtime: runtime, configuration: NetworkConfiguration(link: link))
    nodes = (0..<count).map { HostedNode(UInt64($0 + 1)) }
    let told = told
    for number in 0..<count {
      let session = AntiEntropy(
        nodes[number], network: network.endpoint(for: Self.peer(number)), runtime: runtime,
        random: runtime.randomStream(RandomConsumer(.test, index: UInt32(number))),
        stored: { told.stored.append(($0, $1)) }, told: { told.notices.append($0) })
      session.serve()
      sessions.append(session)
    }
  }

  deinit {
    network.shutdown()
    _ = runtime.shutdown()
  }

  static func peer(_ number: Int) -> PeerID {
    PeerID(identity: .simulated(UInt32(number)), number: UInt32(number))
  }

  /// Runs a session of one node with another.
  func session(
    _ from: Int = 0, _ to: Int = 1, _ mode: AntiEntropyMode? = nil,
    meanwhile: @escaping @Sendable (SessionWorld) async -> Void = { _ in }
  ) -> AntiEntropyOutcome? {
    let box = Box()
    let session = sessions[from]
    let world = Held(self)
    let end = runtime.run {
      world.world.runtime.spawn("meanwhile") { await meanwhile(world.world) }
      box.outcome = await session.session(with: Self.peer(to), mode: mode)
    }
    #expect(end == .done)
    return box.outcome
  }

  /// `@unchecked Sendable`: tests use both on one thread.
  private final class Box: @unchecked Sendable { var outcome: AntiEntropyOutcome? }
  private struct Held: @unchecked Sendable {
    let world: SessionWorld
    init(_ world: SessionWorld) { self.world = world }
  }

  /// Runs sessions until all nodes are equal.
  func converge(_ what: String) {
    for _ in 0..<8 where Set(nodes.map(\.root)).count > 1 {
      for other in 1..<nodes.count { _ = session(0, other) }
    }
    for node in nodes.dropFirst() {
      #expect(node.entries == nodes[0].entries, "\(what)")
      #expect(node.root == nodes[0].root, "\(what)")
    }
  }
}

extension HostedNode {
  /// One random write.
  func write(_ draw: inout SeededGenerator, keys: Int) {
    let key = "k\(draw.below(keys))"
    switch draw.below(8) {
    case 0...3: self("SET \(key) \(String(repeating: "v", count: 1 + draw.below(60)))")
    case 4: self("SET \(key) v PX \(1 + draw.below(3_000))")
    case 5: self("APPEND \(key) \(draw.below(1_000))")
    case 6: self("PERSIST \(key)")
    default: self("DEL \(key)")
    }
  }
}
