import Runtime
import Synchronization
import Testing

@Suite struct WorkerTests {
  @Test(.timeLimit(.minutes(1)))
  func worker_shouldDoOnePieceAfterAnother_andAll() async {
    let runtime = SystemRuntime(seed: 1)
    let worker = runtime.worker("test")
    let open = Mutex(0)
    let most = Mutex(0)
    let sum = await withTaskGroup(of: Int.self) { group in
      for piece in 1...200 {
        group.addTask {
          await worker.run {
            let count = open.withLock { count in
              count += 1
              return count
            }
            most.withLock { $0 = max($0, count) }
            open.withLock { $0 -= 1 }
            return piece
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(sum == 200 * 201 / 2 && most.withLock { $0 } == 1)
  }

  @Test(.timeLimit(.minutes(1)))
  func tasks_shouldGoOn_whileWorkersAreBusy() async {
    let runtime = SystemRuntime(seed: 1)
    // More of them than there are threads of the pool.
    let workers = (0..<64).map { _ in runtime.worker("busy") }
    let isOver = Mutex(false)
    let busy = Mutex(0)
    await withDiscardingTaskGroup { group in
      for worker in workers {
        group.addTask {
          await worker.run {
            busy.withLock { $0 += 1 }
            while !isOver.withLock({ $0 }) {}
          }
        }
      }
      while busy.withLock({ $0 }) < workers.count {
        try? await runtime.sleep(for: .milliseconds(1))
      }
      let others = await withTaskGroup(of: Int.self) { group in
        for piece in 1...10 { group.addTask { piece } }
        return await group.reduce(0, +)
      }
      #expect(others == 55)
      isOver.withLock { $0 = true }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func worker_shouldEnd_whenNobodyHasIt() async {
    final class Mark: Sendable {}
    weak var mark: Mark?
    do {
      let kept = Mark()
      mark = kept
      let worker = SystemRuntime(seed: 1).worker("short")
      await worker.run { withExtendedLifetime(kept) {} }
    }
    #expect(mark == nil)
  }

  @Test func workers_shouldBeScheduled_likeEverythingElse() {
    func order(seed: UInt64) -> [Int] {
      let runtime = SimulatedRuntime(seed: seed)
      let order = Mutex<[Int]>([])
      let outcome = runtime.run(virtualTimeMax: .seconds(1)) {
        await withDiscardingTaskGroup { group in
          for number in 0..<6 {
            let worker = runtime.worker("w")
            group.addTask { await worker.run { order.withLock { $0.append(number) } } }
          }
        }
      }
      #expect(outcome == .done && runtime.shutdown() == [] && runtime.foreignJobs == 0)
      return order.withLock { $0 }
    }
    let orders = (1...8).map { order(seed: $0) }
    #expect(orders == (1...8).map { order(seed: $0) })
    #expect(Set(orders).count > 1 && orders.allSatisfy { $0.sorted() == Array(0..<6) })
  }
}
