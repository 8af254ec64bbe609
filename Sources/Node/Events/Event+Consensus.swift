import EventLog
import Primitives

extension Event {
  /// Whether the node agrees with its peers.
  public enum Consensus: Sendable, Hashable {
    /// The state is complete and enough peers agree with the head.
    case established(block: UInt32, hash: Hash256, peers: Int)
    /// The conditions for consensus no longer hold.
    case lost(block: UInt32, hash: Hash256, reason: String)
  }

  /// An event of this group.
  public static func consensus(_ event: Consensus) -> Event { Event(event) }
}

extension Event.Consensus: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case established = "consensus.established"
    case lost = "consensus.lost"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .established:
      EventDescription(.info, "The state is complete and enough peers agree with the head.")
    case .lost:
      EventDescription(.warn, "The conditions for consensus no longer hold.")
    }
  }

  public var name: Name {
    switch self {
    case .established: .established
    case .lost: .lost
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .established(let block, let hash, let peers):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.peers, peers)
    case .lost(let block, let hash, let reason):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.reason, reason)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .established:
      self = .established(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        peers: try fields.integer(.peers))
    case .lost:
      self = .lost(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        reason: try fields.text(.reason))
    }
  }
}
