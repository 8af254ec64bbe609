import Primitives

/// What a strategy is expected to take.
public struct StrategyCost: Sendable, Hashable {
  /// Round trips in which nothing else can be done.
  public var flights: Double
  /// Bytes to the other side, and bytes from it.
  public var upBytes: Double
  public var downBytes: Double
  /// Nanoseconds of the processors of this side and of the other one, at the speed of the machine
  /// that the coefficients are from.
  public var localNs: Double
  public var remoteNs: Double

  public init(
    flights: Double = 0, upBytes: Double = 0, downBytes: Double = 0, localNs: Double = 0,
    remoteNs: Double = 0
  ) {
    self.flights = flights
    self.upBytes = upBytes
    self.downBytes = downBytes
    self.localNs = localNs
    self.remoteNs = remoteNs
  }

  /// Seconds on a line between two processors.
  public func seconds(on path: PathFigures) -> Double {
    flights * path.roundTrip + (upBytes + downBytes) / path.bytesPerSecond
      + (localNs * path.localSlowness + remoteNs * path.remoteSlowness) * 1e-9
  }
}

/// A line and the processors at its ends.
public struct PathFigures: Sendable, Hashable {
  public var bytesPerSecond: Double
  /// Seconds.
  public var roundTrip: Double
  /// How many times as long the processors take as that of the coefficients.
  public var localSlowness: Double
  public var remoteSlowness: Double

  public init(
    bytesPerSecond: Double, roundTrip: Double, localSlowness: Double = 1, remoteSlowness: Double = 1
  ) {
    self.bytesPerSecond = max(1, bytesPerSecond)
    self.roundTrip = max(0, roundTrip)
    self.localSlowness = localSlowness
    self.remoteSlowness = remoteSlowness
  }

  /// Bytes that the line carries in a round trip.
  public var bytesInFlight: Double { bytesPerSecond * roundTrip }
}

/// Two sets and what they differ in.
public struct SetFigures: Sendable, Hashable {
  public var localCount: Double
  public var remoteCount: Double
  /// Records that one side has and the other has not.
  public var difference: Double
  /// Share of all ranges in order of version that hold some of the difference, 0…1.
  public var spread: Double
  /// Coded symbols that are here already.
  public var symbolsHeld: Double

  public init(
    localCount: Double, remoteCount: Double, difference: Double, spread: Double = 1,
    symbolsHeld: Double = 0
  ) {
    self.localCount = localCount
    self.remoteCount = remoteCount
    // An estimate from a stranger's symbols may be any number, and powers of an endless one have no
    // end.
    self.difference = min(difference, 1e18)
    self.spread = spread
    self.symbolsHeld = symbolsHeld
  }

  /// Records that only this side has, and those that only the other one has, as far as the numbers
  /// tell.
  public var extra: Double { max(0, (difference + localCount - remoteCount) / 2) }
  public var missing: Double { max(0, (difference + remoteCount - localCount) / 2) }
}

/// Predicts what one strategy costs. Another room adds its own.
public protocol StrategyModel: Sendable {
  var strategy: StrategyID { get }
  func cost(of sets: SetFigures) -> StrategyCost
}

/// The models of this room's strategies.
public struct CoreStrategyModel: StrategyModel {
  public let strategy: StrategyID

  public init(_ strategy: StrategyID) { self.strategy = strategy }

  /// One for each strategy of this room.
  public static let all: [any StrategyModel] = StrategyID.all.map { CoreStrategyModel($0) }

  public func cost(of sets: SetFigures) -> StrategyCost {
    var cost = bareCost(of: sets)
    cost.localNs += CostCoefficients.flightNs * cost.flights
    cost.remoteNs += CostCoefficients.flightNs * cost.flights
    return cost
  }

  private func bareCost(of sets: SetFigures) -> StrategyCost {
    switch strategy {
    case .full: full(sets)
    case .merkle: merkle(sets)
    case .bloom: bloom(sets)
    case .table: table(sets)
    case .rateless: rateless(sets)
    case .ranges: ranges(sets)
    default: StrategyCost(flights: .infinity)
    }
  }

  private func full(_ sets: SetFigures) -> StrategyCost {
    let bytes = CostCoefficients.listedBytes * sets.remoteCount
    let flight = ReconciliationLimits.sessionRequestsMax * ReconciliationLimits.frameBytesMax
    return StrategyCost(
      flights: 1 + max(1, bytes / Double(flight)).rounded(.up),
      upBytes: CostCoefficients.requestBytes, downBytes: bytes,
      localNs: CostCoefficients.listedReadNs * (sets.localCount + sets.remoteCount),
      remoteNs: CostCoefficients.listedWriteNs * sets.remoteCount)
  }

  private func rateless(_ sets: SetFigures) -> StrategyCost {
    let symbols = max(0, Self.symbols(for: sets.difference) - sets.symbolsHeld)
    let window = Double(
      ReconciliationLimits.sketchRequestsMax * ReconciliationLimits.symbolsPerAnswerMax)
    return StrategyCost(
      flights: max(1, (symbols / window).rounded(.up)), upBytes: CostCoefficients.requestBytes,
      downBytes: CostCoefficients.symbolBytes * symbols,
      localNs: CostCoefficients.symbolReadNs * symbols
        + CostCoefficients.peelNs(sets.difference) * sets.difference,
      remoteNs: CostCoefficients.symbolWriteNs * symbols)
  }

  /// Coded symbols that a difference takes on average.
  static func symbols(for difference: Double) -> Double {
    guard difference > 1 else { return 1 }
    let extra = CostCoefficients.smallOverhead / difference.squareRoot()
    return difference * CostCoefficients.overhead * (1 + extra)
  }

  private func table(_ sets: SetFigures) -> StrategyCost {
    let cells =
      CostCoefficients.tableCells * max(1, sets.difference)
      + CostCoefficients.tableCellsMin
    return StrategyCost(
      flights: 2, upBytes: CostCoefficients.strataBytes,
      downBytes: CostCoefficients.symbolBytes * cells,
      localNs: CostCoefficients.tableInsertNs * sets.localCount
        + CostCoefficients.peelNs(sets.difference) * sets.difference,
      remoteNs: CostCoefficients.tableInsertNs * sets.remoteCount)
  }

  private func bloom(_ sets: SetFigures) -> StrategyCost {
    let rest = sets.difference * CostCoefficients.filterMissedShare
    let exact = rateless(
      SetFigures(localCount: 0, remoteCount: 0, difference: max(1, rest)))
    let isDivided = max(sets.localCount, sets.remoteCount) > CostCoefficients.filterItems
    return StrategyCost(
      flights: isDivided ? 3 : 2,
      upBytes: CostCoefficients.filterBytes * sets.localCount,
      downBytes: CostCoefficients.filterBytes * sets.remoteCount
        + CostCoefficients.idBytes * sets.missing + exact.downBytes,
      localNs: CostCoefficients.filterReadNs(sets.localCount) * sets.localCount + exact.localNs
        + CostCoefficients.filteredNs(sets.difference) * sets.difference,
      remoteNs: CostCoefficients.filterWriteNs * sets.remoteCount)
  }

  /// A descent: at each level the nodes above the difference are asked for.
  private func merkle(_ sets: SetFigures) -> StrategyCost {
    let count = max(2, max(sets.localCount, sets.remoteCount))
    var nodes = 1.0
    var (asked, flights) = (0.0, 0.0)
    while nodes * CostCoefficients.treeLeaf < count * CostCoefficients.treeFanout {
      // Nodes of a level that some of the difference lies below.
      let met = nodes * (1 - UnitPower.of(1 - 1 / nodes, sets.difference))
      asked += met
      flights += 1
      nodes *= CostCoefficients.treeFanout
    }
    return StrategyCost(
      flights: flights, upBytes: asked * CostCoefficients.treeAskBytes,
      downBytes: asked * CostCoefficients.treeAnswerBytes,
      localNs: asked * CostCoefficients.treeNodeNs, remoteNs: asked * CostCoefficients.treeNodeNs)
  }

  /// Ranges in order of version: the difference lies in a share of them.
  private func ranges(_ sets: SetFigures) -> StrategyCost {
    let count = max(2, max(sets.localCount, sets.remoteCount))
    let places = max(1, sets.difference * CostCoefficients.rangePlaces)
    let fanout = CostCoefficients.rangeFanout
    var (parts, steps, listed) = (1.0, 0, 0.0)
    // Fingerprints of this side and of the other one, in turn.
    var prints = (local: 0.0, remote: 0.0)
    while true {
      let size = count / parts
      // Where it lies together, its first and its last part are only half full.
      let within = min(parts, max(1, parts * sets.spread + 0.5))
      let met = within * (1 - UnitPower.of(1 - 1 / within, places))
      if size <= CostCoefficients.rangeListed {
        listed = min(count * sets.spread + size, met * size)
        break
      }
      if steps % 2 == 0 { prints.local += met * fanout } else { prints.remote += met * fanout }
      steps += 1
      parts *= fanout
    }
    // If it is this side's turn, it lists its ids, and the other side answers with its own.
    let listedUp = steps % 2 == 0 ? listed : 0
    let printing =
      (prints.local + prints.remote) * CostCoefficients.rangePrintNs(count)
    return StrategyCost(
      flights: Double((steps + 2) / 2),
      upBytes: prints.local * CostCoefficients.rangePrintBytes
        + listedUp * CostCoefficients.rangeIDBytes,
      downBytes: prints.remote * CostCoefficients.rangePrintBytes
        + listed * CostCoefficients.rangeIDBytes,
      localNs: printing + listed * CostCoefficients.rangeIDReadNs
        + CostCoefficients.rangeFoundNs(sets.difference) * sets.difference,
      remoteNs: printing + listed * CostCoefficients.rangeIDWriteNs)
  }

  /// The share of the order of versions that the difference lies in, by how many parts of the
  /// first message differ. Of one or two it is the least that it can be, since the next flight
  /// shows it if it is more.
  static func spread(_ look: PartsLook, difference: Double, of count: Double) -> Double {
    let (all, parts) = (Double(max(1, look.parts)), Double(look.differing))
    // Of three and more the inner ones are full, and the outer ones half full on average.
    let full = parts > 2 ? (parts - 0.5) / all : 0
    return min(1, max(full, difference / 2 / max(1, count)))
  }

  /// The same, closer, by the bytes of the second request: as many fingerprints for each of 256
  /// parts that differs. The first and the last of these parts need not be full.
  static func spread(
    secondRequestBytes bytes: Int, difference: Double, of count: Double
  ) -> Double {
    let fanout = CostCoefficients.rangeFanout
    let prints = max(1, Double(bytes) / CostCoefficients.rangePrintBytes)
    let all = fanout * fanout * fanout
    let least = max((prints - 2 * fanout) / all, difference / 2 / max(1, count))
    // What differs there mostly differs altogether, so the least is nearer.
    return min(1, max(least, 0.8 * least + 0.2 * prints / all))
  }
}
