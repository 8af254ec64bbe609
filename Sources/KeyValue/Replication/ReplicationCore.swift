import Networking
import Primitives
import Runtime

/// The replication of one node: who its peers are, what is pushed to them, when all is compared,
/// and which deletions nobody needs any more. A value: requests, answers, writes and times in,
/// actions out. It has no sockets, no clocks and no table; what it reads of the store it reads
/// through a `ReplicationSource` that it is lent.
///
/// All calls come between batches of the store, after `wrote` was told of the last one. The actions
/// of a call are done in order; what they lead to is told by later calls.
public struct ReplicationCore {
  public let settings: ReplicationSettings
  /// Members and pinned keys: to be stored at each `storeMembers`.
  public internal(set) var book: MemberBook
  /// With all peers since the node began.
  public internal(set) var statistics = ReplicationStatistics()

  /// What each member holds.
  var rows = RowTable()
  var links: [NodeIdentity: PeerLink] = [:]

  /// - Parameter book: what the data directory has of the cluster; empty for a new node.
  public init(_ settings: ReplicationSettings, book: MemberBook = MemberBook()) {
    self.settings = settings
    self.book = book
  }

  // MARK: Begin, time and operators

  /// The node begins: enters itself into the table of members, pins the keys that the operator
  /// named, and dials.
  public mutating func start<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// Time has passed: at `nextTick` at the latest, or each 100 ms.
  public mutating func tick<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// When something is due; `tick` at other times does no harm.
  public var nextTick: Moment { .never }

  /// SYNC.NOW: begins a round with each linked peer, whoever has the smaller key.
  public mutating func syncNow<Source: ReplicationSource & ~Copyable>(
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// SYNC.FORGET: removes a member from the cluster for good, and forgets the pins of its key.
  /// False if it is not known, is removed already, or is this node.
  public mutating func forget<Source: ReplicationSource & ~Copyable>(
    _ identity: NodeIdentity, _ source: inout Source, at time: ReplicationTime
  ) -> (done: Bool, actions: [ReplicationAction]) { (false, []) }

  // MARK: Connections

  /// A connection with a peer is there, encrypted and with its key proven.
  /// - Parameter dialled: the address that was connected to; nil if the peer connected.
  public mutating func joined<Source: ReplicationSource & ~Copyable>(
    _ peer: NodeIdentity, dialled: String?, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// The connection is gone. Tokens of the peer's requests and of those to it are forgotten: their
  /// answers and failures may be told or not.
  public mutating func left(_ peer: NodeIdentity, at time: ReplicationTime) -> [ReplicationAction] {
    []
  }

  /// An address could not be connected to.
  public mutating func dialFailed(_ address: String, at time: ReplicationTime) {}

  // MARK: Messages

  /// A request came. It is answered by an action with this token, at once or later.
  /// - Parameter token: the owner's own, different for each request.
  public mutating func received<Source: ReplicationSource & ~Copyable>(
    _ request: ReplicationRequest, from peer: NodeIdentity, token: UInt64,
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// The answer to the request of this token came.
  public mutating func answered<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ answer: ReplicationAnswer, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// The request of this token brought no answer.
  public mutating func failed<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ error: RequestError, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// So many bytes went to a peer and came from it.
  public mutating func counted(sent: Int, received: Int, with peer: NodeIdentity) {}

  // MARK: Writes

  /// A batch of clients wrote these keys (`KeyValueCore.forEachEffect`), and is or will be as safe
  /// as the log makes it. Not told of what `apply` led to.
  public mutating func wrote<Source: ReplicationSource & ~Copyable>(
    _ keys: [[UInt8]], _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// What `apply` gave out is as safe as a client's write.
  /// - Parameters:
  ///   - results: one for each effect, in order.
  ///   - buried: how many of the dead records were dropped.
  public mutating func applied<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ results: [Result<ApplyOutcome, KeyValueCore.Refusal>], buried: Int,
    _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// What `apply` gave out could not be stored; the peer is told to try again.
  public mutating func notApplied<Source: ReplicationSource & ~Copyable>(
    _ token: UInt64, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// A session stored what a peer sent: to be pushed to the others, and what is dead to be told.
  /// `wrote` is not told of it.
  public mutating func took<Source: ReplicationSource & ~Copyable>(
    _ outcomes: [(key: [UInt8], outcome: ApplyOutcome)], dead: [DeadRecord],
    from peer: NodeIdentity, _ source: inout Source, at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  /// A session that `startSession` asked for is over.
  public mutating func sessionEnded<Source: ReplicationSource & ~Copyable>(
    with peer: NodeIdentity, _ outcome: SessionOutcome, _ source: inout Source,
    at time: ReplicationTime
  ) -> [ReplicationAction] { [] }

  // MARK: What is known

  /// Members other than this one that have acknowledged all writes of this node up to `ticks`
  /// (`KeyValueCore.lastTicks` after a client's last write), without a gap. What WAIT gives.
  public func acknowledgements(of ticks: UInt64) -> Int { 0 }

  /// What replication is like now.
  public func status(clock: UInt64, floor: UInt64) -> ReplicationStatus {
    ReplicationStatus(
      identity: settings.identity, name: settings.name, clock: clock, floor: floor, peers: [],
      removed: book.table.removed.map(\.identity), statistics: statistics)
  }
}
