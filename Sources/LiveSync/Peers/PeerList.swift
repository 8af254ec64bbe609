import Networking
import Runtime
import Synchronization

/// The peers of a live sync by how they answer.
public struct RankedPeers: Sendable, Hashable {
  /// Peers that answer in time, in order.
  public var prompt: [PeerID]
  /// Peers that lately let a request time out, in order: asked last.
  public var slow: [PeerID]

  public init(prompt: [PeerID], slow: [PeerID] = []) {
    self.prompt = prompt
    self.slow = slow
  }
}

/// The peers of one live sync, shared by all its kinds of requests: a peer removed by one is
/// removed for all, and a banned one does not come back.
public final class PeerList: Sendable {
  private struct State {
    var members: Set<PeerID> = []
    var banned: Set<PeerID> = []
    /// Peers that let a request time out, and until when they are asked last.
    var demoted: [PeerID: Moment] = [:]
    /// Told when a peer was added.
    var additions: [AsyncStream<Void>.Continuation] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// The peers in order.
  public var peers: [PeerID] { state.withLock { $0.members.sorted() } }

  /// The peers that answer in time, and those that lately did not, each in order.
  public func ranked(at now: Moment) -> RankedPeers {
    state.withLock { state in
      state.demoted = state.demoted.filter { $0.value > now }
      let sorted = state.members.sorted()
      return RankedPeers(
        prompt: sorted.filter { state.demoted[$0] == nil },
        slow: sorted.filter { state.demoted[$0] != nil })
    }
  }

  /// The peer is asked after the others until `moment`. False if it was demoted already.
  @discardableResult
  public func demote(_ peer: PeerID, until moment: Moment) -> Bool {
    state.withLock { state in
      guard state.members.contains(peer) else { return false }
      return state.demoted.updateValue(moment, forKey: peer) == nil
    }
  }

  /// The peer has answered in time.
  public func promote(_ peer: PeerID) {
    state.withLock { _ = $0.demoted.removeValue(forKey: peer) }
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

  /// Adds a peer; false if it was there, is banned, or if the list is full
  /// (`LiveSyncLimits.peersMax`).
  @discardableResult
  public func add(_ peer: PeerID) -> Bool {
    state.withLock { state in
      guard state.members.count < LiveSyncLimits.peersMax, !state.banned.contains(peer),
        state.members.insert(peer).inserted
      else { return false }
      for addition in state.additions { addition.yield() }
      return true
    }
  }

  /// Yields after peers were added; several additions may be told as one.
  public func additions() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    state.withLock { $0.additions.append(continuation) }
    return stream
  }

  /// Removes a peer everywhere; false if it was not there.
  @discardableResult
  public func remove(_ peer: PeerID) -> Bool {
    state.withLock { $0.members.remove(peer) != nil }
  }

  /// Removes a peer for good; false if it was banned before. Above
  /// `LiveSyncLimits.bannedPeersMax` bans are forgotten: a peer that lies again is banned again.
  @discardableResult
  public func ban(_ peer: PeerID) -> Bool {
    state.withLock {
      $0.members.remove(peer)
      if $0.banned.count >= LiveSyncLimits.bannedPeersMax { $0.banned = [] }
      return $0.banned.insert(peer).inserted
    }
  }
}
