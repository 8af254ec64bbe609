import Locking
import Runtime
import Testing

@Suite struct SimulatedRuntimeTests {
  let runtime = SimulatedRuntime(seed: 17)

  @Test func sleep_shouldCostNoWallTime() {
    let clock = ContinuousClock()
    let took = clock.measure {
      let runtime = runtime
      let outcome = runtime.run {
        for _ in 0..<1000 { try? await runtime.sleep(for: .seconds(60)) }
      }
      #expect(outcome == .done)
    }
    #expect(runtime.now == Moment(nanoseconds: 60_000 * 1_000_000_000))
    #expect(took < .seconds(5))
  }

  @Test func sleep_shouldReturnAtOnce_whenTheMomentIsPast() {
    let runtime = runtime
    let outcome = runtime.run {
      try? await runtime.sleep(for: .zero)
      try? await runtime.sleep(for: .seconds(-5))
      try? await runtime.sleep(until: .start)
    }
    #expect(outcome == .done)
    #expect(runtime.now == .start)
  }

  @Test func sleep_shouldThrow_whenItsTaskIsCancelled() {
    let runtime = runtime
    let woken = Lock<[Moment]>([])
    let outcome = runtime.run {
      let sleeper = runtime.spawn("sleeper") {
        do throws(CancellationError) {
          try await runtime.sleep(for: .seconds(100))
        } catch {
          woken.withLock { $0.append(runtime.now) }
        }
      }
      try? await runtime.sleep(for: .seconds(2))
      sleeper.cancel()
      await sleeper.value
    }
    #expect(outcome == .done)
    #expect(woken.withLock { $0 } == [Moment(nanoseconds: 2_000_000_000)])
    #expect(runtime.pendingWork().timers == 0)
    #expect(runtime.foreignJobs == 0)
  }

  @Test func sleep_shouldThrowAtOnce_whenItsTaskIsCancelledBefore() {
    let runtime = runtime
    let thrown = Lock(false)
    let outcome = runtime.run {
      let sleeper = runtime.spawn("sleeper") {
        do throws(CancellationError) {
          try await runtime.sleep(for: .seconds(100))
        } catch {
          thrown.withLock { $0 = true }
        }
      }
      sleeper.cancel()
      await sleeper.value
    }
    #expect(outcome == .done)
    #expect(thrown.withLock { $0 })
    #expect(runtime.now == .start)
  }

  @Test func timers_shouldFireInOrder_whateverIsCancelled() {
    // Seeds are the argument of the loop: a failure prints it.
    for seed: UInt64 in 0..<20 {
      let runtime = SimulatedRuntime(seed: seed)
      var random = RandomStream(seed: seed)
      let fired = Lock<[(at: Int64, number: Int)]>([])
      var expected: [(at: Int64, number: Int)] = []
      var tickets: [(TimerTicket, at: Int64, number: Int)] = []
      for number in 0..<4000 {
        let at = Int64(random.below(500))
        let ticket = runtime.schedule(at: Moment(nanoseconds: at)) {
          fired.withLock { $0.append((runtime.now.nanoseconds, number)) }
        }
        tickets.append((ticket, at, number))
      }
      for (ticket, at, number) in tickets {
        if random.below(100) < 80 {
          #expect(runtime.cancel(ticket))
          #expect(!runtime.cancel(ticket))
        } else {
          expected.append((at, number))
        }
      }
      expected.sort { ($0.at, $0.number) < ($1.at, $1.number) }
      #expect(runtime.run() == .done)
      let got = fired.withLock { $0 }
      #expect(got.map(\.at) == expected.map(\.at), "seed \(seed)")
      #expect(got.map(\.number) == expected.map(\.number), "seed \(seed)")
    }
  }

  @Test func schedule_shouldCallBackAtItsMoment_andMayScheduleAgain() {
    let runtime = runtime
    let calls = Lock<[Int64]>([])
    @Sendable func tick() {
      calls.withLock { $0.append(runtime.now.nanoseconds) }
      if runtime.now < Moment(nanoseconds: 50) {
        runtime.schedule(after: .nanoseconds(10)) { tick() }
      }
    }
    runtime.schedule(at: Moment(nanoseconds: 20)) { tick() }
    #expect(runtime.run() == .done)
    #expect(calls.withLock { $0 } == [20, 30, 40, 50])
  }

  @Test func run_shouldSayStalled_andNameWhatWaits() {
    let runtime = runtime
    let gate = Gate()
    runtime.spawn("waits for the gate") { try? await gate.wait() }
    #expect(runtime.run() == .stalled)
    let pending = runtime.pendingWork()
    #expect(pending.tasks == ["waits for the gate"])
    #expect(pending.readyJobs == 0 && pending.timers == 0 && pending.nextTimer == nil)
    #expect(pending.description.contains("waits for the gate"))
    gate.open()
    #expect(runtime.run() == .done)
    #expect(runtime.pendingWork().tasks == [])
  }

  @Test func run_shouldStop_whenStepsAreUsedUp() {
    let runtime = runtime
    runtime.spawn("spinner") { while !Task.isCancelled { await Task.yield() } }
    #expect(runtime.run(stepsMax: 100) == .stepsExhausted)
    #expect(runtime.steps == 100)
    #expect(runtime.shutdown() == [])
  }

  @Test func run_shouldStop_whenVirtualTimeIsUsedUp() {
    let runtime = runtime
    runtime.spawn("ticker") {
      while !Task.isCancelled { try? await runtime.sleep(for: .seconds(3)) }
    }
    #expect(runtime.run(virtualTimeMax: .seconds(10)) == .timeExhausted)
    #expect(runtime.now == Moment(nanoseconds: 10_000_000_000))
    #expect(runtime.advance(by: .seconds(5)) == .done)
    #expect(runtime.now == Moment(nanoseconds: 15_000_000_000))
    #expect(runtime.pendingWork().nextTimer == Moment(nanoseconds: 18_000_000_000))
    #expect(runtime.shutdown() == [])
  }

  @Test func advance_shouldMoveTheClock_whenNothingHappens() {
    #expect(runtime.advance(by: .seconds(4)) == .done)
    #expect(runtime.now == Moment(nanoseconds: 4_000_000_000))
  }

  @Test func runUntilIdle_shouldNotMoveTheClock() {
    let runtime = runtime
    let stages = Lock(0)
    runtime.spawn("two stages") {
      stages.withLock { $0 = 1 }
      try? await runtime.sleep(for: .milliseconds(1))
      stages.withLock { $0 = 2 }
    }
    runtime.runUntilIdle()
    #expect(stages.withLock { $0 } == 1)
    #expect(runtime.now == .start)
    #expect(runtime.run() == .done)
    #expect(stages.withLock { $0 } == 2)
  }

  @Test func finish_shouldEndTheRun_whileTasksAreLeft() {
    let runtime = runtime
    runtime.spawn("forever") {
      while !Task.isCancelled { try? await runtime.sleep(for: .seconds(1)) }
    }
    runtime.schedule(at: Moment(nanoseconds: 3_500_000_000)) { runtime.finish() }
    #expect(runtime.run() == .done)
    #expect(runtime.now == Moment(nanoseconds: 3_500_000_000))
    #expect(runtime.shutdown() == [])
  }

  @Test func shutdown_shouldEndAllTasks_andNameThoseThatStay() {
    let runtime = runtime
    let released = ReleaseProbe()
    runtime.spawn("sleeper") { [released] in
      try? await runtime.sleep(for: .seconds(1000))
      released.touch()
    }
    runtime.spawn("reader") { for await _ in Mailbox<Int>(capacity: 1) {} }
    runtime.spawn("parent") {
      await withDiscardingTaskGroup { group in
        for _ in 0..<3 { group.addTask { try? await runtime.sleep(for: .seconds(1)) } }
      }
    }
    runtime.spawn("deaf") {
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    runtime.runUntilIdle()
    #expect(runtime.shutdown() == ["deaf"])
    #expect(released.touches == 1)
    #expect(runtime.now == .start)
    #expect(runtime.pendingWork().timers == 0)
    let late = Lock(false)
    runtime.spawn("late") { late.withLock { $0 = Task.isCancelled } }
    runtime.runUntilIdle()
    #expect(late.withLock { $0 })
  }

  @Test func runtime_shouldBeReleased_afterShutdown() {
    weak var leaked: SimulatedRuntime?
    do {
      let runtime = SimulatedRuntime(seed: 1)
      leaked = runtime
      runtime.spawn("sleeper") {
        try? await runtime.sleep(for: .seconds(1000))
        // Too late: it is never called, and holds nothing.
        runtime.schedule(after: .seconds(1)) { runtime.finish() }
      }
      runtime.schedule(after: .seconds(5)) { runtime.finish() }
      runtime.runUntilIdle()
      #expect(runtime.shutdown() == [])
    }
    #expect(leaked == nil)
  }
}

/// Counts touches.
private final class ReleaseProbe: Sendable {
  private let count = Lock(0)
  var touches: Int { count.withLock { $0 } }
  func touch() { count.withLock { $0 += 1 } }
}

extension SimulatedRuntimeTests {
  /// Which of ten tasks that are ready at once have run, in this order.
  private static func order(_ order: SimulatedRuntime.Order, seed: UInt64) -> [Int] {
    let runtime = SimulatedRuntime(seed: seed)
    let ran = Lock<[Int]>([])
    runtime.order = order
    for number in 0..<10 {
      runtime.spawn("\(number)") { ran.withLock { $0.append(number) } }
    }
    #expect(runtime.run() == .done)
    return ran.withLock { $0 }
  }

  @Test func newestReadyJob_shouldRunFirst_whenTheOrderSaysSo() {
    #expect(Self.order(.newestFirst, seed: 1) == Array((0..<10).reversed()))
    #expect(Self.order(.newestFirst, seed: 2) == Array((0..<10).reversed()))
    #expect(Self.order(.random, seed: 1) != Self.order(.random, seed: 2))
  }

  @Test func shiftedClock_shouldBeAheadOrBehind_andNeverBeforeTheEpoch() {
    let clock = WallClock(startingAt: 1_000, SimulatedRuntime(seed: 1))
    #expect(clock.shifted { 500 }.milliseconds == 1_500)
    #expect(clock.shifted { -400 }.milliseconds == 600)
    #expect(clock.shifted { -5_000 }.milliseconds == 0)
    #expect(clock.milliseconds == 1_000)
  }
}
