import EventLog
import Ledger
import Primitives

extension Event {
  /// Requests for blocks that are missing between the head and a known block.
  public enum Blocks: Sendable, Hashable {
    /// The blocks that lead to this target are asked for.
    case requested(
      peer: UInt32, block: UInt32, hash: Hash256, direction: MissingBlocksDirection,
      locators: Int)
    /// A checked answer brought blocks first to last.
    case received(peer: UInt32, blocks: Int, first: UInt32, last: UInt32)
    /// The answer breaks a rule and is discarded.
    case rejected(peer: UInt32, hash: Hash256, reason: String)
    /// The target is dropped: nobody gave a usable answer.
    case failed(block: UInt32, hash: Hash256, reason: String)
  }

  /// An event of this group.
  public static func blocks(_ event: Blocks) -> Event { Event(event) }
}

extension MissingBlocksDirection: EventSymbol {}

extension Event.Blocks: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case requested = "blocks.requested"
    case received = "blocks.received"
    case rejected = "blocks.rejected"
    case failed = "blocks.failed"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .requested:
      EventDescription(.info, "The blocks that lead to this target are asked for.")
    case .received:
      EventDescription(.info, "A checked answer brought blocks first to last.")
    case .rejected:
      EventDescription(.warn, "The answer breaks a rule and is discarded.")
    case .failed:
      EventDescription(.warn, "The target is dropped: nobody gave a usable answer.")
    }
  }

  public var name: Name {
    switch self {
    case .requested: .requested
    case .received: .received
    case .rejected: .rejected
    case .failed: .failed
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .requested(let peer, let block, let hash, let direction, let locators):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.symbol(.direction, direction)
      line.integer(.locators, locators)
    case .received(let peer, let blocks, let first, let last):
      line.peer(.peer, peer)
      line.integer(.blocks, blocks)
      line.integer(.first, first)
      line.integer(.last, last)
    case .rejected(let peer, let hash, let reason):
      line.peer(.peer, peer)
      line.hash(.hash, hash)
      line.text(.reason, reason)
    case .failed(let block, let hash, let reason):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.reason, reason)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .requested:
      self = .requested(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash), direction: try fields.symbol(.direction),
        locators: try fields.integer(.locators))
    case .received:
      self = .received(
        peer: try fields.peer(.peer), blocks: try fields.integer(.blocks),
        first: try fields.integer(.first), last: try fields.integer(.last))
    case .rejected:
      self = .rejected(
        peer: try fields.peer(.peer), hash: try fields.hash(.hash), reason: try fields.text(.reason)
      )
    case .failed:
      self = .failed(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        reason: try fields.text(.reason))
    }
  }
}
