import LiveSync
import Networking
import Primitives
import Runtime
import StateTrie
import Testing

/// What a chunk says for its peer once it is known what became of it.
@Suite struct PeerCreditTests {
  private static let peer = PeerID(1)
  private static let other = PeerID(2)
  private static let bytes = 4_000

  private static func at(_ milliseconds: Int64) -> Moment {
    Moment(nanoseconds: milliseconds * 1_000_000)
  }

  /// The planner after one chunk of `peer` came and had this outcome, while `other` has one more on
  /// its way.
  private static func planner(after outcome: RangePlanner.Outcome) -> RangePlanner {
    var planner = RangePlanner(itemsMax: 100)
    let orders = planner.fill([peer, other], missing: .all, at: at(0))
    guard let order = orders.first(where: { $0.peer == peer }) else { return planner }
    let query = order.query
    let chunk = SourcedChunk(
      start: query.start,
      chunk: TrieChunk(end: query.end, items: [], proof: TrieProof(nodes: [])), number: 1,
      hash: .zero, peer: peer, edges: .both, bytes: bytes, request: query.id)
    _ = planner.arrived(query.id, chunk, at: at(200))
    planner.settled(query.id, outcome, at: at(300))
    return planner
  }

  @Test func takenChunk_shouldBeToThePeersCredit() {
    let record = Self.planner(after: .taken(items: 7)).peers[Self.peer]
    #expect(record.verifiedChunks == 1 && record.verifiedItems == 7)
    #expect(record.verifiedBytes == Self.bytes && record.unusedBytes == 0)
    #expect(record.bytesPerSecond != nil && record.roundTripNanoseconds == 200_000_000)
    #expect(record.invalid == 0)
  }

  @Test func uselessChunk_shouldBeCounted_butToNobodysCredit() {
    let planner = Self.planner(after: .unused)
    let record = planner.peers[Self.peer]
    #expect(record.unusedBytes == Self.bytes)
    #expect(record.verifiedChunks == 0 && record.verifiedItems == 0 && record.verifiedBytes == 0)
    #expect(record.bytesPerSecond == nil && record.roundTripNanoseconds == nil)
    #expect(record.invalid == 0 && record.late == 0 && record.demotion == nil)
    #expect(planner.claimCount == 0)
  }

  @Test func lie_shouldBeCounted_butToNobodysCredit() {
    let record = Self.planner(after: .lie).peers[Self.peer]
    #expect(record.invalid == 1 && record.verifiedChunks == 0 && record.verifiedBytes == 0)
    #expect(record.unusedBytes == 0)
    #expect(record.bytesPerSecond == nil && record.roundTripNanoseconds == nil)
  }

  @Test(arguments: [0, 1, 2])
  func outcomeOfAChunk_shouldChangeNothingForOtherPeers(index: Int) {
    let outcomes: [RangePlanner.Outcome] = [.taken(items: 7), .unused, .lie]
    let record = Self.planner(after: outcomes[index]).peers[Self.other]
    #expect(record.verifiedBytes == 0 && record.unusedBytes == 0 && record.invalid == 0)
    #expect(record.bytesPerSecond == nil)
  }
}
