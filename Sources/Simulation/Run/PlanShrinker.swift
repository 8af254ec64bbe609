/// A plan whose run fails, made as small as it goes.
public struct ShrunkPlan: Sendable {
  public fileprivate(set) var plan: FaultPlan
  /// What its run gives.
  public fileprivate(set) var report: SimulationReport
  /// Runs that it took.
  public fileprivate(set) var runs: Int
}

/// Leaves out faults of a plan as long as its run fails in the same way: halves first, then smaller
/// parts, then single ones.
public struct PlanShrinker {
  private let run: (FaultPlan) -> SimulationReport?
  private let failure: FailureClass
  private var best: ShrunkPlan

  /// Nil if the plan does not fail.
  /// - Parameter run: gives the report of a plan's run; nil if it cannot be run.
  public init?(_ plan: FaultPlan, _ run: @escaping (FaultPlan) -> SimulationReport?) {
    guard let report = run(plan), let failure = FailureClass(report) else { return nil }
    self.run = run
    self.failure = failure
    best = ShrunkPlan(plan: plan, report: report, runs: 1)
  }

  public mutating func shrunk() -> ShrunkPlan {
    // None at all may be enough.
    if !keeps([]) {
      var length = (best.plan.faults.count + 1) / 2
      while length > 0 {
        var start = 0
        while start < best.plan.faults.count {
          let end = min(best.plan.faults.count, start + length)
          var fewer = best.plan.faults
          fewer.removeSubrange(start..<end)
          if !keeps(fewer) { start += length }
        }
        length /= 2
      }
    }
    return best
  }

  private mutating func keeps(_ faults: [PlannedFault]) -> Bool {
    guard best.runs < SimulationLimits.shrinkRunsMax, faults.count < best.plan.faults.count else {
      return false
    }
    best.runs += 1
    var smaller = best.plan
    smaller.faults = faults
    guard let report = run(smaller), FailureClass(report) == failure else { return false }
    best = ShrunkPlan(plan: smaller, report: report, runs: best.runs)
    return true
  }
}
