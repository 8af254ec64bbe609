/// What a run is made of: its events follow from it, its transport and the program.
public enum RunInput: Sendable, Hashable {
  case scenario(Scenario, seed: UInt64)
  /// A scenario with its seed, and planned faults.
  case plan(FaultPlan)

  public var scenario: Scenario {
    switch self {
    case .scenario(let scenario, _): scenario
    case .plan(let plan): plan.scenario
    }
  }

  /// The planned faults of the run, with its world; nil if there are none.
  public var plan: FaultPlan? {
    switch self {
    case .scenario(let scenario, _) where scenario.faults.isEmpty: nil
    case .scenario(let scenario, let seed): try? scenario.plan(seed: seed)
    case .plan(let plan): plan
    }
  }

  /// The input as a file.
  public var json: String {
    switch self {
    case .scenario(let scenario, _): scenario.json
    case .plan(let plan): plan.json
    }
  }

  /// The run; throws if it contradicts itself or does not go with the transport.
  public func run(
    transport: SimulatedTransport = .model
  ) throws(ScenarioError) -> SimulationRun {
    switch self {
    case .scenario(let scenario, let seed):
      try SimulationRun(scenario, seed: seed, transport: transport)
    case .plan(let plan): try SimulationRun(plan, transport: transport)
    }
  }
}
