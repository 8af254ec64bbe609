import Messages
import Networking
import Runtime
import SimulatedNetworking
import Simulation
import Testing

private let seconds: Int64 = 1_000_000_000

@Suite struct SimulatedRequestTests {
  @Test func request_shouldTakeLatencyTwice_whenBandwidthIsFree() {
    let world = NetworkWorld(NetworkConfiguration(link: LinkConditions(latency: .milliseconds(30))))
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { peer, payload in payload + [UInt8(peer.number)] }
    world.run {
      let response = try? await nodes[0].send(.head, [9], to: PeerID(1), timeout: .seconds(1))
      #expect(response == [9, 0])
    }
    #expect(world.runtime.now == Moment(nanoseconds: 60_000_000))
    world.end()
  }

  @Test(arguments: [(1_000_000, 4_000_000), (4_000_000, 1_000_000), (1_000_000, 1_000_000)])
  func transfer_shouldTakeTheTimeOfTheSlowerEnd_plusLatency(up: Int, down: Int) {
    let world = NetworkWorld(
      NetworkConfiguration(link: LinkConditions(latency: .milliseconds(50)), overheadBytes: 0))
    let nodes = world.nodes(2)
    world.network.setCapacity(NodeCapacity(uploadBytesPerSecond: up), for: PeerID(1))
    world.network.setCapacity(NodeCapacity(downloadBytesPerSecond: down), for: PeerID(0))
    nodes[1].serve(.chunk) { _, _ in [UInt8](repeating: 0, count: 1_000_000) }
    world.run {
      let response = try? await nodes[0].send(.chunk, [], to: PeerID(1), timeout: .seconds(9))
      #expect(response?.count == 1_000_000)
    }
    #expect(world.runtime.now == Moment(nanoseconds: seconds + 100_000_000))
    world.end()
  }

  @Test func transfers_shouldQueue_whenTheyShareAnUplinkOrADownlink() {
    for isUplink in [true, false] {
      let world = NetworkWorld(
        NetworkConfiguration(link: LinkConditions(latency: .milliseconds(50)), overheadBytes: 0))
      let nodes = world.nodes(5)
      let narrow = NodeCapacity(
        uploadBytesPerSecond: isUplink ? 1_000_000 : nil,
        downloadBytesPerSecond: isUplink ? nil : 1_000_000)
      world.network.setCapacity(narrow, for: PeerID(0))
      for node in nodes {
        node.serve(.chunk) { _, _ in [UInt8](repeating: 0, count: 500_000) }
      }
      world.run {
        await withDiscardingTaskGroup { group in
          for other in 1...4 {
            let (asking, asked) = isUplink ? (nodes[other], nodes[0]) : (nodes[0], nodes[other])
            group.addTask {
              let response = try? await asking.send(
                .chunk, [], to: asked.local, timeout: .seconds(9))
              #expect(response?.count == 500_000)
            }
          }
        }
      }
      #expect(world.runtime.now == Moment(nanoseconds: 2 * seconds + 100_000_000))
      world.end()
    }
  }

  @Test func message_shouldBeDropped_whenTheQueueIsFull() {
    let world = NetworkWorld(
      NetworkConfiguration(
        link: .perfect, capacity: NodeCapacity(uploadBytesPerSecond: 1000, queueBytesMax: 2500),
        overheadBytes: 0))
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { _, _ in [] }
    world.run {
      await withDiscardingTaskGroup { group in
        for _ in 0..<5 {
          group.addTask {
            let bytes = [UInt8](repeating: 1, count: 1000)
            do throws(RequestError) {
              _ = try await nodes[0].send(.head, bytes, to: PeerID(1), timeout: .seconds(60))
              world.note("answered")
            } catch {
              world.note(error.reason)
            }
          }
        }
      }
    }
    // The first is on the line; the second finds 1000 waiting bytes, the third would make 3000.
    #expect(world.noted.filter { $0.hasSuffix("answered") }.count == 2)
    #expect(world.noted.filter { $0 == "\(60 * seconds): timeout" }.count == 3)
    #expect(world.network.drops[.uplinkFull] == 3)
    #expect(world.network.statistics(of: PeerID(0)).timeouts == 3)
    world.end()
  }

  @Test func request_shouldTimeOut_andItsLateResponseBeDropped() {
    let world = NetworkWorld(NetworkConfiguration(link: LinkConditions(latency: .milliseconds(30))))
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { _, _ in
      try? await world.runtime.sleep(for: .seconds(2))
      return [1]
    }
    world.run {
      await #expect(throws: RequestError.timeout) {
        try await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(1))
      }
      #expect(world.runtime.now == Moment(nanoseconds: seconds))
      try? await world.runtime.sleep(for: .seconds(2))
    }
    #expect(world.network.drops[.late] == 1)
    world.end()
  }

  @Test func request_shouldBeRefused_whenNobodyServesIt_orTheHandlerSaysSo() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    nodes[1].serve(.chunk) { _, _ in nil }
    world.run {
      for type in [RequestType.head, .chunk] {
        await #expect(throws: RequestError.refused) {
          try await nodes[0].send(type, [], to: PeerID(1), timeout: .seconds(1))
        }
      }
    }
    #expect(world.network.statistics(of: PeerID(1)).refusals == 2)
    world.end()
  }

  @Test func request_shouldFail_whenThePeerIsUnknownOrGone() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    world.run {
      await #expect(throws: RequestError.disconnected) {
        try await nodes[0].send(.head, [], to: PeerID(7), timeout: .seconds(1))
      }
      world.network.leave(PeerID(1))
      await #expect(throws: RequestError.disconnected) {
        try await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(1))
      }
    }
    world.end()
  }

  @Test(arguments: ["disconnect", "leave", "remove"])
  func request_shouldFailAtOnce_whenTheConnectionEndsMeanwhile(how: String) {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { _, _ in
      try? await world.runtime.sleep(for: .seconds(2))
      return [1]
    }
    world.runtime.schedule(after: .seconds(1)) {
      switch how {
      case "disconnect": nodes[1].disconnect(PeerID(0), reason: "test")
      case "leave": world.network.leave(PeerID(1))
      default: world.network.remove(PeerID(1))
      }
    }
    world.run {
      await #expect(throws: RequestError.disconnected) {
        try await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(9))
      }
      #expect(world.runtime.now == Moment(nanoseconds: seconds))
      #expect(nodes[0].connectedPeers() == [])
      try? await world.runtime.sleep(for: .seconds(5))
    }
    world.end()
  }

  @Test func request_shouldEnd_whenItsTaskIsCancelled() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { _, _ in
      try? await world.runtime.sleep(for: .seconds(2))
      return [1]
    }
    world.run {
      for delay in [Duration.zero, .milliseconds(500)] {
        let asking = world.runtime.spawn("asking") {
          await #expect(throws: RequestError.cancelled) {
            try await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(9))
          }
        }
        try? await world.runtime.sleep(for: delay)
        asking.cancel()
        await asking.value
      }
      #expect(world.network.pendingRequests(of: PeerID(0)) == 0)
    }
    world.end()
  }

  @Test func requests_shouldBeLimited_onBothSides() {
    let world = NetworkWorld(
      NetworkConfiguration(
        capacity: NodeCapacity(servedConcurrentlyMax: 2, servedWaitingMax: 3),
        pendingRequestsMax: 8))
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { _, _ in
      try? await world.runtime.sleep(for: .seconds(1))
      return []
    }
    world.run {
      await withDiscardingTaskGroup { group in
        for _ in 0..<10 {
          group.addTask {
            do throws(RequestError) {
              _ = try await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(60))
              world.note("answered")
            } catch {
              world.note(error.reason)
            }
          }
        }
      }
    }
    let ends = world.noted.map { $0.split(separator: " ")[1] }
    #expect(ends.filter { $0 == "too_many_pending" }.count == 2)
    #expect(ends.filter { $0 == "refused" }.count == 3)
    #expect(ends.filter { $0 == "answered" }.count == 5)
    #expect(world.network.statistics(of: PeerID(1)).servedConcurrentlyPeak == 2)
    #expect(world.runtime.now == Moment(nanoseconds: 3 * seconds + 20_000_000))
    world.end()
  }

  @Test func restartedNode_shouldBeginAnew_andItsOldEndpointBeDead() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { _, _ in [1] }
    world.run {
      world.network.remove(PeerID(1))
      #expect(nodes[1].connectedPeers() == [])
      let reborn = world.network.endpoint(for: PeerID(1))
      #expect(reborn.connectedPeers() == [PeerID(0)])
      await #expect(throws: RequestError.refused) {
        try await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(1))
      }
      await #expect(throws: RequestError.disconnected) {
        try await nodes[1].send(.head, [], to: PeerID(0), timeout: .seconds(1))
      }
      nodes[1].serve(.head) { _, _ in [1] }
      reborn.serve(.head) { _, _ in [2] }
      let response = try? await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(1))
      #expect(response == [2])
    }
    world.end()
  }

  @Test func handlerOfAnEarlierLife_shouldHaveNoSay() {
    let world = NetworkWorld(NetworkConfiguration(capacity: NodeCapacity(servedConcurrentlyMax: 1)))
    let nodes = world.nodes(2)
    let slow: @Sendable (PeerID, [UInt8]) async -> [UInt8]? = { _, _ in
      try? await world.runtime.sleep(for: .seconds(2))
      return []
    }
    nodes[1].serve(.head, slow)
    world.runtime.schedule(after: .seconds(1)) {
      world.network.remove(PeerID(1))
      world.network.endpoint(for: PeerID(1)).serve(.head, slow)
    }
    world.run {
      await #expect(throws: RequestError.disconnected) {
        try await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(9))
      }
      try? await world.runtime.sleep(for: .seconds(4))
      let start = world.runtime.now
      await withDiscardingTaskGroup { group in
        for _ in 0..<2 {
          group.addTask {
            let response = try? await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(9))
            #expect(response == [])
          }
        }
      }
      #expect(start.duration(to: world.runtime.now) == .milliseconds(4020))
    }
    #expect(world.network.drops[.late] == 0)
    world.end()
  }
}
