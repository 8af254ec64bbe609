/// What one strategy sent and computed for one difference, flight by flight, so that its time on any
/// line can be told without running it again.
public struct StrategyTranscript: Sendable, Hashable {
  /// What goes to and fro in one round trip.
  public struct Flight: Sendable, Hashable {
    public var upBytes: Int
    public var downBytes: Int
    /// Nanoseconds of both processors.
    public var localNs: Int
    public var remoteNs: Int

    public init(upBytes: Int, downBytes: Int, localNs: Int, remoteNs: Int) {
      self.upBytes = upBytes
      self.downBytes = downBytes
      self.localNs = localNs
      self.remoteNs = remoteNs
    }
  }

  public let strategy: StrategyID
  public var flights: [Flight]

  public init(_ strategy: StrategyID, flights: [Flight]) {
    self.strategy = strategy
    self.flights = flights
  }

  /// Bytes both ways.
  public var bytes: Int { flights.reduce(0) { $0 + $1.upBytes + $1.downBytes } }

  public var cost: StrategyCost {
    flights.reduce(into: StrategyCost(flights: Double(flights.count))) { cost, flight in
      cost.upBytes += Double(flight.upBytes)
      cost.downBytes += Double(flight.downBytes)
      cost.localNs += Double(flight.localNs)
      cost.remoteNs += Double(flight.remoteNs)
    }
  }
}

/// One pair of sets: what each strategy takes for them, and what their first symbols tell.
public struct RecordedWorld: Sendable {
  public var localCount: Int
  public var remoteCount: Int
  /// Records that differ.
  public var difference: Int
  /// Whether they lie together in order of version.
  public var isClustered: Bool
  public var transcripts: [StrategyID: StrategyTranscript]
  /// Coded symbols that the difference takes.
  public var symbolsNeeded: Int
  /// What so many symbols tell, for growing numbers of them.
  public var estimates: [(symbols: Int, estimate: SyncEstimate)]

  public init(
    localCount: Int, remoteCount: Int, difference: Int, isClustered: Bool,
    transcripts: [StrategyID: StrategyTranscript], symbolsNeeded: Int,
    estimates: [(symbols: Int, estimate: SyncEstimate)]
  ) {
    self.localCount = localCount
    self.remoteCount = remoteCount
    self.difference = difference
    self.isClustered = isClustered
    self.transcripts = transcripts
    self.symbolsNeeded = symbolsNeeded
    self.estimates = estimates
  }

  /// Seconds of one strategy on a line, infinite if it was not recorded.
  public func seconds(_ strategy: StrategyID, on path: PathFigures) -> Double {
    transcripts[strategy]?.cost.seconds(on: path) ?? .infinity
  }

  /// The strategy that takes least.
  public func best(on path: PathFigures) -> (strategy: StrategyID, seconds: Double) {
    let times = transcripts.keys.sorted().map { ($0, seconds($0, on: path)) }
    return times.min { $0.1 < $1.1 } ?? (.full, .infinity)
  }
}
