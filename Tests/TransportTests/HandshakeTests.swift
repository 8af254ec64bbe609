import Primitives
import TestSupport
import Testing
import Transport

/// Two ends of one handshake.
struct HandshakePair: ~Copyable {
  var dialler: PeerHandshake
  var listener: PeerHandshake

  static let network = Sha256Stream().hash

  static func own(
    _ number: UInt8, network: Hash256 = network, attachment: [UInt8] = []
  ) -> HandshakeIdentity {
    let seed = [UInt8](repeating: number, count: 32)
    return HandshakeIdentity(
      network: network, identity: KeyPair(seed: Hash256(bytes: seed)!),
      staticKeys: NoiseTests.keys(number + 100), attachment: attachment)
  }

  init(
    _ dialler: HandshakeIdentity = own(1), _ listener: HandshakeIdentity = own(2),
    expected: PublicKey? = nil, version: UInt16 = Preamble.version
  ) {
    self.dialler = PeerHandshake(
      .initiator, own: dialler, ephemeralSecret: NoiseTests.secret(11), expected: expected,
      version: version)
    self.listener = PeerHandshake(
      .responder, own: listener, ephemeralSecret: NoiseTests.secret(12))
  }

  /// Runs both to the end, the bytes in pieces of `piece`; `change` may alter each flight: the
  /// dialler's first, the listener's, the dialler's second.
  mutating func run(
    piece: Int = .max, change: (_ flight: Int, inout [UInt8]) -> Void = { _, _ in }
  ) throws {
    var toListener = try dialler.begin()
    var toDialler = try listener.begin()
    change(0, &toListener)
    toDialler += try Self.feed(&listener, toListener, piece)
    change(1, &toDialler)
    toListener = try Self.feed(&dialler, toDialler, piece)
    change(2, &toListener)
    _ = try Self.feed(&listener, toListener, piece)
  }

  private static func feed(
    _ end: inout PeerHandshake, _ bytes: [UInt8], _ piece: Int
  ) throws -> [UInt8] {
    var (rest, reply) = (bytes[...], [UInt8]())
    while !rest.isEmpty {
      var part = rest.prefix(piece)
      rest = rest.dropFirst(part.count)
      reply += try end.receive(&part)
      #expect(part.isEmpty)
    }
    return reply
  }

  /// What a run of this pair ends with.
  consuming func failure(
    change: (_ flight: Int, inout [UInt8]) -> Void = { _, _ in }
  ) -> HandshakeError? {
    do {
      try run(change: change)
      return nil
    } catch { return error as? HandshakeError }
  }
}

@Suite struct HandshakeTests {
  private typealias Pair = HandshakePair
  /// Bytes of the preamble, and of the lengths before the messages.
  private static let head = Preamble.byteCount + 2

  @Test(arguments: [1, 2, 3, 50, Int.max])
  func handshake_shouldShowIdentitiesAndAttachments_howeverItIsSplit(piece: Int) throws {
    let (first, second) = (Pair.own(1, attachment: [1, 2]), Pair.own(2, attachment: [3]))
    var pair = Pair(first, second, expected: second.identity.publicKey)
    try pair.run(piece: piece)
    #expect(pair.dialler.isComplete && pair.listener.isComplete)
    var dialler = try pair.dialler.finish()
    var listener = try pair.listener.finish()
    #expect(dialler.peer == second.identity.publicKey && dialler.attachment == [3])
    #expect(listener.peer == first.identity.publicKey && listener.attachment == [1, 2])
    #expect(dialler.binding == listener.binding)
    let there = try dialler.sealer.seal([1])
    var input = there[...]
    #expect(try listener.opener.next(from: &input) == [1])
    let back = try listener.sealer.seal([2])
    input = back[...]
    #expect(try dialler.opener.next(from: &input) == [2])
  }

  @Test func bytesAfterTheHandshake_shouldBeLeftToTheConnection() throws {
    var pair = Pair()
    let first = try pair.dialler.begin()
    var toListener = first[...]
    let second = try pair.listener.begin() + (try pair.listener.receive(&toListener))
    var toDialler = second[...]
    let third = try pair.dialler.receive(&toDialler) + [9, 8, 7]
    toListener = third[...]
    _ = try pair.listener.receive(&toListener)
    #expect(toListener == [9, 8, 7] && pair.listener.isComplete)
    _ = try pair.listener.receive(&toListener)
    #expect(toListener == [9, 8, 7])
  }

  @Test func otherNetwork_shouldBeNamed_atBothEnds() throws {
    let other = Hash256(words: (1, 2, 3, 4))
    var pair = Pair(Pair.own(1, network: other))
    let hello = try pair.dialler.begin()
    let answer = try pair.listener.begin()
    var (toListener, toDialler) = (hello[...], answer[...])
    #expect(throws: HandshakeError.otherNetwork(theirs: other, ours: Pair.network)) {
      try pair.listener.receive(&toListener)
    }
    #expect(throws: HandshakeError.otherNetwork(theirs: Pair.network, ours: other)) {
      try pair.dialler.receive(&toDialler)
    }
    #expect(throws: HandshakeError.over) { try pair.dialler.receive(&toDialler) }
    #expect(pair.dialler.interruption == .over)
  }

  @Test func otherVersion_shouldBeNamed() {
    #expect(
      Pair(version: 7).failure() == .otherVersion(theirs: 7, ours: Preamble.version))
  }

  @Test func otherProtocol_shouldBeNamed_atItsFirstByte() throws {
    var pair = Pair()
    _ = try pair.listener.begin()
    let request = Array("GET / HTTP/1.1".utf8)
    var input = request.prefix(1)
    #expect(throws: HandshakeError.notThisProtocol) { try pair.listener.receive(&input) }
  }

  @Test func changedPreamble_shouldBeFound_thoughItSuitsTheOtherEnd() throws {
    // Somebody between two networks makes each believe that the other is of its own.
    let other = Hash256(words: (1, 2, 3, 4))
    let failure = Pair(Pair.own(1, network: other)).failure { flight, bytes in
      let network = [Pair.network, other][min(flight, 1)]
      if flight < 2 { bytes.replaceSubrange(10..<Preamble.byteCount, with: network.bytes) }
    }
    #expect(failure == .decryptFailed(.second))
  }

  @Test func changedMessage_shouldBeRefused_whereverTheChangeIs() throws {
    for (flight, step) in [(1, HandshakeError.Step.second), (2, .third)] {
      let start = flight == 1 ? Self.head : 2
      var length = start + 1
      var index = start
      while index < length {
        let failure = Pair().failure { number, bytes in
          guard number == flight else { return }
          length = bytes.count
          bytes[index] ^= 0x40
        }
        #expect(failure == .decryptFailed(step), "byte \(index) of flight \(flight)")
        index += 1
      }
    }
  }

  @Test func badSignature_shouldBeNamed() {
    // The proof of another key: somebody repeats what an honest end has shown.
    let honest = Pair.own(2)
    let stolen = IdentityProof(
      of: honest.identity, key: NoiseTests.keys(50).publicKey, network: Pair.network,
      attachment: [])
    #expect(!stolen.proves(NoiseTests.keys(51).publicKey, network: Pair.network))
    #expect(!stolen.proves(NoiseTests.keys(50).publicKey, network: .zero))
    #expect(stolen.proves(NoiseTests.keys(50).publicKey, network: Pair.network))
    #expect(
      Self.failure(ofPayload: stolen.wireBytes) == .badSignature(honest.identity.publicKey))
  }

  @Test func malformedPayload_shouldBeNamed() {
    let own = Pair.own(2)
    let proof = IdentityProof(
      of: own.identity, key: own.staticKeys.publicKey, network: Pair.network, attachment: [])
    #expect(Self.failure(ofPayload: proof.wireBytes) == nil)
    #expect(
      Self.failure(ofPayload: proof.wireBytes + [0])
        == .malformed(.second, .trailingBytes(1, at: 97)))
    #expect(
      Self.failure(ofPayload: []) == .malformed(.second, .unexpectedEnd(missing: 32, at: 0)))
    let tooLong =
      proof.wireBytes.dropLast() + [0x81, 0x08]
      + [UInt8](repeating: 0, count: TransportLimits.attachmentBytesMax + 1)
    #expect(
      Self.failure(ofPayload: Array(tooLong))
        == .malformed(
          .second, .lengthTooLarge(1_025, limit: TransportLimits.attachmentBytesMax, at: 96)))
  }

  /// How a dialler ends when the responder's payload is `payload`.
  private static func failure(ofPayload payload: [UInt8]) -> HandshakeError? {
    let preamble = Preamble(network: Pair.network).bytes
    var dialler = PeerHandshake(
      .initiator, own: Pair.own(1), ephemeralSecret: NoiseTests.secret(11))
    var responder = HandshakeState(
      .xx, role: .responder, prologue: preamble, staticKeys: Pair.own(2).staticKeys,
      ephemeralKeys: NoiseTests.keys(12))
    do {
      let first = try dialler.begin()
      _ = try responder.read(first.dropFirst(head))
      let second = try responder.write(payload)
      let reply =
        preamble + [UInt8(second.count >> 8), UInt8(second.count & 255)] + second
      var input = reply[...]
      _ = try dialler.receive(&input)
      return nil
    } catch { return error as? HandshakeError }
  }

  @Test func ownIdentity_shouldBeNamed_whenWeDialOurselves() {
    #expect(Pair(Pair.own(1), Pair.own(1)).failure() == .ownIdentity)
  }

  @Test func otherIdentity_shouldBeNamed_whenAnotherWasDialled() {
    let (found, expected) = (Pair.own(2).identity.publicKey, Pair.own(3).identity.publicKey)
    #expect(
      Pair(expected: expected).failure() == .otherIdentity(found: found, expected: expected))
  }

  @Test func truncatedMessage_shouldBeNamed() throws {
    let failure = Pair().failure { flight, bytes in
      if flight == 0 {
        bytes = bytes.dropLast(2) + []
        bytes[Self.head - 1] -= 2
      }
    }
    #expect(failure == .truncated(.first, bytes: 30, needed: 32))
    var pair = Pair()
    let hello = try pair.dialler.begin()
    #expect(pair.listener.interruption == .truncated(.preamble, bytes: 0, needed: 42))
    var input = hello.prefix(50)
    _ = try pair.listener.receive(&input)
    #expect(pair.listener.interruption == .truncated(.first, bytes: 8, needed: 34))
  }

  @Test func tooLongMessage_shouldBeRefused_byItsLength() throws {
    let limit = TransportLimits.handshakeMessageBytesMax
    for (length, isRefused) in [(limit, false), (limit + 1, true)] {
      var pair = Pair()
      let hello = try pair.dialler.begin()
      let bytes = hello.prefix(Preamble.byteCount) + [UInt8(length >> 8), UInt8(length & 255)]
      var input = bytes[...]
      do {
        _ = try pair.listener.receive(&input)
        #expect(!isRefused)
      } catch {
        #expect(isRefused && error == .tooLong(.first, bytes: length, limit: limit))
      }
    }
  }

  @Test func payloadOfTheFirstMessage_shouldBeRefused() throws {
    let failure = Pair().failure { flight, bytes in
      if flight == 0 {
        bytes.append(1)
        bytes[Self.head - 1] += 1
      }
    }
    #expect(failure == .malformed(.first, .trailingBytes(1, at: 0)))
  }

  @Test func attachment_shouldBeAsLongAsItsLimit_andNoLonger() {
    let limit = TransportLimits.attachmentBytesMax
    func own(_ count: Int) -> HandshakeIdentity {
      Pair.own(2, attachment: [UInt8](repeating: 1, count: count))
    }
    #expect(Pair(Pair.own(1), own(limit)).failure() == nil)
    #expect(
      Pair(Pair.own(1), own(limit + 1)).failure()
        == .tooLong(.second, bytes: limit + 1, limit: limit))
  }

  @Test func finish_shouldBeRefused_beforeTheEnd() {
    #expect(throws: HandshakeError.over) {
      let end = PeerHandshake(
        .initiator, own: Pair.own(1), ephemeralSecret: NoiseTests.secret(1))
      _ = try end.finish()
    }
  }

  @Test func smallOrderKey_shouldBeNamed() {
    let failure = Pair().failure { flight, bytes in
      if flight == 0 {
        bytes.replaceSubrange(Self.head..<(Self.head + 32), with: [UInt8](repeating: 0, count: 32))
      }
    }
    #expect(failure == .zeroSecret(.second))
  }
}
