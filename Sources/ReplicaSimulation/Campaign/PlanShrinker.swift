/// A failing run made small.
public struct ShrunkRun: Sendable {
  public fileprivate(set) var report: ReplicaReport
  fileprivate(set) var plan: ReplicaPlan
  /// Faults and commands that are left.
  public var faults: Int { plan.strikes.count }
  public var commands: Int { plan.requests.count }
}

/// Makes a failing plan smaller, as long as it fails in the same way.
struct PlanShrinker {
  private let run: (ReplicaPlan) -> ReplicaReport
  private let kind: ReplicaFailure.Kind
  private var best: ShrunkRun
  private var runsLeft = ReplicaSimulationLimits.shrinkRunsMax

  /// Nil if the plan does not fail.
  init?(_ plan: ReplicaPlan, _ run: @escaping (ReplicaPlan) -> ReplicaReport) {
    let report = run(plan)
    guard let kind = report.failure?.kind else { return nil }
    self.run = run
    self.kind = kind
    best = ShrunkRun(report: report, plan: plan)
  }

  /// Drops what links do, then faults, then commands, in halves down to single ones.
  mutating func shrunk() -> ShrunkRun {
    _ = keeps { $0.links = ReplicaPlan.Links() }
    _ = keeps { $0.offsets = $0.offsets.map { _ in 0 } }
    drop(\.strikes)
    drop(\.requests)
    return best
  }

  private mutating func keeps(_ change: (inout ReplicaPlan) -> Void) -> Bool {
    guard runsLeft > 0 else { return false }
    runsLeft -= 1
    var smaller = best.plan
    change(&smaller)
    let report = run(smaller)
    guard report.failure?.kind == kind else { return false }
    best = ShrunkRun(report: report, plan: smaller)
    return true
  }

  private mutating func drop<Element>(_ list: WritableKeyPath<ReplicaPlan, [Element]>) {
    var length = (best.plan[keyPath: list].count + 1) / 2
    while length > 0 {
      var start = 0
      while start < best.plan[keyPath: list].count {
        let end = min(best.plan[keyPath: list].count, start + length)
        if !keeps({ $0[keyPath: list].removeSubrange(start..<end) }) { start += length }
      }
      length /= 2
    }
  }
}

extension ReplicaRun {
  /// The smallest run that fails in the same way; nil if this one does not fail.
  public func shrunk() -> ShrunkRun? {
    var shrinker = PlanShrinker(plan) { report(of: $0) }
    return shrinker?.shrunk()
  }

  /// Runs without other faults, each of which ends the first process at another write point, before
  /// it or after it: all points that this run passes until `limit`.
  public func crashSweep(limit: UInt64) -> [ReplicaReport] {
    plan.crashes(limit: limit) { report(of: $0) }
  }
}

extension ReplicaPlan {
  /// The reports of a sweep over the write points of the first store.
  func crashes(limit: UInt64, _ report: (ReplicaPlan) -> ReplicaReport) -> [ReplicaReport] {
    var plan = self
    plan.links = ReplicaPlan.Links()
    plan.strikes = []
    let points = report(plan).writes
    return (1...max(1, min(points, limit))).flatMap { write in
      [false, true].map { isAfter in
        plan.strikes = [
          ReplicaPlan.Strike(
            milliseconds: 0, kind: .crashAtWrite(0, write: write, after: isAfter), duration: 0)
        ]
        return report(plan)
      }
    }
  }
}
