import EventLog
import Primitives

extension Event {
  /// Getting to the last macro block.
  public enum MacroSync: Sendable, Hashable {
    /// The macro chain is asked for.
    case started(peers: Int)
    /// A verified chain of macro blocks ends in this one.
    case adopted(block: UInt32, hash: Hash256, elections: Int)
    /// The answer breaks a rule and is discarded.
    case rejected(peer: UInt32, reason: String)
    /// The peer has no later macro block; live sync takes over.
    case completed(peer: UInt32, block: UInt32, hash: Hash256)
    /// The peer gave no usable answer.
    case failed(peer: UInt32, reason: String)
  }

  /// An event of this group.
  public static func macroSync(_ event: MacroSync) -> Event { Event(event) }
}

extension Event.MacroSync: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case started = "macro_sync.started"
    case adopted = "macro_sync.adopted"
    case rejected = "macro_sync.rejected"
    case completed = "macro_sync.completed"
    case failed = "macro_sync.failed"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .started:
      EventDescription(.info, "The macro chain is asked for.")
    case .adopted:
      EventDescription(.info, "A verified chain of macro blocks ends in this one.")
    case .rejected:
      EventDescription(.warn, "The answer breaks a rule and is discarded.")
    case .completed:
      EventDescription(.info, "The peer has no later macro block; live sync takes over.")
    case .failed:
      EventDescription(.warn, "The peer gave no usable answer.")
    }
  }

  public var name: Name {
    switch self {
    case .started: .started
    case .adopted: .adopted
    case .rejected: .rejected
    case .completed: .completed
    case .failed: .failed
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .started(let peers):
      line.integer(.peers, peers)
    case .adopted(let block, let hash, let elections):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.elections, elections)
    case .rejected(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .completed(let peer, let block, let hash):
      line.peer(.peer, peer)
      line.integer(.block, block)
      line.hash(.hash, hash)
    case .failed(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .started:
      self = .started(peers: try fields.integer(.peers))
    case .adopted:
      self = .adopted(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        elections: try fields.integer(.elections))
    case .rejected:
      self = .rejected(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .completed:
      self = .completed(
        peer: try fields.peer(.peer), block: try fields.integer(.block),
        hash: try fields.hash(.hash))
    case .failed:
      self = .failed(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    }
  }
}
