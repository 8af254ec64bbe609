import EventLog
import Node
import Primitives
import Runtime

/// Who a node is: what does not change while it runs.
public struct NodeIdentityStatus: Sendable, Hashable {
  /// What the log calls the node.
  public var name: String
  /// The node's public key.
  public var key: PublicKey
  public var version: String
  public var commit: String
  /// Hash of the genesis block: which network this is.
  public var genesis: Hash256
  /// True if the node makes blocks.
  public var isProducer: Bool

  public init(
    name: String, key: PublicKey, version: String, commit: String, genesis: Hash256,
    isProducer: Bool = false
  ) {
    self.name = name
    self.key = key
    self.version = version
    self.commit = commit
    self.genesis = genesis
    self.isProducer = isProducer
  }
}

/// What a node is busy with.
public enum NodePhase: String, Sendable, Hashable, CaseIterable {
  /// No peer is connected, and the state is not complete.
  case connecting
  /// Peers are asked for the last macro block.
  case macroSync = "macro_sync"
  /// Ranges of the state are fetched.
  case stateSync = "state_sync"
  /// The state is complete, and blocks are missing.
  case catchingUp = "catching_up"
  /// The node is at the head of the network as far as it knows.
  case following
  /// The store failed; nothing is taken in any more.
  case storeFailed = "store_failed"
}

/// A block by its height and hash.
public struct BlockStatus: Sendable, Hashable {
  public var number: UInt32
  public var hash: Hash256

  public init(number: UInt32, hash: Hash256) {
    self.number = number
    self.hash = hash
  }
}

/// How much of the state is held, over the key space.
public struct StateStatus: Sendable, Hashable {
  /// True if nothing is missing and the root is the head's.
  public var isComplete = false
  /// Held share of the key space in parts per million; 1,000,000 only if nothing is missing.
  public var heldPpm = 0
  /// Number of missing ranges.
  public var missingRangeCount = 0
  /// Accounts that are held.
  public var accounts = 0
  /// The missing ranges, at most `MonitoringLimits.rangesListedMax`.
  public var missing: [KeySpaceSpan] = []
  /// Ranges that peers are asked for.
  public var inFlight: [PeerSpan] = []
  /// Who brought which part of what is held, as far as it is known.
  public var origins: [PeerSpan] = []
  /// Chunks that wait for their blocks.
  public var bufferedChunks = 0
  /// Bytes of chunks that came, by what became of them.
  public var verifiedBytes = 0
  public var unusedBytes = 0
  public var refusedBytes = 0

  public init() {}
}

/// Messages that were refused, of one kind for one reason.
public struct RejectionCount: Sendable, Hashable {
  /// Such as `chunk` or `block`.
  public var kind: String
  /// One word of a documented set.
  public var reason: String
  public var count: UInt64
}

/// One message that was refused.
public struct Rejection: Sendable, Hashable {
  public var at: Moment
  public var kind: String
  public var reason: String
  /// Who sent it, by its number in the log.
  public var peer: UInt32?
  /// The block it is about.
  public var block: UInt32?
}

/// A time in which nothing moved.
public struct StallStatus: Sendable, Hashable {
  public var cause: String
  /// Facts for people.
  public var detail: String
  /// When something had moved last.
  public var since: Moment
  /// When something moved again; nil while nothing does.
  public var resolved: Moment?
}

/// A count by one name.
public struct NamedCount: Sendable, Hashable {
  public var name: String
  public var count: UInt64
}

/// Requests of this node to others, of one type and outcome.
public struct RequestCount: Sendable, Hashable {
  public var type: String
  public var outcome: String
  public var count: UInt64
  /// Time from question to end, over all of them.
  public var seconds: Double
  /// Bytes of the answers.
  public var bytes: UInt64
}

/// The snapshot that a node joined from.
public struct JoiningStatus: Sendable, Hashable {
  /// Height of its block.
  public var block: UInt32
  /// Hash of its manifest, which names it.
  public var hash: Hash256
  /// Pieces that it has.
  public var pieces: Int
  /// Chunks of its block that were proven and taken in since the start.
  public var proven = 0
}

/// The snapshots that a node takes and keeps for others.
public struct SnapshotsStatus: Sendable, Hashable {
  /// How many are kept.
  public var kept: Int
  /// Height of the newest one; nil if none is kept.
  public var newest: UInt32?

  public init(kept: Int, newest: UInt32?) {
    self.kept = kept
    self.newest = newest
  }
}

/// Everything that a person or a machine may ask of a running node, of one moment.
public struct NodeStatus: Sendable, Hashable {
  public var identity: NodeIdentityStatus
  /// When this was read, by the node's clock.
  public var at = Moment.start
  public var uptime: Duration = .zero
  public var phase = NodePhase.connecting
  public var head: BlockStatus
  /// Height up to which nothing is ever reverted.
  public var finalNumber: UInt32 = 0
  /// Height that at least half of the peers that named one have reached; nil if none has.
  public var networkHead: UInt32?
  public var state = StateStatus()
  public var forecast: SyncForecast?
  /// Nil if the node takes none.
  public var snapshots: SnapshotsStatus?
  public var isConsensusEstablished = false
  /// What the state waits for; nil if it is complete or answers are on their way.
  public var blocker: String?
  /// Why the store failed; nil if it has not.
  public var storeFailure: String?
  public var bufferedBlocks = 0
  public var requestsInFlight = 0
  /// At most `MonitoringLimits.peersListedMax`, in the order of their numbers.
  public var peers: [PeerStatus] = []
  /// Peers that are connected, also those that are not listed.
  public var peerCount = 0
  public var peersInSync = 0
  public var transport = TransportStatus()
  /// Over the last `MonitoringLimits.rateWindow`.
  public var receivedBytesPerSecond = 0.0
  public var sentBytesPerSecond = 0.0
  public var tally = TallyStatus()

  public init(identity: NodeIdentityStatus, head: BlockStatus) {
    self.identity = identity
    self.head = head
  }

  /// Blocks that the network is ahead of this node.
  public var lag: UInt32 {
    guard let networkHead, networkHead > head.number else { return 0 }
    return networkHead - head.number
  }
}

/// What has happened since the start, counted from the events of the node.
public struct TallyStatus: Sendable, Hashable {
  /// In the order of kind and reason.
  public var rejections: [RejectionCount] = []
  /// The last ones, the newest first.
  public var recentRejections: [Rejection] = []
  /// The stall that lasts.
  public var stall: StallStatus?
  /// The last ones that are over, the newest first.
  public var recentStalls: [StallStatus] = []
  /// How many stalls there were, by cause.
  public var stalls: [NamedCount] = []
  public var requests: [RequestCount] = []
  /// Answers to others, by type of request.
  public var served: [NamedCount] = []
  /// Events of the log, by name.
  public var events: [NamedCount] = []
  /// The snapshot that was joined from since the start; nil if there is none.
  public var joining: JoiningStatus?
  public var snapshotsTaken: UInt64 = 0
  public var blocksReverted: UInt64 = 0
  public var chunkItems: UInt64 = 0

  public init() {}
}
