import Locking

/// A door that is shut until somebody opens it, once and for all; any number may wait.
public final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var ticket: UInt64 = 0
    var waiters: [(ticket: UInt64, continuation: UnsafeContinuation<Bool, Never>)] = []
  }

  private let state = Lock(State())

  public init() {}

  /// Whether it was opened.
  public var isOpen: Bool { state.withLock { $0.isOpen } }

  /// Lets all who wait and will wait pass, in the order they came.
  public func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: true) }
  }

  /// Waits until the gate is open.
  /// - Throws: `CancellationError` as soon as the calling task is cancelled.
  public func wait() async throws(CancellationError) {
    let ticket = state.withLock { state in
      state.ticket += 1
      return state.ticket
    }
    let passed = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let answer: Bool? = state.withLock { state in
          if state.isOpen { return true }
          if Task.isCancelled { return false }
          state.waiters.append((ticket, continuation))
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume(returning: false)
    }
    if !passed { throw CancellationError() }
  }
}
