import Locking
import Runtime
import Testing

@Suite struct SystemRuntimeTests {
  @Test func chat_shouldEnd_onTheOrdinaryPool() async {
    let trace = await chat(runtime: SystemRuntime(seed: 1), actors: 5, messages: 10, life: 4)
    #expect(trace.count == 40)
  }

  @Test func sleep_shouldTakeTime_andEndOnCancellation() async {
    let runtime = SystemRuntime()
    let before = runtime.now
    try? await runtime.sleep(for: .milliseconds(5))
    #expect(before.duration(to: runtime.now) >= .milliseconds(5))
    let thrown = Lock(false)
    let sleeper = runtime.spawn("sleeper") {
      do throws(CancellationError) {
        try await runtime.sleep(for: .seconds(100))
      } catch {
        thrown.withLock { $0 = true }
      }
    }
    sleeper.cancel()
    await sleeper.value
    #expect(thrown.withLock { $0 })
  }

  @Test func timeout_shouldWork_onTheRealClock() async {
    let runtime = SystemRuntime()
    let slow = await runtime.withTimeout(.milliseconds(5)) {
      try? await runtime.sleep(for: .seconds(100))
      return 1
    }
    #expect(slow == nil)
    let fast = await runtime.withTimeout(.seconds(100)) { 1 }
    #expect(fast == 1)
  }

  @Test func mailbox_shouldLoseNothing_betweenThreads() async {
    let runtime = SystemRuntime(seed: 2)
    let mailbox = Mailbox<Int>(capacity: 100_000)
    let sum = Lock(0)
    let reader = runtime.spawn("reader") {
      for await element in mailbox { sum.withLock { $0 += element } }
    }
    let writers = (0..<4).map { _ in
      runtime.spawn("writer") { for element in 1...5000 { mailbox.offer(element) } }
    }
    for writer in writers { await writer.value }
    mailbox.finish()
    await reader.value
    #expect(sum.withLock { $0 } == 4 * 5000 * 5001 / 2)
  }

  @Test func seeds_shouldComeFromTheSystem_unlessGiven() {
    #expect(SystemRuntime().seed != SystemRuntime().seed)
    var given = SystemRuntime(seed: 5).randomStream(RandomConsumer(.workload))
    var simulated = SimulatedRuntime(seed: 5).randomStream(RandomConsumer(.workload))
    #expect(given.next() == simulated.next())
  }
}
