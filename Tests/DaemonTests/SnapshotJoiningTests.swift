import Daemon
import EventLog
import Ledger
import LiveSync
import Networking
import Peers
import Primitives
import Snapshot
import StateTrie
import Testing

/// What a fresh node's event log says of how it joined.
@Suite struct SnapshotJoiningTests {
  private static let hash = Blake2b256.hash([1])
  private static let chosen = Event.joining(
    .chosen(block: 16, hash: hash, pieces: 4, hosts: 2, detail: "cheaper"))
  private static let key = KeyPair(seed: Blake2b256.hash([2])).publicKey
  private static let ban = Event.peer(
    .banned(peer: PeerID(identity: NodeIdentity(key: key), number: 2), reason: "damaged"))

  private static let evidence = Event.peer(
    .evidence(
      peer: PeerID(identity: NodeIdentity(key: key), number: 2),
      reporter: NodeIdentity(key: key), lie: .chunk, reason: "items_mismatch", proof: hash,
      bytes: 1, parts: 1))

  private static func facts(block: UInt32, peer: UInt32 = 1) -> Event.ChunkFacts {
    Event.ChunkFacts(
      peer: peer, block: block, hash: hash,
      startKey: KeyNibbles(bytes: [UInt8(peer)]), endKey: nil, items: 1, bytes: 9)
  }

  private static func chunk(block: UInt32, peer: UInt32 = 1) -> Event {
    .chunk(.accepted(facts(block: block, peer: peer)))
  }

  private static func joining(
    _ events: [Event], liar: SnapshotJoining.Liar? = nil
  ) -> SnapshotJoining {
    var joining = SnapshotJoining(liars: liar.map { [$0] } ?? [])
    for event in events { joining.add(event) }
    return joining
  }

  @Test func join_shouldBeRight_onlyWithPiecesOfTheSnapshot_andTheLiarBanned() {
    let liar = SnapshotJoining.Liar(name: "n1", key: Self.key, lie: .damaged)
    #expect(Self.joining([Self.chosen, Self.chunk(block: 16)]).isRight)
    #expect(!Self.joining([Self.chosen, Self.chunk(block: 17)]).isRight)
    #expect(!Self.joining([Self.chunk(block: 16)]).isRight)
    #expect(!Self.joining([]).isRight)
    #expect(!Self.joining([Self.chosen, Self.chunk(block: 16)], liar: liar).isRight)
    #expect(Self.joining([Self.chosen, Self.chunk(block: 16), Self.ban], liar: liar).isRight)
    let other = SnapshotJoining.Liar(
      name: "n1", key: KeyPair(seed: Blake2b256.hash([3])).publicKey, lie: .damaged)
    #expect(!Self.joining([Self.chosen, Self.chunk(block: 16), Self.ban], liar: other).isRight)
  }

  @Test func wrongPieces_shouldBeProven_andNothingElseFetchedAgain() {
    let liar = SnapshotJoining.Liar(name: "n1", key: Self.key, lie: .wrong)
    let events = [
      Self.chosen, .chunk(.rejected(Self.facts(block: 16, peer: 2), reason: "items_mismatch")),
      Self.ban, Self.chunk(block: 16),
    ]
    #expect(!Self.joining(events, liar: liar).isRight)
    #expect(Self.joining(events + [Self.evidence], liar: liar).isRight)
    #expect(
      !Self.joining(events + [Self.evidence, Self.chunk(block: 16)], liar: liar).isRight)
  }

  @Test func verdict_shouldFail_andSayWhy_whenNoSnapshotWasJoinedFrom() throws {
    let world = try DaemonWorld(accounts: 50)
    let chain = Blockchain(genesis: world.genesis, state: .complete)
    let oracle = NetworkVerdict.Oracle(
      head: 0, transactions: 0, root: chain.head.header.stateRoot)
    var verdict = NetworkVerdict(isComplete: true, seconds: 1, oracle: oracle)
    verdict.nodes = [NetworkVerdict.Node(name: "n", chain: chain)]
    #expect(verdict.outcome == .pass && verdict.json.contains("\"snapshot\":null"))
    verdict.joining = Self.joining([
      .joining(.declined(block: 16, reason: "chunks_cost_less", detail: "by far"))
    ])
    #expect(verdict.outcome == .notThere && verdict.json.contains("\"snapshot\":null"))
    #expect(verdict.text.contains("joined from NO SNAPSHOT (chunks_cost_less: by far)"))
    #expect(verdict.text.contains("FAIL (exit 11)"))
    verdict.joining = Self.joining(
      [Self.chosen, Self.chunk(block: 16), Self.chunk(block: 16, peer: 2), Self.ban],
      liar: SnapshotJoining.Liar(name: "n1", key: Self.key, lie: .damaged))
    #expect(verdict.outcome == .pass)
    #expect(verdict.text.contains("snapshot of block 16, \(Self.hash.hex): 2 of 4 pieces"))
    #expect(verdict.text.contains("given by 2 of the others") && verdict.text.contains("banned n1"))
    #expect(
      verdict.json.contains(
        "\"pieces\":4,\"proven\":2,\"nodes\":2,\"refused\":0,\"proven_twice\":0,"
          + "\"liar_banned\":true,\"liar_evidence\":false}"))
  }
}
