import Glibc
import Locking
import Synchronization

/// A deterministic runtime: one thread, virtual time, and a seeded choice of the next job.
///
/// It is a task executor (SE-0417): tasks started by `spawn`, their child tasks and all default
/// actors they call are scheduled here and nowhere else. Whenever more than one job is ready, the
/// `schedule` stream picks; when none is, time jumps to the next timer. The same seed and program
/// (built with the same compiler in the same mode) give the same run.
///
/// - Important: One thread, the first that calls `run`, owns the simulation ("home"). Sleeping,
///   scheduling and running belong to it. A job that arrives from another thread means that a
///   task escaped; such jobs are run, but counted in `foreignJobs`, and every run should end with
///   that count at zero. Simulations on different threads do not touch each other.
///
/// `@unchecked Sendable`: what is not behind the lock is touched by the home thread only. For the
/// same reason what every job changes is not checked for exclusivity at run time.
public final class SimulatedRuntime: Runtime, TaskExecutor, @unchecked Sendable {
  /// How a run ended.
  public enum Outcome: Sendable, Hashable {
    /// What was waited for has happened.
    case done
    /// Tasks are left, but nothing is ready and no timer is set: nothing can ever happen again.
    case stalled
    /// The budget of steps is used up.
    case stepsExhausted
    /// The budget of virtual time is used up; the clock stands at its end.
    case timeExhausted
  }

  /// In which order ready jobs run.
  public enum Order: Sendable, Hashable, CaseIterable {
    /// Any, by the seed.
    case random
    /// What became ready last runs first, so that what waits goes on waiting.
    case newestFirst
  }

  /// What other threads may touch.
  struct Shared {
    /// Tasks that have not ended, by number of creation.
    var tasks: [UInt64: SpawnedTask] = [:]
    var tasksSpawned: UInt64 = 0
    /// Jobs from before the first run or from other threads, until the home thread takes them.
    var side: [UnownedJob] = []
    var isShutDown = false
  }

  /// The seed of all random streams.
  public let seed: UInt64
  /// The present virtual time.
  @exclusivity(unchecked) public internal(set) var now = Moment.start
  /// Jobs run and timer calls made so far.
  @exclusivity(unchecked) public internal(set) var steps = 0
  /// A running hash over every choice among ready jobs and its moment: two runs with equal
  /// fingerprints took the same schedule.
  @exclusivity(unchecked) public internal(set) var scheduleFingerprint: UInt64 = 0

  /// The order of ready jobs. May be changed at any time.
  @exclusivity(unchecked) public var order = Order.random

  @exclusivity(unchecked) var ready: [UnownedJob] = []
  @exclusivity(unchecked) var timers = TimerQueue()
  @exclusivity(unchecked) var choices: RandomStream
  var isFinished = false
  let shared = Lock(Shared())
  let sideIsFilled = Atomic<Bool>(false)
  let foreignCount = Atomic<Int>(0)
  /// The thread that owns the simulation; 0 before the first run.
  let home = Atomic<UInt>(0)

  public init(seed: UInt64) {
    self.seed = seed
    choices = RandomStream(seed: seed, consumer: RandomConsumer(.schedule))
  }

  /// Jobs that other threads enqueued since the first run began. Anything but zero means that a
  /// task escaped the simulation, and the run may not be repeatable.
  public var foreignJobs: Int { foreignCount.load(ordering: .relaxed) }

  public func worker(_ name: String) -> any Worker { SimulatedWorker() }

  public func randomStream(_ consumer: RandomConsumer) -> RandomStream {
    RandomStream(seed: seed, consumer: consumer)
  }

  /// Starts a task on this runtime. After `shutdown()` the task starts out cancelled.
  @discardableResult
  public func spawn(
    _ name: String, _ body: @escaping @Sendable () async -> Void
  ) -> SpawnedTask {
    let number = shared.withLock { shared in
      shared.tasksSpawned += 1
      return shared.tasksSpawned
    }
    // The task cannot end before it is entered in the table: nothing runs before this returns,
    // unless another thread spawns, and then the count of foreign jobs tells.
    let task = Task(name: name, executorPreference: self) {
      await body()
      self.shared.withLock { _ = $0.tasks.removeValue(forKey: number) }
    }
    let spawned = SpawnedTask(name: name, task: task)
    let isShutDown = shared.withLock { shared in
      shared.tasks[number] = spawned
      return shared.isShutDown
    }
    if isShutDown { spawned.cancel() }
    return spawned
  }

  /// Called by the Swift concurrency library for each job that becomes ready.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let owner = home.load(ordering: .relaxed)
    if owner == Self.currentThread {
      ready.append(job)
      return
    }
    if owner != 0 { foreignCount.add(1, ordering: .relaxed) }
    shared.withLock { $0.side.append(job) }
    sideIsFilled.store(true, ordering: .releasing)
  }

  /// The calling thread.
  static var currentThread: UInt { UInt(pthread_self()) }

  /// Stops the process if the caller is not on the home thread: going on would corrupt the run.
  package func requireHome(_ action: StaticString) {
    let owner = home.load(ordering: .relaxed)
    precondition(
      owner == 0 || owner == Self.currentThread,
      "\(action) from thread \(Self.currentThread), but the simulation lives on \(owner): "
        + "a task escaped it, or run() was called from two threads")
  }
}
