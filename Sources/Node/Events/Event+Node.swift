import EventLog
import Primitives

extension Event {
  /// The life of one node.
  public enum Node: Sendable, Hashable {
    /// The node starts with this head and so many missing ranges.
    case started(block: UInt32, hash: Hash256, missingRanges: Int)
    /// The node stops in order.
    case stopped(reason: String)
    /// A peer's request was not answered, because the store could not be read; the node goes on.
    case unreadable(reason: String, detail: String)
    /// The node is killed; what was not committed is lost.
    case crashed(reason: String)
  }

  /// An event of this group.
  public static func node(_ event: Node) -> Event { Event(event) }
}

extension Event.Node: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case started = "node.started"
    case stopped = "node.stopped"
    case unreadable = "node.unreadable"
    case crashed = "node.crashed"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .started:
      EventDescription(.info, "The node starts with this head and so many missing ranges.")
    case .stopped:
      EventDescription(.info, "The node stops in order.")
    case .unreadable:
      EventDescription(
        .warn,
        "A peer's request was not answered, because the store could not be read; the node goes on.")
    case .crashed:
      EventDescription(.warn, "The node is killed; what was not committed is lost.")
    }
  }

  public var name: Name {
    switch self {
    case .started: .started
    case .stopped: .stopped
    case .unreadable: .unreadable
    case .crashed: .crashed
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .started(let block, let hash, let missingRanges):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.integer(.missingRanges, missingRanges)
    case .stopped(let reason):
      line.text(.reason, reason)
    case .unreadable(let reason, let detail):
      line.text(.reason, reason)
      line.text(.detail, detail)
    case .crashed(let reason):
      line.text(.reason, reason)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .started:
      self = .started(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        missingRanges: try fields.integer(.missingRanges))
    case .stopped:
      self = .stopped(reason: try fields.text(.reason))
    case .unreadable:
      self = .unreadable(reason: try fields.text(.reason), detail: try fields.text(.detail))
    case .crashed:
      self = .crashed(reason: try fields.text(.reason))
    }
  }
}
