import Glibc
import Locking
import Runtime
import Testing

@Suite struct BlockingTests {
  private struct Broken: Error, Equatable { let number: Int }

  /// Does `body` on a thread of its own, which runs no tasks and so may wait.
  private static func onThread(_ body: @escaping @Sendable () -> Void) async {
    await SystemRuntime().worker("waits").run { body() }
  }

  @Test func result_shouldBeWhatTheTaskGives_orThrows() async {
    let seen = Lock<[Int]>([])
    await Self.onThread {
      for number in 0..<200 {
        let output = Blocking.result {
          await Task.yield()
          return number
        }
        seen.withLock { $0.append(output) }
        do throws(Broken) {
          let nothing: Int = try Blocking.result { () async throws(Broken) in
            throw Broken(number: number)
          }
          Issue.record("\(nothing)")
        } catch { seen.withLock { $0.append(-error.number) } }
      }
    }
    #expect(seen.withLock { $0 } == (0..<200).flatMap { [$0, -$0] })
  }

  @Test func resultOfALoop_shouldBeMadeOnItsThread_whereverItIsWaitedFor() async throws {
    let loop = try EventLoopRuntime(seed: 1)
    let names = Lock<[UInt]>([])
    await Self.onThread {
      for _ in 0..<200 {
        let (outer, inner) = Blocking.result(on: loop) {
          // On the loop itself there is nothing to wait for.
          (UInt(pthread_self()), Blocking.result(on: loop) { UInt(pthread_self()) })
        }
        names.withLock { $0 += [outer, inner] }
      }
      names.withLock { $0.append(UInt(pthread_self())) }
    }
    let threads = names.withLock { $0 }
    #expect(Set(threads.dropLast()).count == 1 && threads.last != threads.first)
    loop.shutdown()
  }
}
