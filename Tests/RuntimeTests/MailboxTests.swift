import Locking
import Runtime
import Testing

@Suite struct MailboxTests {
  let runtime = SimulatedRuntime(seed: 31)

  @Test func mailbox_shouldRefuse_whenItIsFull() {
    let mailbox = Mailbox<Int>(capacity: 3)
    #expect((0..<5).map { mailbox.offer($0) } == [true, true, true, false, false])
    #expect(mailbox.count == 3)
    #expect(mailbox.poll() == 0)
    #expect(mailbox.offer(9))
    #expect([mailbox.poll(), mailbox.poll(), mailbox.poll(), mailbox.poll()] == [1, 2, 9, nil])
  }

  @Test func mailbox_shouldKeepOrder_overManyElements() {
    let mailbox = Mailbox<Int>(capacity: 7)
    var random = RandomStream(seed: 1)
    var offered = 0
    var taken = 0
    for _ in 0..<10_000 {
      if random.below(2) == 0 {
        if mailbox.offer(offered) { offered += 1 } else { #expect(offered - taken == 7) }
      } else if let element = mailbox.poll() {
        #expect(element == taken)
        taken += 1
      }
      #expect(mailbox.count == offered - taken)
    }
  }

  @Test func reader_shouldGetTheRestAndThenTheEnd_whenFinished() {
    let mailbox = Mailbox<Int>(capacity: 10)
    let read = Lock<[Int]>([])
    let outcome = runtime.run { [runtime] in
      let reader = runtime.spawn("reader") {
        for await element in mailbox { read.withLock { $0.append(element) } }
      }
      try? await runtime.sleep(for: .seconds(1))
      mailbox.offer(1)
      try? await runtime.sleep(for: .seconds(1))
      mailbox.offer(2)
      mailbox.offer(3)
      mailbox.finish()
      #expect(!mailbox.offer(4))
      await reader.value
    }
    #expect(outcome == .done)
    #expect(read.withLock { $0 } == [1, 2, 3])
  }

  @Test func reader_shouldStop_whenItIsCancelled() {
    let mailbox = Mailbox<Int>(capacity: 10)
    let ended = Lock(0)
    let outcome = runtime.run { [runtime] in
      for isEarly in [true, false] {
        let reader = runtime.spawn("reader") {
          for await _ in mailbox {}
          ended.withLock { $0 += 1 }
        }
        if !isEarly { try? await runtime.sleep(for: .seconds(1)) }
        reader.cancel()
        await reader.value
      }
    }
    #expect(outcome == .done)
    #expect(ended.withLock { $0 } == 2)
    // Nobody waits any more: the element stays.
    #expect(mailbox.offer(1))
    #expect(mailbox.count == 1)
  }

  @Test func gate_shouldLetAllPass_onceItIsOpen() {
    let gate = Gate()
    let passed = Lock(0)
    let refused = Lock(0)
    let outcome = runtime.run { [runtime] in
      let waiters = (0..<5).map { number in
        runtime.spawn("waiter \(number)") {
          do throws(CancellationError) {
            try await gate.wait()
            passed.withLock { $0 += 1 }
          } catch {
            refused.withLock { $0 += 1 }
          }
        }
      }
      try? await runtime.sleep(for: .seconds(1))
      waiters[2].cancel()
      await waiters[2].value
      #expect(!gate.isOpen)
      #expect(passed.withLock { $0 } == 0)
      gate.open()
      for waiter in waiters { await waiter.value }
      try? await gate.wait()
    }
    #expect(outcome == .done)
    #expect(passed.withLock { $0 } == 4)
    #expect(refused.withLock { $0 } == 1)
  }
}
