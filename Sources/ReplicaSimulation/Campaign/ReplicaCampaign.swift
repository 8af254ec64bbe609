/// Many runs: what came of them together.
public struct ReplicaCampaign: Sendable {
  public let seeds: ClosedRange<UInt64>
  public let kind: ModelKind?
  public let exchange: ReplicaProtocol?

  public init(
    seeds: ClosedRange<UInt64>, kind: ModelKind? = nil, exchange: ReplicaProtocol? = nil
  ) {
    self.seeds = seeds
    self.kind = kind
    self.exchange = exchange
  }

  /// One run of the campaign.
  public func report(of seed: UInt64) -> ReplicaReport {
    ReplicaRun(seed: seed, kind: kind, exchange: exchange).report()
  }

  /// Runs all seeds, one after another.
  public func tally() -> ReplicaTally {
    var tally = ReplicaTally()
    for seed in seeds { tally.add(report(of: seed)) }
    return tally
  }
}

/// The sums of some runs, in whatever order they came.
public struct ReplicaTally: Sendable {
  public private(set) var count = 0
  public private(set) var failureCount = 0
  /// The first failures that came.
  public private(set) var failures: [ReplicaReport] = []
  public private(set) var kinds: [String: Int] = [:]
  public private(set) var exchanges: [ReplicaProtocol: Int] = [:]
  public private(set) var replicas: [Int: Int] = [:]
  public private(set) var coverage = ReplicaCoverage()
  public private(set) var done = 0
  public private(set) var refused = 0
  /// Runs in which no command was done.
  public private(set) var idle = 0
  public private(set) var events = 0
  public private(set) var milliseconds: Int64 = 0

  /// Runs from which on a campaign must have had every fault.
  public static let completeRunsMin = 50

  public init() {}

  public mutating func add(_ report: ReplicaReport) {
    count += 1
    kinds[report.kind, default: 0] += 1
    if let exchange = report.exchange { exchanges[exchange, default: 0] += 1 }
    replicas[report.replicas, default: 0] += 1
    coverage.merge(report.coverage)
    done += report.done
    refused += report.refused
    if report.done == 0 { idle += 1 }
    events += report.events
    milliseconds += report.milliseconds
    guard report.failure != nil else { return }
    failureCount += 1
    if failures.count < ReplicaSimulationLimits.keptFailuresMax { failures.append(report) }
  }

  /// What never happened: a campaign of `completeRunsMin` runs in which something is missing here
  /// has not shown what it is for.
  public var missing: [String] {
    (idle * 10 > count ? ["commands"] : [])
      + ReplicaFault.allCases.filter { coverage.faults[$0] == nil }.map(\.rawValue)
      + Self.expected(
        exchanges: Set(exchanges.keys), hasClusters: kinds[KeyValueRun.kind] != nil
      ).filter { coverage.notes[$0] == nil }.map(\.rawValue)
  }

  /// What must happen with some protocols, or in clusters of the key-value store.
  public static func expected(
    exchanges: Set<ReplicaProtocol>, hasClusters: Bool
  ) -> [ReplicaNote] {
    [.newID] + (exchanges.contains(.deltas) ? [.gap, .fullState] : [])
      + (exchanges.contains(.log)
        ? [.logTooOld, .trim, .comparison, .sessionInterrupted, .sessionLost] : [])
      + (hasClusters ? KeyValueRun.expected : [])
  }

  public var isVacuous: Bool { count >= Self.completeRunsMin && !missing.isEmpty }
}
