import Messages
import Networking
import Runtime
import SimulatedNetworking
import Simulation
import Testing

/// What one simulated node holds of others: requests that wait, and answers that are not sent yet.
@Suite struct SimulatedRoomTests {
  @Test func requestsThatWait_shouldBeBoundedInBytes() {
    let world = NetworkWorld(NetworkConfiguration(link: .perfect))
    let nodes = world.nodes(4)
    nodes[0].serve(.missingBlocks) { _, _ in
      try? await world.runtime.sleep(for: .seconds(100))
      return []
    }
    let large = [UInt8](repeating: 1, count: RequestType.missingBlocks.requestBytesMax)
    let perPeer = NetworkingLimits.servedWaitingBytes.perHolder
    world.run {
      await withDiscardingTaskGroup { group in
        // One peer keeps the node busy, a second floods it, a third asks for a little.
        for (number, count) in [(1, NetworkingLimits.servedConcurrentlyMax), (2, 30), (3, 1)] {
          let payload = number == 2 ? large : [1]
          for _ in 0..<count {
            group.addTask {
              let response = try? await nodes[number].send(
                .missingBlocks, payload, to: PeerID(0), timeout: .seconds(1_000))
              world.note("p\(number) \(response == nil ? "refused" : "answered")")
            }
          }
          try? await world.runtime.sleep(for: .seconds(1))
        }
      }
    }
    func count(_ suffix: String) -> Int { world.noted.count { $0.hasSuffix(suffix) } }
    #expect(count("p2 answered") > 0 && count("p2 answered") <= perPeer / large.count)
    #expect(count("p2 answered") + count("p2 refused") == 30)
    #expect(count("p3 answered") == 1)
    world.end()
  }

  @Test func noAnswer_shouldBeMade_whileTooMuchIsUnsent() {
    let answer = NetworkingLimits.unsentBytesMax / 2 + 1
    let world = NetworkWorld(
      NetworkConfiguration(
        link: .perfect, capacity: NodeCapacity(uploadBytesPerSecond: answer), overheadBytes: 0))
    let nodes = world.nodes(2)
    nodes[1].serve(.chunk) { _, _ in
      world.note("made")
      return [UInt8](repeating: 0, count: answer)
    }
    world.run {
      await withDiscardingTaskGroup { group in
        for _ in 0..<6 {
          group.addTask {
            let response = try? await nodes[0].send(
              .chunk, [], to: PeerID(1), timeout: .seconds(100))
            #expect(response?.count == answer)
          }
        }
      }
    }
    // Two are made at once; each later one when what is unsent is below the limit again.
    let times = world.noted.compactMap { Int($0.split(separator: ":")[0]) }
    #expect(times.count == 6)
    #expect(times.prefix(2).allSatisfy { $0 == 0 })
    #expect(zip(times.dropFirst(), times.dropFirst(2)).allSatisfy { $0 < $1 }, "\(times)")
    world.end()
  }

  @Test func answersBeyondTheirLimit_shouldBeRefused() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    nodes[1].serve(.trieDiff) { _, _ in [UInt8](repeating: 0, count: 1_001) }
    world.run {
      await #expect(throws: RequestError.tooLarge(bytes: 1_001, limit: 1_000)) {
        try await nodes[0].send(
          .trieDiff, [], to: PeerID(1), timeout: .seconds(1), answerBytesMax: 1_000)
      }
      let whole = try? await nodes[0].send(
        .trieDiff, [], to: PeerID(1), timeout: .seconds(1), answerBytesMax: 1_001)
      #expect(whole?.count == 1_001)
    }
    world.end()
  }
}
