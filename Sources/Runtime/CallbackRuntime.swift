/// A runtime on one thread that also calls back without a task: what moves many small pieces of
/// work, such as a network, needs no task for each.
///
/// Calls never overlap each other or a job of the runtime's tasks, and must not block.
public protocol CallbackRuntime: Runtime {
  /// Calls `body` on the runtime's thread: at once if the caller is on it, else as soon as it can.
  func perform(_ body: @escaping @Sendable () -> Void)

  /// Calls `body` on the runtime's thread once the jobs that are ready have run, so that what
  /// they ask for can be done together.
  func soon(_ body: @escaping @Sendable () -> Void)

  /// Calls `body` once at `moment`, or soon if that is not in the future. Only on the runtime's
  /// thread.
  @discardableResult
  func schedule(at moment: Moment, _ body: @escaping () -> Void) -> TimerTicket

  /// Takes back a scheduled call; false if it was made or taken back before. Only on the runtime's
  /// thread.
  @discardableResult
  func cancel(_ ticket: TimerTicket) -> Bool
}

extension SimulatedRuntime: CallbackRuntime {
  public func perform(_ body: @escaping @Sendable () -> Void) {
    requireHome("perform")
    body()
  }

  public func soon(_ body: @escaping @Sendable () -> Void) {
    schedule(at: now, body)
  }
}
