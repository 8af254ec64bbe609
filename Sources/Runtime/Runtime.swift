/// Everything that makes a run differ from another: time, scheduling and randomness.
///
/// The engine takes an `any Runtime` and uses nothing else for these three, so the same code runs
/// in production (`SystemRuntime`) and, repeatably, under simulation (`SimulatedRuntime`). This
/// module is the only one in which unstructured tasks and clocks appear.
public protocol Runtime: Sendable {
  /// The present moment. Never goes back.
  var now: Moment { get }

  /// Suspends until `moment`; returns at once if it is not in the future.
  /// - Throws: `CancellationError` as soon as the calling task is cancelled.
  func sleep(until moment: Moment) async throws(CancellationError)

  /// Starts a task that nobody has to wait for. It does not inherit the caller's actor.
  /// - Parameter name: shown in reports of pending work; need not be unique.
  @discardableResult
  func spawn(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SpawnedTask

  /// A new worker for what takes long without a pause.
  /// - Parameter name: what it does, for the message if there is no thread for it.
  func worker(_ name: String) -> any Worker

  /// The random stream of `consumer`, from its beginning: asking twice gives equal streams.
  func randomStream(_ consumer: RandomConsumer) -> RandomStream
}

extension Runtime {
  /// Suspends for `duration`; a duration that is not positive returns at once.
  /// - Throws: `CancellationError` as soon as the calling task is cancelled.
  public func sleep(for duration: Duration) async throws(CancellationError) {
    try await sleep(until: now.advanced(by: duration))
  }
}
