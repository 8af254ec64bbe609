import Locking
import Runtime

/// What happened, in order, as a hash.
final class Trace: Sendable {
  private let state = Lock((hash: UInt64(0xcbf2_9ce4_8422_2325), count: 0))

  func note(_ values: UInt64...) {
    state.withLock { state in
      for value in values { state.hash = (state.hash ^ value) &* 0x100_0000_01b3 }
      state.count += 1
    }
  }

  var hash: UInt64 { state.withLock { $0.hash } }
  var count: Int { state.withLock { $0.count } }
}

/// Counts down to zero.
final class Countdown: Sendable {
  private let left: Lock<Int>

  init(from count: Int) {
    left = Lock(count)
  }

  /// True for the last one.
  func countDown() -> Bool {
    left.withLock { left in
      left -= 1
      return left == 0
    }
  }
}

/// An actor that answers what it is sent after a random delay, until the messages' lives are over.
actor Chatter {
  private let number: Int
  private let runtime: any Runtime
  private let trace: Trace
  private var random: RandomStream
  private var heard: UInt64 = 0

  init(_ number: Int, _ runtime: any Runtime, _ trace: Trace) {
    self.number = number
    self.runtime = runtime
    self.trace = trace
    random = runtime.randomStream(RandomConsumer(.test, index: UInt32(number)))
  }

  /// Notes the message and chooses when it goes where next.
  func hear(_ life: Int, peers: Int) -> (next: Int, delay: Duration) {
    heard += 1
    trace.note(UInt64(number), UInt64(life), heard, UInt64(runtime.now.nanoseconds))
    return (random.below(peers), random.exponential(mean: .milliseconds(3)))
  }
}

/// Chatting actors, each with an inbox; messages travel in child tasks.
func chat(runtime: any Runtime, actors count: Int, messages: Int, life: Int) async -> Trace {
  let trace = Trace()
  let chatters = (0..<count).map { Chatter($0, runtime, trace) }
  let inboxes = (0..<count).map { _ in Mailbox<Int>(capacity: 10_000) }
  let open = Countdown(from: messages)
  for index in 0..<messages { inboxes[index % count].offer(life) }
  await withDiscardingTaskGroup { group in
    for (chatter, inbox) in zip(chatters, inboxes) {
      group.addTask {
        await withDiscardingTaskGroup { travellers in
          for await left in inbox {
            let (next, delay) = await chatter.hear(left, peers: count)
            guard left > 1 else {
              if open.countDown() { for inbox in inboxes { inbox.finish() } }
              continue
            }
            travellers.addTask {
              try? await runtime.sleep(for: delay)
              inboxes[next].offer(left - 1)
            }
          }
        }
      }
    }
  }
  return trace
}

/// What can be compared between two runs.
struct RunSummary: Hashable {
  var outcome: SimulatedRuntime.Outcome
  var trace: UInt64
  var count: Int
  var steps: Int
  var end: Moment
  var schedule: UInt64
  var foreign: Int
  var leaked: [String]
}

/// Runs the chat under a seed.
func simulatedChat(
  seed: UInt64, actors: Int = 20, messages: Int = 40, life: Int = 15
) -> RunSummary {
  let runtime = SimulatedRuntime(seed: seed)
  let result = Lock<Trace?>(nil)
  let outcome = runtime.run {
    let trace = await chat(runtime: runtime, actors: actors, messages: messages, life: life)
    result.withLock { $0 = trace }
  }
  let leaked = runtime.shutdown()
  let trace = result.withLock { $0 }
  return RunSummary(
    outcome: outcome, trace: trace?.hash ?? 0, count: trace?.count ?? 0, steps: runtime.steps,
    end: runtime.now, schedule: runtime.scheduleFingerprint, foreign: runtime.foreignJobs,
    leaked: leaked)
}
