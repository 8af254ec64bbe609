import Foundation
import Locking
import Runtime
import Testing

@Suite struct DeterminismTests {
  @Test(arguments: 0..<UInt64(20))
  func run_shouldRepeatItself_whenTheSeedIsTheSame(seed: UInt64) {
    let first = simulatedChat(seed: seed)
    #expect(first.outcome == .done)
    #expect(first.count == 40 * 15)
    #expect(first.foreign == 0)
    #expect(first.leaked == [])
    #expect(simulatedChat(seed: seed) == first)
  }

  @Test func runs_shouldDiffer_whenTheSeedsDiffer() {
    let summaries = (0..<UInt64(100)).map { simulatedChat(seed: $0, actors: 5, messages: 5) }
    #expect(Set(summaries.map(\.trace)).count == 100)
    #expect(Set(summaries.map(\.schedule)).count == 100)
  }

  @Test func schedule_shouldDependOnTheSeed_whenAllIsReadyAtOnce() {
    func order(seed: UInt64) -> [Int] {
      let runtime = SimulatedRuntime(seed: seed)
      let order = Lock<[Int]>([])
      for number in 0..<8 { runtime.spawn("\(number)") { order.withLock { $0.append(number) } } }
      #expect(runtime.run() == .done)
      return order.withLock { $0 }
    }
    #expect(Set((0..<UInt64(20)).map(order)).count == 20)
    #expect(order(seed: 4).sorted() == Array(0..<8))
  }

  @Test func wakingAtOneMoment_shouldBeOrderedByTheSeed() {
    func order(seed: UInt64) -> [Int] {
      let runtime = SimulatedRuntime(seed: seed)
      let order = Lock<[Int]>([])
      for number in 0..<8 {
        runtime.spawn("\(number)") {
          try? await runtime.sleep(until: Moment(nanoseconds: 5))
          order.withLock { $0.append(number) }
        }
      }
      #expect(runtime.run() == .done)
      return order.withLock { $0 }
    }
    #expect(Set((0..<UInt64(20)).map(order)).count > 15)
  }

  @Test func simulations_shouldNotDisturbEachOther_whenTheyRunOnSeveralThreads() {
    let alone = (0..<UInt64(4)).map { simulatedChat(seed: $0) }
    let together = Lock<[UInt64: [RunSummary]]>([:])
    // Noise on the ordinary pool must not matter.
    let noise = Task.detached {
      while !Task.isCancelled { await Task.yield() }
    }
    let threads = (0..<UInt64(4)).map { seed in
      let thread = Thread {
        let summaries = (0..<3).map { _ in simulatedChat(seed: seed) }
        together.withLock { $0[seed] = summaries }
      }
      thread.stackSize = 4 << 20
      thread.start()
      return thread
    }
    while threads.contains(where: { !$0.isFinished }) { usleep(1000) }
    noise.cancel()
    for seed in alone.indices {
      let summaries = together.withLock { $0[UInt64(seed)] }
      #expect(summaries == Array(repeating: alone[seed], count: 3))
    }
  }

  @Test func escape_shouldBeCounted_whenATaskResumesFromAnotherThread() {
    let runtime = SimulatedRuntime(seed: 1)
    let ended = Lock(false)
    let isSuspended = Lock(false)
    runtime.spawn("escaping") {
      // A thread of its own: the shared pool may be busy with other tests for long. It resumes the
      // task only once the task waits, or there would be nothing to enqueue.
      await withCheckedContinuation { continuation in
        Thread.detachNewThread {
          while !isSuspended.withLock({ $0 }) { usleep(1000) }
          continuation.resume()
        }
      }
      ended.withLock { $0 = true }
    }
    _ = runtime.run()
    isSuspended.withLock { $0 = true }
    var rounds = 0
    while !ended.withLock({ $0 }), rounds < 50_000 {
      _ = runtime.run()
      usleep(1000)
      rounds += 1
    }
    #expect(ended.withLock { $0 })
    #expect(runtime.foreignJobs > 0)
  }
}
