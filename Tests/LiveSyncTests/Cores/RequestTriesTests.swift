import Messages
import Networking
import Peers
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

  @Test func triesThatAreLost_shouldNotCountAmongTheFewest() {
    var rotation = PeerRotation()
    let peers = RankedPeers(prompt: [PeerID(1), PeerID(2)])
    var tries = RequestTries(first: nil)
    var count = 0
    while tries.next(of: peers, rotation: &rotation) != nil {
      count += 1
      tries.wasLost()
    }
    #expect(count == PeerLimits.requestTriesMax)
  }

  @Test func manyPeers_shouldNotAllBeAsked() {
    var rotation = PeerRotation()
    let peers = RankedPeers(prompt: (1...30).map { PeerID($0) })
    let asked = Self.order(RequestTries(first: nil), peers, &rotation)
    #expect(asked.count == PeerLimits.requestTriesMax)
    #expect(Set(asked).count == asked.count)
  }

  @Test func slowPeers_shouldBeAskedLast() {
    var rotation = PeerRotation()
    let peers = RankedPeers(prompt: [PeerID(4)], slow: [PeerID(1), PeerID(2)])
    let tries = RequestTries(first: PeerID(1), triesMin: 1)
    #expect(Self.order(tries, peers, &rotation) == [4, 1, 2])
  }

  @Test func additions_shouldBeForgotten_whenNobodyReadsThem() {
    let list = PeerList()
    do {
      let gone = list.additions()
      #expect(list.additionSubscribers == 1)
      _ = gone
    }
    #expect(list.additionSubscribers == 0)
  }

  @Test func peerAhead_shouldBeToldOnce_andStay() {
    let list = PeerList()
    #expect(!list.note(.ahead(PeerID(1))))
    list.add(PeerID(1))
    #expect(list.note(.ahead(PeerID(1))) && !list.note(.ahead(PeerID(1))))
    #expect(list.peers == [PeerID(1)])
    // Macro sync has looked at it.
    #expect(list.add(PeerID(1)) && !list.add(PeerID(1)))
    #expect(list.note(.ahead(PeerID(1))))
  }

  @Test func preferredPeers_shouldBeAskedFirst_thenTheOtherPromptOnes() {
    var rotation = PeerRotation()
    let peers = RankedPeers(
      prompt: (1...4).map { PeerID($0) }, preferred: [PeerID(3)], slow: [PeerID(5)])
    #expect(Self.order(RequestTries(first: nil, triesMin: 1), peers, &rotation) == [3, 4, 1, 2, 5])
    #expect(Self.order(RequestTries(first: PeerID(2), triesMin: 1), peers, &rotation).first == 2)
  }

  @Test func lateness_shouldCountForAllKinds_untilAnAnswerOfTheKindComes() {
    let list = PeerList()
    for number in UInt32(1)...3 { list.add(PeerID(number)) }
    let end = Moment(nanoseconds: 10)
    list.promote(PeerID(1), for: .missingBlocks)
    list.demote(PeerID(1), for: .trieDiff, until: end)
    #expect(list.ranked(at: .start, for: .missingBlocks).slow == [PeerID(1)])
    // An answer of another kind says nothing of diffs.
    list.promote(PeerID(1), for: .missingBlocks)
    #expect(list.ranked(at: .start, for: .missingBlocks).slow.isEmpty)
    #expect(list.ranked(at: .start, for: .trieDiff).slow == [PeerID(1)])
    #expect(list.ranked(at: .start, for: .chunk).slow == [PeerID(1)])
    // It never gave a diff: who did comes before who never did.
    list.promote(PeerID(3), for: .trieDiff)
    #expect(list.ranked(at: .start, for: .trieDiff).preferred == [PeerID(3)])
    list.promote(PeerID(1), for: .trieDiff)
    #expect(list.ranked(at: .start, for: .trieDiff).preferred.isEmpty)
    #expect(list.ranked(at: .start, for: .trieDiff).slow.isEmpty)
  }

  @Test(arguments: [true, false])
  func peerThatCameBack_shouldBePreferredForNothingItGaveBefore(wasBanned: Bool) {
    let list = PeerList()
    for number in UInt32(1)...3 { list.add(PeerID(number)) }
    list.promote(PeerID(2), for: .trieDiff)
    list.promote(PeerID(3), for: .trieDiff)
    list.demote(PeerID(1), for: .trieDiff, until: Moment(nanoseconds: 10))
    #expect(list.ranked(at: .start, for: .trieDiff).preferred == [PeerID(2), PeerID(3)])
    if wasBanned { list.ban(PeerID(2)) } else { list.remove(PeerID(2)) }
    #expect(list.add(PeerID(2)) != wasBanned)
    #expect(list.ranked(at: .start, for: .trieDiff).preferred == [PeerID(3)])
  }

  @Test func lateness_shouldNotBeForgiven_becauseThePeerWasAway() {
    let list = PeerList()
    let late = (0...PeerLimits.peersMax).map { PeerID(UInt32($0)) }
    func isLate(_ peer: PeerID, at now: Int64) -> Bool {
      list.add(peer)
      defer { list.remove(peer) }
      return list.ranked(at: Moment(nanoseconds: now), for: .chunk).slow == [peer]
    }
    for (index, peer) in late.enumerated() {
      list.add(peer)
      list.demote(peer, for: .trieDiff, until: Moment(nanoseconds: 10 + Int64(index)))
      list.remove(peer)
    }
    // One more than are remembered.
    #expect(!isLate(late[0], at: 9) && isLate(late[1], at: 9))
    #expect(!isLate(late[1], at: 11) && isLate(late[2], at: 11))
    list.add(late[2])
    list.promote(late[2], for: .trieDiff)
    list.remove(late[2])
    #expect(!isLate(late[2], at: 11))
  }

  @Test func silence_shouldBeForgiven_onlyByAnAnswer() {
    let list = PeerList()
    for number in UInt32(1)...3 { list.add(PeerID(number)) }
    let end = Moment(nanoseconds: 10)
    list.demote(PeerID(2), for: .trieDiff, until: end)
    // As long as nobody answers, nobody is better than another.
    #expect(list.ranked(at: end, for: .trieDiff).slow.isEmpty)
    list.promote(PeerID(1), for: .trieDiff)
    let later = list.ranked(at: end, for: .trieDiff)
    #expect(later.slow == [PeerID(2)] && later.silent == [PeerID(2)])
    #expect(later.preferred == [PeerID(1)])
    // Of other kinds of requests it says nothing for long.
    #expect(list.ranked(at: end, for: .chunk).slow.isEmpty)
    list.promote(PeerID(2), for: .trieDiff)
    #expect(list.ranked(at: end, for: .trieDiff).silent.isEmpty)
  }

  @Test func silence_shouldBeKnown_beforeThePeerIsLate() {
    let list = PeerList()
    for number in UInt32(1)...3 { list.add(PeerID(number)) }
    func silent() -> Set<PeerID> { list.ranked(at: .start, for: .chunk).silent }
    list.missed(PeerID(1), for: .chunk)
    list.missed(PeerID(2), for: .chunk)
    #expect(silent() == [])
    list.heard(PeerID(3), for: .chunk)
    #expect(silent() == [PeerID(1), PeerID(2)])
    #expect(list.ranked(at: .start, for: .trieDiff).slow == [])
    // It has answered, whatever it lets time out from then on.
    list.heard(PeerID(1), for: .chunk)
    list.missed(PeerID(1), for: .chunk)
    #expect(silent() == [PeerID(2)])
    // An answer makes good for silence, but for no lateness.
    let end = Moment(nanoseconds: 10)
    #expect(list.demote(PeerID(2), for: .chunk, until: end))
    list.heard(PeerID(2), for: .chunk)
    #expect(silent() == [] && list.ranked(at: .start, for: .chunk).slow == [PeerID(2)])
  }

  @Test func peerThatAnswers_shouldComeFirst_evenIfItIsLate() {
    let list = PeerList()
    for number in UInt32(1)...3 { list.add(PeerID(number)) }
    let end = Moment(nanoseconds: 10)
    list.promote(PeerID(1), for: .trieDiff)
    list.demote(PeerID(2), for: .trieDiff, until: end)
    list.demote(PeerID(1), for: .trieDiff, until: end)
    let ranked = list.ranked(at: .start, for: .trieDiff)
    #expect(ranked.preferred == [PeerID(1)] && ranked.slow == [PeerID(2)])
    // Where somebody else answers in time, it comes after that one.
    list.promote(PeerID(3), for: .trieDiff)
    #expect(list.ranked(at: .start, for: .trieDiff).slow == [PeerID(1), PeerID(2)])
  }

  @Test func silentPeers_shouldBeAskedAfterLateOnes() {
    var rotation = PeerRotation()
    let peers = RankedPeers(
      prompt: [PeerID(4)], slow: [PeerID(1), PeerID(2), PeerID(3)], silent: [PeerID(1)])
    #expect(Self.order(RequestTries(first: nil, triesMin: 1), peers, &rotation) == [4, 2, 3, 1])
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
    #expect(list.demote(PeerID(1), for: .trieDiff, until: end))
    #expect(!list.demote(PeerID(1), for: .trieDiff, until: end))
    #expect(
      list.ranked(at: .start, for: .trieDiff)
        == RankedPeers(prompt: [PeerID(2)], slow: [PeerID(1)]))
    #expect(
      list.ranked(at: end, for: .trieDiff) == RankedPeers(prompt: [PeerID(1), PeerID(2)]))
    #expect(list.ban(PeerID(1)))
    #expect(!list.add(PeerID(1)))
    #expect(!list.ban(PeerID(1)))
    #expect(list.peers == [PeerID(2)])
  }
}
