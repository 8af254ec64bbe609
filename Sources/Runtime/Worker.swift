import Glibc

/// Does work that takes long without a pause, such as hashing or waiting for a disk, one piece
/// after another in the order of the calls, while tasks go on elsewhere.
public protocol Worker: Sendable {
  /// Does `work` and gives what it gives.
  func run<Output: Sendable>(_ work: @Sendable () -> Output) async -> Output
}

/// A worker with a thread of its own, which ends with the worker.
actor ThreadWorker: Worker {
  private let thread: WorkThread
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(name: String) { thread = WorkThread(name: name) }

  func run<Output: Sendable>(_ work: @Sendable () -> Output) -> Output { work() }
}

/// A worker of a simulation, whose jobs are scheduled like all others.
actor SimulatedWorker: Worker {
  func run<Output: Sendable>(_ work: @Sendable () -> Output) -> Output { work() }
}

/// A thread that runs the jobs of one actor. What waits is bounded by the tasks that wait for it.
final class WorkThread: SerialExecutor {
  /// What the thread and its owner share; outlives both.
  private final class Queue: @unchecked Sendable {
    // `@unchecked Sendable`: all of it is touched behind `mutex` only.
    private var mutex = pthread_mutex_t()
    private var filled = pthread_cond_t()
    private var jobs: [UnownedJob] = []
    private var next = 0
    private var isClosed = false

    init() {
      pthread_mutex_init(&mutex, nil)
      pthread_cond_init(&filled, nil)
    }

    deinit {
      pthread_cond_destroy(&filled)
      pthread_mutex_destroy(&mutex)
    }

    func add(_ job: UnownedJob) {
      pthread_mutex_lock(&mutex)
      jobs.append(job)
      pthread_cond_signal(&filled)
      pthread_mutex_unlock(&mutex)
    }

    func close() {
      pthread_mutex_lock(&mutex)
      isClosed = true
      pthread_cond_signal(&filled)
      pthread_mutex_unlock(&mutex)
    }

    /// The next job; nil when there is none and there will be none.
    func take() -> UnownedJob? {
      pthread_mutex_lock(&mutex)
      defer { pthread_mutex_unlock(&mutex) }
      while next == jobs.count {
        if isClosed { return nil }
        jobs.removeAll(keepingCapacity: true)
        next = 0
        pthread_cond_wait(&filled, &mutex)
      }
      next += 1
      return jobs[next - 1]
    }
  }

  private let queue = Queue()

  init(name: String) {
    let queue = Unmanaged.passRetained(queue)
    let executor = asUnownedSerialExecutor()
    let start = Start(queue: queue, executor: executor)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        let queue = start.queue.takeRetainedValue()
        while let job = queue.take() { job.runSynchronously(on: start.executor) }
        return nil
      }, Unmanaged.passRetained(start).toOpaque())
    precondition(status == 0, "no thread for \(name) (errno \(status))")
    pthread_detach(thread)
  }

  deinit { queue.close() }

  func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job)) }

  /// What a new thread is given.
  private final class Start {
    let queue: Unmanaged<Queue>
    let executor: UnownedSerialExecutor

    init(queue: Unmanaged<Queue>, executor: UnownedSerialExecutor) {
      self.queue = queue
      self.executor = executor
    }
  }
}
