import Locking
import Runtime
import Testing

@Suite struct TimeoutTests {
  let runtime = SimulatedRuntime(seed: 23)

  @Test func timeout_shouldGiveTheValue_whenTheBodyIsFaster() {
    let runtime = runtime
    let outcome = runtime.run {
      let value = await runtime.withTimeout(.seconds(2)) {
        try? await runtime.sleep(for: .seconds(1))
        return 7
      }
      #expect(value == 7)
    }
    #expect(outcome == .done)
    #expect(runtime.now == Moment(nanoseconds: 1_000_000_000))
    #expect(runtime.pendingWork().timers == 0)
  }

  @Test func timeout_shouldGiveNothing_andCancelTheBody_whenTheBodyIsSlower() {
    let runtime = runtime
    let wasCancelled = Lock(false)
    let outcome = runtime.run {
      let value = await runtime.withTimeout(.seconds(2)) {
        try? await runtime.sleep(for: .seconds(10))
        wasCancelled.withLock { $0 = Task.isCancelled }
        return 7
      }
      #expect(value == nil)
    }
    #expect(outcome == .done)
    #expect(wasCancelled.withLock { $0 })
    #expect(runtime.now == Moment(nanoseconds: 2_000_000_000))
  }

  @Test func timeout_shouldGiveTheBodysValue_whenTheCallerIsCancelled() {
    let runtime = runtime
    let result = Lock<Int?>(nil)
    let outcome = runtime.run {
      let caller = runtime.spawn("caller") {
        let value = await runtime.withTimeout(.seconds(20)) {
          try? await runtime.sleep(for: .seconds(10))
          return Task.isCancelled ? 1 : 2
        }
        result.withLock { $0 = value }
      }
      try? await runtime.sleep(for: .seconds(1))
      caller.cancel()
      await caller.value
    }
    #expect(outcome == .done)
    #expect(result.withLock { $0 } == 1)
    #expect(runtime.now == Moment(nanoseconds: 1_000_000_000))
  }

  @Test func wait_shouldCancelTheTask_whenTheWaiterIsCancelled() {
    let runtime = runtime
    let outcome = runtime.run {
      let inner = runtime.spawn("inner") { try? await runtime.sleep(for: .seconds(100)) }
      let waiter = runtime.spawn("waiter") { await inner.wait() }
      try? await runtime.sleep(for: .seconds(1))
      #expect(!inner.isCancelled)
      waiter.cancel()
      await waiter.value
      #expect(inner.isCancelled)
    }
    #expect(outcome == .done)
    #expect(runtime.now == Moment(nanoseconds: 1_000_000_000))
  }
}
