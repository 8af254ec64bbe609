import LiveSync
import Networking
import Primitives
import Runtime
import Snapshot
import Testing

/// Which snapshot is looked at first, and what of it can be had.
@Suite struct JoinCoreTests {
  private let peers = (1...5 as ClosedRange<UInt32>).map { PeerID($0) }

  private func summary(
    _ height: UInt32, _ name: UInt8, format: UInt32 = 2, stored: UInt64 = 500,
    diffsFrom: UInt32 = 0
  ) -> SnapshotSummary {
    SnapshotSummary(
      height: height, format: format, hash: Blake2b256.hash([name]), rawBytes: 1_000,
      storedBytes: stored, diffBytes: 10, diffsFrom: diffsFrom)
  }

  private func core(_ listings: [[SnapshotSummary]]) -> JoinCore {
    var core = JoinCore(discoveryTime: .seconds(15))
    for (peer, listing) in zip(peers, listings) {
      let isAsked = core.willAsk(peer, at: .start)
      #expect(isAsked)
      core.listed(peer, listing)
    }
    return core
  }

  private func heights(_ core: JoinCore, above own: UInt32 = 0, upTo: UInt32 = 2_000) -> [UInt32] {
    core.candidates(above: own, upTo: upTo).map(\.summary.height)
  }

  @Test func newest_shouldComeFirst_thenTheOneThatMostHave() {
    let core = core([
      [summary(1_000, 1), summary(1_980, 2)], [summary(1_980, 2)], [summary(1_980, 3)],
    ])
    let all = core.candidates(above: 0, upTo: 2_000)
    #expect(all.map(\.summary.height) == [1_980, 1_980, 1_000])
    #expect(all[0].hosts == [PeerID(1), PeerID(2)] && all[1].hosts == [PeerID(3)])
  }

  @Test func whatIsOfNoUse_shouldBeLeftOut() {
    let core = core([
      [
        summary(463, 1), summary(2_020, 2), summary(1_500, 3, format: 1),
        summary(1_500, 4), summary(1_600, 5, diffsFrom: 1_602),
      ]
    ])
    // Too old for diffs, above what was verified, without proofs, and of blocks whose diffs are
    // gone.
    #expect(heights(core) == [1_500])
    #expect(heights(core, above: 1_500).isEmpty)
    #expect(heights(core, upTo: 1_500 + SnapshotLimits.ageBlocksMax) == [2_020, 1_500])
    #expect(heights(core, upTo: 1_501 + SnapshotLimits.ageBlocksMax) == [2_020])
  }

  @Test func claims_shouldBeTakenByTheirMedian() {
    let core = core([
      [summary(1_000, 1, stored: 10)], [summary(1_000, 1, stored: 600)],
      [summary(900, 1, stored: 700)],
    ])
    let candidate = core.candidates(above: 0, upTo: 2_000)[0]
    #expect(candidate.summary.storedBytes == 600)
    #expect(candidate.summary.height == 1_000)
  }

  @Test func refusedManifest_shouldNotBeLookedAtAgain_andTheNextOneIs() {
    var core = core([[summary(1_980, 1)], [summary(1_960, 2)]])
    core.refuse(Blake2b256.hash([1]))
    #expect(heights(core) == [1_960])
    for name in 0..<SnapshotLimits.refusedManifestsMax {
      core.refuse(Blake2b256.hash([9, UInt8(name)]))
    }
    // What is remembered is bounded: the oldest is forgotten.
    #expect(heights(core) == [1_980, 1_960])
  }

  @Test func listing_shouldBeBounded_andNameEachOnce() {
    var core = JoinCore(discoveryTime: .seconds(15))
    let isAsked = core.willAsk(PeerID(1), at: .start)
    #expect(isAsked)
    core.listed(
      PeerID(1), (0..<40).map { summary(1_000 + $0, UInt8($0)) } + [summary(1_000, 0)])
    #expect(heights(core).count == SnapshotLimits.listedMax)
    for number in 2...UInt32(SnapshotLimits.listedPeersMax) {
      let isAsked = core.willAsk(PeerID(number), at: .start)
      #expect(isAsked)
    }
    let isOneMore = core.willAsk(PeerID(9_999), at: .start)
    #expect(!isOneMore)
  }

  @Test func discovery_shouldEnd_whenAllHaveAnswered_orTheTimeIsOver() {
    var core = JoinCore(discoveryTime: .seconds(15))
    #expect(!core.isSettled(at: .start))
    for peer in peers {
      let isAsked = core.willAsk(peer, at: .start)
      #expect(isAsked)
    }
    for peer in peers.dropLast() { core.listed(peer, []) }
    #expect(!core.isSettled(at: Moment(nanoseconds: 14_999_999_999)))
    #expect(core.isSettled(at: Moment(nanoseconds: 15_000_000_000)))
    core.left(peers[4])
    #expect(core.isSettled(at: .start))
  }

  /// A core that joins from the snapshot of block 4, which one peer has.
  private func joining() throws -> (JoinCore, SnapshotManifest) {
    let world = try SnapshotWorld()
    try world.grow(to: 4)
    let manifest = try world.take().manifest
    var named = summary(4, 1)
    named.hash = manifest.hash
    var core = core([[named]])
    core.choose(manifest, manifest.hash)
    return (core, manifest)
  }

  @Test func node_shouldHold_asLongAsItsHeadMoves() throws {
    let (joined, manifest) = try joining()
    var core = joined
    let patience = SnapshotLimits.holdPatience
    func time(_ seconds: Int64) -> Moment { Moment(nanoseconds: seconds * 1_000_000_000) }
    let late = time(patience.components.seconds)
    core.look(head: 4, at: .start)
    // Its block is not ours yet.
    #expect(!core.isHolding(at: .start, patience: patience))
    #expect(core.chosenAnchor == manifest.anchor)
    core.has(.zero)
    #expect(!core.isHolding(at: .start, patience: patience))
    core.has(manifest.anchor.block.hash)
    #expect(core.chosenAnchor == nil)
    #expect(core.isHolding(at: .start, patience: patience))
    core.look(head: 4, at: late)
    #expect(!core.isHolding(at: late, patience: patience))
    core.look(head: 5, at: late)
    #expect(core.isHolding(at: late, patience: patience))
    // Below the snapshot's block the head cannot bring it forward.
    core.look(head: 3, at: late)
    #expect(!core.isHolding(at: late, patience: patience))
    core.look(head: 6, at: late)
    core.jumped(to: 4)
    #expect(core.isHolding(at: late, patience: patience))
    core.jumped(to: 5)
    #expect(!core.isHolding(at: late, patience: patience) && core.choice == nil)
  }

  @Test func offer_shouldBeThere_whileItCanBeBroughtForwardAndSomebodyHasIt() throws {
    let (joined, manifest) = try joining()
    var core = joined
    let most = 4 + SnapshotLimits.ageBlocksMax
    #expect(core.offer(head: 4, window: 8) == nil)
    core.has(manifest.anchor.block.hash)
    #expect(core.offer(head: 4, window: 8)?.hosts == [PeerID(1)])
    #expect(core.offer(head: 4, window: 8)?.number == 4)
    #expect(core.offer(head: 3, window: 8) == nil)
    #expect(core.offer(head: most, window: 8) != nil)
    #expect(core.offer(head: most + 1, window: 8) == nil)
    // Chunks of the peers' heads are of use where our head comes near.
    core.reached(target: 20)
    core.reached(target: 10)
    #expect(core.offer(head: 11, window: 8)?.isLiveUseful == false)
    #expect(core.offer(head: 12, window: 8)?.isLiveUseful == true)
    let isLost = core.lost(manifest.hash, by: PeerID(1))
    let isLostAgain = core.lost(manifest.hash, by: PeerID(1))
    #expect(isLost && !isLostAgain)
    #expect(core.offer(head: 4, window: 8) == nil)
    // It counts again once somebody names it.
    var named = summary(4, 1)
    named.hash = manifest.hash
    core.listed(PeerID(2), [named])
    #expect(core.offer(head: 4, window: 8)?.hosts == [PeerID(2)])
    core.left(PeerID(2))
    #expect(core.offer(head: 4, window: 8) == nil)
    core.completed()
    #expect(core.choice == nil && core.isDecided)
  }

  @Test func cost_shouldWeighDiffsAgainstBytesSaved() {
    var claims = summary(1_000, 1, stored: 40_000_000)
    claims.rawBytes = 60_000_000
    claims.diffBytes = 10_000
    func cost(_ blocks: UInt32, _ roundTrip: Duration = .zero) -> JoinCost {
      JoinCost(
        claims, rawBytes: 60_000_000, blocks: blocks, bytesPerSecond: 1_000_000,
        roundTrip: roundTrip)
    }
    #expect(cost(0).snapshotTime == .seconds(40) && cost(0).chunkTime == .seconds(60))
    #expect(cost(1_000).isWorth)
    #expect(!cost(2_001).isWorth)
    // On a long line it is the round trips of the diffs that count.
    #expect(!cost(1_000, .seconds(1)).isWorth)
    // Nobody makes a snapshot look free, or larger than it is.
    claims.storedBytes = 0
    #expect(cost(0).snapshotBytes == 60_000_000 / 64)
    claims.storedBytes = .max
    #expect(cost(0).snapshotBytes == 60_000_000)
  }
}
