import CEpoll
import Glibc
import Locking
import Synchronization

/// The runtime of a node with sockets: one thread that runs all tasks, waits for descriptors
/// (epoll) and keeps the timers, so that no step of a message's way goes through another thread.
/// What takes long belongs to a `worker(_:)`.
///
/// `@unchecked Sendable`: what is not behind the lock is touched by the loop's thread only.
///
/// - Important: Its thread lives until `shutdown()`.
public final class EventLoopRuntime: Runtime, TaskExecutor, @unchecked Sendable {
  /// What other threads leave for the loop.
  private struct Left {
    var jobs: [UnownedJob] = []
    var calls: [@Sendable () -> Void] = []
    /// Whether the loop waits for descriptors and has to be woken.
    var isAsleep = false
    var isStopping = false

    var isEmpty: Bool { jobs.isEmpty && calls.isEmpty }
  }

  /// The seed of the random streams.
  public let seed: UInt64
  private let clock = MonotonicClock()
  private let left = Lock(Left())
  /// The loop's thread; 0 before it runs.
  private let home = Atomic<UInt>(0)
  private let poller: Poller
  private var ready: [UnownedJob] = []
  /// Jobs that became ready, and those that ran, since the loop began.
  private var readied = 0
  private var ran = 0
  /// Calls for after the jobs that were ready when they were left: `readied` at that time.
  private var soonCalls: [(after: Int, body: @Sendable () -> Void)] = []
  var timers = TimerQueue()

  /// Starts the loop on a thread of its own.
  /// - Parameter seed: seed of the random streams; nil takes one from the operating system.
  /// - Throws: what the operating system refuses.
  public init(seed: UInt64? = nil) throws(EventLoopError) {
    self.seed = seed ?? SystemRuntime.entropy()
    poller = try Poller()
    let start = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<EventLoopRuntime>.fromOpaque(argument).takeRetainedValue().loop()
        return nil
      }, start.toOpaque())
    guard status == 0 else {
      start.release()
      throw EventLoopError(call: "pthread_create", code: status)
    }
    pthread_detach(thread)
  }

  /// Ends the loop after what it does now. Tasks that have not ended never go on; descriptors that
  /// are watched stay open.
  public func shutdown() {
    left.withLock { $0.isStopping = true }
    wake()
  }

  public var now: Moment { clock.now }

  @discardableResult
  public func spawn(
    _ name: String, _ body: @escaping @Sendable () async -> Void
  ) -> SpawnedTask {
    SpawnedTask(name: name, task: Task(name: name, executorPreference: self, operation: body))
  }

  public func worker(_ name: String) -> any Worker { ThreadWorker(name: name) }

  public func randomStream(_ consumer: RandomConsumer) -> RandomStream {
    RandomStream(seed: seed, consumer: consumer)
  }

  /// Called by the Swift concurrency library for each job that becomes ready.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard isHome else { return leave { $0.jobs.append(job) } }
    ready.append(job)
    readied += 1
  }

  /// Whether the caller is on the loop's thread.
  var isHome: Bool { home.load(ordering: .relaxed) == UInt(pthread_self()) }

  private func leave(_ change: (inout Left) -> Void) {
    let wasAsleep = left.withLock { left in
      change(&left)
      defer { left.isAsleep = false }
      return left.isAsleep
    }
    if wasAsleep { wake() }
  }

  private func wake() { poller.wake() }

  private func loop() {
    home.store(UInt(pthread_self()), ordering: .relaxed)
    let executor = asUnownedTaskExecutor()
    while takeLeft() {
      // What a timer sets for now is for the next turn.
      let turn = now
      while let action = timers.popDue(at: turn) { perform(action) }
      // So many at a time, so that descriptors and timers get their turn too.
      let batch = ready.prefix(RuntimeLimits.loopJobsMax)
      ready.removeFirst(batch.count)
      for job in batch { job.runSynchronously(on: executor) }
      ran += batch.count
      callSoon()
      poller.poll(for: pause())
    }
    home.store(0, ordering: .relaxed)
  }

  /// Takes what other threads left; false if the loop shall end.
  private func takeLeft() -> Bool {
    let (jobs, calls, goesOn) = left.withLock { left in
      left.isAsleep = false
      defer { (left.jobs, left.calls) = ([], []) }
      return (left.jobs, left.calls, !left.isStopping)
    }
    ready += jobs
    readied += jobs.count
    for call in calls { call() }
    return goesOn
  }

  /// Makes the calls whose jobs have run, though others have become ready meanwhile: a task that
  /// never ends must not hold them up.
  private func callSoon() {
    let calls = soonCalls.prefix { $0.after <= ran }
    soonCalls.removeFirst(calls.count)
    for call in calls { call.body() }
  }

  private func perform(_ action: TimerQueue.Action) {
    switch action {
    case .resume(let continuation): continuation.resume(returning: true)
    case .call(let body): body()
    case .reserved: preconditionFailure("a timer without a sleeper fell due at \(now)")
    }
  }

  /// How long the loop may wait for descriptors; nil: until there is something.
  private func pause() -> Duration? {
    guard ready.isEmpty, soonCalls.isEmpty else { return .zero }
    let mayWait = left.withLock { left in
      left.isAsleep = left.isEmpty && !left.isStopping
      return left.isAsleep
    }
    guard mayWait else { return .zero }
    return timers.nextMoment().map { max(.zero, now.duration(to: $0)) }
  }
}

extension EventLoopRuntime: CallbackRuntime {
  public func perform(_ body: @escaping @Sendable () -> Void) {
    if isHome { return body() }
    leave { $0.calls.append(body) }
  }

  public func soon(_ body: @escaping @Sendable () -> Void) {
    perform { self.soonCalls.append((self.readied, body)) }
  }

  @discardableResult
  public func schedule(at moment: Moment, _ body: @escaping () -> Void) -> TimerTicket {
    requireHome("schedule")
    let ticket = timers.reserve()
    let isArmed = timers.arm(ticket, at: moment, .call(body))
    precondition(isArmed, "the timer \(ticket) was cancelled before anyone knew it")
    return ticket
  }

  @discardableResult
  public func cancel(_ ticket: TimerTicket) -> Bool {
    requireHome("cancel")
    return timers.cancel(ticket) != nil
  }

  private func requireHome(_ action: StaticString) {
    precondition(isHome, "\(action) from a thread that is not the loop's")
  }

  /// A task that sleeps. `@unchecked Sendable`: touched by the loop's thread only.
  private final class Sleeper: @unchecked Sendable {
    var ticket: TimerTicket?
    var isCancelled = false
  }

  public func sleep(until moment: Moment) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    if moment <= now { return }
    let sleeper = Sleeper()
    let timeReached = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        perform {
          guard !sleeper.isCancelled else { return continuation.resume(returning: false) }
          let ticket = self.timers.reserve()
          sleeper.ticket = ticket
          _ = self.timers.arm(ticket, at: moment, .resume(continuation))
        }
      }
    } onCancel: {
      perform {
        sleeper.isCancelled = true
        guard let ticket = sleeper.ticket,
          case .resume(let continuation)? = self.timers.cancel(ticket)
        else { return }
        continuation.resume(returning: false)
      }
    }
    if !timeReached { throw CancellationError() }
  }

  /// Calls `handler` on the loop's thread whenever `descriptor` becomes ready for something that it
  /// was not ready for (edge-triggered), and once with what it is ready for now. Only on the loop's
  /// thread.
  /// - Parameter descriptor: one that does not block; stays open until `unwatch(_:)`.
  public func watch(
    _ descriptor: Int32, _ handler: @escaping (Readiness) -> Void
  ) throws(EventLoopError) -> WatchTicket {
    requireHome("watch")
    return try poller.add(descriptor, handler)
  }

  /// Ends watching; to be called before the descriptor is closed. Only on the loop's thread.
  public func unwatch(_ ticket: WatchTicket) {
    requireHome("unwatch")
    poller.remove(ticket)
  }
}
