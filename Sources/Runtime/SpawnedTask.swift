/// A task started by `Runtime.spawn`. Letting go of it does not end the task.
public struct SpawnedTask: Sendable {
  /// The name given to `spawn`.
  public let name: String
  private let task: Task<Void, Never>

  init(name: String, task: Task<Void, Never>) {
    self.name = name
    self.task = task
  }

  /// Asks the task to end: its sleeps throw, its waits return early.
  public func cancel() {
    task.cancel()
  }

  /// Whether `cancel()` was called.
  public var isCancelled: Bool { task.isCancelled }

  /// Waits until the task has ended. Cancelling the waiter does not shorten the wait.
  public var value: Void {
    get async { await task.value }
  }

  /// Waits until the task has ended; if the waiter is cancelled, the task is cancelled too.
  public func wait() async {
    await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
