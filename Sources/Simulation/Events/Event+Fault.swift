import EventLog

extension Event {
  /// What the simulator does to the nodes.
  public enum Fault: Sendable, Hashable {
    /// A fault begins, or happens if it takes no time.
    case injected(fault: String, target: String, detail: String)
    /// A fault that lasted is over.
    case ended(fault: String, target: String)
  }

  /// An event of this group.
  public static func fault(_ event: Fault) -> Event { Event(event) }
}

extension Event.Fault: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case injected = "fault.injected"
    case ended = "fault.ended"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .injected:
      EventDescription(.warn, "A fault begins, or happens if it takes no time.")
    case .ended:
      EventDescription(.info, "A fault that lasted is over.")
    }
  }

  public var name: Name {
    switch self {
    case .injected: .injected
    case .ended: .ended
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .injected(let fault, let target, let detail):
      line.text(.fault, fault)
      line.text(.target, target)
      line.text(.detail, detail)
    case .ended(let fault, let target):
      line.text(.fault, fault)
      line.text(.target, target)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .injected:
      self = .injected(
        fault: try fields.text(.fault), target: try fields.text(.target),
        detail: try fields.text(.detail))
    case .ended:
      self = .ended(fault: try fields.text(.fault), target: try fields.text(.target))
    }
  }
}
