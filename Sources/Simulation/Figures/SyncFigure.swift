import EventLog
import LiveSync

/// One run whose figures are published: a built-in scenario with a few other numbers.
public struct SyncFigure: Sendable {
  /// A number that is not the scenario's own.
  public struct Change: Sendable, Hashable {
    public var key: String
    public var value: Int
  }

  /// What is special, for people.
  public let label: String
  public let scenarioName: String
  public let changes: [Change]
  public let strategy: SyncStrategy
  public let seed: UInt64

  init(
    _ label: String, scenario: String = "bandwidth", _ changes: KeyValuePairs<String, Int> = [:],
    strategy: SyncStrategy = .parallel, seed: UInt64 = 1
  ) {
    self.label = label
    scenarioName = scenario
    self.changes = changes.map { Change(key: $0.key, value: $0.value) }
    self.strategy = strategy
    self.seed = seed
  }

  /// The scenario that runs.
  public func scenario() throws(ScenarioError) -> Scenario {
    var scenario = try Scenario.named(scenarioName)
    for change in changes { try scenario.set(change.key, to: change.value) }
    scenario.strategy = strategy
    return scenario
  }

  /// The command that gives the same run.
  public var command: String {
    var words = ["livesync simulate --scenario \(scenarioName)"]
    if strategy == .sequential { words.append("--strategy sequential") }
    if !changes.isEmpty {
      words.append("--set " + changes.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
    }
    return (words + ["--seed \(seed)"]).joined(separator: " ")
  }

  /// Runs it.
  func run(_ identity: RunIdentity) throws -> SimulationReport {
    try SimulationRun(scenario(), seed: seed).run(identity: identity)
  }
}

/// A figure and what came of it.
public struct FigureResult: Sendable {
  public let figure: SyncFigure
  public let report: SimulationReport
}
