import Networking
import Runtime

/// Why a session is not begun.
public enum SyncStartError: Error, Sendable, Hashable, CustomStringConvertible {
  /// As many sessions as one replica may have are under way.
  case tooManyConcurrentSyncs(limit: Int)
  /// A session with this peer is under way.
  case alreadySyncing(PeerID)

  /// A stable name for the event log.
  public var name: String {
    switch self {
    case .tooManyConcurrentSyncs: "too_many_concurrent_syncs"
    case .alreadySyncing: "already_syncing"
    }
  }

  public var description: String {
    switch self {
    case .tooManyConcurrentSyncs(let limit): "\(limit) sessions are under way, and no more may be"
    case .alreadySyncing(let peer): "a session with \(peer) is under way"
    }
  }
}

/// The sessions of one replica with all peers: how many there may be, and whose turn it is.
public struct SessionManager: Sendable {
  /// What is remembered of a peer from session to session.
  private struct Memory {
    var link: LinkMonitor
    var lastDifference: Int?
    var experience = PeerExperience()
  }

  private let sessionsMax: Int
  public private(set) var sessions: [SyncSessionID: SyncSession] = [:]
  /// Sessions in turn: who sent a request goes to the end.
  private var turns: [SyncSessionID] = []
  private var memories: [PeerID: Memory] = [:]
  private var nextID: UInt64
  /// Of all sessions that ended.
  public private(set) var total = SyncStatistics()

  /// - Parameter firstID: what the first session is called; drawn at random, so that sessions of an
  ///   earlier run have other names.
  public init(firstID: UInt64, sessionsMax: Int = ReconciliationLimits.sessionsMax) {
    nextID = firstID
    self.sessionsMax = sessionsMax
  }

  /// Sessions that are under way and whose peer is there.
  public var activeCount: Int { sessions.values.count { !$0.isInterrupted } }

  /// Begins a session.
  public mutating func start(
    with peer: PeerID, view: any ReplicaView, policy: any SyncPolicy,
    configuration: SyncConfiguration, transfer: any ValueTransfer, slowness: Double = 1,
    at now: Moment
  ) throws(SyncStartError) -> SyncSessionID {
    guard !sessions.values.contains(where: { $0.peer == peer }) else {
      throw .alreadySyncing(peer)
    }
    guard activeCount < sessionsMax else { throw .tooManyConcurrentSyncs(limit: sessionsMax) }
    let id = SyncSessionID(nextID)
    nextID &+= 1
    let memory = memories[peer]
    sessions[id] = SyncSession(
      id: id, peer: peer, view: view, policy: policy, configuration: configuration,
      transfer: transfer, link: memory?.link ?? LinkMonitor(),
      lastDifference: memory?.lastDifference,
      experience: memory?.experience ?? PeerExperience(), slowness: slowness, at: now)
    turns.append(id)
    return id
  }

  /// The next request, of the session whose turn it is; nil if none can be sent now.
  public mutating func nextRequest(
    at now: Moment
  ) -> (session: SyncSessionID, peer: PeerID, outgoing: SyncOutgoing)? {
    let underWay = sessions.values.reduce(0) { $0 + $1.requestsUnderWay }
    guard underWay < ReconciliationLimits.requestsUnderWayMax else { return nil }
    for (place, id) in turns.enumerated() {
      guard let outgoing = sessions[id]?.nextRequest(at: now), let peer = sessions[id]?.peer
      else { continue }
      turns.remove(at: place)
      turns.append(id)
      return (id, peer, outgoing)
    }
    return nil
  }

  /// Lets a session take an event.
  /// - Returns: what is to be done; nothing if there is no such session.
  public mutating func with(
    _ id: SyncSessionID, _ event: (inout SyncSession) -> [SyncSession.Action]
  ) -> [SyncSession.Action] {
    guard sessions[id] != nil else { return [] }
    return event(&sessions[id]!)
  }

  /// Takes out a session that is complete or failed.
  public mutating func remove(_ id: SyncSessionID) -> SyncSession? {
    guard let session = sessions[id], session.isComplete else { return nil }
    sessions[id] = nil
    turns.removeAll { $0 == id }
    total.add(session.statistics)
    if memories.count >= ReconciliationLimits.rememberedPeersMax { memories = [:] }
    memories[session.peer] = Memory(
      link: session.link, lastDifference: session.statistics.items,
      experience: session.experience)
    return session
  }

  /// The peer went away: its sessions wait. If too many wait, the oldest one ends.
  public mutating func left(
    _ peer: PeerID, at now: Moment
  ) -> [(SyncSessionID, [SyncSession.Action])] {
    for id in turns where sessions[id]?.peer == peer { sessions[id]?.interrupt() }
    let waiting = sessions.filter(\.value.isInterrupted).keys.sorted()
    return waiting.dropLast(ReconciliationLimits.interruptedSessionsMax).map { id in
      (id, with(id) { $0.cancel(at: now) })
    }
  }

  /// The peer is there again: its sessions go on.
  public mutating func joined(_ peer: PeerID) {
    for id in turns where sessions[id]?.peer == peer { sessions[id]?.resume() }
  }
}
