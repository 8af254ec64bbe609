import EventLog

extension Event {
  /// Phases in which nothing moves although there is work.
  public enum Stall: Sendable, Hashable {
    /// Nothing has moved since this moment; the blocker is the judged cause.
    case detected(blocker: StallBlocker, sinceNs: Int64, detail: String)
    /// Something moves again after a stall of this length.
    case resolved(blocker: StallBlocker, durationNs: Int64)
  }

  /// An event of this group.
  public static func stall(_ event: Stall) -> Event { Event(event) }
}

extension Event {
  /// Why nothing moves.
  public enum StallBlocker: String, EventSymbol {
    /// There is nobody to ask.
    case noPeers = "no_peers"
    /// All peers lack the state that is asked for.
    case peersIncomplete = "peers_incomplete"
    /// Requests time out.
    case timeouts
    /// Answers come, but their proofs fail.
    case proofsFail = "proofs_fail"
    /// Everything that is left waits for a block.
    case waitingForBlock = "waiting_for_block"
    /// The node itself is busy.
    case localWork = "local_work"
    /// The node's own store failed; it takes nothing in any more.
    case storeFailed = "store_failed"
  }
}

extension Event.Stall: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case detected = "stall.detected"
    case resolved = "stall.resolved"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .detected:
      EventDescription(
        .warn, "Nothing has moved since this moment; the blocker is the judged cause.")
    case .resolved:
      EventDescription(.info, "Something moves again after a stall of this length.")
    }
  }

  public var name: Name {
    switch self {
    case .detected: .detected
    case .resolved: .resolved
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .detected(let blocker, let sinceNs, let detail):
      line.symbol(.blocker, blocker)
      line.integer(.sinceNs, sinceNs)
      line.text(.detail, detail)
    case .resolved(let blocker, let durationNs):
      line.symbol(.blocker, blocker)
      line.integer(.durationNs, durationNs)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .detected:
      self = .detected(
        blocker: try fields.symbol(.blocker), sinceNs: try fields.integer(.sinceNs),
        detail: try fields.text(.detail))
    case .resolved:
      self = .resolved(
        blocker: try fields.symbol(.blocker), durationNs: try fields.integer(.durationNs))
    }
  }
}
