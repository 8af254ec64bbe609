import EventLog

extension Event {
  /// Limits that were reached.
  public enum Queue: Sendable, Hashable {
    /// The queue is full; what came in addition was dropped or held back.
    case limitReached(queue: String, limit: Int)
  }

  /// An event of this group.
  public static func queue(_ event: Queue) -> Event { Event(event) }
}

extension Event.Queue: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case limitReached = "queue.limit_reached"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .limitReached:
      EventDescription(.warn, "The queue is full; what came in addition was dropped or held back.")
    }
  }

  public var name: Name {
    switch self {
    case .limitReached: .limitReached
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .limitReached(let queue, let limit):
      line.text(.queue, queue)
      line.integer(.limit, limit)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .limitReached:
      self = .limitReached(queue: try fields.text(.queue), limit: try fields.integer(.limit))
    }
  }
}
