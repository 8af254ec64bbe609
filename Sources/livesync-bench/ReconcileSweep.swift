import Foundation
import Reconciliation

/// Every pair of sets on every line: how much longer a policy takes than the best strategy for
/// someone who knows all.
struct ReconcileSweep {
  static let rates = [12.5e3, 125e3, 1.25e6, 12.5e6, 125e6, 1.25e9]
  static let roundTrips = [0.2e-3, 2e-3, 20e-3, 200e-3]
  /// How many times as long both processors take.
  static let slowness: [(local: Double, remote: Double)] = [(1, 1), (8, 1), (1, 8), (8, 8)]
  static let shares = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.3, 0.5, 0.7]

  /// Differences of the largest sets, as shares: they take longest to record.
  static let largeShares = [1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.5]
  /// Records of a set from which on it counts as one of the largest.
  static let largeCount = 500_000

  /// One pair of sets to be recorded.
  struct Step {
    let count: Int
    let difference: Int
    let clustering: RecordedWorld.Clustering

    /// About how long it takes beside others.
    var work: Double { Double(count + 4 * difference) }
  }

  /// What is recorded for sets of so many records. A single record is at one place anyhow.
  static func steps(of count: Int, _ clusterings: [RecordedWorld.Clustering]) -> [Step] {
    let shares = count < largeCount ? shares : largeShares
    return shares.map { Int(($0 * Double(count)).rounded()) }.filter { $0 > 0 }.flatMap { number in
      clusterings.map { Step(count: count, difference: number, clustering: $0) }
    }
  }

  /// Regrets of one policy over all cells, smallest first.
  struct Row {
    let name: String
    let regrets: [Double]

    init(_ name: String, _ regrets: [Double]) {
      self.name = name
      self.regrets = regrets.sorted()
    }

    var mean: Double { regrets.reduce(0, +) / Double(max(1, regrets.count)) }
    var p95: Double { regrets.isEmpty ? 0 : regrets[regrets.count * 95 / 100] }
    var most: Double { regrets.last ?? 0 }
  }

  /// A cell in which the policy does badly.
  struct Cell {
    let world: RecordedWorld
    let path: PathFigures
    let best: StrategyID
    let taken: [StrategyID]
    let regret: Double
    /// Milliseconds of the policy, and of each strategy.
    let detail: String
  }

  private(set) var rows: [Row] = []
  private(set) var winners: [StrategyID: Int] = [:]
  /// All cells, the worst one first.
  private(set) var worst: [Cell] = []
  private(set) var cells = 0

  init(_ worlds: [RecordedWorld]) {
    var cells: [Cell] = []
    var fixed: [StrategyID: [Double]] = [:]
    var thresholds: [Double] = []
    for world in worlds {
      for path in Self.paths {
        let best = world.best(on: path)
        winners[best.strategy, default: 0] += 1
        let replay = PolicyReplay(world, on: path)
        let taken = replay.run(AdaptivePolicy())
        cells.append(
          Cell(
            world: world, path: path, best: best.strategy, taken: taken.strategies,
            regret: Self.regret(taken.seconds, best.seconds),
            detail: Self.detail(world, path, taken.seconds)))
        thresholds.append(Self.regret(replay.run(ThresholdPolicy()).seconds, best.seconds))
        for strategy in StrategyID.all where world.transcripts[strategy.rawValue] != nil {
          let seconds = replay.run(SingleStrategy(strategy)).seconds
          fixed[strategy, default: []].append(Self.regret(seconds, best.seconds))
        }
      }
    }
    self.cells = cells.count
    worst = cells.sorted { $0.regret > $1.regret }
    rows = [Row("adaptive", cells.map(\.regret)), Row("thresholds of the seed", thresholds)]
    for strategy in fixed.keys.sorted() {
      rows.append(Row("always \(strategy)", fixed[strategy] ?? []))
    }
  }

  private static func detail(
    _ world: RecordedWorld, _ path: PathFigures, _ seconds: Double
  ) -> String {
    let times = StrategyID.all.compactMap { strategy in
      world.transcripts[strategy.rawValue].map {
        "\(strategy) " + String(format: "%.3f", $0.cost.seconds(on: path) * 1e3)
      }
    }
    return String(format: "%.3f ms; ", seconds * 1e3) + times.joined(separator: ", ")
  }

  static var paths: [PathFigures] {
    rates.flatMap { rate in
      roundTrips.flatMap { roundTrip in
        slowness.map {
          PathFigures(
            bytesPerSecond: rate, roundTrip: roundTrip, localSlowness: $0.local,
            remoteSlowness: $0.remote)
        }
      }
    }
  }

  /// How much longer; not below 0, since a policy can be lucky in how many symbols it asks for.
  private static func regret(_ seconds: Double, _ best: Double) -> Double {
    max(0, seconds / best - 1)
  }

  /// Records of the sets.
  var counts: [Int] { Set(worst.map(\.world.localCount)).sorted() }

  /// Where the policy's regret comes from.
  var breakdown: String {
    let keys: [(Cell) -> String] = [
      { String(format: "%13.1f kB/s", $0.path.bytesPerSecond / 1e3) },
      { String(format: "%8.1f ms", $0.path.roundTrip * 1e3) },
      { "slowness \($0.path.localSlowness) and \($0.path.remoteSlowness)" },
      { String(format: "%9d records ", $0.world.localCount) + "\($0.world.clustering)" },
      {
        let share = Double($0.world.difference) / Double(max(1, $0.world.localCount))
        return String(format: "%8.4f %% ", share * 100) + "\($0.world.clustering)"
      },
      {
        "\($0.best) best, taken " + $0.taken.map(\.name).joined(separator: ", then ")
      },
    ]
    let all = worst.reduce(0) { $0 + $1.regret }
    return keys.map { key in
      Dictionary(grouping: worst, by: key).sorted { $0.key < $1.key }.map { name, cells in
        let row = Row(name, cells.map(\.regret))
        let share = all > 0 ? row.mean * Double(cells.count) / all : 0
        return name.padding(toLength: 44, withPad: " ", startingAt: 0)
          + String(
            format:
              "%5d cells, mean %6.2f %%, 95th %6.1f %%, worst %6.1f %%, %5.1f %% of all regret",
            cells.count, row.mean * 100, row.p95 * 100, row.most * 100, share * 100)
      }.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}
