import CRDT
import KeyValue
import Networking
import Primitives
import RESP
import Runtime
import TestSupport
import Testing

/// What bounds replication.
@Suite struct ReplicationLimitTests {
  private func pair(_ configure: @escaping (inout ReplicationSettings) -> Void = { _ in })
    -> ReplicaNetwork
  {
    let network = ReplicaNetwork(2) {
      $0.roundInterval = .seconds(1_000)
      configure(&$0)
    }
    network.run(500)
    return network
  }

  private func status(_ node: ReplicaNode) -> ReplicationStatus.Peer? {
    node.replication.status(clock: 0, floor: 0).peers.first
  }

  @Test func settings_shouldBeLimited_andNamed() {
    var settings = ReplicationSettings(identity: ReplicaNode.identities[0], startedAt: 1)
    let long = String(repeating: "x", count: KeyValueLimits.memberNameBytesMax)
    settings.name = long
    settings.addresses = Array(repeating: "a", count: KeyValueLimits.memberAddressesMax)
    settings.peers = Array(
      repeating: ReplicationPeer(address: "a"), count: KeyValueLimits.namedPeersMax)
    #expect(settings.fault == nil)
    var other = settings
    other.name += "x"
    #expect(other.fault?.contains("name") == true)
    other = settings
    other.addresses.append("b")
    #expect(other.fault?.contains("addresses") == true)
    other = settings
    other.peers.append(ReplicationPeer(address: "b"))
    #expect(other.fault?.contains("peers") == true)
    other = settings
    other.addresses[0] = String(repeating: "x", count: KeyValueLimits.addressBytesMax + 1)
    #expect(other.fault?.contains("bytes") == true)
  }

  @Test func theLongestGossip_shouldFitItsMessage() throws {
    let name = String(repeating: "n", count: KeyValueLimits.memberNameBytesMax)
    let address = String(repeating: "a", count: KeyValueLimits.addressBytesMax)
    var table = MemberTable()
    var have: [NodeIdentity: UInt64] = [:]
    for number in 0..<UInt64(KeyValueLimits.membersMax + KeyValueLimits.removedMembersMax) {
      let isRemoved = number >= UInt64(KeyValueLimits.membersMax)
      let key = NodeIdentity(key: PublicKey(raw: Hash256(words: (5, 5, 5, number))))
      if !isRemoved { have[key] = .max }
      _ = table.add(
        Member(
          identity: key, name: name,
          addresses: Array(repeating: address, count: KeyValueLimits.memberAddressesMax),
          stamp: .max, isRemoved: isRemoved))
    }
    var rows = RowTable()
    for member in have.keys.sorted() { rows.add(MemberRow(stamp: .max, have: have), of: member) }
    let gossip = ClusterGossip(members: table, rows: rows)
    let hello = HelloRequest(
      body: HelloBody(proof: .zero, clock: .max, floor: .max, gossip: gossip))
    #expect(hello.wireBytes.count < KeyValueLimits.gossipBytesMax)
    #expect(try HelloRequest(wireBytes: hello.wireBytes) == hello)
    // One address or byte more is no member.
    let member = Member(identity: ReplicaNode.identities[0], name: name + "n", stamp: 1)
    #expect((try? Member(wireBytes: member.wireBytes)) == nil)
    let other = Member(
      identity: ReplicaNode.identities[0],
      addresses: Array(repeating: "a", count: KeyValueLimits.memberAddressesMax + 1), stamp: 1)
    #expect((try? Member(wireBytes: other.wireBytes)) == nil)
  }

  @Test func aValue_shouldBeFetched_fromOneByteAboveTheLimitOn() {
    let network = pair()
    for (count, fetched) in [(0, 0), (1, 1)] {
      let value = [UInt8](repeating: 7, count: KeyValueLimits.pushValueBytesMax + count)
      network.write(0, [[Array("SET".utf8), [UInt8(count + 1)], value]])
      network.run(2_000)
      #expect(network.isEqual)
      #expect(network.nodes[1].replication.statistics.fetched == UInt64(fetched))
    }
  }

  @Test func bytesUnderWay_shouldBeLimited_andTheWindowGrowWithWhatIsTaken() {
    let network = pair()
    network.delayMax = 50
    var most = 0
    for round in 0..<30 {
      for start in 0..<4 {
        network.write(
          0,
          (0..<KeyValueLimits.pushKeysWanted).map { number in
            // Bytes that cannot be made fewer.
            let value = (0..<200).map { _ in UInt8(truncatingIfNeeded: network.random.next()) }
            return [
              Array("SET".utf8), Array("k\(round).\(start).\(number)".utf8), value,
            ]
          })
      }
      let underWay = status(network.nodes[0])?.bytesUnderWay ?? 0
      if round == 0 {
        #expect(
          underWay < KeyValueLimits.pushWindowBytesMin + KeyValueLimits.pushBodyBytesMax)
      }
      most = max(most, underWay)
      network.run(40)
    }
    #expect(most > KeyValueLimits.pushWindowBytesMin)
    #expect(most < KeyValueLimits.pushWindowBytesMax + KeyValueLimits.pushBodyBytesMax)
    network.run(10_000, step: 20)
    #expect(network.isEqual)
  }

  /// A push as node 1 would send it.
  private func push(_ sequence: UInt64, _ items: [PushItem]) -> ReplicationRequest {
    var bytes: [UInt8] = []
    for item in items { PushCodec.append(item, to: &bytes) }
    return .push(
      PushRequest(
        stream: .max, start: 0, sequence: sequence, through: 0, isCompressed: false, body: bytes))
  }

  private func isBusy(_ actions: [ReplicationAction]) -> Bool {
    actions.contains { action in
      switch action {
      case .answer(.push(.busy), _): true
      case .answer(.push(.taken(let refused)), _): refused.contains { $0.reason == .busy }
      default: false
      }
    }
  }

  @Test func pushesThatAreBeingApplied_shouldBeLimited() {
    let network = pair()
    let (node, peer) = (network.nodes[0], network.nodes[1].identity)
    let value = [UInt8](repeating: 1, count: KeyValueLimits.pushValueBytesMax)
    var taken = 0
    for number in 0..<100 as Range<UInt64> {
      let effect = KeyValueEffect.set(
        key: [UInt8(number)], kind: .bytes, value: value, version: HybridTimeOf.time(5, 9),
        expiry: 0)
      // Nothing of it is ever told to be applied.
      let actions = node.replication.received(
        push(number, [.effect(effect)]), from: peer, token: number + 1_000, &node.core,
        at: network.time(node))
      if isBusy(actions) { break }
      taken += 1
    }
    #expect(taken == KeyValueLimits.applyingBytesMax / (value.count + 25))
  }

  private func large(_ number: UInt8) -> PushItem {
    .large(
      LargeValue(
        key: [number], version: HybridTimeOf.time(5, 9), kind: .bytes, expiry: 0, size: 1 << 20,
        digest: .zero))
  }

  @Test func valuesThatAreFetched_shouldBeLimited_andTriedSeveralTimes() throws {
    let network = pair()
    let (node, peer) = (network.nodes[0], network.nodes[1].identity)
    let time = network.time(node)
    var tokens: [UInt64] = []
    for number in 0...UInt8(KeyValueLimits.fetchesMax) {
      let actions = node.replication.received(
        push(UInt64(number), [large(number)]), from: peer, token: UInt64(number) + 1_000,
        &node.core, at: time)
      #expect(isBusy(actions) == (number == UInt8(KeyValueLimits.fetchesMax)))
      for case .send(.value, _, let token, _) in actions { tokens.append(token) }
    }
    #expect(tokens.count == KeyValueLimits.fetchesMax)
    // The same value is fetched once, however often it is named.
    let again = node.replication.received(
      push(9, [large(0)]), from: peer, token: 2_000, &node.core, at: time)
    #expect(again.isEmpty)
    var token = try #require(tokens.first)
    var attempts = 1
    while true {
      let actions = node.replication.failed(token, .timeout, &node.core, at: time)
      if isBusy(actions) {
        // Both pushes that waited for it are answered.
        #expect(actions.count { if case .answer = $0 { true } else { false } } == 2)
        break
      }
      for case .send(.value, _, let next, _) in actions { token = next }
      attempts += 1
      guard attempts < 100 else { break }
    }
    #expect(attempts == KeyValueLimits.sliceAttemptsMax)
    // A value that is not what was named is not taken.
    let wrong = node.replication.answered(
      tokens[1], .value(ValueSlice(bytes: [UInt8](repeating: 0, count: 1 << 20))), &node.core,
      at: time)
    #expect(wrong.contains(.notice(.wrongValue(peer, key: [1]))))
    #expect(node.entries.isEmpty)
  }

  @Test func rounds_shouldBePutOff_butNotForGood() {
    let network = pair { $0.roundInterval = .milliseconds(400) }
    network.run(1_000)
    let rounds = network.nodes[0].replication.statistics.rounds
    #expect(rounds > 0)
    network.onPush = { _, _, _ in .isLost }
    network.write(0, "SET k v")
    network.run(5_000)
    let statistics = network.nodes[0].replication.statistics
    #expect(statistics.roundsPutOff >= KeyValueLimits.roundsPutOffMax)
    #expect(statistics.rounds > rounds)
    // The session brought what the push did not.
    #expect(network.read(1, "k") == .text("v"))
  }

  @Test func sessions_shouldBeLimited_andFruitlessOnesTold() {
    let network = ReplicaNetwork(3)
    network.run(1_000)
    network.holdsSessions = true
    let node = network.nodes[0]
    network.cut(0, 1)
    network.cut(0, 2)
    network.write(0, "SET k v")
    network.cut = []
    network.run(5_000)
    #expect(node.sessions == KeyValueLimits.sessionsMax)
    // Whatever ends without a find while the roots differ is told.
    let nothing = SessionOutcome(ownClock: 0, peerClock: 0, isComplete: true)
    for _ in 0..<KeyValueLimits.fruitlessSessionsMax * 4 {
      for peer in network.nodes.dropFirst() {
        network.perform(
          node.replication.sessionEnded(
            with: peer.identity, nothing, &node.core, at: network.time(node)), of: node)
      }
      network.run(1_000)
    }
    let told = node.notices.filter { if case .fruitless = $0 { true } else { false } }
    #expect(told.count == 2)
  }
}
