import Networking
import Primitives
import Runtime
import SimulatedNetworking
import Transport

/// The keys by which a simulated peer shows who it is on the wire.
struct CodecKeys {
  let identity: KeyPair
  let agreement: AgreementKeyPair
  /// What it tells with its identity.
  let greeting: [UInt8]

  init(_ random: inout RandomStream) {
    identity = KeyPair(seed: Hash256(bytes: random.bytes(Hash256.byteCount))!)
    agreement = AgreementKeyPair(secret: Self.secret(&random))
    greeting = random.bytes(random.below(100))
  }

  static func secret(_ random: inout RandomStream) -> SecretKey {
    SecretKey(bytes: random.bytes(SecretKey.byteCount))!
  }
}

/// An end of a connection.
enum CodecEnd: Int {
  case dialler = 0
  case listener = 1

  var other: CodecEnd { self == .dialler ? .listener : .dialler }
}

/// A connection of two simulated peers: both ends of the real one, with a line between them that
/// cuts the bytes into pieces. After each call nothing is on its way.
final class CodecConnection {
  /// A copy of a request that was not answered.
  private struct Exchange {
    let asker: CodecEnd
    /// Its name at the end that asks, and its stream.
    let number: UInt64
    let stream: StreamID
    let answerBytesMax: Int
  }

  private var wire: CodecWire
  /// By the number of the request.
  private var exchanges: [UInt64: [Exchange]] = [:]
  /// Exchanges that each end has open.
  private var openCounts = [0, 0]
  private var requestCount: UInt64 = 0
  private var limits = TagLimits()

  /// - Throws: if the handshake fails, or an end takes the other for somebody else.
  init(
    from dialler: CodecKeys, to listener: CodecKeys, network: Hash256, random: RandomStream,
    tap: WireTap?, now: Moment
  ) throws(CodecFailure) {
    wire = try CodecWire(
      from: dialler, to: listener, network: network, random: random, tap: tap, now: now)
    try wire.shake(from: dialler, to: listener, now)
  }

  /// Whether an end may open one more exchange; half of the streams are left for gossip.
  func hasRoom(for end: CodecEnd) -> Bool {
    openCounts[end.rawValue] < TransportLimits.streamsMax / 2
  }

  /// Whether a request with this number waits for its answer here.
  func isOpen(_ number: UInt64) -> Bool { exchanges[number] != nil }

  func gossip(
    _ topic: Topic, _ payload: [UInt8], from end: CodecEnd, now: Moment
  ) throws(CodecFailure) -> [UInt8] {
    allow(oneWay: topic.rawValue)
    try wire.tick(now)
    guard wire.with(end, { $0.tell(topic.rawValue, topic.traffic, payload) }) else {
      throw CodecFailure("there is no room for its \(payload.count) bytes")
    }
    let event = try wire.carryOne(to: end.other, now)
    guard case .gossip(let tag, let arrived) = event, tag == topic.rawValue else {
      throw CodecFailure("it came out as \(event.name)")
    }
    try compare(arrived, with: payload)
    return arrived
  }

  func request(
    _ number: UInt64, _ type: RequestType, _ payload: [UInt8], answerBytesMax: Int,
    from end: CodecEnd, now: Moment
  ) throws(CodecFailure) -> [UInt8] {
    allow(exchange: type.rawValue)
    try wire.tick(now)
    requestCount += 1
    let ask = WaitingAsk(
      number: requestCount, type: type, payload: payload, answerBytesMax: answerBytesMax)
    wire.with(end) { $0.ask(ask) }
    let event = try wire.carryOne(to: end.other, now)
    guard case .request(let stream, let tag, let arrived) = event, tag == type.rawValue else {
      throw CodecFailure("it came out as \(event.name)")
    }
    try compare(arrived, with: payload)
    exchanges[number, default: []].append(
      Exchange(
        asker: end, number: requestCount, stream: stream, answerBytesMax: answerBytesMax))
    openCounts[end.rawValue] += 1
    return arrived
  }

  func response(
    _ number: UInt64, _ answer: CarriedAnswer, from end: CodecEnd, now: Moment
  ) throws(CodecFailure) -> CarriedAnswer {
    guard let exchange = close(number) else { throw CodecFailure("nobody asked") }
    guard exchange.asker == end.other else { throw CodecFailure("it goes to who was asked") }
    try wire.tick(now)
    let payload: [UInt8]? = if case .given(let payload) = answer { payload } else { nil }
    wire.with(end) { $0.answer(exchange.stream, payload) }
    let event = try wire.carryOne(to: exchange.asker, now)
    guard case .answered(let name, let result) = event, name == exchange.number else {
      throw CodecFailure("it came out as \(event.name)")
    }
    switch (result, payload) {
    case (.success(let arrived), let payload?):
      try compare(arrived, with: payload)
      return .given(arrived)
    case (.failure(.refused), nil):
      return .refused
    case (.failure(let error), let payload?)
    where error == .tooLarge(bytes: payload.count, limit: exchange.answerBytesMax):
      // The receiver of the model says the same of it.
      return answer
    case (.success(let arrived), nil):
      throw CodecFailure("a refusal came out as an answer of \(arrived.count) bytes")
    case (.failure(let error), _):
      throw CodecFailure("an answer of \(payload?.count ?? 0) bytes came out as '\(error)'")
    }
  }

  /// Nobody waits for the answer any longer. What is answered after it must come to nothing.
  func withdraw(_ number: UInt64, from end: CodecEnd, now: Moment) throws(CodecFailure) {
    try wire.tick(now)
    while let exchange = close(number) {
      guard exchange.asker == end else { throw CodecFailure("it comes from who was asked") }
      wire.with(end) { $0.withdraw(exchange.number) }
      let event = try wire.carryOne(to: end.other, now)
      guard case .withdrawn(let stream) = event, stream == exchange.stream else {
        throw CodecFailure("it came out as \(event.name)")
      }
      wire.with(end.other) { $0.answer(exchange.stream, []) }
      try wire.carryNothing(now)
    }
  }

  /// Takes the oldest open copy of a request out.
  private func close(_ number: UInt64) -> Exchange? {
    guard var open = exchanges[number], !open.isEmpty else { return nil }
    let exchange = open.removeFirst()
    exchanges[number] = open.isEmpty ? nil : open
    openCounts[exchange.asker.rawValue] -= 1
    return exchange
  }

  /// Both ends take everything that a run has; the model looks at sizes.
  private func allow(oneWay: UInt16? = nil, exchange: UInt16? = nil) {
    var wanted = limits
    if let oneWay { wanted.oneWays[oneWay] = TransportLimits.messageBytesMax }
    if let exchange { wanted.exchanges[exchange] = TransportLimits.messageBytesMax }
    guard wanted != limits else { return }
    limits = wanted
    for end in [CodecEnd.dialler, .listener] { wire.with(end) { $0.setMessageLimits(wanted) } }
  }

  private func compare(_ arrived: [UInt8], with sent: [UInt8]) throws(CodecFailure) {
    guard arrived != sent else { return }
    throw CodecFailure("\(sent.count) bytes came out as \(arrived.count) others")
  }
}
