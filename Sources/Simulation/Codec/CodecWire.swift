import Networking
import Primitives
import Runtime
import Transport

/// Both ends of a connection, and the line between them: every byte that one end gives comes to
/// the other, in order, in pieces that are drawn.
struct CodecWire: ~Copyable {
  private var dialler: PeerLink
  private var listener: PeerLink
  private var random: RandomStream
  private let tap: WireTap?
  /// What happened at each end since it was last looked at.
  private var events: [[PeerLinkEvent]] = [[], []]

  init(
    from dialling: CodecKeys, to listening: CodecKeys, network: Hash256,
    random: consuming RandomStream, tap: WireTap?, now: Moment
  ) throws(CodecFailure) {
    let initiator = try Self.link(
      .initiator, dialling, network, expected: listening.identity.publicKey, &random, now)
    let responder = try Self.link(.responder, listening, network, expected: nil, &random, now)
    dialler = initiator
    listener = responder
    self.random = random
    self.tap = tap
  }

  /// The handshake from its first byte to its last.
  /// - Throws: if it fails, or an end takes the other for somebody else.
  mutating func shake(
    from dialling: CodecKeys, to listening: CodecKeys, _ now: Moment
  ) throws(CodecFailure) {
    try pump(now)
    try check(.dialler, met: listening)
    try check(.listener, met: dialling)
  }

  private static func link(
    _ role: HandshakeRole, _ keys: CodecKeys, _ network: Hash256,
    expected: PublicKey?, _ random: inout RandomStream, _ now: Moment
  ) throws(CodecFailure) -> PeerLink {
    let handshake = PeerHandshake(
      role,
      own: HandshakeIdentity(
        network: network, identity: keys.identity, staticKeys: keys.agreement,
        attachment: keys.greeting),
      ephemeralSecret: CodecKeys.secret(&random), expected: expected)
    do throws(PeerLinkEnd) {
      return try PeerLink(
        handshake, role: role, settings: MuxSettings(), messageLimits: TagLimits(),
        rekey: RekeySchedule(
          records: SimulationLimits.codecRekeyRecords, bytes: SimulationLimits.codecRekeyBytes),
        now: now)
    } catch { throw CodecFailure("\(error)") }
  }

  /// The handshake is over at an end and led to the right other one.
  private mutating func check(
    _ end: CodecEnd, met keys: CodecKeys
  ) throws(CodecFailure) {
    let happened = take(end)
    guard happened.count == 1, case .authenticated(let peer, let attachment) = happened[0],
      peer == keys.identity.publicKey, attachment == keys.greeting
    else {
      throw CodecFailure("the handshake led to [\(names(happened))]")
    }
  }

  mutating func with<Result>(_ end: CodecEnd, _ body: (inout PeerLink) -> Result) -> Result {
    end == .dialler ? body(&dialler) : body(&listener)
  }

  /// Lets both ends look at the clock, as the transport does: they may ask for a sign of life.
  mutating func tick(_ now: Moment) throws(CodecFailure) {
    do throws(PeerLinkEnd) {
      try dialler.tick(now: now)
      try listener.tick(now: now)
    } catch { throw CodecFailure("the clock ended the connection: \(error)") }
    try carryNothing(now)
  }

  /// Carries all there is, of which one thing must come out at this end, and nothing at the other.
  mutating func carryOne(
    to end: CodecEnd, _ now: Moment
  ) throws(CodecFailure) -> PeerLinkEvent {
    try pump(now)
    let (there, back) = (take(end), take(end.other))
    guard there.count == 1, back.isEmpty else {
      throw CodecFailure("[\(names(there))] came out, and [\(names(back))] came back")
    }
    return there[0]
  }

  /// Carries all there is, of which nothing may come out.
  mutating func carryNothing(_ now: Moment) throws(CodecFailure) {
    try pump(now)
    let happened = take(.dialler) + take(.listener)
    guard happened.isEmpty else { throw CodecFailure("[\(names(happened))] came out of nothing") }
  }

  private mutating func take(_ end: CodecEnd) -> [PeerLinkEvent] {
    defer { events[end.rawValue] = [] }
    return events[end.rawValue]
  }

  /// Hands bytes over until neither end has any; then nothing may be left inside.
  private mutating func pump(_ now: Moment) throws(CodecFailure) {
    do throws(PeerLinkEnd) {
      while dialler.hasBytes || listener.hasBytes {
        let most = random.number(in: TransportLimits.emitBytesMin...TransportLimits.writeBytesMax)
        let there = try dialler.nextBytes(max: most, now: now)
        try hand(there, to: .listener, now)
        let back = try listener.nextBytes(max: most, now: now)
        try hand(back, to: .dialler, now)
        guard !there.isEmpty || !back.isEmpty else { break }
      }
    } catch { throw CodecFailure("\(error)") }
    guard dialler.isOpen, listener.isOpen else {
      throw CodecFailure("the handshake does not end")
    }
    let unsent = dialler.outboundBytes + listener.outboundBytes
    guard unsent == 0 else { throw CodecFailure("\(unsent) bytes of messages were not sent") }
    let held = (dialler.connection?.heldBytes ?? 0) + (listener.connection?.heldBytes ?? 0)
    guard held == 0 else {
      throw CodecFailure("\(held) bytes of a record came, and not the rest of it")
    }
  }

  /// Hands bytes over one by one, or many in pieces of all lengths.
  private mutating func hand(
    _ bytes: [UInt8], to end: CodecEnd, _ now: Moment
  ) throws(PeerLinkEnd) {
    var rest = bytes[...]
    while !rest.isEmpty {
      var length = 1
      if bytes.count > SimulationLimits.codecSingleBytesMax {
        length += random.below(1 << random.below(SimulationLimits.codecPieceDoublings))
      }
      var piece = rest.prefix(length)
      rest = rest.dropFirst(length)
      tap?(&piece)
      switch end {
      case .dialler: try dialler.receive(piece, now: now, into: &events[end.rawValue])
      case .listener: try listener.receive(piece, now: now, into: &events[end.rawValue])
      }
    }
  }

  private func names(_ events: [PeerLinkEvent]) -> String {
    events.map(\.name).joined(separator: ", ")
  }
}

extension PeerLinkEvent {
  /// What happened, in a few words.
  var name: String {
    switch self {
    case .authenticated: "an end of the handshake"
    case .request(_, let type, let payload): "a request \(type) of \(payload.count) bytes"
    case .withdrawn(let stream): "a withdrawal of \(stream)"
    case .answered(_, .success(let payload)): "an answer of \(payload.count) bytes"
    case .answered(_, .failure(let error)): "no answer: \(error)"
    case .gossip(let topic, let payload): "gossip \(topic) of \(payload.count) bytes"
    case .word(let payload): "a word of \(payload.count) bytes"
    }
  }
}
