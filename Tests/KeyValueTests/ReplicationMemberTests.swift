import CRDT
import KeyValue
import Networking
import Primitives
import TestSupport
import Testing

/// Who belongs to a cluster.
@Suite struct ReplicationMemberTests {
  @Test func members_shouldLearnOfEachOther_fromOne() {
    let network = ReplicaNetwork(4, named: [[], [0], [0], [0]])
    network.run(5_000)
    for node in network.nodes {
      #expect(node.replication.book.table.count == 4, "node \(node.number)")
      #expect(node.book.table.members.map(\.name) == (0..<4).map { "node \($0)" })
    }
    // Each dialled those that it learned of.
    #expect(network.connections.count == 6)
    // After a restart it knows them without being told.
    network.stop(0)
    network.restart(3)
    network.run(3_000)
    let status = network.nodes[3].replication.status(clock: 0, floor: 0)
    #expect(status.peers.count { $0.state == .linked } == 2)
  }

  @Test func aMemberThatIsForgotten_shouldStayOut_andTheOthersGoOn() {
    let network = ReplicaNetwork(3)
    network.run(3_000)
    let (node, gone) = (network.nodes[0], network.nodes[2])
    let result = node.replication.forget(gone.identity, &node.core, at: network.time(node))
    #expect(result.done)
    network.perform(result.actions, of: node)
    network.run(3_000)
    #expect(network.connections.count == 1)
    #expect(network.nodes[1].replication.book.table.isRemoved(gone.identity))
    network.restart(2)
    network.run(5_000)
    #expect(network.connections.count == 1)
    // The floor does not wait for it.
    network.run(20_000, step: 20)
    #expect(node.floor > 0)
    let again = node.replication.forget(gone.identity, &node.core, at: network.time(node))
    let own = node.replication.forget(node.identity, &node.core, at: network.time(node))
    let unknown = node.replication.forget(
      ReplicaNode.identities[9], &node.core, at: network.time(node))
    #expect(!again.done && !own.done && !unknown.done)
  }

  @Test func pinnedAddresses_shouldBeBounded_andThoseOfMembersStay() {
    var book = MemberBook()
    let key = ReplicaNode.identities[0]
    let isNew = book.table.add(Member(identity: key, addresses: ["a:1"], stamp: 1))
    #expect(isNew)
    for number in 0..<KeyValueLimits.pinsMax + 50 {
      book.pin(key, at: "a:\(number)", named: ["a:0"])
    }
    #expect(book.pins.count == KeyValueLimits.pinsMax)
    #expect(book.pins["a:0"] == key && book.pins["a:1"] == key)
    #expect(book.pins["a:\(KeyValueLimits.pinsMax + 49)"] == key)
    let copy = try? MemberBook(wireBytes: book.wireBytes)
    #expect(copy == book)
  }

  @Test func anotherKeyAtAnAddress_shouldBeRefused_untilTheFirstIsForgotten() {
    let network = ReplicaNetwork(1, named: [[1]])
    let node = network.nodes[0]
    let (first, second) = (ReplicaNode.identities[1], ReplicaNode.identities[2])
    node.replication.book.pins["n1"] = first
    let time = network.time(node)
    let refused = node.replication.joined(second, dialled: "n1", &node.core, at: time)
    #expect(
      refused == [
        .notice(.keyChanged(address: "n1", pinned: first, found: second)),
        .disconnect(second, reason: "another key is expected at this address"),
      ])
    let result = node.replication.forget(first, &node.core, at: time)
    #expect(result.done)
    let taken = node.replication.joined(second, dialled: "n1", &node.core, at: time)
    #expect(taken.contains { if case .send(.hello, second, _, _) = $0 { true } else { false } })
  }

  @Test func whoHasNotTheClusterKey_shouldBeRefusedAndTold() {
    let network = ReplicaNetwork(2) { settings in
      if settings.identity == ReplicaNode.identities[1] {
        settings.clusterKey = ClusterKey(.zero)
      }
    }
    network.run(1_000)
    // Whoever heard of it first closes the connection.
    #expect(
      network.nodes.contains { node in
        network.nodes.contains { node.notices.contains(.refused($0.identity, .clusterKey)) }
      })
    network.write(0, "SET k v")
    network.run(5_000)
    #expect(network.nodes[1].entries.isEmpty)
    // It is not dialled again and again.
    let refusals = network.nodes[0].notices.count {
      $0 == .refused(network.nodes[1].identity, .clusterKey)
    }
    #expect(refusals < 30)
  }

  @Test func proofs_shouldBeOfOneSenderToOneReceiver() {
    let key = ClusterKey(Hash256(words: (1, 2, 3, 4)))
    let (a, b) = (ReplicaNode.identities[0], ReplicaNode.identities[1])
    #expect(key.proof(of: a, to: b) != key.proof(of: b, to: a))
    #expect(key.proof(of: a, to: b) != ClusterKey.open.proof(of: a, to: b))
    #expect(ClusterKey(hex: String(repeating: "0", count: 64)) == .open)
    #expect(ClusterKey(hex: "00") == nil && key.network != ClusterKey.open.network)
  }

  @Test func members_shouldBeLimited() {
    var table = MemberTable()
    for identity in ReplicaNode.identities.prefix(KeyValueLimits.membersMax) {
      _ = table.add(Member(identity: identity, stamp: 1))
    }
    #expect(table.count == KeyValueLimits.membersMax)
    let (first, one) = (
      ReplicaNode.identities[0], ReplicaNode.identities[KeyValueLimits.membersMax]
    )
    let news = [
      table.add(Member(identity: one, stamp: 1)),
      // A place is free when one was removed, which stays out.
      table.remove(first, stamp: 2), table.add(Member(identity: one, stamp: 1)),
      table.add(Member(identity: first, stamp: 9)),
    ]
    #expect(news == [false, true, true, false])
    for number in 0..<UInt64(KeyValueLimits.removedMembersMax + 5) {
      let key = PublicKey(raw: Hash256(words: (9, 9, 9, number)))
      _ = table.remove(NodeIdentity(key: key), stamp: 10 + number)
    }
    #expect(table.removed.count == KeyValueLimits.removedMembersMax)
    #expect((try? MemberTable(wireBytes: table.wireBytes)) == table)
  }

  @Test func tables_shouldMergeToTheSame_inAnyOrder() {
    for seed in 0..<100 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let tables = (0..<3).map { _ in
        var table = MemberTable()
        for _ in 0..<random.below(8) {
          let identity = ReplicaNode.identities[random.below(4)]
          let stamp = UInt64(random.below(3))
          if random.chance(20) {
            _ = table.remove(identity, stamp: stamp)
          } else {
            _ = table.add(
              Member(
                identity: identity, name: "\(random.below(3))", addresses: ["a"], stamp: stamp))
          }
        }
        return table
      }
      func merged(_ order: [Int]) -> [NodeIdentity] {
        var table = MemberTable()
        for index in order { _ = table.merge(tables[index]) }
        return table.removed.map(\.identity)
          + table.members.filter { !$0.name.isEmpty }.map(\.identity)
      }
      #expect(merged([0, 1, 2]) == merged([2, 1, 0]), "seed \(seed)")
      #expect(merged([0, 1, 2]) == merged([1, 0, 2, 1, 0]), "seed \(seed)")
    }
  }
}
