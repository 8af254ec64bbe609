import CRDT
import Networking
import Primitives

/// What the owner of a `ReplicationCore` does.
public enum ReplicationAction: Sendable, Hashable {
  /// Send a request to a peer, and call `answered` or `failed` with the token. The owner gives up
  /// after `patience`.
  case send(ReplicationRequest, to: NodeIdentity, token: UInt64, patience: Duration)
  /// Answer the request that was given with this token.
  case answer(ReplicationAnswer, token: UInt64)
  /// Take these writes of a peer in one batch (`KeyValueCore.apply`), and mark what is dead
  /// (`KeyValueCore.bury`). When the batch is as safe as a client's write call `applied` with the
  /// token and one result for each effect, in order; `notApplied` if it could not be stored.
  /// `wrote` is not told of them.
  case apply(effects: [KeyValueEffect], dead: [DeadRecord], token: UInt64)
  /// Bring the store's clock to these ticks at least (`KeyValueCore.raiseClock`).
  case raiseClock(UInt64)
  /// Raise the floor of the store (`KeyValueCore.raiseFloor`, in a batch of its own), which is
  /// logged before anything is purged.
  case raiseFloor(UInt64)
  /// Purge deletions and what has expired up to these ticks (`KeyValueCore.purge`), which are not
  /// above the floor. In slices, when there is time.
  case purge(through: UInt64)
  /// Compare all records with the peer and repair what differs, then call `sessionEnded`.
  case startSession(with: NodeIdentity)
  /// Connect to an address; `key` is the only one that is accepted there, nil: any.
  case connect(address: String, key: NodeIdentity?)
  /// Close the connection with a peer.
  case disconnect(NodeIdentity, reason: String)
  /// Store `ReplicationCore.book` in the data directory.
  case storeMembers
  /// Tell the operator.
  case notice(ReplicationNotice)
}

/// What is held of a key and is dead if it has this version.
public struct DeadRecord: Sendable, Hashable {
  public var key: [UInt8]
  public var version: HybridTime

  public init(key: [UInt8], version: HybridTime) {
    self.key = key
    self.version = version
  }
}

/// What came of a session with a peer.
public struct SessionOutcome: Sendable, Hashable {
  /// The ticks of this node's clock when its view was taken: all that it held then was compared.
  public var ownClock: UInt64
  /// The same of the peer's; nil: what it said in the round before.
  public var peerClock: UInt64?
  /// Whether all that differed between the two views was exchanged and stored on both sides, dead
  /// records counted as stored. Nothing is concluded from a session that is not complete.
  public var isComplete: Bool
  /// Why not.
  public var failure: String?
  public var keysCompared: UInt64
  /// Records that this node took, and that the peer took.
  public var keysReceived: UInt64
  public var keysSent: UInt64

  public init(
    ownClock: UInt64, peerClock: UInt64?, isComplete: Bool, failure: String? = nil,
    keysCompared: UInt64 = 0, keysReceived: UInt64 = 0, keysSent: UInt64 = 0
  ) {
    self.ownClock = ownClock
    self.peerClock = peerClock
    self.isComplete = isComplete
    self.failure = failure
    self.keysCompared = keysCompared
    self.keysReceived = keysReceived
    self.keysSent = keysSent
  }
}

/// What replication tells its operator.
public enum ReplicationNotice: Sendable, Hashable {
  case memberJoined(NodeIdentity)
  case memberRemoved(NodeIdentity)
  case linked(NodeIdentity)
  case unlinked(NodeIdentity)
  /// A peer was turned away, or turned this node away.
  case refused(NodeIdentity, HelloRefusal)
  case refusedBy(NodeIdentity, HelloRefusal)
  /// Another key than the pinned one was found at an address.
  case keyChanged(address: String, pinned: NodeIdentity, found: NodeIdentity)
  /// A time of a peer is so many milliseconds ahead of the clock here.
  case clockAhead(NodeIdentity, milliseconds: UInt64)
  /// The peer refuses writes of this node because of their time.
  case clockRefused(by: NodeIdentity)
  /// More keys waited for a peer than may; a round makes up for it.
  case queueDropped(NodeIdentity, keys: Int)
  case sessionFailed(NodeIdentity, String)
  /// Roots differ, and sessions find no difference.
  case fruitless(NodeIdentity)
  /// A message that no node sends.
  case malformed(NodeIdentity, String)
  /// A value that was fetched is not what was announced.
  case wrongValue(NodeIdentity, key: [UInt8])
  /// A member holds back the floor no longer: it was not heard of for so long.
  case memberAged(NodeIdentity)
  case floorRaised(UInt64)
}
