import Messages
import Networking
import Runtime
import SimulatedNetworking
import Simulation
import TestSupport
import Testing

/// Transfer times against a model that is computed by hand from the manual's words.
@Suite struct SimulatedTransferTests {
  /// A message on its way in the model.
  struct Arrival {
    var firstByte: Int64
    var lastByte: Int64
    var bytes: Int
  }

  /// Nanoseconds for `bytes` at `rate` bytes a second, rounded up.
  static func time(_ bytes: Int, _ rate: Int) -> Int64 {
    Int64((bytes * 1_000_000_000 + rate - 1) / rate)
  }

  /// Many peers answer one node at once: each answer leaves its peer's uplink after those before
  /// it, and takes its turn at the node's downlink in the order of first bytes.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func answers_shouldTakeQueueingPlusTransferPlusDelay(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let latency: Int64 = 50_000_000
    let down = 3_000_000
    let world = NetworkWorld(
      NetworkConfiguration(
        link: LinkConditions(latency: .nanoseconds(latency)),
        capacity: NodeCapacity(downloadBytesPerSecond: down), overheadBytes: 0))
    let nodes = world.nodes(6)
    let uploads = (1...5).map { _ in 200_000 + random.below(2_000_000) }
    let sizes = (1...5).map { _ in (0..<4).map { _ in 1 + random.below(200_000) } }
    var arrivals: [Arrival] = []
    for (index, peer) in nodes.dropFirst().enumerated() {
      world.network.setCapacity(
        NodeCapacity(uploadBytesPerSecond: uploads[index], downloadBytesPerSecond: nil),
        for: peer.local)
      peer.serve(.chunk) { _, payload in [UInt8](repeating: 0, count: sizes[index][Int(payload[0])])
      }
      // Each request leaves at a nanosecond of its own, so that the order is known.
      var free: Int64 = 0
      for (turn, size) in sizes[index].enumerated() {
        let start = max(free, latency + Int64(index * 4 + turn))
        free = start + Self.time(size, uploads[index])
        arrivals.append(
          Arrival(firstByte: start + latency, lastByte: free + latency, bytes: size))
      }
    }
    arrivals.sort { $0.firstByte < $1.firstByte }
    var free: Int64 = 0
    let expected = arrivals.map { arrival in
      free = max(free, arrival.firstByte) + Self.time(arrival.bytes, down)
      return "\(max(free, arrival.lastByte)): \(arrival.bytes)"
    }
    world.run {
      await withDiscardingTaskGroup { group in
        for number in 0..<20 {
          group.addTask {
            try? await world.runtime.sleep(until: Moment(nanoseconds: Int64(number)))
            let answer = try? await nodes[0].send(
              .chunk, [UInt8(number % 4)], to: nodes[1 + number / 4].local, timeout: .seconds(60))
            world.note("\(answer?.count ?? -1)")
          }
        }
      }
    }
    #expect(world.noted.sorted() == expected.sorted(), "seed \(seed)")
    world.end()
  }

  @Test func anAnswerThatNobodyWaitsFor_shouldTakeNoTime_whereOthersWaitBehindIt() {
    let world = NetworkWorld(
      NetworkConfiguration(
        link: LinkConditions(latency: .milliseconds(10)),
        capacity: NodeCapacity(downloadBytesPerSecond: 1_000_000), overheadBytes: 0))
    let nodes = world.nodes(4)
    for node in nodes.dropFirst() {
      node.serve(.chunk) { _, payload in [UInt8](repeating: 0, count: 100_000 * Int(payload[0])) }
    }
    let start = world.runtime.now
    world.run {
      await withDiscardingTaskGroup { group in
        for (index, tenths) in ([10, 9, 1] as [UInt8]).enumerated() {
          group.addTask {
            try? await world.runtime.sleep(for: .milliseconds(index))
            let patience = index == 1 ? Duration.milliseconds(500) : .seconds(60)
            let answer = try? await nodes[0].send(
              .chunk, [tenths], to: nodes[index + 1].local, timeout: patience)
            let after = start.duration(to: world.runtime.now).wholeNanoseconds / 1_000_000
            world.note("\(index) \(answer?.count ?? 0) \(after) ms")
          }
        }
      }
    }
    let noted = world.noted.map { $0.split(separator: " ").dropFirst().joined(separator: " ") }
    #expect(noted == ["1 0 501 ms", "0 1000000 1020 ms", "2 100000 1120 ms"])
    #expect(world.network.drops[.late] == 1 && world.network.messagesInFlight == 0)
    world.end()
  }

  @Test func aNodeWithoutGossip_shouldBeSentNone_andStillPublish() {
    let world = NetworkWorld()
    let nodes = world.nodes(3)
    for node in nodes { world.listen(node) }
    world.network.setTakesGossip(false, for: nodes[2].local)
    world.run {
      await nodes[0].publish(.blockHeader, [1])
      await nodes[2].publish(.blockHeader, [2])
      try? await world.runtime.sleep(for: .seconds(1))
    }
    let (sent, _) = world.network.traffic(from: nodes[0].local, to: nodes[2].local)
    #expect(sent.messages == 0)
    #expect(world.noted.count == 3)
    world.end()
  }
}
