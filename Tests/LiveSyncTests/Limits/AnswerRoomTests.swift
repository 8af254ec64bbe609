import LiveSync
import Networking
import Primitives
import Runtime
import Synchronization
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
    let lines = Mutex<[String]>([])
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
