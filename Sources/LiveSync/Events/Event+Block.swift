import EventLog
import Primitives

extension Event {
  /// What happens to one block.
  public enum Block: Sendable, Hashable {
    /// An announcement of the block came from the peer.
    case announced(peer: UInt32, block: UInt32, hash: Hash256)
    /// The block became part of the chain; source says how it came here.
    case accepted(source: BlockSource, block: UInt32, hash: Hash256, peer: UInt32?)
    /// The block or its announcement is invalid.
    case rejected(block: UInt32, hash: Hash256, peer: UInt32?, reason: String)
    /// The block is valid or not looked at, and changes nothing.
    case ignored(block: UInt32, hash: Hash256, peer: UInt32?, reason: String)
    /// The block waits for its ancestors; buffered counts all that wait.
    case buffered(block: UInt32, hash: Hash256, peer: UInt32?, buffered: Int)
    /// The block is removed from a buffer unused.
    case dropped(block: UInt32, hash: Hash256, reason: String)
    /// The node made this block.
    case produced(kind: BlockKind, block: UInt32, hash: Hash256, transactions: Int, entries: Int)
  }

  /// An event of this group.
  public static func block(_ event: Block) -> Event { Event(event) }
}

extension Event {
  /// How an accepted block came to the node.
  public enum BlockSource: String, EventSymbol {
    /// By announcement, directly after the head.
    case announced
    /// From the buffer of blocks that waited for their ancestors.
    case buffered
    /// With the answer to a request for missing blocks.
    case missing
    /// From outside of live sync, such as a head request.
    case pushed
  }

  /// The kinds of blocks.
  public enum BlockKind: String, EventSymbol {
    case micro, skip, macro, election
  }
}

extension Event.Block: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case announced = "block.announced"
    case accepted = "block.accepted"
    case rejected = "block.rejected"
    case ignored = "block.ignored"
    case buffered = "block.buffered"
    case dropped = "block.dropped"
    case produced = "block.produced"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .announced:
      EventDescription(.debug, "An announcement of the block came from the peer.")
    case .accepted:
      EventDescription(.info, "The block became part of the chain; source says how it came here.")
    case .rejected:
      EventDescription(.warn, "The block or its announcement is invalid.")
    case .ignored:
      EventDescription(.debug, "The block is valid or not looked at, and changes nothing.")
    case .buffered:
      EventDescription(.debug, "The block waits for its ancestors; buffered counts all that wait.")
    case .dropped:
      EventDescription(.info, "The block is removed from a buffer unused.")
    case .produced:
      EventDescription(.info, "The node made this block.")
    }
  }

  public var name: Name {
    switch self {
    case .announced: .announced
    case .accepted: .accepted
    case .rejected: .rejected
    case .ignored: .ignored
    case .buffered: .buffered
    case .dropped: .dropped
    case .produced: .produced
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .announced(let peer, let block, let hash):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
    case .accepted(let source, let block, let hash, let peer):
      line.symbol(.source, source)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.peer(.peer, peer)
    case .rejected(let block, let hash, let peer, let reason):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .ignored(let block, let hash, let peer, let reason):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .buffered(let block, let hash, let peer, let buffered):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.peer(.peer, peer)
      line.integer(.buffered, buffered)
    case .dropped(let block, let hash, let reason):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.reason, reason)
    case .produced(let kind, let block, let hash, let transactions, let entries):
      line.symbol(.kind, kind)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.transactions, transactions)
      line.integer(.entries, entries)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .announced:
      self = .announced(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash))
    case .accepted:
      self = .accepted(
        source: try fields.symbol(.source), block: try fields.integer(.block),
        hash: try fields.hash(.hash), peer: try fields.optionalPeer(.peer))
    case .rejected:
      self = .rejected(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        peer: try fields.optionalPeer(.peer), reason: try fields.text(.reason))
    case .ignored:
      self = .ignored(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        peer: try fields.optionalPeer(.peer), reason: try fields.text(.reason))
    case .buffered:
      self = .buffered(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        peer: try fields.optionalPeer(.peer), buffered: try fields.integer(.buffered))
    case .dropped:
      self = .dropped(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        reason: try fields.text(.reason))
    case .produced:
      self = .produced(
        kind: try fields.symbol(.kind), block: try fields.integer(.block),
        hash: try fields.hash(.hash), transactions: try fields.integer(.transactions),
        entries: try fields.integer(.entries))
    }
  }
}
