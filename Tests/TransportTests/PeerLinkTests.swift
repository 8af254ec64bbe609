import Networking
import Primitives
import Runtime
import TestSupport
import Testing
import Transport

@Suite struct PeerLinkTests {
  private static func sum(_ request: WaitingAsk, times: Int = 1) -> String {
    let bytes = Array(repeatElement(request.payload, count: times).joined())
    return "\(bytes.count):\(Blake2b256.hash(bytes).short)"
  }

  /// A session with everything in it, and what each end saw.
  private static func session(piece: Int) throws -> [[String]] {
    var pair = try LinkPair()
    pair.dialler.ask(LinkPair.ask(1, bytes: 300))
    pair.dialler.ask(LinkPair.ask(2, bytes: 30_000))
    pair.dialler.ask(LinkPair.ask(3, 8, bytes: 5))
    pair.dialler.ask(LinkPair.ask(4, 9, bytes: 5))
    pair.dialler.ask(LinkPair.ask(5, bytes: 300, answerMax: 599))
    pair.dialler.ask(LinkPair.ask(6, 8, bytes: 101))
    pair.settle(piece: piece)
    let told = pair.listener.tell(3, .headers, [1, 2, 3])
    #expect(told)
    _ = pair.listener.tell(4, .headers, [1])
    _ = pair.listener.tell(PeerLink.wordTag, .control, [9])
    pair.settle(piece: piece)
    #expect(pair.dialler.openRequests == [] && pair.ends == [nil, nil])
    // The last answer and the goodbye come together: neither is lost.
    pair.dialler.ask(LinkPair.ask(7, bytes: 10))
    pair.emit(0, max: 10_000)
    pair.deliver(1, bytes: .max)
    pair.emit(1, max: 10_000)
    pair.listener.goodbye(.shutdown)
    pair.settle(piece: piece)
    #expect(pair.ends[0] == .goodbye(.shutdown))
    return pair.events
  }

  @Test func session_shouldBeTheSame_howeverItsBytesAreSplit() throws {
    let whole = try Self.session(piece: .max)
    let (small, large) = (LinkPair.ask(1, bytes: 300), LinkPair.ask(2, bytes: 30_000))
    #expect(whole[0].contains("answer 1 \(Self.sum(small, times: 2))"))
    #expect(whole[0].contains("answer 2 \(Self.sum(large, times: 2))"))
    #expect(whole[0].contains("answer 3 \(RequestError.refused)"))
    #expect(whole[0].contains("answer 4 \(RequestError.refused)"))
    #expect(whole[0].contains("answer 5 \(RequestError.tooLarge(bytes: 600, limit: 599))"))
    #expect(whole[0].contains("answer 6 \(RequestError.refused)"))
    #expect(whole[0].contains { $0.hasPrefix("gossip 3 3:") })
    #expect(!whole[0].contains { $0.hasPrefix("gossip 4") })
    #expect(whole[0].contains { $0.hasPrefix("word 1:") })
    #expect(whole[0].last == "answer 7 \(Self.sum(LinkPair.ask(7, bytes: 10), times: 2))")
    for piece in [1, 2, 3, 7, 50, 333, 5_000] {
      #expect(try Self.session(piece: piece) == whole, "pieces of \(piece)")
    }
  }

  /// Random calls and cuts; each request ends once, with its answer.
  @Test func everyRequest_shouldEndOnce_whateverHappens() throws {
    for seed in 0..<Campaign.seeds("LIVESYNC_LINK_SEEDS", default: 60) {
      var random = SeededGenerator(seed: seed)
      var pair = try LinkPair()
      var asked: [[UInt64: WaitingAsk]] = [[:], [:]]
      var withdrawn: [Set<UInt64>] = [[], []]
      for step in 1...UInt64(400) {
        let end = random.below(2)
        switch random.below(12) {
        case 0, 1:
          let type: UInt16 = random.chance(80) ? 7 : 8
          let bytes = random.below(random.chance(80) ? 90 : type == 7 ? 30_000 : 90)
          let ask = LinkPair.ask(step, type, bytes: bytes)
          asked[end][step] = ask
          if end == 0 { pair.dialler.ask(ask) } else { pair.listener.ask(ask) }
        case 2:
          guard let number = asked[end].keys.sorted().dropLast(3).randomElement(using: &random)
          else { continue }
          let text = pair.events[end].contains { $0.hasPrefix("answer \(number) ") }
          if !text { withdrawn[end].insert(number) }
          if end == 0 { pair.dialler.withdraw(number) } else { pair.listener.withdraw(number) }
        case 3:
          let payload = random.bytes(random.below(2_000))
          _ =
            end == 0
            ? pair.dialler.tell(3, .blocks, payload) : pair.listener.tell(3, .blocks, payload)
        case 4...7: pair.emit(end, max: 512 + random.below(20_000))
        default: pair.deliver(end, bytes: 1 + random.below(random.chance(50) ? 30 : 20_000))
        }
      }
      pair.settle()
      #expect(pair.ends == [nil, nil], "seed \(seed)")
      for end in 0...1 {
        for (number, ask) in asked[end] {
          let answers = pair.events[end].filter { $0.hasPrefix("answer \(number) ") }
          let expected =
            ask.type.rawValue == 7 ? Self.sum(ask, times: 2) : "\(RequestError.refused)"
          let isRight =
            withdrawn[end].contains(number)
            ? answers.isEmpty : answers == ["answer \(number) \(expected)"]
          guard isRight else {
            Issue.record("seed \(seed): request \(number) of end \(end): \(answers)")
            return
          }
        }
      }
      #expect(pair.dialler.openRequests == [] && pair.listener.openRequests == [])
      let left = (pair.dialler.outboundBytes, pair.listener.outboundBytes)
      #expect(left == (0, 0) && pair.dialler.inboundRoom?.used == 0, "seed \(seed)")
    }
  }

  @Test func streams_shouldLeaveNothing_whenTheirMessagesAreTooLarge() throws {
    var pair = try LinkPair()
    pair.settle()
    for number in 1...UInt64(200) {
      pair.dialler.ask(LinkPair.ask(number, 8, bytes: 101))
      pair.settle()
    }
    #expect(pair.events[0].count == 201 && pair.dialler.openRequests == [])
    #expect(pair.listener.tags.isEmpty && pair.listener.asking.isEmpty)
    #expect(pair.dialler.asked.isEmpty && pair.dialler.streams.isEmpty)
  }

  @Test func requestsBeyondTheStreams_shouldWaitForOne() throws {
    var pair = try LinkPair()
    pair.settle()
    let count = UInt64(TransportLimits.streamsMax * 2 + 5)
    for number in 1...count { pair.dialler.ask(LinkPair.ask(number, bytes: 10)) }
    #expect(pair.dialler.waiting.count == Int(count) - TransportLimits.streamsMax)
    pair.settle()
    #expect(pair.events[0].count == Int(count) + 1 && pair.dialler.waiting.isEmpty)
  }

  @Test func newTopic_shouldBeTaken_onceItIsKnown() throws {
    var pair = try LinkPair(listenerLimits: TagLimits())
    pair.settle()
    _ = pair.dialler.tell(3, .blocks, [1])
    pair.settle()
    #expect(pair.events[1].count == 1 && pair.dialler.oneWays[3] == nil)
    pair.listener.setMessageLimits(LinkPair.limits)
    _ = pair.dialler.tell(3, .blocks, [2])
    pair.settle()
    #expect(pair.events[1].count == 2)
  }

  @Test func handshake_shouldEndInTime_whateverComes() throws {
    var pair = try LinkPair()
    pair.emit(0, max: 10_000)
    for _ in 0..<100 {
      pair.deliver(1, bytes: 1)
      pair.advance(TransportLimits.handshakeTimeout / 101)
      try pair.listener.tick(now: pair.now)
    }
    pair.advance(TransportLimits.handshakeTimeout / 50)
    #expect(throws: PeerLinkEnd.handshakeTooSlow) { try pair.listener.tick(now: pair.now) }
  }

  @Test func silentPeer_shouldBeGone_thoughASignOfLifeKeepsItHere() throws {
    var pair = try LinkPair()
    pair.settle()
    pair.advance(TransportLimits.pingInterval)
    try pair.dialler.tick(now: pair.now)
    #expect(pair.dialler.life.isPinging)
    pair.settle()
    #expect(!pair.dialler.life.isPinging && pair.dialler.life.roundTrip == .zero)
    pair.advance(TransportLimits.pingInterval)
    try pair.dialler.tick(now: pair.now)
    pair.emit(0, max: 1_000)
    let patience = TransportLimits.silenceMax - TransportLimits.pingInterval
    pair.advance(patience - .milliseconds(1))
    try pair.dialler.tick(now: pair.now)
    // Any byte is a sign of life, behind a large answer too.
    _ = pair.listener.tell(3, .blocks, [1])
    pair.emit(1, max: 1_000)
    pair.deliver(0, bytes: 1)
    pair.advance(patience - .milliseconds(1))
    try pair.dialler.tick(now: pair.now)
    pair.advance(.milliseconds(1))
    #expect(throws: PeerLinkEnd.silent) { try pair.dialler.tick(now: pair.now) }
  }

  @Test func peerThatTakesNothing_shouldBeGone_butNotBecauseThereWasNothingToSend() throws {
    var pair = try LinkPair()
    pair.settle()
    for _ in 0..<10 {
      pair.advance(TransportLimits.writeStallMax / 2)
      try pair.dialler.tick(now: pair.now)
      pair.settle()
    }
    pair.advance(TransportLimits.writeStallMax * 0.7)
    try pair.dialler.tick(now: pair.now)
    pair.settle()
    _ = pair.dialler.tell(3, .blocks, [1])
    // Something has waited for no time yet, however long there was nothing.
    try pair.dialler.tick(now: pair.now)
    pair.advance(TransportLimits.writeStallMax * 0.7)
    _ = pair.listener.tell(3, .blocks, [1])
    pair.emit(1, max: 1_000)
    pair.deliver(0, bytes: .max)
    try pair.dialler.tick(now: pair.now)
    pair.advance(TransportLimits.writeStallMax * 0.3)
    #expect(throws: PeerLinkEnd.stalled) { try pair.dialler.tick(now: pair.now) }
  }

  @Test func probedPeer_shouldShowASignOfLifeSoon() throws {
    var pair = try LinkPair()
    pair.settle()
    pair.listener.probe(now: pair.now)
    pair.settle()
    pair.advance(TransportLimits.probeWait)
    try pair.listener.tick(now: pair.now)
    pair.listener.probe(now: pair.now)
    pair.advance(TransportLimits.probeWait - .milliseconds(1))
    pair.listener.probe(now: pair.now)
    try pair.listener.tick(now: pair.now)
    pair.advance(.milliseconds(1))
    #expect(throws: PeerLinkEnd.silent) { try pair.listener.tick(now: pair.now) }
  }

  @Test func garbageAfterTheHandshake_shouldEndTheConnection_andBeNamed() throws {
    var pair = try LinkPair()
    pair.settle()
    pair.lines[1] = [UInt8](repeating: 0x41, count: 70_000)
    pair.deliver(1, bytes: .max)
    guard case .connection(.record) = pair.ends[1] else {
      Issue.record("\(String(describing: pair.ends[1]))")
      return
    }
    let last = try pair.listener.nextBytes(max: 1_000, now: pair.now)
    pair.lines[0] = last
    pair.deliver(0, bytes: .max)
    #expect(pair.ends[0] == .goodbye(.violation))
  }

  @Test func anotherNetwork_shouldBeNamed_atBothEnds() throws {
    var pair = try LinkPair(listenerNetwork: .zero)
    pair.settle()
    for end in pair.ends {
      guard case .handshake(.otherNetwork) = end else {
        Issue.record("\(String(describing: end))")
        return
      }
    }
  }
}
