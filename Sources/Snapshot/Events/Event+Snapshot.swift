import EventLog
import Primitives

extension Event {
  /// What becomes of a node's own snapshots.
  public enum Snapshot: Sendable, Hashable {
    /// A snapshot is on the disk.
    case taken(block: UInt32, snapshot: Hash256, items: Int, bytes: Int, durationNs: Int64)
    /// A snapshot was due and is not taken.
    case skipped(block: UInt32, reason: String)
    /// A snapshot could not be taken or removed; nothing of it is left.
    case failed(block: UInt32, reason: String, detail: String)
    /// A snapshot was removed: there were more than are kept, or it was not finished.
    case removed(block: UInt32, reason: String, detail: String)
  }

  /// An event of this group.
  public static func snapshot(_ event: Snapshot) -> Event { Event(event) }
}

extension Event.Snapshot: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case taken = "snapshot.taken"
    case skipped = "snapshot.skipped"
    case failed = "snapshot.failed"
    case removed = "snapshot.removed"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .taken:
      EventDescription(.info, "A snapshot is on the disk.")
    case .skipped:
      EventDescription(.info, "A snapshot was due and is not taken.")
    case .failed:
      EventDescription(
        .warn, "A snapshot could not be taken or removed; nothing of it is left.")
    case .removed:
      EventDescription(
        .info, "A snapshot was removed: there were more than are kept, or it was not finished.")
    }
  }

  public var name: Name {
    switch self {
    case .taken: .taken
    case .skipped: .skipped
    case .failed: .failed
    case .removed: .removed
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .taken(let block, let snapshot, let items, let bytes, let durationNs):
      line.integer(.block, block)
      line.hash(.snapshot, snapshot)
      line.integer(.items, items)
      line.integer(.bytes, bytes)
      line.integer(.durationNs, durationNs)
    case .skipped(let block, let reason):
      line.integer(.block, block)
      line.text(.reason, reason)
    case .failed(let block, let reason, let detail),
      .removed(let block, let reason, let detail):
      line.integer(.block, block)
      line.text(.reason, reason)
      line.text(.detail, detail)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .taken:
      self = .taken(
        block: try fields.integer(.block), snapshot: try fields.hash(.snapshot),
        items: try fields.integer(.items), bytes: try fields.integer(.bytes),
        durationNs: try fields.integer(.durationNs))
    case .skipped:
      self = .skipped(block: try fields.integer(.block), reason: try fields.text(.reason))
    case .failed:
      self = .failed(
        block: try fields.integer(.block), reason: try fields.text(.reason),
        detail: try fields.text(.detail))
    case .removed:
      self = .removed(
        block: try fields.integer(.block), reason: try fields.text(.reason),
        detail: try fields.text(.detail))
    }
  }
}
