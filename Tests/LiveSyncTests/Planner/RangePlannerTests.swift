import LiveSync
import Networking
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing

@Suite struct RangePlannerTests {
  typealias Limits = LiveSyncLimits
  typealias Peer = PlannerModel.Peer

  /// What must hold at every moment.
  static func check(_ model: PlannerModel, _ note: String) {
    let planner = model.planner
    #expect(planner.flightCount <= Limits.chunkRequestsMax, "\(note)")
    #expect(planner.flightCount + planner.claimCount <= Limits.bufferedChunksMax, "\(note)")
    #expect(planner.flightCount == model.openRequests.count, "\(note)")
    for peer in model.peers.keys {
      #expect(planner.peers[peer].inFlight <= Limits.chunkWindowMax, "\(note)")
    }
    // First requests never overlap: nothing is fetched twice but as help with a slow range.
    // What a peer that never answered is asked for stays free for the others.
    let first = planner.flights.values
      .filter { !$0.isSecond && !(model.peers[$0.peer]?.isSilent ?? false) }.map(\.range)
      .sorted { $0.start < $1.start }
    for (a, b) in zip(first, first.dropFirst()) {
      #expect(!a.intersects(b), "\(note): \(a) and \(b)")
    }
    #expect(planner.flights.values.count { $0.isSecond } <= Limits.secondRequestsMax, "\(note)")
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func everything_shouldComeIn_whateverThePeersAreLike(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let peers = (0..<(1 + random.below(6))).map { index -> Peer in
      var peer = Peer()
      peer.roundTrip = Int64(1 + random.below(300)) * 1_000_000
      peer.bytesPerSecond = Int64(20_000 + random.below(2_000_000))
      guard index > 0 else { return peer }
      switch random.below(6) {
      case 0: peer.isSilent = true
      case 1: peer.isLiar = true
      case 2: peer.itemsMax = 1 + random.below(20)
      case 3: peer.lacksFrom = KeyNibbles(bytes: random.bytes(1))
      default: break
      }
      return peer
    }
    var model = PlannerModel(
      items: 200 + random.below(3_000), peers: peers, itemsMax: 5 + random.below(200), seed: seed)
    model.verificationDelay = Int64(random.below(1_500)) * 1_000_000
    model.run { Self.check($0, "seed \(seed)") }
    #expect(model.missing.isEmpty, "seed \(seed): \(model.missing)")
    #expect(model.banned.allSatisfy { model.peers[$0]?.isLiar ?? false }, "seed \(seed)")
  }

  @Test(arguments: [3, 15, 62])
  func silentPeers_shouldCostLittle_howeverManyTheyAre(silent: Int) {
    func time(_ silent: Int) -> Int64 {
      var peers = [Peer()]
      var quiet = Peer()
      quiet.isSilent = true
      peers += Array(repeating: quiet, count: silent)
      var model = PlannerModel(items: 20_000, peers: peers, itemsMax: 400)
      model.run { model in
        // Once somebody answers, those who never did are asked one at a time.
        guard model.received > 0, model.now > 10_000_000_000 else { return }
        let asked = model.planner.flights.values.count { $0.peer != PeerID(1) }
        #expect(asked <= Limits.silentRequestsMax)
      }
      #expect(model.missing.isEmpty)
      return model.now
    }
    // What was asked of them before anybody had answered is lost once.
    let lost = Limits.chunkTimeout.wholeNanoseconds
    #expect(time(silent) <= time(0) * 5 / 4 + 2 * lost)
  }

  @Test func fourPeers_shouldBeNearlyFourTimesAsFastAsOne() {
    func time(_ count: Int) -> Int64 {
      var model = PlannerModel(
        items: 20_000, peers: Array(repeating: Peer(), count: count), itemsMax: 400)
      model.run()
      #expect(model.missing.isEmpty)
      return model.now
    }
    let one = time(1)
    // 20,000 items of 100 bytes at 1 MB/s: 2 s and what proofs take.
    #expect(one < 2_700_000_000, "\(one)")
    #expect(time(4) * 3 < one)
  }

  @Test func window_shouldKeepALongPathFull() {
    var slow = Peer()
    slow.roundTrip = 1_000_000_000
    slow.bytesPerSecond = 2_000_000
    var model = PlannerModel(items: 100_000, peers: [slow], itemsMax: 2_000)
    model.run()
    #expect(model.missing.isEmpty)
    // 10 MB at 2 MB/s is 5 s; one request at a time would take 50 round trips.
    #expect(model.now < 15_000_000_000, "\(model.now)")
  }

  @Test func badAnswer_shouldCostItsOwnRangeOnly() {
    var liar = Peer()
    liar.isLiar = true
    var model = PlannerModel(items: 2_000, peers: [Peer(), Peer(), liar], itemsMax: 50)
    model.run()
    #expect(model.missing.isEmpty)
    #expect(model.banned == [PeerID(3)])
    let lost = model.planner.peers[PeerID(3)]
    #expect(lost.invalid >= 1 && lost.verifiedBytes == 0)
    // Everything else was fetched once.
    let useful =
      model.planner.peers[PeerID(1)].verifiedItems
      + model.planner.peers[PeerID(2)].verifiedItems
    #expect(useful == 2_000)
  }

  @Test func silentPeer_shouldHoldNothingUpForLong() {
    var silent = Peer()
    silent.isSilent = true
    var model = PlannerModel(items: 3_000, peers: [Peer(), silent, Peer()], itemsMax: 50)
    model.run()
    #expect(model.missing.isEmpty)
    // Its ranges are asked for elsewhere long before its 5 s are over.
    #expect(model.now < 2_000_000_000, "\(model.now)")
    #expect(model.planner.peers[PeerID(2)].late == 0)
  }

  @Test func tailOfASlowRange_shouldBeTakenByAFastPeer() {
    var slow = Peer()
    slow.bytesPerSecond = 4_000
    var model = PlannerModel(items: 4_000, peers: [Peer(), Peer(), Peer(), slow], itemsMax: 100)
    model.run { Self.check($0, "slow peer") }
    #expect(model.missing.isEmpty)
    #expect(model.now < 4_000_000_000, "\(model.now)")
    // Help costs little: less than a tenth comes twice.
    #expect(model.received < 4_000 * PlannerModel.itemBytes * 12 / 10 + model.orders.count * 500)
  }

  @Test func answersThatWait_shouldHoldRequestsBack_notBeDropped() {
    var model = PlannerModel(
      items: 40_000, peers: Array(repeating: Peer(), count: 8), itemsMax: 40)
    model.verificationDelay = 60_000_000_000
    var most = 0
    model.run(seconds: 50) {
      Self.check($0, "waiting")
      most = max(most, $0.planner.flightCount + $0.planner.claimCount)
    }
    #expect(most == Limits.bufferedChunksMax)
    model.verificationDelay = 0
    for index in model.waiting.indices { model.waiting[index].at = model.now }
    model.run()
    #expect(model.missing.isEmpty)
    // Nothing was in vain but a little help at the end.
    let unused = model.peers.keys.reduce(0) { $0 + model.planner.peers[$1].unusedBytes }
    #expect(unused * 50 < model.received, "\(unused) of \(model.received) bytes")
  }

  @Test func largeAnswers_shouldNotCountAsLate_whenOnlySmallOnesWereVerified() {
    // The first answers are small and wait for their block; when they are verified, large ones
    // that take longer are on their way.
    var model = PlannerModel(
      items: 150_000, peers: Array(repeating: Peer(), count: 8), itemsMax: 5_000)
    model.verificationDelay = 900_000_000
    var second = 0
    model.run {
      let planner = $0.planner
      let taken = planner.flights.values.map(\.range.share).reduce(0, +)
      let missing = $0.missing.ranges.reduce(0) { $0 + $1.share }
      // At the end help is wanted.
      guard missing > 2 * taken else { return }
      second = max(second, planner.flights.values.count { $0.isSecond })
    }
    #expect(model.missing.isEmpty)
    // One chunk may have fallen behind; without the rule it is every helper at once.
    #expect(second <= 1, "\(second) second requests while there was free work")
  }

  @Test func bytesThatWait_shouldHoldRequestsBack() {
    var planner = RangePlanner(itemsMax: 1_000)
    let peer = PeerID(1)
    func fill() -> [ChunkOrder] { planner.fill([peer], missing: .all, at: .start) }
    guard let first = fill().first else {
      Issue.record("nothing is asked for")
      return
    }
    let chunk = SourcedChunk(
      start: first.query.start,
      chunk: TrieChunk(end: first.query.end, items: [], proof: TrieProof(nodes: [])), number: 1,
      hash: .zero, peer: peer, edges: .both, bytes: Limits.chunksBytes.perHolder,
      request: first.query.id)
    for other in planner.flights.keys.sorted() where other != first.query.id {
      planner.failed(other, .local, at: .start)
    }
    #expect(planner.arrived(first.query.id, chunk, at: .start) != nil)
    #expect(planner.charge(first.query.id) == .fits)
    #expect(fill().isEmpty)
    planner.settled(first.query.id, .unused, at: .start)
    #expect(!fill().isEmpty)
  }

  @Test func requestsOnTheirWay_shouldStayBelowTheirLimits() {
    var planner = RangePlanner(itemsMax: 10)
    let many = (0..<100).map { PeerID($0) }
    let orders = planner.fill(many, missing: .all, at: .start)
    #expect(orders.count == Limits.chunkRequestsMax)
    #expect(orders.allSatisfy { $0.query.edges == .both && $0.query.limit == 10 })
    #expect(orders.allSatisfy { $0.timeout == Limits.chunkTimeout })
    var lone = RangePlanner(itemsMax: 10)
    let first = lone.fill([PeerID(1)], missing: .all, at: .start)
    #expect(first.count == Limits.chunkWindowFirst)
    // The first half of the key space is on its way, in order and without gaps.
    let asked = KeyRangeSet(first.map { KeyRange(start: $0.query.start, end: $0.query.end) })
    #expect(asked.ranges.map(\.start) == [.empty])
    #expect(abs(asked.ranges.reduce(0) { $0 + $1.share } - 0.5) < 1e-6)
    #expect(lone.fill([PeerID(1)], missing: .all, at: .start).isEmpty)
  }

  @Test func tooLargeAnswer_shouldBeFollowedByASmallerRequest_andNoBlame() {
    var planner = RangePlanner(itemsMax: 1_000)
    var limit = 1_000
    for _ in 0..<12 {
      let orders = planner.fill([PeerID(1)], missing: .all, at: .start)
      limit = orders.map(\.query.limit).min() ?? limit
      for order in orders { planner.failed(order.query.id, .tooLarge, at: .start) }
    }
    #expect(limit == 1)
    #expect(planner.peers[PeerID(1)].demotion == nil && planner.peers[PeerID(1)].invalid == 0)
  }

  @Test func peerThatLacksARange_shouldBeAskedForOthers() {
    var partial = Peer()
    partial.lacksFrom = KeyNibbles("8")
    var model = PlannerModel(items: 3_000, peers: [partial, Peer()], itemsMax: 50)
    model.run()
    #expect(model.missing.isEmpty)
    #expect(model.planner.peers[PeerID(1)].verifiedItems > 500)
    #expect(model.planner.peers[PeerID(1)].demotion == nil)
  }

  @Test func neighbours_shouldJoin_soThatGapsStayFew() {
    var most = 0
    var model = PlannerModel(
      items: 20_000, peers: Array(repeating: Peer(), count: 4), itemsMax: 100)
    model.run { most = max(most, $0.missing.ranges.count) }
    #expect(model.missing.isEmpty)
    #expect(most <= Limits.chunkRequestsMax + 1, "\(most)")
  }

  @Test func rest_shouldBeSharedOut_soThatAllPeersEndTogether() {
    var model = PlannerModel(
      items: 8_000, peers: Array(repeating: Peer(), count: 4), itemsMax: 4_000)
    model.run()
    let shares = (1...4).map { model.planner.peers[PeerID(UInt32($0))].verifiedItems }
    #expect(shares.allSatisfy { $0 > 1_200 }, "\(shares)")
  }

  @Test func help_shouldStayBelowItsLimit_howeverManyAreSilent() {
    var silent = Peer()
    silent.isSilent = true
    var model = PlannerModel(
      items: 4_000, peers: [Peer(), Peer()] + Array(repeating: silent, count: 8), itemsMax: 50)
    var most = 0
    model.run { most = max(most, $0.planner.flights.values.count { $0.isSecond }) }
    #expect(most == Limits.secondRequestsMax)
    #expect(model.missing.isEmpty)
  }

  @Test func density_shouldNotFollowAFewItems() {
    var random = SeededGenerator(seed: 11)
    var density = DensityEstimate(
      chunksMax: Limits.forecastChunksMax, itemsMin: Limits.forecastItemsMin)
    let sixteenth = KeyRange(start: KeyNibbles("1")!, end: KeyNibbles("2")!)
    var worst = 0.0
    for index in 0..<4_096 {
      // Six on average, scattered as random keys are.
      let items = (0..<24).count { _ in random.next() % 4 == 0 }
      density.add(sixteenth, items: items, bytes: items * 100)
      guard index > 500, let inAll = density.itemsInAll else { continue }
      worst = max(worst, abs(inAll / 96 - 1))
    }
    #expect(worst < 0.1, "\(worst)")
  }

  @Test func density_shouldFollowTheLatestChunks() {
    var density = DensityEstimate()
    #expect(density.itemsInAll == nil)
    #expect(density.bytesPerItem == Double(Limits.itemBytesFirst))
    let sixteenth = KeyRange(start: KeyNibbles("1")!, end: KeyNibbles("2")!)
    for _ in 0..<(Limits.densityChunksMax * 4) { density.add(sixteenth, items: 10, bytes: 1_000) }
    #expect(density.itemsInAll == 160)
    // Old chunks count for less and less.
    for _ in 0..<(Limits.densityChunksMax * 4) { density.add(sixteenth, items: 20, bytes: 4_000) }
    #expect(abs((density.itemsInAll ?? 0) - 320) < 20)
    #expect(abs(density.bytesPerItem - 200) < 10)
    // What a forecast goes by forgets the first small chunks sooner.
    var foretold = DensityEstimate(chunksMax: Limits.forecastChunksMax)
    for _ in 0..<Limits.forecastChunksMax { foretold.add(sixteenth, items: 10, bytes: 9_000) }
    for _ in 0..<(Limits.forecastChunksMax * 3) { foretold.add(sixteenth, items: 10, bytes: 1_000) }
    #expect(foretold.bytesPerItem > 100 && foretold.bytesPerItem < 200)
  }
}
