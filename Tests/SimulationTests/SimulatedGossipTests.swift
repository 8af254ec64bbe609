import Messages
import Networking
import Runtime
import SimulatedNetworking
import Simulation
import Testing

@Suite struct SimulatedGossipTests {
  @Test(arguments: [2, 5, 9, 10, 30, 100])
  func gossip_shouldReachEveryoneOnce_inABoundedGraph(count: Int) {
    let world = NetworkWorld(seed: UInt64(count))
    let nodes = world.nodes(count)
    for node in nodes { world.listen(node) }
    world.run {
      await nodes[0].publish(.blockHeader, [7])
      try? await world.runtime.sleep(for: .seconds(5))
    }
    #expect(Set(world.noted.map { $0.split(separator: " ")[1] }).count == count - 1)
    #expect(world.noted.count == count - 1)
    for peer in world.network.peers {
      let neighbours = world.network.gossipNeighbours(of: peer)
      if count - 1 <= SimulatedNetworkLimits.gossipDegreeMax {
        #expect(neighbours.count == count - 1)
      } else {
        #expect((2...SimulatedNetworkLimits.gossipDegreeMax).contains(neighbours.count))
      }
      #expect(neighbours.allSatisfy { world.network.gossipNeighbours(of: $0).contains(peer) })
    }
    world.end()
  }

  @Test(arguments: [1, 5, 30])
  func whoTakesNoGossip_shouldReachThoseWhoDo(takers: Int) {
    let world = NetworkWorld()
    let nodes = world.nodes(40)
    for node in nodes[..<takers] { world.listen(node) }
    for node in nodes[takers...] { world.network.setTakesGossip(false, for: node.local) }
    let degree = SimulatedNetworkLimits.gossipDegreeMax
    for node in nodes[takers...] {
      let neighbours = world.network.gossipNeighbours(of: node.local)
      #expect(neighbours.count == min(takers, degree))
      #expect(neighbours.allSatisfy { peer in nodes[..<takers].contains { $0.local == peer } })
    }
    world.run {
      await nodes[39].publish(.blockHeader, [7])
      try? await world.runtime.sleep(for: .seconds(5))
    }
    #expect(Set(world.noted.map { $0.split(separator: " ")[1] }).count == takers)
    world.end()
  }

  @Test(arguments: [Acceptance.ignore, .reject])
  func gossip_shouldGoNoFurther_whenItIsNotAccepted(verdict: Acceptance) {
    let world = NetworkWorld(NetworkConfiguration(gossipDegreeMax: 2))
    let nodes = world.nodes(12)
    for node in nodes { world.listen(node, .blockHeader, verdict) }
    world.run {
      await nodes[0].publish(.blockHeader, [7])
      try? await world.runtime.sleep(for: .seconds(5))
    }
    let reached = Set(world.noted.map { $0.split(separator: " ")[1] })
    let neighbours = world.network.gossipNeighbours(of: PeerID(0))
    #expect(reached == Set(neighbours.map { Substring($0.description) }))
    let rejected = world.network.statistics(of: PeerID(0)).rejected
    #expect(rejected == (verdict == .reject ? 2 : 0))
    world.end()
  }

  @Test func gossip_shouldSkipThoseWhoDoNotSubscribe() {
    let world = NetworkWorld()
    let nodes = world.nodes(3)
    world.listen(nodes[1], .blockBody)
    world.listen(nodes[2], .blockHeader)
    world.run {
      await nodes[0].publish(.blockHeader, [7])
      await nodes[0].publish(.blockHeader, [7])
      try? await world.runtime.sleep(for: .seconds(1))
    }
    #expect(world.noted == ["10000000: p2 <- p0 [7]"])
    #expect(world.network.drops[.notSubscribed] == 2)
    world.end()
  }

  @Test func gossip_shouldBeLimited_inSizeAndNumber() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    let messages = nodes[1].subscribe(.blockHeader)
    world.run {
      let limit = Topic.blockHeader.payloadBytesMax
      await nodes[0].publish(.blockHeader, [UInt8](repeating: 0, count: limit + 1))
      for number in 0..<NetworkingLimits.gossipMessagesMax {
        await nodes[0].publish(.blockHeader, Array("\(number)".utf8))
      }
      try? await world.runtime.sleep(for: .seconds(1))
      // A liar sends more than the limit past its own check.
      world.network.setInterceptor(
        { _ in .replace([UInt8](repeating: 1, count: limit + 1)) }, for: PeerID(0))
      await nodes[0].publish(.blockHeader, [1])
      try? await world.runtime.sleep(for: .seconds(1))
    }
    // Half of all may be one neighbour's.
    #expect(messages.count == NetworkingLimits.gossipMessagesMax / 2)
    #expect(world.network.drops[.subscriptionFull] == NetworkingLimits.gossipMessagesMax / 2)
    #expect(messages.bytes <= NetworkingLimits.gossipBytes.perHolder)
    #expect(world.network.drops[.tooLarge] == 1)
    #expect(world.network.statistics(of: PeerID(0)).rejected == 1)
    world.end()
  }

  @Test func observer_shouldSeeTheWholeStory() {
    let world = NetworkWorld()
    let nodes = world.nodes(2)
    world.network.observer = { world.note("\($0)") }
    let messages = nodes[1].subscribe(.blockHeader)
    world.runtime.spawn("listener") {
      for await message in messages { nodes[1].report(message.id, .reject) }
    }
    world.run {
      await nodes[0].publish(.blockHeader, [7])
      try? await world.runtime.sleep(for: .seconds(1))
      nodes[1].disconnect(PeerID(0), reason: "rejected")
    }
    let id = GossipID(topic: .blockHeader, payload: [7])
    #expect(
      world.noted == [
        "0: sent(gossip.block_header, from: p0, to: p1, bytes: 65)",
        "10000000: delivered(gossip.block_header, from: p0, to: p1, bytes: 65)",
        "10000000: judged(\(id), by: p1, from: p0, Networking.Acceptance.reject)",
        "1000000000: disconnected(p1, p0, reason: \"rejected\")",
      ])
    world.end()
  }
}
