extension Event {
  /// The run as a whole: its identity comes first, its outcome last.
  public enum Run: Sendable, Hashable {
    /// The first record: everything that identifies the run.
    case start(
      schema: Int, seed: UInt64, commit: String, toolchain: String, mode: String, clock: RunClock,
      scenario: String, parameters: String)
    /// The last record: how the run ended, after how many scheduler steps.
    case end(verdict: RunVerdict, steps: UInt64, detail: String)
  }

  /// An event of this group.
  public static func run(_ event: Run) -> Event { Event(event) }
}

extension Event {
  /// Where the time of a log comes from.
  public enum RunClock: String, EventSymbol {
    /// Virtual time of the simulator.
    case simulated
    /// The monotonic clock of a real node.
    case system
  }

  /// How a run ended.
  public enum RunVerdict: String, EventSymbol {
    /// Everything held.
    case pass
    /// A safety invariant was violated.
    case safety
    /// A liveness bound was missed.
    case liveness
    /// The program trapped.
    case crash
    /// Everything held, but too little happened to mean anything.
    case vacuous
    /// Nobody could have done what the scenario asks for.
    case unwinnable
  }
}

extension Event.Run: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case start = "run.start"
    case end = "run.end"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .start:
      EventDescription(.info, "The first record: everything that identifies the run.")
    case .end:
      EventDescription(.info, "The last record: how the run ended, after how many scheduler steps.")
    }
  }

  public var name: Name {
    switch self {
    case .start: .start
    case .end: .end
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .start(
      let schema, let seed, let commit, let toolchain, let mode, let clock, let scenario,
      let parameters):
      line.integer(.schema, schema)
      line.integer(.seed, seed)
      line.text(.commit, commit)
      line.text(.toolchain, toolchain)
      line.text(.mode, mode)
      line.symbol(.clock, clock)
      line.text(.scenario, scenario)
      line.text(.parameters, parameters)
    case .end(let verdict, let steps, let detail):
      line.symbol(.verdict, verdict)
      line.integer(.steps, steps)
      line.text(.detail, detail)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .start:
      self = .start(
        schema: try fields.integer(.schema), seed: try fields.integer(.seed),
        commit: try fields.text(.commit), toolchain: try fields.text(.toolchain),
        mode: try fields.text(.mode), clock: try fields.symbol(.clock),
        scenario: try fields.text(.scenario), parameters: try fields.text(.parameters))
    case .end:
      self = .end(
        verdict: try fields.symbol(.verdict), steps: try fields.integer(.steps),
        detail: try fields.text(.detail))
    }
  }
}
