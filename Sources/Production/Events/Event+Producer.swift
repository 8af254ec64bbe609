import EventLog
import LiveSync
import Primitives

extension Event {
  /// What a producer of blocks does.
  public enum Producer: Sendable, Hashable {
    /// No block can be made for now.
    case waiting(block: UInt32, reason: String)
    /// A block was due and could not be made.
    case failed(kind: BlockKind, block: UInt32, reason: String, detail: String)
    /// Validators of this process signed the block that another process makes.
    case signed(kind: BlockKind, block: UInt32, hash: Hash256, peer: UInt32, signatures: Int)
    /// Another process asked for signatures in vain.
    case refused(peer: UInt32, hash: Hash256, reason: String)
    /// Transactions of reverted blocks wait again.
    case returned(block: UInt32, transactions: Int)
  }

  /// An event of this group.
  public static func producer(_ event: Producer) -> Event { Event(event) }
}

extension EventField {
  public static let signatures = EventField("signatures", "signatures that were given")
}

extension Event.Producer: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case waiting = "producer.waiting"
    case failed = "producer.failed"
    case signed = "producer.signed"
    case refused = "producer.refused"
    case returned = "producer.returned"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .waiting:
      EventDescription(.info, "No block can be made for now.")
    case .failed:
      EventDescription(.warn, "A block was due and could not be made.")
    case .signed:
      EventDescription(
        .debug, "Validators of this process signed the block that another process makes.")
    case .refused:
      EventDescription(.debug, "Another process asked for signatures in vain.")
    case .returned:
      EventDescription(.info, "Transactions of reverted blocks wait again.")
    }
  }

  public var name: Name {
    switch self {
    case .waiting: .waiting
    case .failed: .failed
    case .signed: .signed
    case .refused: .refused
    case .returned: .returned
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .waiting(let block, let reason):
      line.integer(.block, block)
      line.text(.reason, reason)
    case .failed(let kind, let block, let reason, let detail):
      line.symbol(.kind, kind)
      line.integer(.block, block)
      line.text(.reason, reason)
      line.text(.detail, detail)
    case .signed(let kind, let block, let hash, let peer, let signatures):
      line.symbol(.kind, kind)
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.peer(.peer, peer)
      line.integer(.signatures, signatures)
    case .refused(let peer, let hash, let reason):
      line.peer(.peer, peer)
      line.hash(.hash, hash)
      line.text(.reason, reason)
    case .returned(let block, let transactions):
      line.integer(.block, block)
      line.integer(.transactions, transactions)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .waiting:
      self = .waiting(block: try fields.integer(.block), reason: try fields.text(.reason))
    case .failed:
      self = .failed(
        kind: try fields.symbol(.kind), block: try fields.integer(.block),
        reason: try fields.text(.reason), detail: try fields.text(.detail))
    case .signed:
      self = .signed(
        kind: try fields.symbol(.kind), block: try fields.integer(.block),
        hash: try fields.hash(.hash), peer: try fields.peer(.peer),
        signatures: try fields.integer(.signatures))
    case .refused:
      self = .refused(
        peer: try fields.peer(.peer), hash: try fields.hash(.hash),
        reason: try fields.text(.reason))
    case .returned:
      self = .returned(
        block: try fields.integer(.block), transactions: try fields.integer(.transactions))
    }
  }
}
