import CRDT
import KeyValue
import Networking
import Primitives
import RESP
import TestSupport
import Testing

/// Deletions, and when they are forgotten.
@Suite struct ReplicationFloorTests {
  @Test func deletions_shouldBePurgedEverywhere_whenAllHaveThem() {
    let network = ReplicaNetwork(3)
    network.run(1_000)
    for number in 0..<20 { network.write(number % 3, "SET k\(number) v") }
    network.run(500)
    for number in 0..<10 { network.write((number + 1) % 3, "DEL k\(number)") }
    network.run(20_000, step: 10)
    for node in network.nodes {
      #expect(node.entries.count == 10 && node.floor > 0, "node \(node.number)")
    }
    #expect(network.isEqual)
    network.checkModel("purged")
    // All purge alike, so it is no reason to compare.
    let sessions = network.nodes.map(\.sessions)
    network.run(20_000, step: 10)
    #expect(network.nodes.map(\.sessions) == sessions)
  }

  /// basho/riak_kv#311: a deletion is forgotten before all have it.
  @Test func deletions_shouldStay_whileAMemberIsAway_report4() {
    let network = ReplicaNetwork(3)
    network.run(1_000)
    network.write(0, "SET k v")
    network.run(500)
    network.stop(2)
    network.write(0, "DEL k")
    network.run(60_000, step: 20)
    for number in 0..<2 { #expect(network.nodes[number].entries.count == 1) }
    network.restart(2)
    network.run(20_000, step: 20)
    #expect(network.isEqual)
    for node in network.nodes { #expect(node.entries.isEmpty, "node \(node.number)") }
  }

  /// scylladb/scylladb#3560, palantir/cassandra#705: who was away longer than deletions are kept
  /// brings the dead back.
  @Test func whoWasAwayLongerThanTheAge_shouldNotReviveTheDead_report5() {
    let network = ReplicaNetwork(3) { $0.tombstoneAge = 20_000 }
    network.run(1_000)
    network.write(0, "SET dead v", "SET alive v")
    network.run(500)
    network.stop(2)
    network.write(0, "DEL dead")
    network.run(60_000, step: 20)
    #expect(network.nodes[0].notices.contains(.memberAged(network.nodes[2].identity)))
    for number in 0..<2 { #expect(network.nodes[number].entries.count == 1, "not purged") }
    #expect(network.nodes[2].entries.count == 2)
    network.restart(2)
    network.run(10_000, step: 20)
    for node in network.nodes { #expect(node.entries.count == 1, "node \(node.number)") }
    network.checkModel("back")
    // Nor does it come back from the disk.
    network.restart(2)
    #expect(network.read(2, "dead") == .null && network.read(2, "alive") == .text("v"))
    network.run(10_000, step: 20)
    network.checkModel("again")
    #expect(network.isEqual)
  }

  /// What is lost then: what only the one that was away wrote, before the others' floor.
  @Test func whatWasWrittenWhileAwayTooLong_shouldBeLost_whereTheFloorHasPassedIt() {
    let network = ReplicaNetwork(2) { $0.tombstoneAge = 20_000 }
    network.run(1_000)
    network.cut(0, 1)
    network.write(1, "SET lost v")
    network.run(60_000, step: 20)
    network.write(1, "SET late v")
    network.cut = []
    network.run(10_000, step: 20)
    #expect(network.isEqual)
    #expect(network.read(0, "lost") == .null && network.read(1, "lost") == .null)
    #expect(network.read(0, "late") == .text("v"))
  }

  /// What a peer has of others is told by way of others too, so word of it may be newer than what a
  /// session compared.
  @Test func whatAPeerToldDuringASession_shouldNotCountAsCompared_whenItEnds() throws {
    let network = ReplicaNetwork(4)
    network.cut(0, 3)
    network.run(1_000)
    network.holdsSessions = true
    network.onPush = { _, to, _ in to == 0 ? .fails : .comes }
    network.write(1, "SET a v")
    network.run(3_000)
    let node = network.nodes[0]
    #expect(node.sessions > 0)
    network.write(3, "SET b v")
    let written = network.nodes[3].core.lastTicks
    network.run(6_000)
    let others = network.nodes[1...2].map(\.entries.count)
    #expect(node.entries.isEmpty && others == [2, 2])
    let outcome = SessionOutcome(ownClock: node.core.lastTicks, peerClock: nil, isComplete: true)
    for other in network.nodes[1...2] {
      _ = node.replication.sessionEnded(
        with: other.identity, outcome, &node.core, at: network.time(node))
    }
    let status = node.replication.status(clock: node.core.lastTicks, floor: node.floor)
    let writer = try #require(status.peers.first { $0.identity == network.nodes[3].identity })
    #expect(writer.have < written)
  }

  /// Whoever is not heard of since may take itself to have all that this node wrote until then.
  @Test(arguments: [false, true])
  func aClockThatWasTold_shouldNotBeForgotten_whenTheWallClockIsSetBack(_ isCrash: Bool) {
    let network = ReplicaNetwork(2)
    network.run(20_000, step: 50)
    let node = network.nodes[1]
    let told = node.core.lastTicks
    if !isCrash { node.book = node.replication.stopped() }
    network.stop(1)
    network.cut(0, 1)
    node.skew = -3_600_000
    network.restart(1)
    network.write(1, "SET k v")
    let lease = KeyValueLimits.clockLeaseMilliseconds << 16
    #expect(node.core.lastTicks > told && node.core.lastTicks <= told + (isCrash ? lease : 0) + 1)
    network.cut = []
    network.run(5_000)
    #expect(network.read(0, "k") == .text("v") && network.isEqual)
  }

  /// redis/redis#2694: what is stale serves others again.
  @Test func aCopyOfOldData_shouldBringNothingDeadBack_report9() {
    let network = ReplicaNetwork(3)
    network.run(1_000)
    network.write(0, "SET k v", "SET l v")
    network.run(1_000)
    let old = network.nodes[1].log
    network.write(0, "DEL k")
    network.run(30_000, step: 20)
    #expect(network.nodes[0].entries.count == 1)
    network.stop(1)
    network.nodes[1].log = old
    network.restart(1)
    network.run(10_000, step: 20)
    network.checkModel("restored")
    #expect(network.isEqual)
  }

  /// A push does not wait for the sync of its own node.
  @Test func aWriteThatItsNodeLost_shouldComeBack_fromWhereItWasPushed() {
    let network = ReplicaNetwork(2)
    network.run(1_000)
    network.write(0, "SET k v", "SET gone v")
    network.run(500)
    network.write(0, "DEL gone")
    network.write(0, "APPEND k w")
    network.run(500)
    #expect(network.read(1, "k") == .text("vw"))
    network.stop(0)
    // The power fails before the sync.
    let node = network.nodes[0]
    let key = Array("k".utf8)
    let last = node.log.last { $0.contains { $0.key == key } }
    node.log.removeAll { batch in
      batch == last || batch.contains { if case .delete = $0 { true } else { false } }
    }
    network.restart(0)
    #expect(network.read(0, "k") == .text("v") && network.read(0, "gone") == .text("v"))
    network.run(3_000)
    #expect(network.read(0, "k") == .text("vw") && network.read(0, "gone") == .null)
    network.write(0, "SET k x")
    network.run(20_000, step: 20)
    #expect(network.read(1, "k") == .text("x") && network.isEqual)
    network.checkModel("lost and come back")
  }

  /// chrismccord/ekv#7: created again after a deletion by a clock that is ahead.
  @Test func whatIsCreatedAgain_shouldWin_whateverTheClockOfTheDeletion_report8() {
    let network = ReplicaNetwork(2, skews: [0, 8_000])
    network.run(1_000)
    network.write(0, "SET k old")
    network.run(500)
    network.write(1, "DEL k")
    network.run(500)
    #expect(network.read(0, "k") == .null)
    network.write(0, "SET k new")
    network.run(500)
    for number in 0..<2 { #expect(network.read(number, "k") == .text("new")) }
    network.run(30_000, step: 20)
    for number in 0..<2 { #expect(network.read(number, "k") == .text("new")) }
  }

  /// yugabyte/yugabyte-db#31160: one fast clock brings everyone down.
  @Test func aClockFarAhead_shouldBeRefusedAndTold_andTheOthersGoOn_report17() {
    let network = ReplicaNetwork(3, skews: [0, 0, 3_600_000])
    network.run(1_000)
    network.write(2, "SET far v")
    network.write(0, "SET near v")
    network.run(3_000)
    for number in 0..<2 {
      let node = network.nodes[number]
      #expect(network.read(number, "far") == .null && network.read(number, "near") == .text("v"))
      #expect(node.replication.statistics.clockRefusals > 0, "node \(number)")
      let told = node.notices.filter { if case .clockAhead = $0 { true } else { false } }
      #expect(told.count == 1, "node \(number) told \(told)")
      #expect(node.core.lastTicks >> 16 < UInt64(network.now) + 1_000)
      // The line stays, and what the far one may take it takes.
      let status = node.replication.status(clock: node.core.lastTicks, floor: node.floor)
      #expect(status.peers.allSatisfy { $0.state == .linked })
      #expect(status.peers.contains { $0.clockAhead > 3_000_000 })
    }
    #expect(network.read(2, "near") == .text("v"))
    #expect(
      network.nodes[2].notices.contains(.clockRefused(by: network.nodes[0].identity)))
    // When the clock is set right, all agree in time.
    network.nodes[2].skew = 0
    network.nodes[0].skew = 3_600_000
    network.nodes[1].skew = 3_600_000
    network.run(5_000)
    network.checkModel("set right")
  }

  /// calimero-network/core#2418: equal values of different times.
  @Test func equalValuesOfDifferentTimes_shouldBecomeOneRecord_report13() {
    let network = ReplicaNetwork(2)
    network.run(1_000)
    network.cut(0, 1)
    network.write(0, "SET k v")
    network.write(1, "SET k v")
    network.cut = []
    network.run(3_000)
    #expect(network.isEqual)
    #expect(network.nodes[0].replication.statistics.equalRounds > 0)
  }

  @Test func keys_shouldExpireAlike_whereverTheClockIsSlow() {
    let network = ReplicaNetwork(2, skews: [0, -4_000])
    network.run(1_000)
    network.write(0, "SET k v PX 1000")
    network.run(500)
    #expect(network.read(1, "k") == .text("v"))
    network.run(700)
    // The slow clock has heard of the time of the other.
    #expect(network.read(0, "k") == .null && network.read(1, "k") == .null)
    // A time of its own lasts as long as was said.
    network.write(1, "SET own v PX 1000")
    network.run(500)
    for number in 0..<2 { #expect(network.read(number, "own") == .text("v")) }
    network.run(700)
    for number in 0..<2 { #expect(network.read(number, "own") == .null) }
    network.run(1_000)
    #expect(network.isEqual)
  }

  @Test func aFloor_shouldWaitForThoseWhoWereNamedAndNeverMet() {
    let network = ReplicaNetwork(2, named: [[1, 9], [0]])
    network.run(30_000, step: 20)
    #expect(network.nodes[0].floor == 0)
    let others = ReplicaNetwork(2)
    others.run(30_000, step: 20)
    #expect(others.nodes[0].floor > 0)
  }

  /// calimero-network/core#2407: what changes between a handshake and a walk is not "equal".
  @Test func aSessionThatIsNotComplete_shouldProveNothing_report12() {
    let network = ReplicaNetwork(2) { $0.roundInterval = .seconds(100) }
    network.run(500)
    let node = network.nodes[0]
    let peer = network.nodes[1].identity
    network.cut(0, 1)
    network.write(0, "SET k v")
    network.cut = []
    // The round asks for a session, which ends before all was exchanged.
    var isAsked = false
    for _ in 0..<400 where !isAsked {
      network.run(5)
      isAsked = node.sessions > 0
    }
    #expect(isAsked)
    let outcome = SessionOutcome(
      ownClock: node.core.lastTicks, peerClock: node.core.lastTicks, isComplete: false,
      failure: "cut")
    network.perform(
      node.replication.sessionEnded(with: peer, outcome, &node.core, at: network.time(node)),
      of: node)
    #expect(node.replication.acknowledgements(of: node.core.lastTicks) == 0)
    #expect(node.replication.statistics.failedSessions == 1)
    #expect(node.notices.contains(.sessionFailed(peer, "cut")))
  }
}
