import Networking
import Synchronization

/// The peers of one live sync, shared by all its kinds of requests: a peer removed by one is
/// removed for all, and a banned one does not come back.
public final class PeerList: Sendable {
  private struct State {
    var members: Set<PeerID> = []
    var banned: Set<PeerID> = []
  }

  private let state = Mutex(State())

  public init() {}

  /// The peers in order.
  public var peers: [PeerID] { state.withLock { $0.members.sorted() } }

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
    state.withLock {
      guard $0.members.count < LiveSyncLimits.peersMax, !$0.banned.contains(peer) else {
        return false
      }
      return $0.members.insert(peer).inserted
    }
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
