import Ledger
import Networking
import Node
import Peers
import Primitives
import StateTrie
import Testing

@Suite struct SyncerCoreTests {
  let peer = PeerID(4)
  let head = BlockID(number: 7, hash: .zero)

  @Test func newPeer_shouldGoThroughMacroSyncIntoLiveSync() {
    var core = SyncerCore()
    #expect(core.joined(peer) == [.startMacroSync(peer)])
    #expect(core.joined(peer) == [])
    #expect(core.ended(peer, .good(head: head)) == [.goLive(peer, head: head)])
    #expect(core.liveCount == 1)
  }

  @Test func unfitPeer_shouldBeLookedAtAgainAfterAMinute() {
    for outcome in [MacroOutcome.outdated, .incompatible] {
      var core = SyncerCore()
      _ = core.joined(peer)
      #expect(
        core.ended(peer, outcome) == [.leave(peer), .wait(peer, ticket: 1, .seconds(60))])
      #expect(core.due(peer, ticket: 1) == [.startMacroSync(peer)])
      // A timer of an earlier wait means nothing.
      #expect(core.due(peer, ticket: 1) == [])
    }
  }

  @Test func behindPeer_shouldLeaveLiveSyncForAMinute() {
    var core = SyncerCore()
    _ = core.joined(peer)
    _ = core.ended(peer, .good(head: head))
    #expect(core.behind(peer) == [.leave(peer), .wait(peer, ticket: 1, .seconds(60))])
    #expect(core.behind(peer) == [])
  }

  /// Macro sync may wait for a block that this peer alone has.
  @Test func behindPeer_shouldBeAskedOn_whileMacroSyncWithItGoesOn() {
    var core = SyncerCore()
    _ = core.joined(peer)
    #expect(core.behind(peer) == [.rejoin(peer)])
    #expect(core.behind(peer) == [.rejoin(peer)])
    #expect(core.ended(peer, .outdated) == [.leave(peer), .wait(peer, ticket: 1, .seconds(60))])
    #expect(core.behind(peer) == [])
    _ = core.left(peer)
    #expect(core.behind(peer) == [])
  }

  @Test func aheadPeer_shouldGoBackToMacroSync_butNotInATightLoop() {
    var core = SyncerCore()
    _ = core.joined(peer)
    _ = core.ended(peer, .good(head: head))
    // It stays, since it has what brings us nearer.
    #expect(core.ahead(peer) == [.wait(peer, ticket: 1, .seconds(1))])
    #expect(core.ahead(peer) == [])
    #expect(core.due(peer, ticket: 1) == [.startMacroSync(peer)])
  }

  @Test func peerThatLeft_shouldStayAway_whenItsMacroSyncEndsLate() {
    var core = SyncerCore()
    _ = core.joined(peer)
    #expect(core.left(peer) == [.leave(peer)])
    #expect(core.ended(peer, .good(head: head)) == [])
    #expect(core.liveCount == 0)
  }

  @Test func peerOfLiveSync_shouldBeInItAgain_whenItComesBack() {
    var core = SyncerCore()
    _ = core.joined(peer)
    _ = core.ended(peer, .good(head: head))
    #expect(core.left(peer) == [.leave(peer)])
    #expect(core.joined(peer) == [.rejoin(peer)] && core.liveCount == 1)
    // Who was banned, or was being looked at, begins anew.
    _ = core.ahead(peer)
    _ = core.due(peer, ticket: 1)
    #expect(core.ended(peer, .banned) == [.leave(peer)])
    #expect(core.joined(peer) == [.startMacroSync(peer)])
    _ = core.left(peer)
    #expect(core.joined(peer) == [.startMacroSync(peer)])
  }

  @Test func peersThatLeft_shouldBeForgotten_aboveTheMost() {
    var core = SyncerCore()
    for number in 0...UInt32(PeerLimits.peersMax) {
      _ = core.joined(PeerID(number))
      _ = core.ended(PeerID(number), .good(head: head))
      _ = core.left(PeerID(number))
    }
    #expect(core.joined(PeerID(1)) == [.rejoin(PeerID(1))])
    #expect(core.joined(PeerID(0)) == [.startMacroSync(PeerID(0))])
  }

  @Test func consensus_shouldNeedPeersStateAndAgreement() {
    var core = ConsensusCore()
    core.headRound(asked: 3, agreeing: 2)
    #expect(core.judge(peers: 3, stateIsComplete: false) == nil)
    #expect(core.judge(peers: 3, stateIsComplete: true) == nil)
    core.headRound(asked: 3, agreeing: 2)
    #expect(core.judge(peers: 3, stateIsComplete: true) == .established)
    #expect(core.judge(peers: 3, stateIsComplete: true) == nil)
    #expect(core.judge(peers: 2, stateIsComplete: true) == .lost(reason: "too_few_peers"))
    for _ in 0..<NodeLimits.consensusAnnouncementsMin { core.acceptedAnnouncement() }
    #expect(core.judge(peers: 3, stateIsComplete: true) == .established)
    #expect(core.judge(peers: 3, stateIsComplete: false) == .lost(reason: "incomplete_state"))
  }

  @Test(arguments: [0, 1, 2])
  func consensus_shouldBeFoundAnew_onceItIsLost(way: Int) {
    var core = ConsensusCore()
    func agree() {
      for _ in 0..<NodeLimits.consensusAnnouncementsMin { core.acceptedAnnouncement() }
      core.headRound(asked: 3, agreeing: 3)
    }
    agree()
    #expect(core.judge(peers: 3, stateIsComplete: true) == .established)
    agree()
    let lost = core.judge(
      peers: way == 0 ? 2 : 3, stateIsComplete: way != 1, storeHasFailed: way == 2)
    let reasons = ["too_few_peers", "incomplete_state", "store_failed"]
    #expect(lost == .lost(reason: reasons[way]))
    // What others said before says nothing of the time after.
    #expect(core.judge(peers: 3, stateIsComplete: true) == nil)
    agree()
    #expect(core.judge(peers: 3, stateIsComplete: true) == .established)
  }

  @Test func heldShare_shouldBeWholeOnlyIfNothingIsMissing() {
    #expect(KeyRangeSet.none.absentPartsPerMillion == 1_000_000)
    #expect(KeyRangeSet.all.absentPartsPerMillion == 0)
    let half = KeyRangeSet([KeyRange(start: KeyNibbles("8")!, end: nil)])
    #expect(half.absentPartsPerMillion == 500_000)
    let speck = KeyRangeSet([
      KeyRange(start: KeyNibbles("8000000000")!, end: KeyNibbles("8000000001")!)
    ])
    #expect(speck.absentPartsPerMillion == 999_999)
  }
}
