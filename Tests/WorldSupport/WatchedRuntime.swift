import Locking
import Runtime

/// A runtime of production, which remembers what it has started, so that a test can end it and
/// see that it ends.
package final class WatchedRuntime: Runtime {
  private struct State {
    var tasks: [Int: SpawnedTask] = [:]
    var names: [Int: String] = [:]
    var next = 0
    var isOver = false
  }

  private let system: any Runtime
  private let state = Lock(State())

  package init(_ system: any Runtime) { self.system = system }

  package var now: Moment { system.now }

  package func sleep(until moment: Moment) async throws(CancellationError) {
    try await system.sleep(until: moment)
  }

  @discardableResult
  package func spawn(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SpawnedTask {
    let number = state.withLock { state in
      state.next += 1
      state.names[state.next] = name
      return state.next
    }
    let task = system.spawn(name) {
      await body()
      self.state.withLock { state in
        state.tasks[number] = nil
        state.names[number] = nil
      }
    }
    let isOver = state.withLock { state in
      // It may have ended already.
      if state.names[number] != nil { state.tasks[number] = task }
      return state.isOver
    }
    if isOver { task.cancel() }
    return task
  }

  package func worker(_ name: String) -> any Worker { system.worker(name) }

  package func randomStream(_ consumer: RandomConsumer) -> RandomStream {
    system.randomStream(consumer)
  }

  /// Cancels what was started and waits for it; the names of what does not end in ten seconds.
  package func shutdown() async -> [String] {
    let tasks = state.withLock { state in
      state.isOver = true
      return state.tasks.sorted { $0.key < $1.key }.map(\.value)
    }
    for task in tasks { task.cancel() }
    for _ in 0..<2_000 where state.withLock({ !$0.names.isEmpty }) {
      try? await system.sleep(for: .milliseconds(5))
    }
    if let loop = system as? EventLoopRuntime { loop.shutdown() }
    return state.withLock { $0.names.sorted { $0.key < $1.key }.map(\.value) }
  }
}

extension WatchedRuntime: CallbackRuntime {
  /// The runtime that calls back; only a world over sockets asks for it.
  private var loop: EventLoopRuntime {
    guard let loop = system as? EventLoopRuntime else {
      preconditionFailure("this world has no event loop")
    }
    return loop
  }

  package func perform(_ body: @escaping @Sendable () -> Void) { loop.perform(body) }
  package func soon(_ body: @escaping @Sendable () -> Void) { loop.soon(body) }

  @discardableResult
  package func schedule(at moment: Moment, _ body: @escaping () -> Void) -> TimerTicket {
    loop.schedule(at: moment, body)
  }

  @discardableResult
  package func cancel(_ ticket: TimerTicket) -> Bool { loop.cancel(ticket) }
}
