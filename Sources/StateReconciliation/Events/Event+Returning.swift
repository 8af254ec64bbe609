import EventLog
import Primitives

extension Event {
  /// How a node with an old state comes back.
  public enum Returning: Sendable, Hashable {
    /// How the state is brought to the block, and what every way would take.
    case chosen(
      block: UInt32, way: String, items: Int, differences: Int, detail: String)
    /// The state is the block's, in whole or in part.
    case carried(
      block: UInt32, hash: Hash256, way: String, items: Int, missingRanges: Int, bytes: Int)
    /// A way led nowhere; the next one is taken.
    case failed(block: UInt32, way: String, reason: String)
    /// Our own state could not be read; the node goes on without what it was read for.
    case unreadable(block: UInt32, reason: String, detail: String)
  }

  /// An event of this group.
  public static func returning(_ event: Returning) -> Event { Event(event) }
}

extension EventField {
  public static let way = EventField("way", "way by which an old state is brought to the present")
  public static let differences = EventField(
    "differences", "accounts that are stale and accounts that are needed, together")
}

extension Event.Returning: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case chosen = "returning.chosen"
    case carried = "returning.carried"
    case failed = "returning.failed"
    case unreadable = "returning.unreadable"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .chosen:
      EventDescription(
        .info, "How the state is brought to the block, and what every way would take.")
    case .carried:
      EventDescription(.info, "The state is the block's, in whole or in part.")
    case .failed:
      EventDescription(.warn, "A way led nowhere; the next one is taken.")
    case .unreadable:
      EventDescription(
        .warn,
        "Our own state could not be read; the node goes on without what it was read for.")
    }
  }

  public var name: Name {
    switch self {
    case .chosen: .chosen
    case .carried: .carried
    case .failed: .failed
    case .unreadable: .unreadable
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .chosen(let block, let way, let items, let differences, let detail):
      line.integer(.block, block)
      line.text(.way, way)
      line.integer(.items, items)
      line.integer(.differences, differences)
      line.text(.detail, detail)
    case .carried(let block, let hash, let way, let items, let missingRanges, let bytes):
      line.integer(.block, block)
      line.hash(.hash, hash)
      line.text(.way, way)
      line.integer(.items, items)
      line.integer(.missingRanges, missingRanges)
      line.integer(.bytes, bytes)
    case .failed(let block, let way, let reason):
      line.integer(.block, block)
      line.text(.way, way)
      line.text(.reason, reason)
    case .unreadable(let block, let reason, let detail):
      line.integer(.block, block)
      line.text(.reason, reason)
      line.text(.detail, detail)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .chosen:
      self = .chosen(
        block: try fields.integer(.block), way: try fields.text(.way),
        items: try fields.integer(.items), differences: try fields.integer(.differences),
        detail: try fields.text(.detail))
    case .carried:
      self = .carried(
        block: try fields.integer(.block), hash: try fields.hash(.hash),
        way: try fields.text(.way), items: try fields.integer(.items),
        missingRanges: try fields.integer(.missingRanges), bytes: try fields.integer(.bytes))
    case .failed:
      self = .failed(
        block: try fields.integer(.block), way: try fields.text(.way),
        reason: try fields.text(.reason))
    case .unreadable:
      self = .unreadable(
        block: try fields.integer(.block), reason: try fields.text(.reason),
        detail: try fields.text(.detail))
    }
  }
}
