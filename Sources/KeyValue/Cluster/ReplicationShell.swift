import EventLog
import Networking
import Primitives
import Runtime
import Transport

/// What a node is told of replication beside `ReplicationSettings`.
public struct ReplicationPlan: Sendable {
  /// The keys that other replicas know this one by.
  public var identity: KeyPair
  public var name = ""
  /// Where other replicas come.
  public var listen: [SocketAddress] = []
  /// Where they are told to come, as HOST:PORT; empty: where this one listens, but for "any
  /// address", to which nobody can connect.
  public var advertised: [String] = []
  public var peers: [ReplicationPeer] = []
  public var clusterKey = ClusterKey.open
  /// How a difference is found.
  public var mode = AntiEntropyMode.auto
  public var roundInterval: Duration = .seconds(5)
  public var tombstoneAge: Duration = .seconds(10 * 86_400)
  public var clockAheadMax = KeyValueSettings.clockAheadDefault
  /// Where members and pinned keys are kept; nil: nowhere.
  public var membersFile: String?
  public var recorder = EventRecorder.none

  public init(identity: KeyPair) { self.identity = identity }
}

/// Keeps a server's data equal to that of other replicas: the shell around `ReplicationCore`, on
/// the server's loop. It moves messages, applies what comes through the server's log, and does what
/// the core asks for.
///
/// `@unchecked Sendable`: after `init` touched on the loop's thread only.
public final class ReplicationShell: @unchecked Sendable {
  /// A request of a peer that waits for its answer.
  struct Asked {
    let peer: NodeIdentity
    let continuation: CheckedContinuation<ReplicationAnswer?, Never>
  }

  let plan: ReplicationPlan
  let server: KeyValueServer
  let runtime: EventLoopRuntime
  let network: TransportNetwork
  let line: LinkedNetwork
  let wallClock: WallClock
  let notice: @Sendable (String) -> Void
  var core: ReplicationCore
  var members: MemberFile?
  /// Compares all records with peers; made at the start.
  var sessions: AntiEntropy?

  var peers: [NodeIdentity: PeerID] = [:]
  /// Where a peer was met.
  var places: [NodeIdentity: SocketAddress] = [:]
  /// Addresses that are dialled, as the core calls them.
  var dialling: [SocketAddress: [String]] = [:]
  var asked: [UInt64: Asked] = [:]
  private var lastToken: UInt64 = 0
  /// Up to where tombstones are to go, and the entry to go on from.
  var purge: (through: UInt64, next: UInt32)?
  private var timer: TimerTicket?
  var isStopped = false
  /// Which address of a name is dialled.
  var choices: RandomStream
  var strangers = StrangerNotices()

  /// - Parameter notice: is told what the operator should know.
  public init(
    _ plan: ReplicationPlan, of server: KeyValueServer, clock: WallClock = .system,
    links: any LinkMaker, notice: @escaping @Sendable (String) -> Void
  ) {
    self.plan = plan
    self.server = server
    self.notice = notice
    wallClock = clock
    runtime = server.runtime
    var configuration = TransportConfiguration(
      network: plan.clusterKey.network, identity: plan.identity, listen: plan.listen, clock: clock)
    // The core says whom to dial.
    configuration.limits.outboundMax = 0
    configuration.limits.inboundMax = 2 * KeyValueLimits.membersMax
    configuration.limits.perAddressMax = 2 * KeyValueLimits.membersMax
    configuration.limits.perSubnetMax = 2 * KeyValueLimits.membersMax
    let events = TransportEvents()
    network = TransportNetwork(configuration, runtime: runtime, links: links) { events.tell($0) }
    line = LinkedNetwork(network)
    choices = runtime.randomStream(RandomConsumer(.network))
    core = ReplicationCore(
      ReplicationSettings(identity: network.local.identity, startedAt: clock.milliseconds))
    events.owner = self
  }

  // MARK: Life

  /// Takes connections and meets the peers. On the loop's thread, once the server has its data.
  /// - Returns: where other replicas can connect, as `KEY@HOST:PORT`.
  public func start() throws -> [String] {
    let book = try openMembers()
    let bound = try network.startHere().get()
    let addresses =
      plan.advertised.isEmpty
      ? bound.filter { !$0.host.isAny }.map { "\($0)" } : plan.advertised
    if addresses.isEmpty, let first = bound.first {
      notice(
        "other replicas are not told where this one is, since nobody can connect to \(first):"
          + " --advertise says where it is; until then it has to connect to them")
    }
    var settings = ReplicationSettings(
      identity: network.local.identity, name: plan.name, addresses: addresses,
      peers: plan.peers, clusterKey: plan.clusterKey, startedAt: wallClock.milliseconds)
    settings.roundInterval = plan.roundInterval
    settings.tombstoneAge = UInt64(max(0, plan.tombstoneAge.wholeNanoseconds / 1_000_000))
    settings.clockAheadMax = plan.clockAheadMax
    settings.floorBehind = plan.clockAheadMax
    core = ReplicationCore(settings, book: book)
    server.replication = self
    server.core.replicationLines = { [weak self] in self?.infoLines ?? [] }
    let sessions = AntiEntropy(
      self, network: line, runtime: runtime, mode: plan.mode,
      random: runtime.randomStream(RandomConsumer(.peers)),
      stored: { [weak self] peer, records in self?.took(records, of: peer) },
      told: { [weak self] in self?.tell($0) })
    sessions.serve()
    self.sessions = sessions
    line.use(
      count: { [weak self] sent, received, peer in
        self?.count(sent: sent, received: received, with: peer)
      }, isProven: { [weak self] in self?.core.isProven($0) ?? false })
    serve()
    // The data itself says from now on that others may have what is deleted.
    if !server.core.hasReplicas { server.take({ _ = $0.raiseFloor(to: 1) }, then: { _ in }) }
    for address in bound {
      plan.recorder.record(.keyValue(.replicating(address: "\(address)")))
    }
    enter { core, source, time in core.start(&source, at: time) }
    scheduleTick()
    return bound.map { "\(network.local.identity)@\($0)" }
  }

  /// Says goodbye to all peers. On the loop's thread.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    members?.store(core.stopped())
    if let timer { runtime.cancel(timer) }
    server.replication = nil
    server.core.replicationLines = nil
    for token in asked.keys.sorted() {
      asked.removeValue(forKey: token)?.continuation.resume(returning: nil)
    }
    network.stopHere()
    sessions = nil
  }

  var time: ReplicationTime {
    ReplicationTime(moment: runtime.now, milliseconds: wallClock.milliseconds)
  }

  func nextToken() -> UInt64 {
    lastToken += 1
    return lastToken
  }

  /// Asks the core, between batches, and does what it says.
  func enter(
    _ body: (inout ReplicationCore, inout KeyValueCore, ReplicationTime) -> [ReplicationAction]
  ) {
    guard !isStopped else { return }
    server.endBatch()
    for action in body(&core, &server.core, time) { perform(action) }
    server.replicasAdvanced()
  }

  private func scheduleTick() {
    let latest = runtime.now.advanced(by: KeyValueLimits.tickPause)
    timer = runtime.schedule(at: max(runtime.now, min(latest, core.nextTick))) { [weak self] in
      guard let self, !isStopped else { return }
      enter { core, source, time in core.tick(&source, at: time) }
      purgeSome()
      scheduleTick()
    }
  }

  // MARK: Actions

  private func perform(_ action: ReplicationAction) {
    switch action {
    case .send(let request, let peer, let token, let patience):
      send(request, to: peer, token, patience)
    case .answer(let answer, let token):
      asked.removeValue(forKey: token)?.continuation.resume(returning: answer)
    case .apply(let effects, let dead, let token): apply(effects, dead, token)
    case .raiseClock(let ticks): server.core.raiseClock(to: ticks)
    case .raiseFloor(let ticks): server.take({ _ = $0.raiseFloor(to: ticks) }, then: { _ in })
    case .purge(let ticks): purge = (ticks, purge?.next ?? 0)
    case .startSession(let peer): startSession(with: peer)
    case .connect(let address, let key): connect(address, key)
    case .disconnect(let peer, let reason):
      if let peer = peers[peer] { network.hangUp(peer, reason: reason) }
    case .storeMembers: members?.store(core.book)
    case .notice(let notice): tell(notice)
    }
  }

  /// Tells the operator, and the log.
  func tell(_ notice: ReplicationNotice) {
    if let event = event(of: notice) { plan.recorder.record(.keyValue(event)) }
    switch notice {
    case .linked(let peer): line.link(peers[peer])
    case .unlinked(let peer): line.unlink(peer)
    default: break
    }
    if let text = notice.text { self.notice(text) }
  }

  /// Tells of somebody who belongs to no cluster of ours, not too often.
  func tellOfStranger(_ address: SocketAddress, _ text: String, _ reason: String) {
    guard strangers.isNew("\(address.host) \(reason)", at: runtime.now) else { return }
    plan.recorder.record(.keyValue(.refused(address: "\(address)", reason: reason)))
    notice(text)
  }
}

/// Leads the transport's events to the shell, which is made after it.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
private final class TransportEvents: @unchecked Sendable {
  weak var owner: ReplicationShell?

  func tell(_ event: TransportEvent) { owner?.happened(event) }
}
