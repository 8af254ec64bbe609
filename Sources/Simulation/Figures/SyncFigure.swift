import EventLog
import LiveSync

/// One run whose figures are published: a built-in scenario with a few other numbers.
public struct SyncFigure: Sendable {
  /// What is special, for people.
  public let label: String
  public let scenarioName: String
  /// Numbers that are not the scenario's own, as `KEY=N`.
  public let changes: [String]
  public let strategy: SyncStrategy
  public let seed: UInt64

  init(
    _ label: String, scenario: String = "bandwidth", set changes: [String] = [],
    strategy: SyncStrategy = .parallel, seed: UInt64 = 1
  ) {
    self.label = label
    scenarioName = scenario
    self.changes = changes
    self.strategy = strategy
    self.seed = seed
  }

  /// The scenario that runs.
  public func scenario() throws(ScenarioError) -> Scenario {
    var scenario = try Scenario.named(scenarioName)
    for change in changes { try scenario.set(change) }
    scenario.strategy = strategy
    return scenario
  }

  /// The command that gives the same run.
  public var command: String {
    var words = ["livesync simulate --scenario \(scenarioName)"]
    if strategy == .sequential { words.append("--strategy sequential") }
    if !changes.isEmpty {
      words.append("--set " + changes.joined(separator: ","))
    }
    return (words + ["--seed \(seed)"]).joined(separator: " ")
  }

  /// Runs it.
  func run(_ identity: RunIdentity) throws -> SimulationReport {
    try SimulationRun(scenario(), seed: seed, evenIfUnwinnable: true).run(identity: identity)
  }
}

/// A figure and what came of it.
public struct FigureResult: Sendable {
  public let figure: SyncFigure
  public let report: SimulationReport
}
