/// What one strategy sent and computed for one difference, flight by flight, so that its time on a
/// line can be told without running it again.
package struct StrategyTranscript: Sendable, Hashable {
  /// What goes to and fro in one round trip.
  package struct Flight: Sendable, Hashable {
    package var upBytes: Int
    package var downBytes: Int
    /// Nanoseconds of both processors.
    package var localNs: Int
    package var remoteNs: Int

    package init(upBytes: Int = 0, downBytes: Int = 0, localNs: Int = 0, remoteNs: Int = 0) {
      self.upBytes = upBytes
      self.downBytes = downBytes
      self.localNs = localNs
      self.remoteNs = remoteNs
    }
  }

  package var flights: [Flight]

  package init(flights: [Flight]) { self.flights = flights }

  /// All flights together.
  package var cost: StrategyCost {
    flights.reduce(into: StrategyCost(flights: Double(flights.count))) { cost, flight in
      cost.upBytes += Double(flight.upBytes)
      cost.downBytes += Double(flight.downBytes)
      cost.localNs += Double(flight.localNs)
      cost.remoteNs += Double(flight.remoteNs)
    }
  }
}

/// One pair of sets: what each strategy takes for them, and what their coded symbols tell.
package struct RecordedWorld: Sendable {
  /// What the first symbols tell.
  package struct Told: Sendable {
    package var symbols: Int
    package var difference: Double

    package init(symbols: Int, difference: Double) {
      self.symbols = symbols
      self.difference = difference
    }
  }

  /// How the changed records lie in order of version.
  package enum Clustering: Int, Sendable, Hashable, CaseIterable {
    case scattered = 0
    /// The newest ones.
    case newest = 1
    /// In one run, anywhere.
    case middle = 2
    /// In four runs, one in each quarter.
    case runs = 3
  }

  /// A look at how the difference lies: what it sees and what it takes.
  package struct Look: Sendable {
    package var seen: PartsLook
    package var flight: StrategyTranscript.Flight

    package init(seen: PartsLook, flight: StrategyTranscript.Flight) {
      self.seen = seen
      self.flight = flight
    }
  }

  package var localCount: Int
  package var remoteCount: Int
  /// Records that differ.
  package var difference: Int
  package var clustering: Clustering
  /// Nil where the set is too small for one.
  package var look: Look?
  /// By the number of the strategy.
  package var transcripts: [UInt8: StrategyTranscript] = [:]
  /// Coded symbols that the difference takes, and bytes of one on the wire.
  package var symbolsNeeded = 1
  package var symbolBytes = 0.0
  /// For growing numbers of symbols.
  package var told: [Told] = []

  package init(localCount: Int, remoteCount: Int, difference: Int, clustering: Clustering) {
    self.localCount = localCount
    self.remoteCount = remoteCount
    self.difference = difference
    self.clustering = clustering
  }

  /// What so many symbols tell.
  func estimate(of symbols: Int) -> SyncEstimate {
    let last = told.last { $0.symbols <= symbols } ?? told.first
    return SyncEstimate(count: last?.difference ?? 1, symbols: symbols)
  }

  /// What so many symbols cost. As many are under way at a time as a session has requests for.
  func rateless(_ symbols: Int, flights: Double) -> StrategyCost {
    let measured = transcripts[StrategyID.rateless.rawValue]?.cost ?? StrategyCost()
    let window = ReconciliationLimits.sketchRequestsMax * ReconciliationLimits.symbolsPerAnswerMax
    let flights = flights + Double((symbols - 1) / window)
    let share = Double(symbols) / Double(max(1, symbolsNeeded))
    // Before there are enough, next to nothing is peeled.
    let localNs =
      share < 1
      ? min(measured.localNs * share, CostCoefficients.symbolTakenNs * Double(symbols))
      : measured.localNs
    return StrategyCost(
      flights: flights, upBytes: 2 * CostCoefficients.requestBytes * flights,
      downBytes: symbolBytes * Double(symbols) + 2 * CostCoefficients.requestBytes * flights,
      localNs: localNs, remoteNs: measured.remoteNs * share)
  }

  /// What the best strategy takes for someone who knows all, the number of symbols too.
  package func best(on path: PathFigures) -> (strategy: StrategyID, seconds: Double) {
    var best = (
      StrategyID.rateless,
      rateless(max(symbolsNeeded, ReconciliationLimits.firstSymbols), flights: 1)
        .seconds(on: path)
    )
    for strategy in StrategyID.all where strategy != .rateless {
      guard let cost = transcripts[strategy.rawValue]?.cost else { continue }
      let seconds = cost.seconds(on: path)
      if seconds < best.1 { best = (strategy, seconds) }
    }
    return best
  }
}
