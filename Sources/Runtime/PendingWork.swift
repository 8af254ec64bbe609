/// What a simulation still waits for: the answer to "why does nothing move?".
public struct PendingWork: Sendable, Hashable, CustomStringConvertible {
  /// The moment of the question.
  public let now: Moment
  /// Names of spawned tasks that have not ended, oldest first.
  public let tasks: [String]
  /// Jobs that could run now.
  public let readyJobs: Int
  /// Sleepers and scheduled calls.
  public let timers: Int
  /// When the next of them falls due.
  public let nextTimer: Moment?

  public var description: String {
    let listed = tasks.prefix(RuntimeLimits.pendingListedMax).joined(separator: ", ")
    let rest = tasks.count - RuntimeLimits.pendingListedMax
    return "at \(now): \(readyJobs) jobs ready, \(timers) timers"
      + (nextTimer.map { " (next at \($0))" } ?? "")
      + ", \(tasks.count) tasks: \(listed)" + (rest > 0 ? " and \(rest) more" : "")
  }
}

extension SimulatedRuntime {
  /// What is pending now.
  public func pendingWork() -> PendingWork {
    requireHome("pendingWork")
    let (tasks, waitingJobs) = shared.withLock { shared in
      (shared.tasks.sorted { $0.key < $1.key }.map(\.value.name), shared.side.count)
    }
    return PendingWork(
      now: now, tasks: tasks, readyJobs: ready.count + waitingJobs, timers: timers.count,
      nextTimer: timers.nextMoment())
  }
}
