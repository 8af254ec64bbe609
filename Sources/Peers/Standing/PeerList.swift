import Locking
import Networking
import Primitives
import Runtime

/// The peers of a live sync by how they answer.
public struct RankedPeers: Sendable, Hashable {
  /// Peers that answer in time, in order.
  public var prompt: [PeerID]
  /// Those of `prompt` that are asked before the others; empty if none is.
  public var preferred: Set<PeerID>
  /// Peers that lately let a request time out, in order: asked last.
  public var slow: [PeerID]
  /// Those of `slow` that never answered such a request: asked after all others.
  public var silent: Set<PeerID>

  public init(
    prompt: [PeerID], preferred: Set<PeerID> = [], slow: [PeerID] = [], silent: Set<PeerID> = []
  ) {
    self.prompt = prompt
    self.preferred = preferred
    self.slow = slow
    self.silent = silent
  }

  /// True if the peer is one of them.
  package func contains(_ peer: PeerID) -> Bool { prompt.contains(peer) || slow.contains(peer) }
}

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
  /// A peer that let a request time out, or was overtaken by another.
  private struct Lateness {
    /// Until when it is asked last.
    var until: Moment
    /// The kinds of requests that it was late with.
    var late: Set<RequestType> = []
    /// The kinds that it has answered in time since then.
    var answered: Set<RequestType> = []

    /// Who is late with one kind is taken to be so with all, until it shows otherwise: an answer of
    /// one kind says nothing of another.
    func counts(for type: RequestType) -> Bool { late.contains(type) || !answered.contains(type) }
  }

  private struct State {
    var members: Set<PeerID> = []
    var banned: Set<PeerID> = []
    /// Members that were found to be too far above us, and not looked at since.
    var ahead: Set<PeerID> = []
    var demoted: [PeerID: Lateness] = [:]
    /// The kinds of requests that a member has answered.
    var heard: [PeerID: Set<RequestType>] = [:]
    /// The kinds of requests that a member was late with and has never answered.
    var silent: [PeerID: Set<RequestType>] = [:]
    func isHeard(_ peer: PeerID, for type: RequestType) -> Bool {
      heard[peer]?.contains(type) ?? false
    }

    func isAnyHeard(for type: RequestType) -> Bool {
      members.contains { isHeard($0, for: type) }
    }

    /// A peer that leaves takes what is known of its answers along.
    mutating func forget(_ peer: PeerID) {
      heard[peer] = nil
      silent[peer] = nil
      ahead.remove(peer)
    }
  }

  private let state = Lock(State())
  private let added = Broadcaster<Void>(capacity: 1, whenFull: .loseOldest)
  private let found = Broadcaster<PeerFinding>(
    capacity: PeerLimits.findingsMax, whenFull: .loseOldest)

  public init() {}

  /// The peers in order.
  public var peers: [PeerID] { state.withLock { $0.members.sorted() } }

  /// The peers that answer requests of `type` in time, and those that lately did not, each in
  /// order. If one that was late has never answered such a request, others that never did may be
  /// silent too: those that did are preferred. Lateness is forgiven with time, but silence only by
  /// an answer, as long as there is somebody who has answered. If all who did are late, they are
  /// still better than who never answers.
  public func ranked(at now: Moment, for type: RequestType) -> RankedPeers {
    state.withLock { state in
      state.demoted = state.demoted.filter { $0.value.until > now }
      let sorted = state.members.sorted()
      func isHeard(_ peer: PeerID) -> Bool { state.isHeard(peer, for: type) }
      let isAnyHeard = state.isAnyHeard(for: type)
      func isSilent(_ peer: PeerID) -> Bool {
        isAnyHeard && state.silent[peer]?.contains(type) ?? false
      }
      func wasLate(_ peer: PeerID) -> Bool { state.demoted[peer]?.counts(for: type) ?? false }
      let isLineLate =
        sorted.contains(where: isSilent) && sorted.filter(isHeard).allSatisfy(wasLate)
      func isLate(_ peer: PeerID) -> Bool {
        isSilent(peer) || wasLate(peer) && !(isLineLate && isHeard(peer))
      }
      let prompt = sorted.filter { !isLate($0) }
      let slow = sorted.filter { isLate($0) }
      let preferred = slow.allSatisfy(isHeard) ? [] : Set(prompt.filter(isHeard))
      return RankedPeers(
        prompt: prompt, preferred: preferred, slow: slow, silent: Set(slow.filter(isSilent)))
    }
  }

  /// The peer was late with a request of `type`: it is asked after the others until `moment`, or
  /// until it answers one if it never did. False if that was known already.
  @discardableResult
  public func demote(_ peer: PeerID, for type: RequestType, until moment: Moment) -> Bool {
    state.withLock { state in
      guard state.members.contains(peer) else { return false }
      let wasLate = state.demoted[peer]?.counts(for: type) ?? false
      state.demoted[peer, default: Lateness(until: moment)].until = moment
      state.demoted[peer]?.late.insert(type)
      state.demoted[peer]?.answered.remove(type)
      guard !state.isHeard(peer, for: type) else { return !wasLate }
      let isNewlySilent = state.silent[peer, default: []].insert(type).inserted
      return !wasLate && (isNewlySilent || !state.isAnyHeard(for: type))
    }
  }

  /// The peer has answered a request of `type` in time.
  public func promote(_ peer: PeerID, for type: RequestType) {
    state.withLock { state in
      guard state.members.contains(peer) else { return }
      state.heard[peer, default: []].insert(type)
      state.silent[peer]?.remove(type)
      state.demoted[peer]?.late.remove(type)
      state.demoted[peer]?.answered.insert(type)
      if state.demoted[peer]?.late.isEmpty == true { state.demoted[peer] = nil }
    }
  }

  /// Number of peers.
  public var count: Int { state.withLock { $0.members.count } }

  public func contains(_ peer: PeerID) -> Bool {
    state.withLock { $0.members.contains(peer) }
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
      if state.ahead.remove(peer) != nil { return nil }
      return state.members.count < PeerLimits.peersMax && !state.banned.contains(peer)
        && state.members.insert(peer).inserted
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
      case .behind(let peer):
        state.forget(peer)
        return state.members.remove(peer) != nil
      case .ahead(let peer):
        return state.members.contains(peer) && state.ahead.insert(peer).inserted
      }
    }
    if isNews { found.send(finding) }
    return isNews
  }

  /// Removes a peer everywhere; false if it was not there.
  @discardableResult
  public func remove(_ peer: PeerID) -> Bool {
    state.withLock {
      $0.forget(peer)
      return $0.members.remove(peer) != nil
    }
  }

  /// Removes a peer for good; false if it was banned before. Above
  /// `PeerLimits.bannedPeersMax` bans are forgotten: a peer that lies again is banned again.
  @discardableResult
  public func ban(_ peer: PeerID) -> Bool {
    state.withLock {
      $0.members.remove(peer)
      $0.forget(peer)
      if $0.banned.count >= PeerLimits.bannedPeersMax { $0.banned = [] }
      return $0.banned.insert(peer).inserted
    }
  }
}
