import Networking
import Synchronization

/// The peers of one live sync, shared by all its kinds of requests: a peer removed by one is
/// removed for all.
public final class PeerList: Sendable {
  private let members = Mutex<Set<PeerID>>([])

  public init() {}

  /// The peers in order.
  public var peers: [PeerID] { members.withLock { $0.sorted() } }

  /// Number of peers.
  public var count: Int { members.withLock { $0.count } }

  public func contains(_ peer: PeerID) -> Bool {
    members.withLock { $0.contains(peer) }
  }

  /// Adds a peer; false if it was there, or if the list is full (`LiveSyncLimits.peersMax`).
  @discardableResult
  public func add(_ peer: PeerID) -> Bool {
    members.withLock {
      guard $0.count < LiveSyncLimits.peersMax else { return false }
      return $0.insert(peer).inserted
    }
  }

  /// Removes a peer everywhere; false if it was not there.
  @discardableResult
  public func remove(_ peer: PeerID) -> Bool {
    members.withLock { $0.remove(peer) != nil }
  }
}
