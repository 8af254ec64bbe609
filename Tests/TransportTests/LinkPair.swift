import Networking
import Primitives
import Runtime
import Transport

/// Two ends of one connection with a reliable line between them, that is cut anywhere.
struct LinkPair: ~Copyable {
  var dialler: PeerLink
  var listener: PeerLink
  /// Bytes on their way to the dialler and to the listener.
  var lines: [[UInt8]] = [[], []]
  /// What happened at each, and how it ended.
  var events: [[String]] = [[], []]
  var ends: [PeerLinkEnd?] = [nil, nil]
  var now = Moment.start

  static let limits = TagLimits(
    exchanges: [7: 40_000, 8: 100], oneWays: [3: 20_000, PeerLink.wordTag: TransportWord.bytesMax])
  static let small = MuxSettings(
    messageBytesMax: 100_000, inboundPoolBytes: 110_000, outboundBytesMax: 400_000,
    outboundUrgentBytes: 10_000)

  init(
    times: TransportTimes = TransportTimes(), listenerLimits: TagLimits = limits,
    listenerNetwork: Hash256 = HandshakePair.network
  ) throws {
    func link(_ role: HandshakeRole, _ number: UInt8, _ network: Hash256) throws -> PeerLink {
      let own = HandshakePair.own(
        number, network: network, attachment: PeerGreeting(port: UInt16(number)).wireBytes)
      let handshake = PeerHandshake(
        role, own: own, ephemeralSecret: NoiseTests.secret(number + 10))
      return try PeerLink(
        handshake, role: role, settings: Self.small,
        messageLimits: role == .initiator ? Self.limits : listenerLimits, times: times, now: .start)
    }
    let (first, second) = (HandshakePair.network, listenerNetwork)
    let one = try link(.initiator, 1, first)
    let two = try link(.responder, 2, second)
    dialler = one
    listener = two
  }

  mutating func advance(_ duration: Duration) { now = now.advanced(by: duration) }

  mutating func emit(_ end: Int, max: Int) {
    do throws(PeerLinkEnd) {
      lines[1 - end] +=
        end == 0
        ? try dialler.nextBytes(max: max, now: now) : try listener.nextBytes(max: max, now: now)
    } catch { ends[end] = ends[end] ?? error }
  }

  /// So many bytes come out of the line. Requests of type 7 are answered by their payload twice if
  /// `answers`; those of type 8 by nothing.
  mutating func deliver(_ end: Int, bytes count: Int, answers: Bool = true) {
    guard ends[end] == nil else {
      lines[end] = []
      return
    }
    let bytes = lines[end].prefix(count)
    lines[end].removeFirst(bytes.count)
    guard !bytes.isEmpty else { return }
    var happened: [PeerLinkEvent] = []
    do throws(PeerLinkEnd) {
      if end == 0 {
        try dialler.receive(bytes, now: now, into: &happened)
      } else {
        try listener.receive(bytes, now: now, into: &happened)
      }
    } catch { ends[end] = error }
    for event in happened {
      events[end].append(Self.text(event))
      guard answers, case .request(let stream, let type, let payload) = event else { continue }
      let answer = type == 7 ? payload + payload : nil
      if end == 0 { dialler.answer(stream, answer) } else { listener.answer(stream, answer) }
    }
  }

  static func text(_ event: PeerLinkEvent) -> String {
    func sum(_ bytes: [UInt8]) -> String { "\(bytes.count):\(Blake2b256.hash(bytes).short)" }
    return switch event {
    case .authenticated(let key, let attachment): "authenticated \(key.raw.short) \(attachment)"
    case .request(let stream, let type, let payload): "\(stream) asks \(type) \(sum(payload))"
    case .withdrawn(let stream): "\(stream) withdrawn"
    case .answered(let number, .success(let answer)): "answer \(number) \(sum(answer))"
    case .answered(let number, .failure(let error)): "answer \(number) \(error)"
    case .gossip(let topic, let payload): "gossip \(topic) \(sum(payload))"
    case .word(let bytes): "word \(sum(bytes))"
    }
  }

  /// Lets everything go both ways until nothing moves, in pieces of `piece` bytes.
  mutating func settle(piece: Int = .max, max: Int = 10_000) {
    var quiet = 0
    while quiet < 2 {
      let before = (events.map(\.count), ends.map { $0 == nil })
      var moved = false
      for end in 0...1 {
        emit(end, max: max)
        moved = moved || !lines[1 - end].isEmpty
        while !lines[1 - end].isEmpty { deliver(1 - end, bytes: piece) }
      }
      let after = (events.map(\.count), ends.map { $0 == nil })
      quiet = moved || before != after ? 0 : quiet + 1
    }
  }

  static func ask(_ number: UInt64, _ type: UInt16 = 7, bytes: Int, answerMax: Int = 90_000)
    -> WaitingAsk
  {
    WaitingAsk(
      number: number, type: RequestType(type, traffic: .chunks),
      payload: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(number)) },
      answerBytesMax: answerMax)
  }
}
