import Networking
import Primitives
import Transport

extension FuzzTarget {
  static let transport: [FuzzTarget] = [
    transportWire, handshake, records, multiplexer, peerLink,
  ]

  private static let transportWire = wire(
    "wire-transport",
    [
      .init(MuxFrame.self) { TransportWorld.frames },
      .init(PeerAddress.self) {
        [.v4(0x0808_0808), .v6(0x2a00 << 48, 1)].map {
          PeerAddress($0, port: 9, identity: TransportWorld.own(1).identity.publicKey)
        }
      },
      .init(IdentityProof.self) {
        [0, 3].map { count in
          IdentityProof(
            of: TransportWorld.own(1).identity, key: TransportWorld.keys(3).publicKey,
            network: .zero, attachment: [UInt8](repeating: 7, count: count))
        }
      },
      .init(TransportWord.self) {
        let id = GossipID(hash: .zero)
        return [.want(id), .announce(topic: 300, id)]
      },
      .init(PeerGreeting.self) { [PeerGreeting(port: 0), PeerGreeting(port: 9000, isTest: true)] },
      .init(PeerAddresses.self) { [PeerAddresses(addresses: TransportWorld.addresses)] },
      .init(SavedAddressBook.self) { [TransportWorld.memory.book] },
      .init(TransportMemory.self) { [TransportWorld.memory] },
    ])

  /// What a peer sends whose handshake was honest: records of frames, in the input each after its
  /// length, a byte. Whatever they are, bounds hold, nothing is asked before the
  /// peer is known, and nothing more comes of what it ended.
  private static let peerLink = FuzzTarget(
    "transport-link",
    seeds: {
      let frames = TransportWorld.frames.map(\.wireBytes)
      return [frames, [frames.flatMap { $0 }], TransportWorld.linkSession].map { records in
        records.flatMap { [UInt8($0.count)] + $0 }
      }
    },
    check: { input in
      var source = FuzzSource(input)
      var ends = try LinkEnds()
      var isOver = false
      while !source.isEmpty, !isOver {
        let record = source.bytes(Int(source.byte()))
        guard !record.isEmpty, let bytes = try? ends.session.sealer.seal(record) else { continue }
        var events: [PeerLinkEvent] = []
        do throws(PeerLinkEnd) {
          try ends.link.receive(bytes[...], now: .start, into: &events)
        } catch { isOver = true }
        for case .request(let stream, _, let payload) in events {
          ends.link.answer(stream, payload.count.isMultiple(of: 2) ? payload : nil)
        }
        _ = try? ends.link.nextBytes(max: 60_000, now: .start)
        let (room, outbound) = (ends.link.inboundRoom?.used ?? 0, ends.link.outboundBytes)
        let streams = max(ends.link.asking.count, ends.link.tags.count)
        try demand(
          0...20_000 ~= room && 0...60_000 ~= outbound && streams <= TransportLimits.streamsMax,
          "a bound does not hold")
      }
    })

  /// The first byte chooses the end and how the rest, which comes from the other end, is split. A
  /// handshake ends well for exactly the bytes that the honest other end sends.
  private static let handshake = FuzzTarget(
    "transport-handshake",
    seeds: {
      let (dialler, listener) = TransportWorld.transcript
      return [[0] + listener, [1] + dialler, [6] + listener, [9] + dialler]
    },
    check: { input in
      guard let choice = input.first else { return }
      let isDialler = choice.isMultiple(of: 2)
      var end = TransportWorld.end(isDialler ? .initiator : .responder)
      _ = try end.begin()
      var rest = input.dropFirst()
      let size = rest.count
      do throws(HandshakeError) {
        while !rest.isEmpty, !end.isComplete {
          var part = rest.prefix(1 + Int(choice) * 2)
          let count = part.count
          _ = try end.receive(&part)
          rest = rest.dropFirst(count - part.count)
        }
      } catch { return }
      guard end.isComplete else { return }
      let honest =
        isDialler ? TransportWorld.transcript.listener : TransportWorld.transcript.dialler
      let read = input.dropFirst().prefix(size - rest.count)
      try demand(Array(read) == honest, "a handshake ends with bytes that nobody sent")
    })

  /// The first byte says how the rest is split. Only what was sealed comes out, in order.
  private static let records = FuzzTarget(
    "transport-records",
    seeds: { [[0], [1], [70]].map { $0 + TransportWorld.sealed.wire } },
    check: { input in
      guard let choice = input.first else { return }
      var opener = RecordOpener(TransportWorld.cipher(), rekey: TransportWorld.rekey)
      var found: [[UInt8]] = []
      var rest = input.dropFirst()
      do throws(RecordError) {
        while !rest.isEmpty {
          var part = rest.prefix(1 + Int(choice))
          rest = rest.dropFirst(part.count)
          while let plaintext = try opener.next(from: &part) { found.append(plaintext) }
          precondition(opener.heldBytes < TransportLimits.recordBytesMax + 2, "too much is held")
        }
      } catch {}
      let honest = TransportWorld.sealed.plaintexts
      try demand(
        found == Array(honest.prefix(found.count)), "a record is opened that nobody sealed")
    })

  /// A list of what happens to one end: each byte chooses, some are followed by a record of the
  /// other end. Whatever comes, the bounds hold, and what goes out is whole frames.
  private static let multiplexer = FuzzTarget(
    "transport-mux",
    seeds: {
      let frames = TransportWorld.frames.map { frame in
        let bytes = frame.wireBytes
        return [0, 0, UInt8(bytes.count)] + bytes + [0, 4, 200]
      }
      return frames + [frames.flatMap { $0 }, TransportWorld.muxSession]
    },
    check: { input in
      var source = FuzzSource(input)
      var mux = Mux(
        .responder,
        settings: MuxSettings(
          messageBytesMax: 30_000, inboundPoolBytes: 20_000, outboundBytesMax: 9_000,
          outboundUrgentBytes: 1_000))
      while !source.isEmpty {
        let id = StreamID(UInt64(source.below(8)))
        switch source.below(8) {
        case 0, 1:
          let before = mux.violation
          let record = source.bytes(Int(source.byte()))
          _ = try? mux.receive(record)
          try demand(before == nil || before == mux.violation, "a violation is forgotten")
        case 2: _ = mux.take(from: id)
        case 3: try? mux.send(source.bytes(source.below(40)), on: id)
        case 4, 5:
          let max = 4 * Int(source.byte())
          let record = mux.nextBytes(max: max)
          try demand(record.count <= max, "\(record.count) bytes are more than \(max)")
          try demandFrames(record)
        case 6:
          let traffic = TrafficClass.allCases[source.below(6)]
          _ = try? mux.open(StreamInfo(traffic, .exchange, tag: 1))
        default:
          if source.below(2) == 0 { try? mux.end(id) } else { try? mux.reset(id, .refused) }
        }
        try demand(
          0...20_000 ~= mux.inboundPoolUsed && 0...9_000 ~= mux.outboundBytes
            && mux.streamCount <= 2 * TransportLimits.streamsMax, "a bound does not hold")
      }
    })

  private static func demandFrames(_ record: [UInt8]) throws {
    var decoder = WireDecoder(record)
    while decoder.remaining > 0 { _ = try decoder.value(MuxFrame.self) }
  }
}

/// A link whose handshake is over, and the session of the other end.
private struct LinkEnds: ~Copyable {
  var link: PeerLink
  var session: SecureSession

  init() throws {
    var dialler = TransportWorld.end(.initiator)
    var link = try PeerLink(
      TransportWorld.end(.responder), role: .responder,
      settings: MuxSettings(
        messageBytesMax: 30_000, inboundPoolBytes: 20_000, outboundBytesMax: 60_000,
        outboundUrgentBytes: 1_000),
      messageLimits: TagLimits(
        exchanges: [7: 30_000], oneWays: [3: 30_000, PeerLink.wordTag: TransportWord.bytesMax]),
      now: .start)
    var events: [PeerLinkEvent] = []
    let hello = try dialler.begin()
    try link.receive(hello[...], now: .start, into: &events)
    let answer = try link.nextBytes(max: 60_000, now: .start)
    var input = answer[...]
    let proof = try dialler.receive(&input)
    try link.receive(proof[...], now: .start, into: &events)
    let session = try dialler.finish()
    self.link = link
    self.session = session
  }
}

/// Ends of connections with fixed keys, so that what is honest is always the same.
private enum TransportWorld {
  static func secret(_ byte: UInt8) -> SecretKey {
    SecretKey(bytes: [UInt8](repeating: byte, count: SecretKey.byteCount))!
  }

  static func keys(_ byte: UInt8) -> AgreementKeyPair { AgreementKeyPair(secret: secret(byte)) }

  static func own(_ byte: UInt8) -> HandshakeIdentity {
    let seed = Hash256(words: (UInt64(byte), 0, 0, 0))
    return HandshakeIdentity(
      network: .zero, identity: KeyPair(seed: seed), staticKeys: keys(byte), attachment: [byte])
  }

  static func end(_ role: HandshakeRole) -> PeerHandshake {
    let byte: UInt8 = role == .initiator ? 1 : 2
    return PeerHandshake(role, own: own(byte), ephemeralSecret: secret(byte + 10))
  }

  /// All that the two ends send in the handshake.
  static let transcript: (dialler: [UInt8], listener: [UInt8]) = {
    var dialler = end(.initiator)
    var listener = end(.responder)
    do {
      let hello = try dialler.begin()
      var input = hello[...]
      let answer = try listener.begin() + listener.receive(&input)
      input = answer[...]
      return (hello + (try dialler.receive(&input)), answer)
    } catch { return ([], []) }
  }()

  static let rekey = RekeySchedule(records: 3, bytes: 100)

  static func cipher() -> CipherState { CipherState(key: secret(9)) }

  static let sealed: (plaintexts: [[UInt8]], wire: [UInt8]) = {
    var sealer = RecordSealer(cipher(), rekey: rekey)
    let plaintexts = [1, 2, 200, 3, 4, 5, 6].map { [UInt8](repeating: 3, count: $0) }
    return (plaintexts, plaintexts.flatMap { (try? sealer.seal($0)) ?? [] })
  }()

  private static let id = StreamID(1)

  static let frames: [MuxFrame] = [
    .open(id, StreamInfo(.headers, .exchange, tag: 300)),
    .begin(id, length: 3, piece: [1]), .more(id, piece: [2, 3]),
    .begin(id, length: 25_000, piece: []), .credit(id, bytes: 100), .ping(7), .pong(1),
    .reset(id, .cancelled), .open(StreamID(3), StreamInfo(.bulk, .oneWay, tag: 1)),
    .end(StreamID(3)), .goodbye(.shutdown),
  ]

  /// A request that is taken and answered, and a message that waits for the pool.
  static let muxSession: [UInt8] = {
    func record(_ frames: [MuxFrame]) -> [UInt8] {
      let bytes = frames.flatMap(\.wireBytes)
      return [0, 0, UInt8(bytes.count)] + bytes
    }
    return record(Array(frames[0...2]) + [.end(id)]) + [1, 2] + [1, 3, 5, 1, 2, 3, 4, 5]
      + [1, 7, 0] + [0, 4, 250]
      + record([.open(StreamID(3), StreamInfo(.bulk, .oneWay, tag: 1)), frames[3]].map(moved))
      + [0, 4, 250]
  }()

  static let addresses: [PeerAddress] = [.v4(0x0808_0808), .v6(0x2a00 << 48, 1)].map {
    PeerAddress($0, port: 9, identity: own(1).identity.publicKey)
  }

  static let memory: TransportMemory = {
    var book = AddressBook(own: own(2).identity.publicKey, secret: .zero)
    for address in addresses { _ = book.add(address, from: address) }
    _ = book.succeeded(addresses[0])
    var bans = BanList()
    bans.ban(NodeIdentity(key: own(3).identity.publicKey), from: addresses[1].socket, at: 5)
    bans.ban(NodeIdentity(key: own(4).identity.publicKey), from: nil, at: 5)
    return TransportMemory(book: book.saved, bans: bans)
  }()

  /// Requests of two types, gossip and a word.
  static let linkSession: [[UInt8]] = [
    [.open(id, StreamInfo(.chunks, .exchange, tag: 7)), .begin(id, length: 2, piece: [1, 2])],
    [.end(id), .open(StreamID(3), StreamInfo(.headers, .oneWay, tag: 3))],
    [.begin(StreamID(3), length: 1, piece: [5]), .ping(1)],
    [.open(StreamID(5), StreamInfo(.control, .oneWay, tag: PeerLink.wordTag))],
    [.begin(StreamID(5), length: 1, piece: [0]), .goodbye(.shutdown)],
  ].map { (frames: [MuxFrame]) in frames.flatMap(\.wireBytes) }

  private static func moved(_ frame: MuxFrame) -> MuxFrame {
    if case .begin(_, let length, let piece) = frame {
      return .begin(StreamID(3), length: length, piece: piece)
    }
    return frame
  }
}
