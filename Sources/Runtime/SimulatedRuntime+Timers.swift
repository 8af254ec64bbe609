extension SimulatedRuntime {
  public func sleep(until moment: Moment) async throws(CancellationError) {
    requireHome("sleep")
    if Task.isCancelled { throw CancellationError() }
    if moment <= now { return }
    let ticket = timers.reserve()
    let timeReached = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        if !timers.arm(ticket, at: moment, .resume(continuation)) {
          continuation.resume(returning: false)
        }
      }
    } onCancel: {
      requireHome("cancel")
      if case .resume(let continuation) = timers.cancel(ticket) {
        continuation.resume(returning: false)
      }
    }
    if !timeReached { throw CancellationError() }
  }

  /// Calls `body` once on the simulation's thread at `moment` (at once in the next idle instant if
  /// that is not in the future), without a task: much cheaper than a sleeping one.
  ///
  /// Calls due at one moment are made in the order they were scheduled. `body` must not block.
  @discardableResult
  public func schedule(at moment: Moment, _ body: @escaping () -> Void) -> TimerTicket {
    requireHome("schedule")
    let ticket = timers.reserve()
    let isArmed = timers.arm(ticket, at: max(now, moment), .call(body))
    precondition(isArmed, "the timer \(ticket) was cancelled before anyone knew it")
    return ticket
  }

  /// Calls `body` once, `duration` from now. See `schedule(at:_:)`.
  @discardableResult
  public func schedule(after duration: Duration, _ body: @escaping () -> Void) -> TimerTicket {
    schedule(at: now.advanced(by: duration), body)
  }

  /// Takes back a scheduled call; false if it was made or taken back before.
  @discardableResult
  public func cancel(_ ticket: TimerTicket) -> Bool {
    requireHome("cancel")
    return timers.cancel(ticket) != nil
  }
}
