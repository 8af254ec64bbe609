import CRDT
import KeyValue
import Networking
import Primitives
import RESP
import TestSupport
import Testing

/// Pushes between rounds.
@Suite struct ReplicationPushTests {
  /// Two nodes that compare nothing while they push.
  private func pair(seed: UInt64 = 1) -> ReplicaNetwork {
    let network = ReplicaNetwork(2, seed: seed) { $0.roundInterval = .seconds(1_000) }
    network.run(500)
    return network
  }

  @Test func aWrite_shouldBeAtTheOthers_beforeAnyRound() {
    let network = ReplicaNetwork(3) { $0.roundInterval = .seconds(1_000) }
    network.run(500)
    network.write(0, "SET a 1", "SET b 2", "DEL a")
    network.run(200)
    for number in 0..<3 {
      #expect(network.read(number, "b") == .text("2") && network.read(number, "a") == .null)
    }
    #expect(network.isEqual && network.nodes.allSatisfy { $0.sessions == 0 })
  }

  @Test func thousandWritesOfAKey_shouldCostOnePush() {
    let network = pair()
    // The first is on its way while the others are written.
    for number in 0..<1_000 { network.write(0, "SET k \(number)") }
    network.run(500)
    #expect(network.read(1, "k") == .text("999"))
    #expect(network.pushes.count == 2)
    #expect(network.nodes[0].replication.statistics.coalesced >= 990)
    #expect(network.nodes[0].replication.statistics.pushedKeys == 2)
  }

  @Test func whatIsTakenFromOne_shouldReachTheOthers_andTheFloodEnds() {
    // A ring of lines: 0-1, 1-2, 2-3, 3-0.
    let network = ReplicaNetwork(4) { $0.roundInterval = .seconds(1_000) }
    network.cut(0, 2)
    network.cut(1, 3)
    network.run(500)
    network.write(0, "SET k v")
    network.run(1_000)
    #expect(network.isEqual && network.read(2, "k") == .text("v"))
    // Along each line at most once each way.
    #expect((3...8).contains(network.pushes.count))
    let before = network.pushes.count
    network.run(5_000)
    #expect(network.pushes.count == before)
  }

  /// atomantic/PortOS#3927: a maximum of acknowledgements hides one that failed.
  @Test func aPushThatFails_shouldHoldBackWhatIsAcknowledged_report7() throws {
    let network = pair()
    network.run(1_500)
    network.write(0, "SET before 1")
    network.run(500)
    var replication: ReplicationCore { network.nodes[0].replication }
    let first = network.nodes[0].core.lastTicks
    #expect(replication.acknowledgements(of: first) == 1)
    var lost = 0
    network.onPush = { _, _, _ in
      lost += 1
      return lost > 1 ? .comes : .fails
    }
    network.write(0, "DEL before")
    let deleted = network.nodes[0].core.lastTicks
    network.write(0, "SET after 1")
    // The delete waits to be pushed again, with what came after it.
    #expect(lost == 1 && replication.acknowledgements(of: deleted) == 0)
    #expect(network.nodes[0].replication.statistics.repeated == 1)
    network.run(50)
    #expect(replication.acknowledgements(of: deleted) == 0)
    network.run(1_000)
    #expect(replication.acknowledgements(of: network.nodes[0].core.lastTicks) == 1)
    #expect(network.read(1, "before") == .null && network.read(1, "after") == .text("1"))
  }

  /// valkey-io/valkey#2904: how far a replica is, is inferred from its log after a restart.
  @Test func aRestartedNode_shouldNotClaimWhatItsLogSuggests_report10() {
    let network = pair()
    network.holdsSessions = true
    let (node, peer) = (network.nodes[1], network.nodes[0])
    // The log has what came later, and not what came before.
    network.cut(0, 1)
    network.write(0, "SET early 1")
    let early = peer.core.lastTicks
    network.cut = []
    network.run(6_000)
    network.write(0, "SET late 1")
    let late = peer.core.lastTicks
    network.run(500)
    #expect(network.read(1, "early") == .null && network.read(1, "late") == .text("1"))
    network.restart(1)
    #expect(node.core.lastTicks >= late)
    network.run(6_000)
    func have() -> UInt64 {
      node.replication.status(clock: node.core.lastTicks, floor: node.floor).peers[0].have
    }
    #expect(have() < early)
    #expect(peer.replication.acknowledgements(of: early) == 0)
    #expect(peer.replication.acknowledgements(of: late) == 0 && node.floor < early)
    // Only a comparison proves it.
    network.holdsSessions = false
    network.restart(1)
    network.run(6_000)
    #expect(network.read(1, "early") == .text("1") && have() >= late)
    #expect(peer.replication.acknowledgements(of: late) == 1)
  }

  /// Found by simulated seeds 15 and 17.
  @Test func aPeer_shouldNotCount_whileItLacksWhatWasWrittenBeforeTheLink() {
    let network = pair()
    network.run(500)
    network.holdsSessions = true
    network.cut(0, 1)
    network.write(0, "SET k v")
    let ticks = network.nodes[0].core.lastTicks
    network.cut = []
    network.run(6_000)
    #expect(!network.connections.isEmpty)
    #expect(network.read(1, "k") == .null)
    #expect(network.nodes[0].replication.acknowledgements(of: ticks) == 0)
  }

  @Test func anItemThatIsRefused_shouldStopItsStream_untilARoundMakesUpForIt() throws {
    let network = ReplicaNetwork(2, skews: [20_000, 0])
    network.run(500)
    network.write(0, "SET k v")
    let ticks = network.nodes[0].core.lastTicks
    network.run(300)
    #expect(network.read(1, "k") == .null)
    #expect(network.nodes[0].replication.acknowledgements(of: ticks) == 0)
    // When its clock has caught up, the round brings it.
    network.nodes[1].skew = 15_000
    network.run(3_000)
    #expect(network.read(1, "k") == .text("v"))
    #expect(network.nodes[0].replication.acknowledgements(of: ticks) == 1)
  }

  @Test func aNodeWithoutRoom_shouldBeAskedAgain_untilItHasSome() {
    let network = pair()
    network.nodes[1].core.writeRefusal = "the disk is full"
    network.write(0, "SET k v")
    network.run(2_000)
    #expect(network.nodes[1].replication.statistics.busy > 1)
    #expect(network.nodes[1].replication.statistics.busy < 10)
    network.nodes[1].core.writeRefusal = nil
    network.run(5_000)
    #expect(network.read(1, "k") == .text("v"))
  }

  @Test func tooManyWaitingKeys_shouldBeDropped_andARoundMakesUpForThem() {
    let network = ReplicaNetwork(2) { $0.roundInterval = .seconds(2) }
    network.run(500)
    network.onPush = { _, _, _ in .fails }
    let count = KeyValueLimits.queuedKeysMax + 10
    for start in stride(from: 0, to: count, by: 1_000) {
      network.write(
        0,
        (start..<min(count, start + 1_000)).map { ["SET", "k\($0)", "v"].map { Array($0.utf8) } })
    }
    let notices = network.nodes[0].notices
    #expect(
      notices.contains(
        .queueDropped(network.nodes[1].identity, keys: KeyValueLimits.queuedKeysMax)))
    #expect(network.nodes[0].replication.statistics.overflows == 1)
    network.onPush = { _, _, _ in .comes }
    network.run(20_000, step: 50)
    #expect(network.isEqual && network.nodes[1].entries.count == count)
  }

  /// redis/redis#11667: one value above the limit of a buffer loops.
  @Test func theLargestValue_shouldPass_inSlices_report14() {
    let network = pair()
    let value = [UInt8](unsafeUninitializedCapacity: KeyValueLimits.valueBytesMax) { bytes, count in
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 7) }
      count = bytes.count
    }
    network.write(0, [[Array("SET".utf8), Array("k".utf8), value]])
    network.run(10_000)
    #expect(network.isEqual)
    #expect(network.nodes[1].replication.statistics.fetched == 1)
    #expect(network.nodes[1].replication.statistics.fetchedBytes == UInt64(value.count))
    #expect(network.pushes.allSatisfy { $0.push.body.count <= KeyValueLimits.pushBodyBytesMax })
    #expect(network.nodes[0].replication.acknowledgements(of: network.nodes[0].core.lastTicks) == 1)
  }

  @Test func aLargeValueThatIsWrittenAgain_shouldGiveWayToTheNewer() {
    let network = pair()
    let key = Array("k".utf8)
    let size = 3 * KeyValueLimits.valueSliceBytesMax
    network.write(0, [[Array("SET".utf8), key, [UInt8](repeating: 1, count: size)]])
    network.run(15)
    network.write(0, [[Array("SET".utf8), key, [UInt8](repeating: 2, count: size)]])
    network.run(5_000)
    #expect(network.isEqual && network.nodes[1].live == network.nodes[0].live)
  }

  @Test func strangers_shouldBeAnsweredNothing() {
    let network = pair()
    let node = network.nodes[0]
    let stranger = ReplicaNode.identities[5]
    let requests: [ReplicationRequest] = [
      .push(
        PushRequest(
          stream: 1, start: 0, sequence: 0, through: 0, isCompressed: false, body: [])),
      .round(RoundRequest(state: RoundState(root: .zero, clock: 1, floor: 1))),
      .value(
        ValueRequest(key: [1], version: HybridTimeOf.time(1, 1), offset: 0, count: 1)),
    ]
    let answers: [ReplicationAnswer] = [
      .push(.stranger), .round(.stranger), .value(ValueSlice(bytes: nil)),
    ]
    for (request, answer) in zip(requests, answers) {
      let actions = node.replication.received(
        request, from: stranger, token: 9, &node.core, at: network.time(node))
      #expect(actions == [.answer(answer, token: 9)])
    }
  }

  @Test func aBodyThatIsNone_shouldEndTheConnection_andChangeNothing() {
    let network = pair()
    let node = network.nodes[0]
    let push = PushRequest(
      stream: 1, start: 0, sequence: 0, through: 1 << 60, isCompressed: true, body: [1, 2, 3])
    let actions = node.replication.received(
      .push(push), from: network.nodes[1].identity, token: 9, &node.core, at: network.time(node))
    #expect(actions.contains { if case .disconnect = $0 { true } else { false } })
    #expect(node.entries.isEmpty)
  }
}
