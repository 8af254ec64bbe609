import EventLog

extension Event {
  /// Verdicts of the simulator's checks.
  public enum Check: Sendable, Hashable {
    /// An invariant, a liveness bound or a coverage gate does not hold.
    case violated(check: String, detail: String)
  }

  /// An event of this group.
  public static func check(_ event: Check) -> Event { Event(event) }
}

extension Event.Check: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case violated = "check.violated"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .violated:
      EventDescription(.error, "An invariant, a liveness bound or a coverage gate does not hold.")
    }
  }

  public var name: Name {
    switch self {
    case .violated: .violated
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .violated(let check, let detail):
      line.text(.check, check)
      line.text(.detail, detail)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .violated:
      self = .violated(check: try fields.text(.check), detail: try fields.text(.detail))
    }
  }
}
