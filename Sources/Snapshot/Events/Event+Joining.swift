import EventLog
import Primitives

extension Event {
  /// How a node joins from a snapshot.
  public enum Joining: Sendable, Hashable {
    /// A peer names a snapshot that it keeps.
    case offered(peer: UInt32, block: UInt32, format: Int, hash: Hash256, bytes: Int)
    /// The node joins from this snapshot, and why.
    case chosen(block: UInt32, hash: Hash256, pieces: Int, hosts: Int, detail: String)
    /// The node joins from no snapshot, or not from this one, and why.
    case declined(block: UInt32, reason: String, detail: String)
    /// What peers gave as the manifest of a snapshot does not hold.
    case refused(block: UInt32, hash: Hash256, reason: String)
    /// A peer does not have the snapshot any more.
    case lost(peer: UInt32, block: UInt32, hash: Hash256)
  }

  /// An event of this group.
  public static func joining(_ event: Joining) -> Event { Event(event) }
}

extension EventField {
  public static let format = EventField("format", "format of a snapshot")
  public static let pieces = EventField("pieces", "pieces of a snapshot")
  public static let hosts = EventField("hosts", "peers that keep a snapshot")
}

extension Event.Joining: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case offered = "joining.offered"
    case chosen = "joining.chosen"
    case declined = "joining.declined"
    case refused = "joining.refused"
    case lost = "joining.lost"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .offered:
      EventDescription(.debug, "A peer names a snapshot that it keeps.")
    case .chosen:
      EventDescription(.info, "The node joins from this snapshot, and why.")
    case .declined:
      EventDescription(.info, "The node joins from no snapshot, or not from this one, and why.")
    case .refused:
      EventDescription(.warn, "What peers gave as the manifest of a snapshot does not hold.")
    case .lost:
      EventDescription(.info, "A peer does not have the snapshot any more.")
    }
  }

  public var name: Name {
    switch self {
    case .offered: .offered
    case .chosen: .chosen
    case .declined: .declined
    case .refused: .refused
    case .lost: .lost
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .offered(let peer, let block, let format, let hash, let bytes):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.integer(.format, format)
      line.hash(.hash, hash)
      line.integer(.bytes, bytes)
    case .chosen(let block, let hash, let pieces, let hosts, let detail):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.pieces, pieces)
      line.integer(.hosts, hosts)
      line.text(.detail, detail)
    case .declined(let block, let reason, let detail):
      line.integer(.block, block)
      line.text(.reason, reason)
      line.text(.detail, detail)
    case .refused(let block, let hash, let reason):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.reason, reason)
    case .lost(let peer, let block, let hash):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .offered:
      self = .offered(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        format: try fields.integer(.format), hash: try fields.hash(.hash),
        bytes: try fields.integer(.bytes))
    case .chosen:
      self = .chosen(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        pieces: try fields.integer(.pieces), hosts: try fields.integer(.hosts),
        detail: try fields.text(.detail))
    case .declined:
      self = .declined(
        block: try fields.integer(.block), reason: try fields.text(.reason),
        detail: try fields.text(.detail))
    case .refused:
      self = .refused(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        reason: try fields.text(.reason))
    case .lost:
      self = .lost(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash))
    }
  }
}
