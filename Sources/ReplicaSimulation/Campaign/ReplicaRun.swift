import CRDT
import Primitives

/// One run: a world of replicas of one type, drawn from a seed.
///
/// The same seed gives the same course of events, byte for byte.
public struct ReplicaRun: Sendable {
  public let seed: UInt64
  public let kind: ModelKind
  public let planted: PlantedFault?
  public let exchange: ReplicaProtocol
  let plan: ReplicaPlan

  /// - Parameters:
  ///   - kind: the type; if nil, one type after another by the seed.
  ///   - exchange: how changes are exchanged; if nil, as the seed or the planted fault says.
  public init(
    seed: UInt64, kind: ModelKind? = nil, planted: PlantedFault? = nil,
    exchange: ReplicaProtocol? = nil
  ) {
    self.seed = seed
    self.planted = planted
    let all = ModelKind.allCases
    self.kind = kind ?? planted?.kind ?? all[Int(seed % UInt64(all.count))]
    plan = ReplicaPlan(seed: seed)
    self.exchange = exchange ?? planted?.exchange ?? plan.exchange
  }

  /// Runs the world.
  public func report() -> ReplicaReport { report(of: plan) }

  func report(of plan: ReplicaPlan) -> ReplicaReport {
    switch kind {
    case .gcounter: report(of: plan, GCounter.self)
    case .pncounter: report(of: plan, PNCounter.self)
    case .lwwregister: report(of: plan, LWWRegister.self)
    case .mvregister: report(of: plan, MVRegister.self)
    case .gset: report(of: plan, GSet.self)
    case .orset: report(of: plan, ORSet.self)
    case .rwset: report(of: plan, RWSet.self)
    case .ewflag: report(of: plan, EWFlag.self)
    case .dwflag: report(of: plan, DWFlag.self)
    case .ormap: report(of: plan, ORMap.self)
    case .rgatext: report(of: plan, RGAText.self)
    }
  }

  private func report<Inner: SimulatedType>(
    of plan: ReplicaPlan, _ type: Inner.Type
  ) -> ReplicaReport {
    let settings = CRDTSettings(
      patienceTicks: plan.patienceTicks, logOperations: plan.logOperations, planted: planted)
    switch exchange {
    case .deltas: return report(ReplicaWorld(plan, CRDTSubject<CRDTNode<Inner>>(settings)))
    case .log: return report(ReplicaWorld(plan, CRDTSubject<LogNode<Inner>>(settings)))
    }
  }

  private func report<Subject>(_ world: ReplicaWorld<Subject>) -> ReplicaReport {
    var world = world
    world.run()
    return ReplicaReport(of: kind.rawValue, by: exchange, world)
  }
}

/// What came of a run.
public struct ReplicaReport: Sendable {
  public let seed: UInt64
  /// What kind of replicas they were.
  public let kind: String
  /// How they exchange changes, if it is by one of these protocols.
  public let exchange: ReplicaProtocol?
  public let replicas: Int
  /// Operations that a log holds at most; nil if there are no logs.
  public let logOperations: Int?
  /// What was wrong first; nil if all replicas agreed on what the model says.
  public let failure: ReplicaFailure?
  /// Commands that were done, and those that were refused.
  public let done: Int
  public let refused: Int
  /// Events of the world.
  public let events: Int
  /// Virtual milliseconds.
  public let milliseconds: Int64
  public let coverage: ReplicaCoverage
  /// The faults of the run as words.
  public let faults: String
  /// Write points that the store of the first replica has passed.
  public let writes: UInt64
  /// SHA-256 of all events.
  public let digest: Hash256
  /// The last events, one a line.
  public let lastEvents: [String]

  init<Subject>(
    of kind: String, by exchange: ReplicaProtocol?, _ world: ReplicaWorld<Subject>
  ) {
    self.exchange = exchange
    seed = world.plan.seed
    self.kind = kind
    replicas = world.plan.replicas
    logOperations = exchange == .log ? world.plan.logOperations : nil
    failure = world.failure
    done = world.done
    refused = world.refused
    events = world.trace.count
    milliseconds = world.now.nanoseconds / 1_000_000
    coverage = world.coverage
    faults = world.plan.description
    writes = world.machines[0].disk.writes
    digest = world.trace.hash
    lastEvents = world.failure == nil ? [] : world.trace.lines
  }
}
