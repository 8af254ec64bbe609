import LiveSync
import Networking
import Runtime
import Testing

@Suite struct RequestTriesTests {
  /// Everybody one request asks, in order.
  static func order(
    _ tries: RequestTries, _ peers: RankedPeers, _ rotation: inout PeerRotation
  ) -> [UInt32] {
    var tries = tries
    var asked: [UInt32] = []
    while let peer = tries.next(of: peers, rotation: &rotation) { asked.append(peer.number) }
    return asked
  }

  @Test func peerThatToldUs_shouldBeAskedFirst_thenTheOthersInTurn() {
    var rotation = PeerRotation()
    let peers = RankedPeers(prompt: (1...5).map { PeerID($0) })
    #expect(Self.order(RequestTries(first: PeerID(3)), peers, &rotation) == [3, 1, 2, 4, 5])
    // The next request goes on where the turn stands.
    #expect(Self.order(RequestTries(first: nil), peers, &rotation) == [1, 2, 3, 4, 5])
    var single = RequestTries(first: nil)
    #expect(single.next(of: peers, rotation: &rotation) == PeerID(1))
    var another = RequestTries(first: nil)
    #expect(another.next(of: peers, rotation: &rotation) == PeerID(2))
  }

  @Test func fewPeers_shouldBeAskedAgain_untilTheFewestTries() {
    var rotation = PeerRotation()
    let peers = RankedPeers(prompt: [PeerID(1), PeerID(2)])
    #expect(Self.order(RequestTries(first: nil), peers, &rotation) == [1, 2, 1, 2])
  }

  @Test func manyPeers_shouldNotAllBeAsked() {
    var rotation = PeerRotation()
    let peers = RankedPeers(prompt: (1...30).map { PeerID($0) })
    let asked = Self.order(RequestTries(first: nil), peers, &rotation)
    #expect(asked.count == LiveSyncLimits.requestTriesMax)
    #expect(Set(asked).count == asked.count)
  }

  @Test func slowPeers_shouldBeAskedLast() {
    var rotation = PeerRotation()
    let peers = RankedPeers(prompt: [PeerID(4)], slow: [PeerID(1), PeerID(2)])
    let tries = RequestTries(first: PeerID(1), triesMin: 1)
    #expect(Self.order(tries, peers, &rotation) == [4, 1, 2])
  }

  @Test func nobody_shouldBeAsked_whenThereIsNobody() {
    var rotation = PeerRotation()
    #expect(Self.order(RequestTries(first: PeerID(1)), RankedPeers(prompt: []), &rotation) == [])
  }

  @Test func peerList_shouldForgetDemotions_butNotBans() {
    let list = PeerList()
    list.add(PeerID(1))
    list.add(PeerID(2))
    let end = Moment(nanoseconds: 10)
    #expect(list.demote(PeerID(1), until: end))
    #expect(list.ranked(at: .start) == RankedPeers(prompt: [PeerID(2)], slow: [PeerID(1)]))
    #expect(list.ranked(at: end) == RankedPeers(prompt: [PeerID(1), PeerID(2)]))
    #expect(list.ban(PeerID(1)))
    #expect(!list.add(PeerID(1)))
    #expect(!list.ban(PeerID(1)))
    #expect(list.peers == [PeerID(2)])
  }
}
