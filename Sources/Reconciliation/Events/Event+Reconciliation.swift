import EventLog

extension Event {
  /// How a replica becomes equal to others.
  public enum Reconciliation: Sendable, Hashable {
    /// A session begins.
    case started(peer: UInt32, session: UInt64)
    /// No session is begun, and why.
    case refused(peer: UInt32, reason: String)
    /// How a session finds the difference, and by which figures that was chosen.
    case chosen(peer: UInt32, session: UInt64, strategy: String, detail: String)
    /// A session is in another phase.
    case phase(peer: UInt32, session: UInt64, phase: String)
    /// A session ended.
    case ended(peer: UInt32, session: UInt64, outcome: String, cost: Cost, durationNs: Int64)
    /// What all sessions that ended have cost and brought.
    case totals(sessions: Int, cost: Cost, averageUs: Int64)
    /// A peer lied provably or broke the protocol.
    case penalised(peer: UInt32, reason: String)
    /// What a peer sent could not be stored, and why.
    case notStored(peer: UInt32, reason: String)

    /// What sessions cost and brought.
    public struct Cost: Sendable, Hashable {
      public var items: Int
      public var bytes: Int
      /// Bytes of values, what was sent for them, and the mean ratio in 1/1,000,000.
      public var originalBytes: Int
      public var compressedBytes: Int
      public var averageRatioPpm: Int

      public init(
        items: Int, bytes: Int, originalBytes: Int, compressedBytes: Int, averageRatioPpm: Int
      ) {
        self.items = items
        self.bytes = bytes
        self.originalBytes = originalBytes
        self.compressedBytes = compressedBytes
        self.averageRatioPpm = averageRatioPpm
      }
    }
  }

  /// An event of this group.
  public static func reconciliation(_ event: Reconciliation) -> Event { Event(event) }
}

extension EventField {
  public static let session = EventField("session", "number of a session of reconciliation")
  public static let strategy = EventField("strategy", "how a difference is found")
  public static let phase = EventField("phase", "phase of a session")
  public static let sessions = EventField("sessions", "sessions that ended")
  public static let originalBytes = EventField(
    "original_bytes", "bytes of values before they were made smaller", unit: "byte")
  public static let compressedBytes = EventField(
    "compressed_bytes", "bytes that were sent for those values", unit: "byte")
  public static let averageRatioPpm = EventField(
    "average_ratio_ppm", "mean of sent bytes per byte of a value", unit: "1/1,000,000")
  public static let averageUs = EventField(
    "average_us", "mean time of a session", unit: "us")
}

extension Event.Reconciliation: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case started = "reconciliation.started"
    case refused = "reconciliation.refused"
    case chosen = "reconciliation.chosen"
    case phase = "reconciliation.phase"
    case ended = "reconciliation.ended"
    case totals = "reconciliation.totals"
    case penalised = "reconciliation.penalised"
    case notStored = "reconciliation.not_stored"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .started: EventDescription(.info, "A session begins.")
    case .refused: EventDescription(.info, "No session is begun, and why.")
    case .chosen:
      EventDescription(
        .info, "How a session finds the difference, and by which figures that was chosen.")
    case .phase: EventDescription(.debug, "A session is in another phase.")
    case .ended: EventDescription(.info, "A session ended.")
    case .totals:
      EventDescription(.debug, "What all sessions that ended have cost and brought.")
    case .penalised: EventDescription(.warn, "A peer lied provably or broke the protocol.")
    case .notStored: EventDescription(.error, "What a peer sent could not be stored, and why.")
    }
  }

  public var name: Name {
    switch self {
    case .started: .started
    case .refused: .refused
    case .chosen: .chosen
    case .phase: .phase
    case .ended: .ended
    case .totals: .totals
    case .penalised: .penalised
    case .notStored: .notStored
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .started(let peer, let session):
      line.peer(.peer, peer)
      line.integer(.session, session)
    case .refused(let peer, let reason), .penalised(let peer, let reason),
      .notStored(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .chosen(let peer, let session, let strategy, let detail):
      line.peer(.peer, peer)
      line.integer(.session, session)
      line.text(.strategy, strategy)
      line.text(.detail, detail)
    case .phase(let peer, let session, let phase):
      line.peer(.peer, peer)
      line.integer(.session, session)
      line.text(.phase, phase)
    case .ended(let peer, let session, let outcome, let cost, let durationNs):
      line.peer(.peer, peer)
      line.integer(.session, session)
      line.text(.phase, outcome)
      cost.write(to: &line)
      line.integer(.durationNs, durationNs)
    case .totals(let sessions, let cost, let averageUs):
      line.integer(.sessions, sessions)
      cost.write(to: &line)
      line.integer(.averageUs, averageUs)
    }
  }

  public init(_ name: Name, from fields: any EventFieldReader) throws(EventLogError) {
    switch name {
    case .started:
      self = .started(peer: try fields.peer(.peer), session: try fields.integer(.session))
    case .refused:
      self = .refused(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .chosen:
      self = .chosen(
        peer: try fields.peer(.peer), session: try fields.integer(.session),
        strategy: try fields.text(.strategy), detail: try fields.text(.detail))
    case .phase:
      self = .phase(
        peer: try fields.peer(.peer), session: try fields.integer(.session),
        phase: try fields.text(.phase))
    case .ended:
      self = .ended(
        peer: try fields.peer(.peer), session: try fields.integer(.session),
        outcome: try fields.text(.phase), cost: try Cost(from: fields),
        durationNs: try fields.integer(.durationNs))
    case .totals:
      self = .totals(
        sessions: try fields.integer(.sessions), cost: try Cost(from: fields),
        averageUs: try fields.integer(.averageUs))
    case .penalised:
      self = .penalised(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .notStored:
      self = .notStored(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    }
  }
}

extension Event.Reconciliation.Cost {
  func write(to line: inout JSONLine) {
    line.integer(.items, items)
    line.integer(.bytes, bytes)
    line.integer(.originalBytes, originalBytes)
    line.integer(.compressedBytes, compressedBytes)
    line.integer(.averageRatioPpm, averageRatioPpm)
  }

  init(from fields: any EventFieldReader) throws(EventLogError) {
    items = try fields.integer(.items)
    bytes = try fields.integer(.bytes)
    originalBytes = try fields.integer(.originalBytes)
    compressedBytes = try fields.integer(.compressedBytes)
    averageRatioPpm = try fields.integer(.averageRatioPpm)
  }
}
