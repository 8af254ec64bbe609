/// A failing run made small.
public struct ShrunkRun: Sendable {
  /// The smallest run that was found.
  public let run: ReplicaRun
  public let report: ReplicaReport
  /// Faults and commands that are left.
  public var faults: Int { run.plan.strikes.count }
  public var commands: Int { run.plan.requests.count }
}

extension ReplicaRun {
  /// Drops faults, then commands, in halves and then one after another, as long as the run fails in
  /// the same way. Nil if it does not fail.
  public func shrunk() -> ShrunkRun? {
    let report = report()
    guard let kind = report.failure?.kind else { return nil }
    var best = ShrunkRun(run: self, report: report)
    var left = ReplicaSimulationLimits.shrinkRunsMax
    func holds(_ change: (inout ReplicaPlan) -> Void) -> Bool {
      guard left > 0 else { return false }
      left -= 1
      var smaller = best.run
      change(&smaller.plan)
      let report = smaller.report()
      guard report.failure?.kind == kind else { return false }
      best = ShrunkRun(run: smaller, report: report)
      return true
    }
    _ = holds { $0.links = ReplicaPlan.Links() }
    _ = holds { $0.offsets = $0.offsets.map { _ in 0 } }
    for part in [\ReplicaPlan.strikes as PartialKeyPath, \ReplicaPlan.requests] {
      drop(part, holds) { best.run.plan }
    }
    return best
  }

  private func drop(
    _ part: PartialKeyPath<ReplicaPlan>, _ holds: ((inout ReplicaPlan) -> Void) -> Bool,
    _ current: () -> ReplicaPlan
  ) {
    func count() -> Int {
      part == \ReplicaPlan.strikes ? current().strikes.count : current().requests.count
    }
    var length = (count() + 1) / 2
    while length > 0 {
      var start = 0
      while start < count() {
        let range = start..<min(count(), start + length)
        let isSmaller = holds { plan in
          if part == \ReplicaPlan.strikes {
            plan.strikes.removeSubrange(range)
          } else {
            plan.requests.removeSubrange(range)
          }
        }
        if !isSmaller { start += length }
      }
      length /= 2
    }
  }
}
