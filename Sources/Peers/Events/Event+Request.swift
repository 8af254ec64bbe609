import EventLog

extension Event {
  /// Requests over the network. The header's `req` pairs `sent` and `ended`.
  public enum Request: Sendable, Hashable {
    /// A request of so many bytes went to the peer.
    case sent(type: String, peer: UInt32, bytes: Int)
    /// The one end of a request; bytes count the answer.
    case ended(type: String, peer: UInt32, outcome: RequestOutcome, bytes: Int, durationNs: Int64)
    /// The node answered the peer's request; bytes count the answer.
    case served(type: String, peer: UInt32, bytes: Int)
    /// The node did not answer the peer's request.
    case refused(type: String, peer: UInt32, reason: String)
  }

  /// An event of this group.
  public static func request(_ event: Request) -> Event { Event(event) }
}

extension Event {
  /// How a request ended.
  public enum RequestOutcome: String, EventSymbol {
    /// With an answer, right or wrong.
    case answered
    /// The time was over.
    case timeout
    /// The connection was closed first.
    case disconnected
    /// The peer said no.
    case refused
    /// The answer was larger than it may be.
    case tooLarge = "too_large"
    /// It was never sent: too many requests were waiting.
    case tooManyPending = "too_many_pending"
    /// The asker gave it up.
    case cancelled
  }
}

extension Event.Request: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case sent = "request.sent"
    case ended = "request.ended"
    case served = "request.served"
    case refused = "request.refused"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .sent:
      EventDescription(.debug, "A request of so many bytes went to the peer.")
    case .ended:
      EventDescription(.debug, "The one end of a request; bytes count the answer.")
    case .served:
      EventDescription(.debug, "The node answered the peer's request; bytes count the answer.")
    case .refused:
      EventDescription(.info, "The node did not answer the peer's request.")
    }
  }

  public var name: Name {
    switch self {
    case .sent: .sent
    case .ended: .ended
    case .served: .served
    case .refused: .refused
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .sent(let type, let peer, let bytes):
      line.text(.type, type)
      line.peer(.peer, peer)
      line.integer(.bytes, bytes)
    case .ended(let type, let peer, let outcome, let bytes, let durationNs):
      line.text(.type, type)
      line.peer(.peer, peer)
      line.symbol(.outcome, outcome)
      line.integer(.bytes, bytes)
      line.integer(.durationNs, durationNs)
    case .served(let type, let peer, let bytes):
      line.text(.type, type)
      line.peer(.peer, peer)
      line.integer(.bytes, bytes)
    case .refused(let type, let peer, let reason):
      line.text(.type, type)
      line.peer(.peer, peer)
      line.text(.reason, reason)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .sent:
      self = .sent(
        type: try fields.text(.type), peer: try fields.peer(.peer),
        bytes: try fields.integer(.bytes))
    case .ended:
      self = .ended(
        type: try fields.text(.type), peer: try fields.peer(.peer),
        outcome: try fields.symbol(.outcome), bytes: try fields.integer(.bytes),
        durationNs: try fields.integer(.durationNs))
    case .served:
      self = .served(
        type: try fields.text(.type), peer: try fields.peer(.peer),
        bytes: try fields.integer(.bytes))
    case .refused:
      self = .refused(
        type: try fields.text(.type), peer: try fields.peer(.peer), reason: try fields.text(.reason)
      )
    }
  }
}
