extension Runtime {
  /// The result of `body`, or nil if it has not ended after `duration` on this runtime's clock.
  ///
  /// When the time is over `body` is cancelled, and waited for: a body that ignores cancellation
  /// keeps the caller waiting. If the caller is cancelled, so is `body`, and its result is
  /// returned.
  public func withTimeout<Value: Sendable>(
    _ duration: Duration, _ body: @escaping @Sendable () async -> Value
  ) async -> Value? {
    await withTaskGroup(of: Finisher<Value>.self) { group in
      group.addTask { .body(await body()) }
      group.addTask {
        do throws(CancellationError) {
          try await sleep(for: duration)
          return .timer
        } catch {
          return .cancelledTimer
        }
      }
      for await first in group {
        switch first {
        case .body(let value):
          group.cancelAll()
          return value
        case .timer:
          group.cancelAll()
          return nil
        case .cancelledTimer:
          continue
        }
      }
      return nil
    }
  }
}

/// Which child of a timeout ended.
private enum Finisher<Value: Sendable> {
  /// The body ended with a value.
  case body(Value)
  /// The time is over.
  case timer
  /// The caller was cancelled; the body decides the result.
  case cancelledTimer
}
