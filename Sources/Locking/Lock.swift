#if THREAD_CHECK
  import Glibc

  /// A value that one thread at a time may touch, in a build for ThreadSanitizer.
  ///
  /// The standard library's `Mutex` is made of a futex that the sanitizer does not know: it takes
  /// every use of a guarded value for a race. A pthread mutex it knows. Same shape as `Mutex`.
  ///
  /// `@unchecked Sendable`: the value is touched behind the mutex only.
  public struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // On the heap, because a pthread mutex must not move.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    /// A lock around `value`.
    public init(_ value: consuming sending Value) {
      mutex = .allocate(capacity: 1)
      mutex.initialize(to: pthread_mutex_t())
      let status = pthread_mutex_init(mutex, nil)
      precondition(status == 0, "no mutex could be made (errno \(status))")
      self.value = .allocate(capacity: 1)
      self.value.initialize(to: value)
    }

    deinit {
      value.deinitialize(count: 1)
      value.deallocate()
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
    }

    /// Lets `body` have the value while no other thread has it; not to be called inside itself.
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      return try body(&value.pointee)
    }
  }
#else
  import Synchronization

  /// A value that one thread at a time may touch: the standard library's `Mutex`, but for builds
  /// that ThreadSanitizer watches (`THREAD_CHECK`).
  public typealias Lock = Mutex
#endif
