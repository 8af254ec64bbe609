import Glibc

/// One value on its way from whatever thread makes it to a thread that waits for it.
///
/// `@unchecked Sendable`: the value is touched behind `mutex` only.
private final class Handover<Value: Sendable>: @unchecked Sendable {
  private var mutex = pthread_mutex_t()
  private var filled = pthread_cond_t()
  private var value: Value?

  init() {
    pthread_mutex_init(&mutex, nil)
    pthread_cond_init(&filled, nil)
  }

  deinit {
    pthread_cond_destroy(&filled)
    pthread_mutex_destroy(&mutex)
  }

  func give(_ value: Value) {
    pthread_mutex_lock(&mutex)
    self.value = value
    pthread_cond_signal(&filled)
    pthread_mutex_unlock(&mutex)
  }

  /// Waits for the value.
  func take() -> Value {
    pthread_mutex_lock(&mutex)
    defer { pthread_mutex_unlock(&mutex) }
    while true {
      if let value { return value }
      pthread_cond_wait(&filled, &mutex)
    }
  }
}

/// Waits of a thread, for programs and tests that have one to spare.
///
/// - Important: Never on a thread that runs tasks: what is waited for may need it.
public enum Blocking {
  /// Does `body` in a task of the default thread pool, waits for its end, and gives or throws what
  /// it does.
  @discardableResult
  public static func result<Output: Sendable, Failure: Error>(
    of body: @escaping @Sendable () async throws(Failure) -> Output
  ) throws(Failure) -> Output {
    let handover = Handover<Result<Output, Failure>>()
    Task.detached {
      do throws(Failure) { handover.give(.success(try await body())) } catch {
        handover.give(.failure(error))
      }
    }
    return try handover.take().get()
  }

  /// Does `body` on the thread of a runtime, waits for it, and gives what it gives.
  public static func result<Output: Sendable>(
    on runtime: EventLoopRuntime, of body: @escaping @Sendable () -> Output
  ) -> Output {
    let handover = Handover<Output>()
    runtime.perform { handover.give(body()) }
    return handover.take()
  }
}
