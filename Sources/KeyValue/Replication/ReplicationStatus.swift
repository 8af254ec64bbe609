import Networking

/// What replication is like now: what SYNC.STATUS, SYNC.PEERS and INFO replication tell.
public struct ReplicationStatus: Sendable, Hashable {
  /// One member as this node sees it.
  public struct Peer: Sendable, Hashable {
    public enum State: String, Sendable, Hashable {
      /// There is no connection.
      case away
      /// There is one, and the hello is under way.
      case greeting
      /// Pushes and rounds go on.
      case linked
    }

    public var identity: NodeIdentity
    public var name: String
    public var addresses: [String]
    public var state: State
    /// Keys that wait to be pushed, and bytes of pushes under way.
    public var queuedKeys: Int
    public var bytesUnderWay: Int
    /// Ticks up to which this node has the peer's writes, and the peer has those of this node, as
    /// far as this node knows.
    public var have: UInt64
    public var held: UInt64
    /// The peer's floor.
    public var floor: UInt64
    /// Milliseconds of this node's clock since the peer last told what it has; nil: never.
    public var age: UInt64?
    /// Whether it is away for so long that the floor does not wait for it.
    public var isAged: Bool
    /// Milliseconds that its clock was ahead of the clock here when it last told; 0 if behind.
    public var clockAhead: UInt64
    /// Whether the last round found equal roots; nil before the first.
    public var isEqual: Bool?
    /// The round trip, in microseconds; nil before it was measured.
    public var roundTripUs: UInt64?
    public var statistics: ReplicationStatistics
  }

  public var identity: NodeIdentity
  public var name: String
  /// The ticks of the clock, and of the floor.
  public var clock: UInt64
  public var floor: UInt64
  /// The peers, in the order of their keys.
  public var peers: [Peer]
  /// Members that an operator removed.
  public var removed: [NodeIdentity]
  /// With all peers since the node began.
  public var statistics: ReplicationStatistics

  /// Names and values for INFO replication and SYNC.STATUS.
  public var lines: [(name: String, value: String)] {
    var lines: [(name: String, value: String)] = [
      ("node", "\(identity)"), ("node_name", name), ("members", "\(peers.count + 1)"),
      ("members_linked", "\(peers.count { $0.state == .linked })"),
      ("members_aged", "\(peers.count { $0.isAged })"), ("members_removed", "\(removed.count)"),
      ("clock_ms", "\(clock >> 16)"), ("floor_ms", "\(floor >> 16)"),
    ]
    for (name, path) in ReplicationStatistics.names {
      lines.append((name, "\(statistics[keyPath: path])"))
    }
    return lines
  }
}

extension ReplicationStatus.Peer {
  /// Names and values for SYNC.PEERS.
  public var lines: [(name: String, value: String)] {
    var lines: [(name: String, value: String)] = [
      ("node", "\(identity)"), ("name", name), ("addresses", addresses.joined(separator: ",")),
      ("state", state.rawValue), ("queued_keys", "\(queuedKeys)"),
      ("bytes_under_way", "\(bytesUnderWay)"), ("have_ms", "\(have >> 16)"),
      ("held_ms", "\(held >> 16)"), ("floor_ms", "\(floor >> 16)"),
      ("age_ms", age.map { "\($0)" } ?? "never"), ("aged", isAged ? "yes" : "no"),
      ("clock_ahead_ms", "\(clockAhead)"),
      ("equal", isEqual.map { $0 ? "yes" : "no" } ?? "unknown"),
      ("round_trip_us", roundTripUs.map { "\($0)" } ?? "unknown"),
    ]
    for (name, path) in ReplicationStatistics.names {
      lines.append((name, "\(statistics[keyPath: path])"))
    }
    return lines
  }
}
