import Glibc

/// Who has the core, and commits what is written to it: the server, or a node of a simulation.
///
/// All calls come, and must come, on the one thread on which the core is used.
public protocol KeyValueHost: AnyObject, Sendable {
  /// Does something with the core at once. It writes nothing. Calls are not nested.
  func withCore<Output, Failure: Error>(
    _ body: (inout KeyValueCore) throws(Failure) -> Output
  ) throws(Failure) -> Output

  /// Writes to the core within a batch.
  /// - Parameters:
  ///   - body: is called once, before this returns.
  ///   - done: is called on the same thread when what the batch wrote is as safe as what clients
  ///     are answered, with nil; or with the reason why it cannot be.
  func commit(
    _ body: (inout KeyValueCore) -> Void, then done: @escaping @Sendable (String?) -> Void)
}

/// The thread on which the core is used: the first one that asks. Ends the process on any other,
/// since the table has no locks.
///
/// `@unchecked Sendable`: its word is set once, before others have it.
final class ThreadGuard: @unchecked Sendable {
  private var home: pthread_t?

  /// Ends the process if this is another thread.
  func check() {
    let here = pthread_self()
    guard let home else {
      home = here
      return
    }
    precondition(pthread_equal(home, here) != 0, "the key-value core is used by two threads")
  }
}
