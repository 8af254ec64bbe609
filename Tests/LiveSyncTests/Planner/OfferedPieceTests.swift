import LiveSync
import Networking
import Primitives
import StateTrie
import TestSupport
import Testing

/// Pieces that some peers keep, beside chunks of the peers' heads.
@Suite struct OfferedPieceTests {
  private typealias Peer = PlannerModel.Peer

  private func pieces(_ model: PlannerModel) -> [ChunkOrder] {
    model.orders.filter { $0.query.piece != nil }
  }

  @Test func allOfTheState_shouldComeInPieces_whereEveryPeerHasThem() {
    var model = PlannerModel(items: 4_000, peers: [Peer(), Peer(), Peer()])
    model.offerPieces(of: 100, hosts: Set(model.peers.keys))
    model.run()
    #expect(model.missing.isEmpty)
    #expect(model.orders.count == pieces(model).count)
    // Each piece once, but for those that idle peers ask for a second time at the end.
    let asked = Set(pieces(model).compactMap(\.query.piece?.index))
    #expect(asked.count == model.offer?.starts.count)
    #expect(model.received < 4_000 * PlannerModel.itemBytes * 3 / 4)
  }

  @Test func piecesAndChunks_shouldComeSideBySide_whereSomePeersHaveThem() {
    var model = PlannerModel(items: 8_000, peers: [Peer(), Peer(), Peer(), Peer()])
    model.offerPieces(of: 100, hosts: [PeerID(1), PeerID(2)])
    model.run()
    #expect(model.missing.isEmpty)
    #expect(pieces(model).allSatisfy { $0.peer == PeerID(1) || $0.peer == PeerID(2) })
    let chunks = model.orders.filter { $0.query.piece == nil }
    #expect(chunks.contains { $0.peer == PeerID(3) } && chunks.contains { $0.peer == PeerID(4) })
    // Nobody waits for the others: both kinds carry a good part.
    #expect(pieces(model).count >= 20 && chunks.count >= 20)
  }

  @Test func chunks_shouldNotBeAskedFor_whileTheyAreOfNoUse() {
    var model = PlannerModel(items: 2_000, peers: [Peer(), Peer(), Peer()])
    model.offerPieces(of: 100, hosts: [PeerID(2)], isLiveUseful: false)
    model.run()
    #expect(model.missing.isEmpty)
    #expect(model.orders.allSatisfy { $0.query.piece != nil && $0.peer == PeerID(2) })
  }

  @Test func fragments_shouldComeAsPieces_whileChunksAreOfNoUse() {
    var model = PlannerModel(items: 2_000, peers: [Peer()])
    model.offerPieces(of: 100, hosts: [PeerID(1)], isLiveUseful: false)
    // A sliver of one piece is all that is missing.
    let range = model.offer!.range(of: 5)
    let half = KeyRange(start: range.cut(9, of: 10)!, end: range.end)
    model.missing = KeyRangeSet([half])
    model.run()
    #expect(model.missing.isEmpty)
    #expect(model.orders.map(\.query.piece?.index) == [5])
  }

  @Test func sliver_shouldComeAsAChunk_whereThatTakesLess() {
    var model = PlannerModel(items: 2_000, peers: [Peer()])
    model.offerPieces(of: 100, hosts: [PeerID(1)])
    let range = model.offer!.range(of: 5)
    model.missing = KeyRangeSet([KeyRange(start: range.cut(9, of: 10)!, end: range.end)])
    model.run()
    #expect(model.missing.isEmpty)
    #expect(model.orders.allSatisfy { $0.query.piece == nil })
  }

  @Test(arguments: [1, 3]) func pieces_shouldBeOnTheirWay_upToTheirNumber(_ most: Int) {
    var model = PlannerModel(items: 4_000, peers: [Peer(), Peer(), Peer(), Peer()])
    model.offerPieces(of: 100, hosts: Set(model.peers.keys))
    model.offer?.piecesAtOnceMax = most
    var peak = 0
    model.run { model in
      peak = max(peak, model.planner.flights.values.count { $0.query.piece != nil })
    }
    #expect(model.missing.isEmpty && peak == most)
    // The other peers give chunks of their heads meanwhile.
    #expect(pieces(model).count < model.orders.count)
  }

  /// What pieces are expected to bring is what they are asked for.
  @Test func shareOfPieces_shouldLeaveOutWhatComesInChunks() {
    var model = PlannerModel(items: 2_000, peers: [Peer()])
    model.offerPieces(of: 100, hosts: [PeerID(1)])
    #expect(abs(model.offer!.share(of: .all) - 1) < 1e-9)
    let range = model.offer!.range(of: 5)
    let most = KeyRange(start: range.start, end: range.cut(8, of: 10)!)
    let sliver = KeyRange(start: range.cut(9, of: 10)!, end: range.end)
    #expect(model.offer!.share(of: .none) == 0)
    #expect(model.offer!.share(of: KeyRangeSet([sliver])) == 0)
    #expect(
      abs(model.offer!.share(of: KeyRangeSet([most, sliver])) - most.share - sliver.share) < 1e-12)
    model.offer?.isLiveUseful = false
    #expect(abs(model.offer!.share(of: KeyRangeSet([sliver])) - sliver.share) < 1e-12)
  }

  @Test func unprovenHost_shouldBeAskedForOneSmallPiece() {
    var model = PlannerModel(items: 8_000, peers: [Peer(), Peer(), Peer()])
    model.offerPieces(of: 500, hosts: Set(model.peers.keys))
    model.fill()
    #expect(model.orders.count == 3)
    #expect(model.orders.allSatisfy { ($0.query.piece?.index ?? 1) % 8 == 0 })
    #expect(LiveSyncLimits.firstPiecesMax >= 8)
    #expect(Set(model.orders.map(\.query.start)).count == 3)
  }

  @Test func halfOfTheHostsLying_shouldCostOneSmallPieceEach() {
    let honest = (0..<4).map { _ in Peer() }
    let liars = (0..<4).map { _ in Peer(isLiar: true) }
    var model = PlannerModel(items: 40_000, peers: honest + liars)
    model.offerPieces(of: 500, hosts: Set(model.peers.keys))
    model.run()
    #expect(model.missing.isEmpty)
    #expect(model.banned.count == 4)
    let wasted = model.orders.filter { model.banned.contains($0.peer) }.count
    #expect(wasted == 4)
  }

  @Test func hostThatIsGone_shouldCostWhatWasOnItsWay_andChunksFillTheRest() {
    var model = PlannerModel(items: 4_000, peers: [Peer(), Peer()])
    model.offerPieces(of: 100, hosts: [PeerID(1)])
    model.run(seconds: 0)
    while model.missing == .all, model.step() {}
    model.offer = nil
    model.run()
    #expect(model.missing.isEmpty)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func state_shouldCome_whateverIsOfferedByWhom(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = 2 + random.below(6)
    let peers = (0..<count).map { index in
      Peer(
        roundTrip: Int64(1 + random.below(400)) * 1_000_000,
        bytesPerSecond: Int64(20_000 + random.below(2_000_000)),
        isSilent: index > 0 && random.below(5) == 0, isLiar: index > 0 && random.below(4) == 0)
    }
    var model = PlannerModel(items: 500 + random.below(4_000), peers: peers, seed: seed)
    let hosts = Set(model.peers.keys.sorted().filter { _ in random.below(2) == 0 })
    if !hosts.isEmpty { model.offerPieces(of: 1 + random.below(200), hosts: hosts) }
    // What others brought before lies across the pieces.
    for _ in 0..<random.below(6) {
      let (a, b) = (random.below(model.keys.count), random.below(model.keys.count))
      model.missing.remove(KeyRange(start: model.keys[min(a, b)], end: model.keys[max(a, b)]))
    }
    model.run(seconds: 5_000) { model in
      for flight in model.planner.flights.values {
        guard let piece = flight.query.piece, let offer = model.offer else { continue }
        #expect(offer.hosts.contains(flight.peer), "seed \(seed)")
        #expect(flight.query.start == offer.starts[piece.index], "seed \(seed)")
      }
      #expect(model.planner.flightCount <= LiveSyncLimits.chunkRequestsMax, "seed \(seed)")
    }
    #expect(model.missing.isEmpty, "seed \(seed)")
  }
}
