import Glibc
import Locking
import Runtime
import Testing

@Suite struct EventLoopRuntimeTests {
  /// What happened, in order, from any thread.
  private final class Trace: Sendable {
    private let state = Lock<[Int]>([])
    var values: [Int] { state.withLock { $0 } }
    func add(_ value: Int) { state.withLock { $0.append(value) } }
  }

  /// Runs `body` on the loop and waits for it.
  private static func on(
    _ loop: EventLoopRuntime, _ body: @escaping @Sendable () -> Void
  ) async {
    await withCheckedContinuation { continuation in
      loop.perform {
        body()
        continuation.resume()
      }
    }
  }

  @Test func timers_shouldCallInOrder_andNotWhenTakenBack() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    let trace = Trace()
    await withCheckedContinuation { continuation in
      loop.perform {
        let base = loop.now
        for delay in [30, 10, 20, 10, 0] {
          loop.schedule(at: base.advanced(by: .milliseconds(delay))) { trace.add(delay) }
        }
        let gone = loop.schedule(at: base.advanced(by: .milliseconds(15))) { trace.add(-1) }
        #expect(loop.cancel(gone) && !loop.cancel(gone))
        var own: TimerTicket?
        own = loop.schedule(at: base.advanced(by: .milliseconds(25))) {
          #expect(!loop.cancel(own!))
          trace.add(25)
        }
        loop.schedule(at: base.advanced(by: .milliseconds(40))) { continuation.resume() }
      }
    }
    #expect(trace.values == [0, 10, 10, 20, 25, 30])
    loop.shutdown()
  }

  @Test func timerThatSetsItselfForNow_shouldNotHoldUpTheOthers() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    let isOver = Lock(false)
    await Self.on(loop) {
      @Sendable func again() {
        guard !isOver.withLock({ $0 }) else { return }
        loop.schedule(at: loop.now) { again() }
      }
      again()
    }
    let answer = await loop.withTimeout(.seconds(20)) { 1 }
    #expect(answer == 1)
    isOver.withLock { $0 = true }
    loop.shutdown()
  }

  @Test func calls_shouldComeFromManyThreads_eachInItsOrder() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    let threads = 4
    let traces = (0..<threads).map { _ in Trace() }
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<threads {
        group.addTask {
          for number in 0..<2_000 { loop.perform { traces[thread].add(number) } }
          await Self.on(loop) {}
        }
      }
    }
    #expect(traces.allSatisfy { $0.values == Array(0..<2_000) })
    // On the loop itself it is done at once.
    let trace = Trace()
    await Self.on(loop) {
      loop.perform { trace.add(1) }
      trace.add(2)
    }
    #expect(trace.values == [1, 2])
    loop.shutdown()
  }

  @Test func soonCalls_shouldComeAfterTheJobsThatAreReady_inOrder() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    let trace = Trace()
    await withCheckedContinuation { continuation in
      loop.perform {
        // More than the loop runs at a time.
        for number in 0..<2 * RuntimeLimits.loopJobsMax {
          loop.spawn("job") { trace.add(number) }
        }
        loop.soon { trace.add(-1) }
        loop.soon {
          trace.add(-2)
          loop.soon { continuation.resume() }
        }
      }
    }
    #expect(trace.values == Array(0..<2 * RuntimeLimits.loopJobsMax) + [-1, -2])
    loop.shutdown()
  }

  @Test func soonCallsTimersAndDescriptors_shouldHaveTheirTurn_whileATaskNeverRests() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    let isOver = Lock(false)
    loop.spawn("busy") {
      while !isOver.withLock({ $0 }) { await Task.yield() }
    }
    await withCheckedContinuation { continuation in
      loop.soon { continuation.resume() }
    }
    try await loop.sleep(for: .milliseconds(5))
    let pipe = try Pipe()
    await withCheckedContinuation { continuation in
      let isFirst = Lock(true)
      loop.perform {
        _ = try? loop.watch(pipe.reader) { readiness in
          guard readiness.contains(.readable), isFirst.withLock({ $0 }) else { return }
          isFirst.withLock { $0 = false }
          continuation.resume()
        }
        pipe.put()
      }
    }
    isOver.withLock { $0 = true }
    loop.shutdown()
    pipe.close()
  }

  @Test func sleep_shouldEndOnCancellation_fromAnyThread() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    for delay in [0, 5] {
      let thrown = Lock(false)
      let sleeper = loop.spawn("sleeper") {
        do throws(CancellationError) {
          try await loop.sleep(for: .seconds(1000))
        } catch { thrown.withLock { $0 = true } }
      }
      if delay > 0 { try await loop.sleep(for: .milliseconds(delay)) }
      sleeper.cancel()
      await sleeper.value
      #expect(thrown.withLock { $0 })
    }
    // A sleeper that is on no loop at all.
    let foreign = Task.detached { try await loop.sleep(for: .seconds(1000)) }
    try await loop.sleep(for: .milliseconds(5))
    foreign.cancel()
    await #expect(throws: CancellationError.self) { try await foreign.value }
    let before = loop.now
    try await loop.sleep(for: .milliseconds(10))
    #expect(before.duration(to: loop.now) >= .milliseconds(10))
    try await loop.sleep(until: .start)
    loop.shutdown()
  }

  /// A pipe that does not block.
  private struct Pipe {
    let reader: Int32
    let writer: Int32

    init() throws {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
      (reader, writer) = (ends[0], ends[1])
    }

    func put() {
      var byte: UInt8 = 1
      _ = write(writer, &byte, 1)
    }

    func take() -> Int {
      var bytes = [UInt8](repeating: 0, count: 100)
      return read(reader, &bytes, bytes.count)
    }

    func close() {
      Glibc.close(reader)
      Glibc.close(writer)
    }
  }

  @Test func watchedDescriptor_shouldBeToldOf_untilItIsNotWatched() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    let pipe = try Pipe()
    let trace = Trace()
    let ticket = Lock<WatchTicket?>(nil)
    await Self.on(loop) {
      let watched = try? loop.watch(pipe.reader) { readiness in
        if readiness.contains(.readable) { trace.add(pipe.take()) }
        if readiness.contains(.closed) { trace.add(-1) }
      }
      ticket.withLock { $0 = watched }
    }
    for _ in 0..<3 {
      pipe.put()
      try await loop.sleep(for: .milliseconds(10))
    }
    #expect(trace.values == [1, 1, 1])
    await Self.on(loop) { ticket.withLock { $0 }.map(loop.unwatch) }
    pipe.put()
    try await loop.sleep(for: .milliseconds(10))
    #expect(trace.values == [1, 1, 1])
    pipe.close()
    // What is no descriptor is refused, and named.
    await Self.on(loop) {
      let error = #expect(throws: EventLoopError.self) { try loop.watch(-1) { _ in } }
      #expect(error?.call == "epoll_ctl" && error?.code == EBADF)
    }
    loop.shutdown()
  }

  @Test func staleWord_shouldNotReachWhoeverWasTakenOff_norTheNextDescriptorOfTheNumber()
    async throws
  {
    let loop = try EventLoopRuntime(seed: 1)
    let (first, second, quiet) = (try Pipe(), try Pipe(), try Pipe())
    let trace = Trace()
    await withCheckedContinuation { continuation in
      loop.perform {
        // Both are ready at once; whoever is told first takes the other off, closes it and puts a
        // quiet one in its place.
        var tickets: [WatchTicket] = []
        var isOver = false
        for (index, pipe) in [first, second].enumerated() {
          let ticket = try? loop.watch(pipe.reader) { readiness in
            guard readiness.contains(.readable) else { return }
            trace.add(index)
            guard !isOver else { return }
            isOver = true
            let other = 1 - index
            loop.unwatch(tickets[other])
            let gone = other == 0 ? first : second
            let copy = dup2(quiet.reader, gone.reader)
            _ = try? loop.watch(copy) { readiness in
              if readiness.contains(.readable) { trace.add(99) }
            }
            loop.schedule(at: loop.now.advanced(by: .milliseconds(20))) { continuation.resume() }
          }
          if let ticket { tickets.append(ticket) }
        }
        first.put()
        second.put()
      }
    }
    #expect(trace.values.count == 1 && !trace.values.contains(99))
    loop.shutdown()
    for pipe in [first, second, quiet] { pipe.close() }
  }

  @Test func shutdown_shouldEndTheLoop_andWhatItHolds() async throws {
    final class Mark: Sendable {}
    weak var gone: EventLoopRuntime?
    let isDone = Lock(false)
    do {
      let loop = try EventLoopRuntime(seed: 1)
      gone = loop
      await Self.on(loop) {}
      loop.shutdown()
      loop.shutdown()
      // What comes then is not done, and does no harm.
      try await Task.sleep(for: .milliseconds(20))
      loop.perform { isDone.withLock { $0 = true } }
    }
    for _ in 0..<200 where gone != nil { try await Task.sleep(for: .milliseconds(5)) }
    #expect(gone == nil && !isDone.withLock { $0 })
  }

  @Test func actorsAndWorkers_shouldWork_onTheLoop() async throws {
    let loop = try EventLoopRuntime()
    let trace = await chat(runtime: loop, actors: 5, messages: 10, life: 4)
    #expect(trace.count == 40)
    loop.shutdown()
  }
}
