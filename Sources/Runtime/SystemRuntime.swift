/// The runtime of production: the default thread pool, the monotonic clock, and a seed from the
/// operating system unless one is given.
public final class SystemRuntime: Runtime {
  /// The seed of the random streams.
  public let seed: UInt64
  private let clock = ContinuousClock()
  private let origin: ContinuousClock.Instant

  /// - Parameter seed: seed of the random streams; nil takes one from the operating system.
  public init(seed: UInt64? = nil) {
    self.seed = seed ?? Self.entropy()
    origin = clock.now
  }

  public var now: Moment {
    Moment(nanoseconds: origin.duration(to: clock.now).wholeNanoseconds)
  }

  public func sleep(until moment: Moment) async throws(CancellationError) {
    do {
      let wait = Duration.nanoseconds(moment.nanoseconds)
      try await Task.sleep(until: origin.advanced(by: wait), clock: clock)
    } catch {
      throw CancellationError()
    }
  }

  @discardableResult
  public func spawn(
    _ name: String, _ body: @escaping @Sendable () async -> Void
  ) -> SpawnedTask {
    SpawnedTask(name: name, task: Task(name: name, operation: body))
  }

  public func worker(_ name: String) -> any Worker { ThreadWorker(name: name) }

  public func randomStream(_ consumer: RandomConsumer) -> RandomStream {
    RandomStream(seed: seed, consumer: consumer)
  }

  /// 64 bits from the operating system.
  private static func entropy() -> UInt64 {
    SystemEntropy.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
