import Locking
import Networking
import Primitives
import Runtime

/// Where a peer was found to stand.
public enum PeerFinding: Sendable, Hashable {
  /// Too far below us: it has left the list.
  case behind(PeerID)
  /// Too far above us.
  case ahead(PeerID)
}

/// The peers of one live sync, shared by all its kinds of requests: a peer removed by one is
/// removed for all, and a banned one does not come back.
public final class PeerList: Sendable {
  private struct State {
    var members: [PeerID: PeerStanding] = [:]
    /// Peers that left while they were asked last: they are so still when they come back. Of more
    /// than `PeerLimits.peersMax` the one that is forgiven first is forgotten.
    var late: [PeerID: PeerStanding] = [:]
    var banned: Set<PeerID> = []

    /// False if the peer is no member.
    mutating func remove(_ peer: PeerID) -> Bool {
      guard let standing = members.removeValue(forKey: peer) else { return false }
      late[peer] = standing.afterLeaving
      guard late.count > PeerLimits.peersMax else { return true }
      let first = late.min { ($0.value.lateUntil, $0.key) < ($1.value.lateUntil, $1.key) }
      if let first { late[first.key] = nil }
      return true
    }

    /// Time goes by.
    mutating func forgive(at now: Moment) {
      if members.values.contains(where: { $0.isOver(at: now) }) {
        members = members.mapValues { $0.isOver(at: now) ? $0.forgiven : $0 }
      }
      if late.values.contains(where: { $0.lateUntil <= now }) {
        late = late.filter { $0.value.lateUntil > now }
      }
    }
  }

  private let state = Lock(State())
  private let added = Broadcaster<Void>(capacity: 1, whenFull: .loseOldest)
  private let found = Broadcaster<PeerFinding>(
    capacity: PeerLimits.findingsMax, whenFull: .loseOldest)

  public init() {}

  /// The peers in order.
  public var peers: [PeerID] { state.withLock { $0.members.keys.sorted() } }

  /// Lateness whose time is over is forgiven, which whoever asks for a ranking does besides.
  package func forgive(at now: Moment) { state.withLock { $0.forgive(at: now) } }

  /// The peers that answer requests of `type` in time, and those that lately did not. Lateness is
  /// forgiven with time, but silence only by an answer, as long as there is somebody who has
  /// answered.
  public func ranked(at now: Moment, for type: RequestType) -> RankedPeers {
    state.withLock { state in
      state.forgive(at: now)
      return RankedPeers(state.members, for: type)
    }
  }

  /// The peer was late with a request of `type`: it is asked after the others until `moment`, or
  /// until it answers one if it never did. False if it was late already.
  @discardableResult
  public func demote(_ peer: PeerID, for type: RequestType, until moment: Moment) -> Bool {
    state.withLock { state in
      guard let before = state.members[peer] else { return false }
      state.members[peer]?.wasLate(for: type, until: moment)
      return !before.isLate(for: type)
    }
  }

  /// The peer has let a request of `type` time out. Who asks for much at a time says apart from
  /// that when it is late (`demote`).
  package func missed(_ peer: PeerID, for type: RequestType) {
    state.withLock { $0.members[peer]?.missed(for: type) }
  }

  /// The peer has answered a request of `type`; that makes good for no lateness, as `promote` does.
  package func heard(_ peer: PeerID, for type: RequestType) {
    state.withLock { $0.members[peer]?.heard(for: type) }
  }

  /// The peer has answered a request of `type` in time.
  public func promote(_ peer: PeerID, for type: RequestType) {
    state.withLock { $0.members[peer]?.answered(for: type) }
  }

  /// Number of peers.
  public var count: Int { state.withLock { $0.members.count } }

  public func contains(_ peer: PeerID) -> Bool {
    state.withLock { $0.members[peer] != nil }
  }

  /// True if the peer was banned.
  public func isBanned(_ peer: PeerID) -> Bool {
    state.withLock { $0.banned.contains(peer) }
  }

  /// Adds a peer, or takes back that it is ahead; false if it was there, is banned, or if the list
  /// is full (`PeerLimits.peersMax`).
  @discardableResult
  public func add(_ peer: PeerID) -> Bool {
    let isNew: Bool? = state.withLock { state in
      if let standing = state.members[peer] {
        state.members[peer]?.isAhead = false
        return standing.isAhead ? nil : false
      }
      guard state.members.count < PeerLimits.peersMax, !state.banned.contains(peer) else {
        return false
      }
      state.members[peer] = state.late.removeValue(forKey: peer) ?? PeerStanding()
      return true
    }
    if isNew == true { added.send(()) }
    return isNew ?? true
  }

  /// Yields after peers were added; several additions may be told as one. A subscription ends with
  /// whoever reads it.
  public func additions() -> AsyncStream<Void> { added.subscribe() }

  /// Subscriptions to additions that have not ended.
  package var additionSubscribers: Int { added.count }

  /// What live sync finds out about where peers stand, from now on, for whoever looks at them
  /// again. A subscriber that does not read loses the oldest of `PeerLimits.findingsMax`.
  public func findings() -> AsyncStream<PeerFinding> { found.subscribe() }

  /// Notes where a peer stands. One that is behind leaves the list; what one that is ahead has is
  /// needed all the same, so it stays. False if it is no member, or if that was known.
  package func note(_ finding: PeerFinding) -> Bool {
    let isNews = state.withLock { state in
      switch finding {
      case .behind(let peer): return state.remove(peer)
      case .ahead(let peer):
        guard state.members[peer]?.isAhead == false else { return false }
        state.members[peer]?.isAhead = true
        return true
      }
    }
    if isNews { found.send(finding) }
    return isNews
  }

  /// Removes a peer everywhere; false if it was not there.
  @discardableResult
  public func remove(_ peer: PeerID) -> Bool {
    state.withLock { $0.remove(peer) }
  }

  /// Removes a peer for good; false if it was banned before. Above
  /// `PeerLimits.bannedPeersMax` bans are forgotten: a peer that lies again is banned again.
  @discardableResult
  public func ban(_ peer: PeerID) -> Bool {
    state.withLock {
      $0.members[peer] = nil
      if $0.banned.count >= PeerLimits.bannedPeersMax { $0.banned = [] }
      return $0.banned.insert(peer).inserted
    }
  }
}
