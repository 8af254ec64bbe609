import Primitives
import TestSupport
import Testing
import Transport

@Suite struct MuxLimitTests {
  @Test func streams_shouldBeSoManyAtMost_ofEachEnd() throws {
    var client = Mux(.initiator)
    var server = Mux.responder()
    for _ in 0..<TransportLimits.streamsMax { _ = try client.open(MuxTests.request) }
    #expect(throws: MuxError.tooManyStreams(limit: TransportLimits.streamsMax)) {
      try client.open(MuxTests.request)
    }
    _ = try client.exchange(with: &server)
    for _ in 0..<TransportLimits.streamsMax { _ = try server.open(MuxTests.request) }
    let next = StreamID(UInt64(2 * TransportLimits.streamsMax + 1))
    #expect(
      throws: MuxViolation(rule: .tooManyStreams(limit: TransportLimits.streamsMax), offset: 0)
    ) { try server.take(.open(next, MuxTests.request)) }
  }

  @Test func streamsThatAreGivenUp_shouldCount_untilThatIsAcknowledged() throws {
    // Whoever opens and gives up without reading must not fill the queue of acknowledgements.
    var server = Mux.responder()
    for number in 0..<UInt64(TransportLimits.streamsMax) {
      let id = StreamID(2 * number + 1)
      _ = try server.take(.open(id, MuxTests.request), .reset(id, .cancelled))
    }
    let next = StreamID(UInt64(2 * TransportLimits.streamsMax + 1))
    var eager = server
    #expect(throws: MuxViolation.self) { try eager.take(.open(next, MuxTests.request)) }
    #expect(server.frames().count == TransportLimits.streamsMax)
    #expect(try server.take(.open(next, MuxTests.request)).count == 1)
  }

  @Test func message_shouldBeRefused_whenItIsTooLarge() throws {
    var client = Mux(.initiator, settings: MuxSettings(messageBytesMax: 100))
    let id = try client.open(MuxTests.request, messageBytesMax: 50)
    #expect(throws: MuxError.messageTooLarge(bytes: 101, limit: 100)) {
      try client.send(MuxTests.message(101), on: id)
    }
    try client.send(MuxTests.message(100), on: id)
    try client.end(id)
    _ = client.frames()
    #expect(
      try client.take(.begin(id, length: 51, piece: [1]), .more(id, piece: [2]))
        == [.tooLarge(id, bytes: 51, limit: 50)])
    #expect(client.frames() == [.reset(id, .tooLarge)])
    #expect(client.take(from: id) == nil)
    _ = try client.take(.reset(id, .tooLarge))
    #expect(client.streamCount == 0)
    #expect(MuxSettings().messageBytesMax == TransportLimits.messageBytesMax)
  }

  @Test func messagesThatWait_shouldStayBelowTheirBytes_andLeaveRoomForUrgentOnes() throws {
    let settings = MuxSettings(outboundBytesMax: 10_000, outboundUrgentBytes: 2_000)
    var mux = Mux(.initiator, settings: settings)
    let bulk = try mux.open(MuxTests.info(.bulk))
    let headers = try mux.open(MuxTests.info(.headers))
    let overhead = TransportLimits.messageOverheadBytes
    try mux.send(MuxTests.message(8_000 - overhead), on: bulk)
    #expect(throws: MuxError.full(bytes: 8_000 + overhead, limit: 8_000)) {
      try mux.send([], on: bulk)
    }
    try mux.send(MuxTests.message(2_000 - overhead), on: headers)
    #expect(throws: MuxError.full(bytes: 10_000 + overhead, limit: 10_000)) {
      try mux.send([], on: headers)
    }
    #expect(mux.outboundBytes == 10_000)
    _ = mux.frames()
    #expect(mux.outboundBytes == 0)
    #expect(MuxSettings().outboundBytesMax == TransportLimits.outboundBytesMax)
    #expect(MuxSettings().outboundUrgentBytes == TransportLimits.outboundUrgentBytes)
  }

  @Test func largestMessage_shouldArrive_byTheDefaults() throws {
    var (first, second) = (Mux(.initiator), Mux(.responder))
    let id = try first.open(MuxTests.info(.bulk))
    let message = MuxTests.message(TransportLimits.messageBytesMax)
    try first.send(message, on: id)
    _ = try first.exchange(with: &second)
    #expect(second.inboundPoolUsed <= TransportLimits.inboundPoolBytes)
    #expect(second.take(from: id) == message && second.inboundPoolUsed == 0)
  }

  @Test func largeMessages_shouldWaitForThePool_inTurn() throws {
    let initial = TransportLimits.initialCreditBytes
    let overhead = TransportLimits.messageOverheadBytes
    var server = Mux.responder(MuxSettings(inboundPoolBytes: 100_000))
    let length = initial - overhead + 60_000
    let ids = (0..<3).map { StreamID(UInt64(2 * $0 + 1)) }
    for id in ids {
      _ = try server.take(.open(id, MuxTests.info(.chunks)), .begin(id, length: length, piece: []))
    }
    #expect(server.frames() == [.credit(ids[0], bytes: 60_000)])
    #expect(server.inboundPoolUsed == 60_000 && server.inboundBytesWanted == 20_000)
    server.setInboundPool(bytes: 120_000)
    #expect(server.frames() == [.credit(ids[1], bytes: 60_000)])
    var rest = length
    while rest > 0 {
      let piece = min(rest, TransportLimits.pieceBytesMax)
      _ = try server.take(.more(ids[0], piece: MuxTests.message(piece)))
      rest -= piece
    }
    #expect(server.frames() == [] && server.take(from: ids[0])?.count == length)
    #expect(
      server.frames() == [.credit(ids[0], bytes: initial), .credit(ids[2], bytes: 60_000)])
    // What is given up makes room too.
    _ = try server.take(.reset(ids[1], .cancelled), .reset(ids[2], .cancelled))
    #expect(server.inboundPoolUsed == 0 && server.inboundBytesWanted == 0)
  }

  @Test func messageThatWaits_shouldNotBlockOthers_whenItsCreditIsRenewed() throws {
    // Found by the property test: its stream ended while it still stood in the queue.
    let (initial, overhead) =
      (TransportLimits.initialCreditBytes, TransportLimits.messageOverheadBytes)
    var server = Mux.responder(MuxSettings(inboundPoolBytes: 10))
    let (first, second) = (StreamID(1), StreamID(3))
    let most = initial - 2 * overhead
    _ = try server.take(
      .open(first, MuxTests.info(.bulk)),
      .begin(first, length: most, piece: MuxTests.message(most)),
      .begin(first, length: 20, piece: []),
      .open(second, MuxTests.info(.bulk)),
      .begin(second, length: initial - overhead + 10, piece: []))
    #expect(server.frames() == [] && server.inboundBytesWanted == 10)
    #expect(server.take(from: first)?.count == most)
    #expect(
      server.frames()
        == [.credit(first, bytes: initial - overhead), .credit(second, bytes: 10)])
    #expect(try server.take(.more(first, piece: MuxTests.message(20))) == [.message(first)])
  }

  @Test func credit_shouldBeRefused_beyondItsLimit() throws {
    var mux = Mux(.initiator)
    let id = try mux.open(MuxTests.info(.bulk))
    let most = TransportLimits.creditBytesMax - TransportLimits.initialCreditBytes
    _ = try mux.take(.credit(id, bytes: most))
    #expect(throws: MuxViolation(rule: .creditTooLarge(id), offset: 0)) {
      try mux.take(.credit(id, bytes: 1))
    }
  }

  @Test func pongsThatWait_shouldBeSoManyAtMost() throws {
    var mux = Mux.responder()
    for value in UInt64(0)..<UInt64(TransportLimits.pingsPendingMax) {
      _ = try mux.take(.ping(value))
    }
    var impatient = mux
    #expect(
      throws: MuxViolation(
        rule: .tooManyPings(limit: TransportLimits.pingsPendingMax), offset: 0)
    ) { try impatient.take(.ping(9)) }
    #expect(mux.frames().count == TransportLimits.pingsPendingMax)
    _ = try mux.take(.ping(9))
  }
}

/// Each rule that the other end can break, and that the connection ends with a goodbye then.
@Suite struct MuxViolationTests {
  private static let id = StreamID(1)
  private static let oneWay = MuxFrame.open(id, MuxTests.info(.blocks))
  private static let exchange = MuxFrame.open(id, MuxTests.request)

  struct Case: CustomTestStringConvertible {
    let rule: MuxViolation.Rule
    let frames: [MuxFrame]
    var testDescription: String { "\(rule)" }

    init(_ rule: MuxViolation.Rule, _ frames: MuxFrame...) {
      self.rule = rule
      self.frames = frames
    }
  }

  static let cases: [Case] = [
    Case(.wrongParity(StreamID(2)), .open(StreamID(2), MuxTests.request)),
    Case(.streamReused(id), exchange, exchange),
    Case(.streamReused(id), .open(StreamID(3), MuxTests.request), exchange),
    Case(.unknownStream(id), .begin(id, length: 0, piece: [])),
    Case(.unknownStream(id), .more(id, piece: [1])),
    Case(.unknownStream(id), .end(id)),
    Case(.unknownStream(id), .credit(id, bytes: 1)),
    Case(.unknownStream(id), .reset(id, .cancelled)),
    Case(.unknownStream(StreamID(2)), .credit(StreamID(2), bytes: 1)),
    Case(.unknownStream(id), exchange, .reset(id, .cancelled), .reset(id, .cancelled)),
    Case(
      .unknownStream(id), exchange, .reset(id, .cancelled), .begin(id, length: 0, piece: [])),
    Case(
      .creditExceeded(id, by: 64), oneWay,
      .begin(id, length: 20_000, piece: MuxTests.message(16_384))),
    Case(
      .creditExceeded(id, by: 1), oneWay,
      .begin(id, length: 100_000, piece: MuxTests.message(16_320)), .more(id, piece: [1])),
    Case(.noMessageBegun(id), oneWay, .more(id, piece: [1])),
    Case(
      .noMessageBegun(id), oneWay, .begin(id, length: 1, piece: [1]), .more(id, piece: [1])),
    Case(
      .messageOverrun(id, by: 2), oneWay, .begin(id, length: 2, piece: [1]),
      .more(id, piece: [1, 2, 3])),
    Case(
      .messageUnfinished(id), oneWay, .begin(id, length: 2, piece: [1]),
      .begin(id, length: 2, piece: [1])),
    Case(.messageUnfinished(id), oneWay, .begin(id, length: 2, piece: [1]), .end(id)),
    Case(.afterEnd(id), exchange, .end(id), .begin(id, length: 0, piece: [])),
    Case(.afterEnd(id), exchange, .end(id), .end(id)),
    Case(.unexpectedPong(3), .pong(3)),
    Case(.afterGoodbye, .goodbye(.shutdown), .ping(1)),
  ]

  @Test(arguments: cases)
  func brokenRule_shouldBeNamed_withItsPlace(broken: Case) {
    var mux = Mux.responder()
    let offset = broken.frames.dropLast().map(\.wireBytes.count).reduce(0, +)
    let violation = MuxViolation(rule: broken.rule, offset: offset)
    #expect(throws: violation) { try mux.receive(broken.frames.flatMap(\.wireBytes)) }
    #expect(mux.violation == violation)
    #expect(throws: violation) { try mux.receive([]) }
    if broken.rule != .afterGoodbye { #expect(mux.frames() == [.goodbye(.violation)]) }
    #expect(!mux.hasBytes)
  }

  @Test func acceptor_shouldNotSendAgainstTheDirection_norEndFirst() throws {
    var mux = Mux(.initiator)
    let id = try mux.open(MuxTests.info(.blocks))
    var copy = mux
    #expect(throws: MuxViolation(rule: .wrongDirection(id), offset: 0)) {
      try copy.take(.begin(id, length: 0, piece: []))
    }
    #expect(throws: MuxViolation(rule: .earlyEnd(id), offset: 0)) { try mux.take(.end(id)) }
  }

  @Test func record_shouldHaveWholeFrames_andAtLeastOne() {
    var mux = Mux.responder()
    #expect(throws: MuxViolation(rule: .emptyRecord, offset: 0)) { try mux.receive([]) }
    let record = Frames.record(.ping(1), .ping(300))
    for (cut, error) in [
      (record.dropLast(), WireError.unexpectedEnd(missing: 1, at: 4)),
      (record + [9], .invalidCase(9, of: "MuxFrame", at: 5)),
    ] {
      var mux = Mux.responder()
      #expect(
        throws: MuxViolation(rule: .malformed(error), offset: cut.count == 4 ? 2 : 5)
      ) { try mux.receive(Array(cut)) }
    }
  }

  @Test(arguments: [
    MuxFrame.open(StreamID(300), MuxTests.info(.bulk)), .begin(id, length: 5, piece: [1, 2]),
    .begin(id, length: 0, piece: []), .more(id, piece: [1]), .end(id), .credit(id, bytes: 70_000),
    .reset(id, .tooLarge), .ping(.max), .pong(0), .goodbye(.unresponsive),
  ])
  func frame_shouldHaveOneForm(frame: MuxFrame) throws {
    #expect(try MuxFrame(wireBytes: frame.wireBytes) == frame)
    for count in 0..<frame.wireBytes.count {
      #expect(throws: WireError.self) {
        try MuxFrame(wireBytes: Array(frame.wireBytes.prefix(count)))
      }
    }
  }

  @Test(arguments: [
    [0, 1, 6, 0, 1], [0, 1, 0, 2, 1], [0, 1, 0, 0, 0x80, 0x80, 4], [1, 1, 1, 2, 0, 0], [2, 1, 0],
    [4, 1, 0], [5, 1, 3], [8, 6], [4, 1, 0x81, 0x80, 0x80, 0x80, 4], [3, 0x81, 0],
  ])
  func frame_shouldBeRefused_inAnyOtherForm(bytes: [UInt8]) {
    #expect(throws: WireError.self) { try MuxFrame(wireBytes: bytes) }
  }

  @Test func piece_shouldBeAsLongAsItsLimit_andNoLonger() throws {
    let most = TransportLimits.pieceBytesMax
    for frame in [
      MuxFrame.more(Self.id, piece: MuxTests.message(most)),
      .begin(Self.id, length: most, piece: MuxTests.message(most)),
    ] { #expect(try MuxFrame(wireBytes: frame.wireBytes) == frame) }
    let longer = MuxTests.message(most + 1)
    for frame in [
      MuxFrame.more(Self.id, piece: longer), .begin(Self.id, length: most + 1, piece: longer),
    ] { #expect(throws: WireError.self) { try MuxFrame(wireBytes: frame.wireBytes) } }
  }
}

@Suite struct SecureConnectionTests {
  @Test func connection_shouldEnd_whenARecordIsChanged() throws {
    var pair = HandshakePair()
    try pair.run()
    var dialler = SecureConnection(try pair.dialler.finish(), role: .initiator)
    var listener = SecureConnection(try pair.listener.finish(), role: .responder)
    #expect(dialler.peer == HandshakePair.own(2).identity.publicKey)
    let id = try dialler.mux.open(MuxTests.request)
    try dialler.mux.send([1], on: id)
    var bytes = try dialler.nextBytes(max: 1_000)
    #expect(try listener.receive(bytes[...]) == [.opened(id, MuxTests.request), .message(id)])
    try dialler.mux.ping(1)
    bytes = try dialler.nextBytes(max: 1_000)
    bytes[5] ^= 1
    let error = ConnectionError.record(.decryptFailed(record: 1))
    #expect(throws: error) { try listener.receive(bytes[...]) }
    #expect(throws: error) { try listener.receive([]) }
    let goodbye = try listener.nextBytes(max: 1_000)
    #expect(try dialler.receive(goodbye[...]) == [.goodbye(.violation)])
    #expect(try listener.nextBytes(max: 1_000) == [])
  }

  @Test func connection_shouldEnd_whenARuleIsBroken() throws {
    var pair = HandshakePair()
    try pair.run()
    var session = try pair.dialler.finish()
    var listener = SecureConnection(try pair.listener.finish(), role: .responder)
    let record = try session.sealer.seal(MuxFrame.pong(1).wireBytes)
    let violation = MuxViolation(rule: .unexpectedPong(1), offset: 0)
    #expect(throws: ConnectionError.violation(violation)) { try listener.receive(record[...]) }
  }

  @Test func bytes_shouldNeverBeMoreThanAskedFor() throws {
    for max in [0, 1, 19, 40, 512, 3_000, 70_000, 200_000] {
      var pair = HandshakePair()
      try pair.run()
      var dialler = SecureConnection(try pair.dialler.finish(), role: .initiator)
      for _ in 0..<20 {
        let id = try dialler.mux.open(MuxTests.info(.bulk))
        try dialler.mux.send(MuxTests.message(20_000), on: id)
      }
      let bytes = try dialler.nextBytes(max: max)
      #expect(bytes.count <= max && (max < 512 || bytes.count > max / 2))
    }
  }
}
