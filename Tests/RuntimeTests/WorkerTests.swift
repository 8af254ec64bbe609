import Locking
import Runtime
import Testing

/// A value that threads share.
private final class Shared<Value: Sendable>: Sendable {
  private let state: Lock<Value>

  init(_ value: Value) { state = Lock(value) }

  var value: Value { state.withLock { $0 } }

  @discardableResult
  func change(_ body: @Sendable (inout Value) -> Void) -> Value {
    state.withLock { value in
      body(&value)
      return value
    }
  }
}

@Suite struct WorkerTests {
  @Test(.timeLimit(.minutes(1)))
  func worker_shouldDoOnePieceAfterAnother_andAll() async {
    let runtime = SystemRuntime(seed: 1)
    let worker = runtime.worker("test")
    let open = Shared(0)
    let most = Shared(0)
    let sum = await withTaskGroup(of: Int.self) { group in
      for piece in 1...200 {
        group.addTask {
          await worker.run {
            let count = open.change { $0 += 1 }
            most.change { $0 = max($0, count) }
            open.change { $0 -= 1 }
            return piece
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(sum == 200 * 201 / 2 && most.value == 1)
  }

  @Test(.timeLimit(.minutes(1)))
  func tasks_shouldGoOn_whileWorkersAreBusy() async {
    let runtime = SystemRuntime(seed: 1)
    // More of them than there are threads of the pool.
    let workers = (0..<64).map { _ in runtime.worker("busy") }
    let isOver = Shared(false)
    let busy = Shared(0)
    await withDiscardingTaskGroup { group in
      for worker in workers {
        group.addTask {
          await worker.run {
            busy.change { $0 += 1 }
            while !isOver.value {}
          }
        }
      }
      while busy.value < workers.count {
        try? await runtime.sleep(for: .milliseconds(1))
      }
      let others = await withTaskGroup(of: Int.self) { group in
        for piece in 1...10 { group.addTask { piece } }
        return await group.reduce(0, +)
      }
      #expect(others == 55)
      isOver.change { $0 = true }
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
      let order = Shared<[Int]>([])
      let outcome = runtime.run(virtualTimeMax: .seconds(1)) {
        await withDiscardingTaskGroup { group in
          for number in 0..<6 {
            let worker = runtime.worker("w")
            group.addTask { _ = await worker.run { order.change { $0.append(number) } } }
          }
        }
      }
      #expect(outcome == .done && runtime.shutdown() == [] && runtime.foreignJobs == 0)
      return order.value
    }
    let orders = (1...8).map { order(seed: $0) }
    #expect(orders == (1...8).map { order(seed: $0) })
    #expect(Set(orders).count > 1 && orders.allSatisfy { $0.sorted() == Array(0..<6) })
  }
}
