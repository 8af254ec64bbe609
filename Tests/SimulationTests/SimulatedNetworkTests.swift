import Messages
import Networking
import Runtime
import SimulatedNetworking
import Simulation
import Testing

@Suite struct SimulatedLinkTests {
  @Test func losses_shouldHaveTheirShare() {
    let link = LinkConditions(
      latency: .milliseconds(1), lossPerMillion: 100_000, duplicatePerMillion: 50_000)
    let world = NetworkWorld(NetworkConfiguration(link: link))
    let nodes = world.nodes(2)
    world.listen(nodes[1])
    world.run {
      for number in 0..<20_000 {
        await nodes[0].publish(.blockHeader, Array("\(number)".utf8))
        if number % 100 == 0 { try? await world.runtime.sleep(for: .milliseconds(5)) }
      }
      try? await world.runtime.sleep(for: .seconds(1))
    }
    // Five standard deviations around 18,000 are ±213.
    #expect((17_787...18_213).contains(world.noted.count))
    // A lost message loses both its copies: 1000 doubled, 900 of them seen twice.
    #expect((750...1050).contains(world.network.drops[.repeated]))
    let (sent, delivered) = world.network.traffic(from: PeerID(0), to: PeerID(1))
    #expect(sent.messages == 20_000)
    #expect(delivered.messages == world.noted.count + world.network.drops[.repeated])
    world.end()
  }

  @Test func order_shouldFollowFromTheSeed() {
    func order(seed: UInt64) -> [String] {
      let link = LinkConditions(latency: .milliseconds(5), jitterMean: .milliseconds(20))
      let world = NetworkWorld(seed: seed, NetworkConfiguration(link: link))
      let nodes = world.nodes(6)
      for node in nodes { world.listen(node) }
      world.run {
        for number in 0..<UInt8(30) {
          await nodes[Int(number) % 6].publish(.blockHeader, [number])
          try? await world.runtime.sleep(for: .milliseconds(3))
        }
        try? await world.runtime.sleep(for: .seconds(3))
      }
      world.end()
      #expect(world.noted.count == 30 * 5, "seed \(seed)")
      return world.noted
    }
    for seed: UInt64 in 0..<20 { #expect(order(seed: seed) == order(seed: seed)) }
    #expect(Set((0..<UInt64(20)).map(order)).count == 20)
  }

  @Test func jitter_shouldReorderMessages() {
    let link = LinkConditions(latency: .milliseconds(5), jitterMean: .milliseconds(20))
    let world = NetworkWorld(NetworkConfiguration(link: link))
    let nodes = world.nodes(2)
    world.listen(nodes[1])
    world.run {
      for number in 0..<UInt8(100) { await nodes[0].publish(.blockHeader, [number]) }
      try? await world.runtime.sleep(for: .seconds(3))
    }
    let order = world.noted.map { String($0.split(separator: " ").last ?? "") }
    #expect(order.count == 100)
    #expect(order != (0..<100).map { "[\($0)]" })
    world.end()
  }

  @Test func nodesThatNobodyCanDial_shouldBeConnectedToAllButEachOther() {
    let world = NetworkWorld()
    for number in [1, 3] as [UInt32] { world.network.letNobodyDial(PeerID(number)) }
    let nodes = world.nodes(4)
    for node in nodes { world.listen(node) }
    world.run {
      let seen = nodes.map { $0.connectedPeers().map(\.number) }
      #expect(seen == [[1, 2, 3], [0, 2], [0, 1, 3], [0, 2]])
      // What one publishes comes to the other over those in between.
      await nodes[1].publish(.blockHeader, [1])
      try? await world.runtime.sleep(for: .seconds(1))
      #expect(world.noted.count == 3)
      world.network.leave(PeerID(3))
      world.network.join(PeerID(3))
      #expect(nodes[3].connectedPeers().map(\.number) == [0, 2])
    }
    world.end()
  }

  @Test func partition_shouldSilenceBothSides_untilItIsHealed() {
    let world = NetworkWorld()
    let nodes = world.nodes(4)
    for node in nodes { world.listen(node) }
    for node in nodes { node.serve(.head) { _, _ in [] } }
    world.run {
      world.network.partition([[PeerID(0), PeerID(1)], [PeerID(2), PeerID(3)]])
      await nodes[0].publish(.blockHeader, [1])
      await #expect(throws: RequestError.timeout) {
        try await nodes[0].send(.head, [], to: PeerID(2), timeout: .seconds(1))
      }
      #expect(nodes[0].connectedPeers() == [PeerID(1), PeerID(2), PeerID(3)])
      #expect(world.noted.map { $0.split(separator: " ")[1] } == ["p1"])
      world.network.heal()
      await nodes[0].publish(.blockHeader, [2])
      let response = try? await nodes[0].send(.head, [], to: PeerID(2), timeout: .seconds(1))
      #expect(response == [])
      #expect(world.noted.count == 4)
      world.network.isolate([PeerID(3)])
      await nodes[3].publish(.blockHeader, [3])
      world.network.heal()
      world.network.block(from: PeerID(0), to: PeerID(1))
      await #expect(throws: RequestError.timeout) {
        try await nodes[1].send(.head, [], to: PeerID(0), timeout: .seconds(1))
      }
      world.network.unblock(from: PeerID(0), to: PeerID(1))
      let again = try? await nodes[1].send(.head, [], to: PeerID(0), timeout: .seconds(1))
      #expect(again == [])
      #expect(world.noted.count == 4)
    }
    #expect(world.network.drops[.partition] > 0)
    world.end()
  }

  @Test func ownConditions_shouldReplaceTheCommonOnes() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    nodes[1].serve(.head) { _, _ in [] }
    world.network.setLink(
      LinkConditions(latency: .milliseconds(700)), from: PeerID(1), to: PeerID(0))
    world.run {
      _ = try? await nodes[0].send(.head, [], to: PeerID(1), timeout: .seconds(1))
    }
    #expect(world.runtime.now == Moment(nanoseconds: 710_000_000))
    world.end()
  }

  @Test func message_shouldNotArrive_whenItWasSentOnAnEarlierConnection() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    world.listen(nodes[1])
    world.run {
      await nodes[0].publish(.blockHeader, [1])
      nodes[0].disconnect(PeerID(1), reason: "test")
      world.network.connect(PeerID(0), PeerID(1))
      await nodes[0].publish(.blockHeader, [2])
      try? await world.runtime.sleep(for: .seconds(1))
    }
    #expect(world.noted == ["10000000: p1 <- p0 [2]"])
    #expect(world.network.drops[.disconnected] == 1)
    #expect(world.network.statistics(of: PeerID(1)).total.received.messages == 1)
    world.end()
  }

  @Test func peerEvents_shouldTellBothEnds() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    let events = nodes[0].peerEvents()
    world.runtime.spawn("watcher") { for await event in events { world.note("\(event)") } }
    world.run {
      _ = world.network.endpoint(for: PeerID(2))
      #expect(nodes[0].connectedPeers() == [PeerID(1), PeerID(2)])
      world.network.leave(PeerID(1))
      #expect(nodes[1].connectedPeers() == [])
      world.network.join(PeerID(1))
      world.network.connect(PeerID(0), PeerID(1))
      try? await world.runtime.sleep(for: .seconds(1))
    }
    #expect(world.noted == ["0: joined(p2)", "0: left(p1)", "0: joined(p1)"])
    world.end()
  }

  @Test func peerEvents_shouldWaitToBeRead_upToTheirLimit() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    let events = nodes[0].peerEvents()
    let limit = NetworkingLimits.peerEventsMax
    world.run {
      var dropped: [Int] = []
      for number in 0...limit {
        if number.isMultiple(of: 2) {
          world.network.disconnect(PeerID(0), PeerID(1), reason: "test")
        } else {
          world.network.connect(PeerID(0), PeerID(1))
        }
        if number >= limit - 1 { dropped.append(world.network.drops[.peerEventsFull]) }
      }
      #expect(dropped == [0, 1])
      world.network.remove(PeerID(0))
      // The oldest stay, in their order.
      var count = 0
      for await event in events {
        #expect(event == (count.isMultiple(of: 2) ? .left(PeerID(1)) : .joined(PeerID(1))))
        count += 1
      }
      #expect(count == limit)
    }
    world.end()
  }

  @Test func interceptor_shouldChangeWhatPasses() {
    let world = NetworkWorld()
    let nodes = world.nodes(3)
    for node in nodes { node.serve(.head) { _, payload in payload } }
    world.network.setInterceptor(
      { message in
        switch (message.direction, message.kind, message.payload) {
        case (.incoming, .request, [1]): .drop
        case (.incoming, .request, [2]): .replace([22])
        case (.outgoing, .response, [3]): .delay(.milliseconds(500))
        default: .pass
        }
      }, for: PeerID(1))
    world.run {
      await #expect(throws: RequestError.timeout) {
        try await nodes[0].send(.head, [1], to: PeerID(1), timeout: .seconds(1))
      }
      let replaced = try? await nodes[0].send(.head, [2], to: PeerID(1), timeout: .seconds(1))
      #expect(replaced == [22])
      let start = world.runtime.now
      let late = try? await nodes[0].send(.head, [3], to: PeerID(1), timeout: .seconds(1))
      #expect(late == [3])
      #expect(start.duration(to: world.runtime.now) == .milliseconds(520))
    }
    #expect(world.network.drops[.intercepted] == 1)
    world.end()
  }

  @Test func accounting_shouldAddUp() {
    let world = NetworkWorld(NetworkConfiguration(overheadBytes: 10))
    let nodes = world.nodes(3)
    nodes[1].serve(.head) { _, _ in [UInt8](repeating: 0, count: 90) }
    world.run {
      for _ in 0..<4 {
        _ = try? await nodes[0].send(.head, [1, 2], to: PeerID(1), timeout: .seconds(1))
      }
    }
    let asking = world.network.statistics(of: PeerID(0))
    let asked = world.network.statistics(of: PeerID(1))
    #expect(asking.byKind[.request(.head)]?.sent == TrafficCount(messages: 4, bytes: 48))
    #expect(asking.byKind[.response(.head)]?.received == TrafficCount(messages: 4, bytes: 400))
    #expect(asking.total.sent == asked.total.received)
    #expect(asking.total.received == asked.total.sent)
    #expect(asking.requests == 4)
    #expect(
      world.network.traffic(from: PeerID(1), to: PeerID(0)).delivered
        == TrafficCount(messages: 4, bytes: 400))
    #expect(world.network.messagesInFlight == 0)
    world.end()
  }
}
