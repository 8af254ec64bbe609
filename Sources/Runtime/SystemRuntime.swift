/// The runtime of production: the default thread pool, the monotonic clock, and a seed from the
/// operating system unless one is given.
public final class SystemRuntime: Runtime {
  /// The seed of the random streams.
  public let seed: UInt64
  private let clock = MonotonicClock()

  /// - Parameter seed: seed of the random streams; nil takes one from the operating system.
  public init(seed: UInt64? = nil) {
    self.seed = seed ?? Self.entropy()
  }

  public var now: Moment { clock.now }

  public func sleep(until moment: Moment) async throws(CancellationError) {
    do {
      try await Task.sleep(until: clock.instant(of: moment), clock: clock.clock)
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
  static func entropy() -> UInt64 {
    SystemEntropy.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// Monotonic time since it was made.
struct MonotonicClock: Sendable {
  let clock = ContinuousClock()
  private let origin: ContinuousClock.Instant

  init() { origin = clock.now }

  var now: Moment {
    Moment(nanoseconds: origin.duration(to: clock.now).wholeNanoseconds)
  }

  func instant(of moment: Moment) -> ContinuousClock.Instant {
    origin.advanced(by: .nanoseconds(moment.nanoseconds))
  }
}
