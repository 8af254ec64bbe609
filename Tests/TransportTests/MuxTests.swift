import Networking
import Primitives
import TestSupport
import Testing
import Transport

@Suite struct MuxTests {
  static let request = StreamInfo(.control, .exchange, tag: 210)

  static func info(_ traffic: TrafficClass, _ kind: StreamKind = .oneWay) -> StreamInfo {
    StreamInfo(traffic, kind, tag: 7)
  }

  static func message(_ count: Int, _ byte: UInt8 = 1) -> [UInt8] {
    [UInt8](repeating: byte, count: count)
  }

  @Test func request_shouldBeAnswered_andLeaveNothing() throws {
    var client = Mux(.initiator)
    var server = Mux(.responder)
    let id = try client.open(Self.request)
    try client.send([1, 2, 3], on: id)
    try client.end(id)
    let events = try server.receive(client.nextBytes(max: 1_000))
    #expect(events == [.opened(id, Self.request), .message(id), .ended(id)])
    #expect(server.take(from: id) == [1, 2, 3] && server.take(from: id) == nil)
    try server.send([4], on: id)
    try server.end(id)
    #expect(try client.receive(server.nextBytes(max: 1_000)) == [.message(id), .ended(id)])
    #expect(server.streamCount == 0 && client.streamCount == 1)
    #expect(client.take(from: id) == [4])
    #expect(client.streamCount == 0 && !client.hasBytes && !server.hasBytes)
    #expect(client.outboundBytes == 0 && server.inboundPoolUsed == 0)
  }

  @Test func oneWayStream_shouldEnd_onceItsMessagesAreTaken() throws {
    var sender = Mux(.responder)
    var receiver = Mux(.initiator)
    let id = try sender.open(Self.info(.headers))
    for byte in UInt8(0)..<3 { try sender.send([byte], on: id) }
    try sender.end(id)
    _ = try sender.exchange(with: &receiver)
    #expect(throws: MuxError.wrongDirection(id)) { try receiver.send([1], on: id) }
    #expect(throws: MuxError.wrongDirection(id)) { try receiver.end(id) }
    for byte in UInt8(0)..<3 {
      #expect(!receiver.hasBytes && receiver.streamCount == 1)
      #expect(receiver.take(from: id) == [byte])
    }
    _ = try sender.exchange(with: &receiver)
    #expect(receiver.streamCount == 0 && sender.streamCount == 0)
  }

  @Test func acceptorsEnd_shouldWait_untilItHasTakenEverything() throws {
    var server = Mux.responder()
    let id = StreamID(1)
    _ = try server.take(.open(id, Self.request), .begin(id, length: 1, piece: [5]))
    try server.end(id)
    #expect(server.frames() == [])
    _ = try server.take(.end(id))
    #expect(server.frames() == [])
    #expect(server.take(from: id) == [5])
    #expect(server.frames() == [.end(id)] && server.streamCount == 0)
  }

  @Test func header_shouldWaitForOneFrameAtMost_whateverElseWaits() throws {
    var mux = Mux(.initiator)
    let bulk = try mux.open(Self.info(.bulk))
    let headers = try mux.open(Self.info(.headers))
    try mux.send(Self.message(500_000), on: bulk)
    _ = try mux.receive(Frames.record(.credit(bulk, bytes: 1_000_000)))
    _ = mux.nextBytes(max: 100)
    var before = mux.frames(max: 4_200)
    #expect(before.pieceStreams == [bulk])
    try mux.send(Self.message(300), on: headers)
    let after = mux.frames(max: 5_000)
    #expect(after.pieceStreams.first == headers)
    before = mux.frames(max: 40_000)
    #expect(Set(before.pieceStreams) == [bulk])
    for case .more(_, let piece) in before {
      #expect(piece.count <= TransportLimits.bulkPieceBytesMax)
    }
  }

  @Test func classes_shouldShareTheLineByWeight() throws {
    var mux = Mux(.initiator)
    var streams: [(id: StreamID, weight: Int)] = []
    for (traffic, weight) in [(TrafficClass.blocks, 8), (.diffs, 4), (.chunks, 2), (.bulk, 1)] {
      let id = try mux.open(Self.info(traffic))
      try mux.send(Self.message(4_000_000), on: id)
      _ = mux.nextBytes(max: 1)
      streams.append((id, weight))
    }
    _ = mux.nextBytes(max: 60)
    for (id, _) in streams { _ = try mux.take(.credit(id, bytes: 8_000_000)) }
    var frames: [MuxFrame] = []
    while frames.map({ $0.wireBytes.count }).reduce(0, +) < 3_000_000 { frames += mux.frames() }
    let bytes = streams.map { frames.pieceBytes(of: $0.id) / $0.weight }
    let least = try #require(bytes.min())
    let most = try #require(bytes.max())
    #expect(least > 180_000 && most - least < 20_000, "\(bytes)")
    let largest = frames.map { frame in
      if case .more(_, let piece) = frame { piece.count } else { 0 }
    }.max()
    #expect(largest == TransportLimits.pieceBytesMax)
  }

  @Test func streamsOfAClass_shouldTakeTurns() throws {
    var mux = Mux(.initiator)
    let ids = try (0..<3).map { _ in try mux.open(Self.info(.chunks)) }
    for id in ids { try mux.send(Self.message(1_000_000), on: id) }
    _ = mux.nextBytes(max: 60)
    for id in ids { _ = try mux.take(.credit(id, bytes: 2_000_000)) }
    let order = (0..<6).flatMap { _ in mux.frames(max: 3_000).pieceStreams }
    #expect(order == ids + ids)
  }

  @Test func bytes_shouldNeverBeMoreThanAskedFor_andComeForEmitBytesMin() throws {
    for max in 0...TransportLimits.emitBytesMin {
      var mux = Mux(.initiator)
      let id = try mux.open(Self.info(.bulk))
      try mux.send(Self.message(10_000), on: id)
      try mux.ping(.max)
      let bytes = mux.nextBytes(max: max)
      #expect(bytes.count <= max)
      _ = Frames.of(bytes)
    }
    var mux = Mux(.initiator)
    let id = try mux.open(Self.info(.bulk))
    try mux.send(Self.message(10_000), on: id)
    var sent = 0
    while mux.hasBytes {
      let frames = mux.frames(max: TransportLimits.emitBytesMin - RecordSealer.overheadBytes)
      #expect(!frames.isEmpty)
      sent += frames.pieceBytes(of: id)
    }
    #expect(sent == 10_000)
  }

  @Test func messages_shouldBeSent_asFarAsTheCreditGoes() throws {
    var mux = Mux(.initiator)
    let id = try mux.open(Self.info(.blocks))
    try mux.send(Self.message(100_000), on: id)
    let most = TransportLimits.initialCreditBytes - TransportLimits.messageOverheadBytes
    #expect(mux.frames().pieceBytes(of: id) == most)
    #expect(!mux.hasBytes)
    _ = try mux.take(.credit(id, bytes: 10))
    #expect(mux.frames() == [.more(id, piece: Self.message(10))])
    #expect(!mux.hasBytes)
    _ = try mux.take(.credit(id, bytes: 1_000_000))
    var rest = 0
    while mux.hasBytes { rest += mux.frames().pieceBytes(of: id) }
    #expect(rest == 100_000 - most - 10)
  }

  @Test func emptyMessages_shouldCostCredit() throws {
    var mux = Mux(.initiator)
    let id = try mux.open(Self.info(.blocks))
    for _ in 0..<1_000 { try mux.send([], on: id) }
    let most = TransportLimits.initialCreditBytes / TransportLimits.messageOverheadBytes
    #expect(mux.frames().pieceStreams.count == most && !mux.hasBytes)
    #expect(mux.outboundBytes == (1_000 - most) * TransportLimits.messageOverheadBytes)
  }

  @Test func takenMessages_shouldGiveNewCredit_butNotForEachOne() throws {
    var server = Mux.responder()
    let id = StreamID(1)
    _ = try server.take(.open(id, Self.info(.headers)))
    var credit = TransportLimits.initialCreditBytes
    var updates = 0
    for _ in 0..<100 {
      _ = try server.take(.begin(id, length: 436, piece: Self.message(436)))
      credit -= 436 + TransportLimits.messageOverheadBytes
      #expect(credit >= 0)
      #expect(server.take(from: id)?.count == 436)
      for case .credit(_, let bytes) in server.frames() {
        credit += bytes
        updates += 1
      }
      #expect(credit <= TransportLimits.initialCreditBytes)
    }
    #expect(updates == 5)
  }

  @Test func reset_shouldBeAcknowledged_andFreeTheStream() throws {
    var client = Mux(.initiator)
    var server = Mux(.responder)
    let id = try client.open(Self.request)
    try client.send(Self.message(50_000), on: id)
    #expect(try server.receive(client.nextBytes(max: 5_000)).count == 1)
    try client.reset(id, .cancelled)
    #expect(client.outboundBytes == 0 && client.streamCount == 1)
    #expect(throws: MuxError.unknownStream(id)) { try client.send([1], on: id) }
    #expect(throws: MuxError.unknownStream(id)) { try client.reset(id, .cancelled) }
    let events = try client.exchange(with: &server)
    #expect(events == [.reset(id, .cancelled)])
    #expect(client.streamCount == 0 && server.streamCount == 0 && server.inboundPoolUsed == 0)
  }

  @Test func resetsOfBothEnds_shouldMeet_whoeverIsFirst() throws {
    for late in [false, true] {
      var client = Mux(.initiator)
      var server = Mux(.responder)
      let id = try client.open(Self.request)
      _ = try client.exchange(with: &server)
      try client.reset(id, .cancelled)
      let there = client.nextBytes(max: 100)
      if late { try server.reset(id, .refused) }
      _ = try server.receive(there)
      if !late { #expect(throws: MuxError.unknownStream(id)) { try server.reset(id, .refused) } }
      _ = try client.exchange(with: &server)
      #expect(client.streamCount == 0 && server.streamCount == 0)
      #expect(try client.open(Self.request) == StreamID(3))
      _ = try client.exchange(with: &server)
    }
  }

  @Test func reset_shouldSayNothing_whenTheOtherEndNeverKnewOrIsDone() throws {
    var client = Mux(.initiator)
    let unknown = try client.open(Self.request)
    try client.reset(unknown, .cancelled)
    #expect(!client.hasBytes && client.streamCount == 0)
    // Found by the property test: the acceptor has ended and acknowledges nothing more.
    var server = Mux(.responder)
    let done = try client.open(Self.request)
    try client.end(done)
    _ = try client.exchange(with: &server)
    try server.send([1], on: done)
    try server.end(done)
    _ = try client.exchange(with: &server)
    #expect(server.streamCount == 0 && client.streamCount == 1)
    try client.reset(done, .cancelled)
    #expect(!client.hasBytes && client.streamCount == 0)
  }

  @Test func lateFrames_shouldBeIgnored_whenTheStreamHasEndedMeanwhile() throws {
    var server = Mux.responder()
    let id = StreamID(1)
    _ = try server.take(.open(id, Self.info(.blocks)), .end(id))
    #expect(server.frames() == [.end(id)])
    #expect(try server.take(.credit(id, bytes: 5), .reset(id, .cancelled)) == [])
    #expect(!server.hasBytes)
  }

  @Test func pings_shouldBeAnswered_inOrder() throws {
    var (first, second) = (Mux(.initiator), Mux(.responder))
    for value in UInt64(0)..<UInt64(TransportLimits.pingsPendingMax) { try first.ping(value) }
    #expect(throws: MuxError.tooManyPings(limit: TransportLimits.pingsPendingMax)) {
      try first.ping(9)
    }
    _ = try second.receive(first.nextBytes(max: 100))
    #expect(
      try first.receive(second.nextBytes(max: 100)) == [.pong(0), .pong(1), .pong(2), .pong(3)])
    try first.ping(9)
  }

  @Test func goodbye_shouldBeTheLastFrame_ofBothEnds() throws {
    var (first, second) = (Mux(.initiator), Mux(.responder))
    let id = try first.open(Self.request)
    try first.send([1], on: id)
    first.goodbye(.shutdown)
    first.goodbye(.full)
    #expect(first.frames(max: 1) == [] && first.hasBytes)
    #expect(throws: MuxError.closed) { try first.send([1], on: id) }
    #expect(throws: MuxError.closed) { try first.open(Self.request) }
    #expect(throws: MuxError.closed) { try first.ping(1) }
    #expect(throws: MuxError.closed) { try first.reset(id, .cancelled) }
    let bytes = first.nextBytes(max: 100)
    #expect(Frames.of(bytes) == [.goodbye(.shutdown)] && !first.hasBytes)
    #expect(try first.take(.open(StreamID(2), Self.request)) == [])
    #expect(first.nextBytes(max: 100) == [])
    _ = try second.open(Self.request)
    #expect(try second.receive(bytes) == [.goodbye(.shutdown)])
    #expect(!second.hasBytes)
    #expect(throws: MuxError.closed) { try second.open(Self.request) }
    #expect(throws: MuxViolation(rule: .afterGoodbye, offset: 0)) { try second.take(.ping(1)) }
  }
}
