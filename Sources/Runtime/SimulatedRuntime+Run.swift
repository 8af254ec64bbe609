extension SimulatedRuntime {
  /// Runs until every spawned task has ended and no timer is left, or `finish()` is called.
  ///
  /// - Parameters:
  ///   - stepsMax: most jobs and timer calls of this run.
  ///   - virtualTimeMax: most virtual time of this run, from now.
  @available(*, noasync, message: "run a simulation from synchronous code: it owns its thread")
  public func run(
    stepsMax: Int = RuntimeLimits.stepsMax,
    virtualTimeMax: Duration = RuntimeLimits.virtualTimeMax
  ) -> Outcome {
    isFinished = false
    return loop(stepsMax: stepsMax, until: now.advanced(by: virtualTimeMax)) { self.isFinished }
  }

  /// Spawns `main` and runs until it has ended, whatever other tasks are left, or `finish()` is
  /// called.
  @available(*, noasync, message: "run a simulation from synchronous code: it owns its thread")
  public func run(
    stepsMax: Int = RuntimeLimits.stepsMax,
    virtualTimeMax: Duration = RuntimeLimits.virtualTimeMax,
    _ main: @escaping @Sendable () async -> Void
  ) -> Outcome {
    isFinished = false
    spawn("main") {
      await main()
      self.isFinished = true
    }
    return loop(stepsMax: stepsMax, until: now.advanced(by: virtualTimeMax)) { self.isFinished }
  }

  /// Lets exactly `duration` of virtual time pass (less only if the steps run out).
  @available(*, noasync, message: "run a simulation from synchronous code: it owns its thread")
  @discardableResult
  public func advance(by duration: Duration, stepsMax: Int = RuntimeLimits.stepsMax) -> Outcome {
    let end = now.advanced(by: duration)
    let outcome = loop(stepsMax: stepsMax, until: end) { false }
    if outcome != .stepsExhausted { now = max(now, end) }
    return outcome == .stepsExhausted ? .stepsExhausted : .done
  }

  /// Runs what is ready now, and what that makes ready, without letting time pass.
  @available(*, noasync, message: "run a simulation from synchronous code: it owns its thread")
  @discardableResult
  public func runUntilIdle(stepsMax: Int = RuntimeLimits.stepsMax) -> Outcome {
    let outcome = loop(stepsMax: stepsMax, until: now) { false }
    return outcome == .stepsExhausted ? .stepsExhausted : .done
  }

  /// Makes the present run end as `done` after the current step.
  public func finish() {
    requireHome("finish")
    isFinished = true
  }

  /// Cancels all tasks and timers and runs the tasks to their end, without letting time pass.
  ///
  /// - Returns: the names of tasks that did not end although cancelled, sorted; empty if nothing
  ///   leaks.
  @available(*, noasync, message: "run a simulation from synchronous code: it owns its thread")
  @discardableResult
  public func shutdown(stepsMax: Int = RuntimeLimits.shutdownStepsMax) -> [String] {
    takeHome()
    let tasks = shared.withLock { shared in
      shared.isShutDown = true
      return shared.tasks.sorted { $0.key < $1.key }.map(\.value)
    }
    for task in tasks { task.cancel() }
    for action in timers.removeAll() {
      if case .resume(let continuation) = action { continuation.resume(returning: false) }
    }
    _ = loop(stepsMax: stepsMax, until: now) { false }
    // What the tasks scheduled meanwhile is never called, and may hold who holds this runtime.
    _ = timers.removeAll()
    return shared.withLock { $0.tasks.values.map(\.name).sorted() }
  }

  /// The loop behind every kind of run.
  private func loop(stepsMax: Int, until end: Moment, isDone: () -> Bool) -> Outcome {
    takeHome()
    let executor = asUnownedTaskExecutor()
    var budget = stepsMax
    while !isDone() {
      if sideIsFilled.load(ordering: .acquiring) { absorbSide() }
      if ready.isEmpty {
        guard let moment = timers.nextMoment() else { return idleOutcome() }
        if moment > end {
          now = max(now, end)
          return .timeExhausted
        }
        now = max(now, moment)
        // All that is due wakes up before any of it runs, so that the seed decides the order.
        while budget > 0, !isDone(), let action = timers.popDue(at: now) {
          budget -= 1
          perform(action)
        }
        if budget == 0 { return .stepsExhausted }
        continue
      }
      if budget == 0 { return .stepsExhausted }
      budget -= 1
      steps += 1
      takeReady().runSynchronously(on: executor)
    }
    return .done
  }

  /// Removes one ready job, chosen by the seed.
  private func takeReady() -> UnownedJob {
    let count = ready.count
    var choice = 0
    if order == .newestFirst {
      choice = count - 1
    } else if count > 1 {
      choice = choices.below(count)
      ready.swapAt(choice, count - 1)
    }
    let input = UInt64(truncatingIfNeeded: now.nanoseconds) &+ UInt64(count) << 32 ^ UInt64(choice)
    scheduleFingerprint = SplitMix64.mix(scheduleFingerprint &+ input &+ 1)
    return ready.removeLast()
  }

  private func perform(_ action: TimerQueue.Action) {
    switch action {
    case .resume(let continuation):
      continuation.resume(returning: true)
    case .call(let body):
      steps += 1
      body()
    case .reserved:
      preconditionFailure("a timer without a sleeper fell due at \(now)")
    }
  }

  /// Nothing is ready and no timer is set.
  private func idleOutcome() -> Outcome {
    shared.withLock { $0.tasks.isEmpty } ? .done : .stalled
  }

  /// The first caller's thread becomes the home of the simulation.
  private func takeHome() {
    requireHome("run")
    home.store(Self.currentThread, ordering: .relaxed)
    if sideIsFilled.load(ordering: .acquiring) { absorbSide() }
  }

  private func absorbSide() {
    sideIsFilled.store(false, ordering: .relaxed)
    let jobs = shared.withLock { shared in
      defer { shared.side = [] }
      return shared.side
    }
    ready.append(contentsOf: jobs)
  }
}
