import Locking
import Messages
import Networking
import Peers
import Primitives
import Runtime
import Testing

@Suite struct AnswerRoomTests {
  /// Claims room, notes it, and keeps it for a second.
  private static func hold(
    _ bytes: Int, of peer: UInt32, in room: AnswerRoom, _ name: String, _ log: Log,
    _ runtime: SimulatedRuntime
  ) async {
    do throws(RequestError) {
      let claim = try await room.claim(bytes, of: PeerID(peer))
      log.note("\(runtime.now.nanoseconds / 1_000_000_000) \(name)")
      try? await runtime.sleep(for: .seconds(1))
      withExtendedLifetime(claim) {}
    } catch { log.note("\(name) \(error.reason)") }
  }

  final class Log: Sendable {
    let lines = Lock<[String]>([])
    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var noted: [String] { lines.withLock { $0 } }
  }

  @Test func answers_shouldWaitForRoom_inTurn() {
    let runtime = SimulatedRuntime(seed: 1)
    let room = AnswerRoom(limits: ByteLimits(total: 100, perHolder: 60))
    let log = Log()
    let outcome = runtime.run(virtualTimeMax: .seconds(60)) {
      await withDiscardingTaskGroup { group in
        for (name, peer, bytes) in [
          ("a", 1, 60), ("b", 2, 40), ("c", 1, 10), ("d", 3, 60), ("e", 4, 50), ("f", 2, 1),
        ] as [(String, UInt32, Int)] {
          group.addTask { await Self.hold(bytes, of: peer, in: room, name, log, runtime) }
          try? await runtime.sleep(for: .milliseconds(1))
        }
      }
      #expect(room.bytes == 0)
    }
    #expect(outcome == .done)
    // One that waits for its own share holds up nobody; who waits for room comes in turn.
    #expect(log.noted.count == 6 && log.noted.prefix(2) == ["0 a", "0 b"])
    #expect(runtime.shutdown() == [])
  }

  @Test func peerThatHasAllItMay_shouldHoldUpNobody_whoComesAfterIt() {
    let runtime = SimulatedRuntime(seed: 3)
    let room = AnswerRoom(limits: ByteLimits(total: 100, perHolder: 60))
    let log = Log()
    let outcome = runtime.run(virtualTimeMax: .seconds(60)) {
      await withDiscardingTaskGroup { group in
        // Peer 1 has its share for as long as peer 2 has the rest, and a second longer.
        for (name, peer, bytes, start) in [
          ("a", 2, 40, 0), ("b", 1, 60, 500), ("c", 1, 10, 600), ("d", 3, 40, 700),
        ] as [(String, UInt32, Int, Int64)] {
          group.addTask {
            try? await runtime.sleep(for: .milliseconds(start))
            await Self.hold(bytes, of: peer, in: room, name, log, runtime)
          }
        }
        try? await runtime.sleep(for: .milliseconds(1_200))
        #expect(log.noted == ["0 a", "0 b", "1 d"])
      }
    }
    #expect(outcome == .done && room.bytes == 0)
    #expect(log.noted == ["0 a", "0 b", "1 d", "1 c"])
    #expect(runtime.shutdown() == [])
  }

  @Test func newcomer_shouldNotOvertake_whoWaitsForRoom() {
    let runtime = SimulatedRuntime(seed: 4)
    let room = AnswerRoom(limits: ByteLimits(total: 100, perHolder: 100))
    let log = Log()
    let outcome = runtime.run(virtualTimeMax: .seconds(60)) {
      await withDiscardingTaskGroup { group in
        // There would be room for the small one at once; then the large one would wait for ever
        // behind more of its kind.
        for (name, peer, bytes, start) in [
          ("first", 1, 60, 0), ("large", 2, 100, 100), ("small", 3, 30, 200),
        ] as [(String, UInt32, Int, Int64)] {
          group.addTask {
            try? await runtime.sleep(for: .milliseconds(start))
            await Self.hold(bytes, of: peer, in: room, name, log, runtime)
          }
        }
      }
    }
    #expect(outcome == .done && room.bytes == 0)
    #expect(log.noted == ["0 first", "1 large", "2 small"])
    #expect(runtime.shutdown() == [])
  }

  @Test func cancelledWait_shouldLetPass_whoWaitedBehindIt() {
    let runtime = SimulatedRuntime(seed: 5)
    let room = AnswerRoom(limits: ByteLimits(total: 100, perHolder: 100))
    let log = Log()
    let outcome = runtime.run(virtualTimeMax: .seconds(60)) {
      let claim = try? await room.claim(60, of: PeerID(1))
      let large = runtime.spawn("large") {
        await Self.hold(100, of: 2, in: room, "large", log, runtime)
      }
      try? await runtime.sleep(for: .milliseconds(10))
      let small = runtime.spawn("small") {
        await Self.hold(30, of: 3, in: room, "small", log, runtime)
      }
      try? await runtime.sleep(for: .milliseconds(10))
      #expect(log.noted.isEmpty)
      large.cancel()
      try? await runtime.sleep(for: .milliseconds(10))
      #expect(log.noted.sorted() == ["0 small", "large cancelled"])
      try? await runtime.sleep(for: .seconds(2))
      _ = small
      withExtendedLifetime(claim) {}
    }
    #expect(outcome == .done && room.bytes == 0)
    #expect(runtime.shutdown() == [])
  }

  @Test func unusuallyLargeAnswer_shouldBeForgotten_littleByLittle() {
    var sizes = AnswerSizes()
    let request = RequestTrieDiff(blockHash: .zero)
    let first = NetworkingLimits.answerBytesFirst
    let large = 4 * first
    #expect(sizes.most(of: request) == first)
    sizes.add(large, .trieDiff)
    #expect(sizes.most(of: request) == 2 * large)
    // Each small one takes an eighth of it away, until it is as before; other kinds never changed.
    var before = 2 * large
    for _ in 0..<40 {
      sizes.add(100, .trieDiff)
      let most = sizes.most(of: request)
      #expect(most <= before && most >= max(first, before * 4 / 5))
      before = most
    }
    #expect(before == first)
    sizes.add(3 * first, .trieDiff)
    #expect(sizes.most(of: RequestHead()) == min(first, RequestType.head.responseBytesMax))
  }

  @Test func cancelledWait_shouldEnd_andTakeNothing() {
    let runtime = SimulatedRuntime(seed: 2)
    let room = AnswerRoom(limits: ByteLimits(total: 100, perHolder: 100))
    let log = Log()
    let outcome = runtime.run(virtualTimeMax: .seconds(60)) {
      let claim = try? await room.claim(100, of: PeerID(1))
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await Self.hold(50, of: 2, in: room, "late", log, runtime) }
        try? await runtime.sleep(for: .seconds(3))
        group.cancelAll()
      }
      withExtendedLifetime(claim) {}
      #expect(room.bytes == 100)
    }
    #expect(outcome == .done && room.bytes == 0)
    #expect(log.noted == ["late cancelled"])
    #expect(runtime.shutdown() == [])
  }
}
