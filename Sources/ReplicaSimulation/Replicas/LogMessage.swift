import CRDT
import Delta
import Primitives
import Reconciliation

/// What replicas with logs say to one another. Each message names the processes at both ends by
/// their nonces, so that what was meant for, or comes from, one that is gone has no effect.
struct LogMessage: WireCodable {
  enum Body: Sendable {
    /// Who I am, my largest counter, and the last number of my log.
    case hello(ReplicaClaim, ownCounter: UInt64, last: UInt64)
    /// You are who you say, and this is who I am.
    case welcome(ReplicaClaim)
    /// Another one has your id: take a new one.
    case superseded
    /// I do not know you: say hello.
    case stranger
    case link(DeltaMessage)
    /// A request of a session, with its number.
    case ask(UInt64, SyncRequest)
    /// The answer to a request of a session. The side that answers says what its value had when the
    /// session began, and its time.
    case answer(SyncSessionID, UInt64, SyncAnswer, VersionVector, ticks: UInt64)
    /// The session is complete; what the value of the asking side had when it began, and its time.
    case finished(SyncSessionID, VersionVector, ticks: UInt64)
  }

  let from: UInt64
  /// 0 if it is not known.
  let to: UInt64
  let body: Body

  init(from: UInt64, to: UInt64, _ body: Body) {
    self.from = from
    self.to = to
    self.body = body
  }

  /// Both nonces, a byte for the kind, what belongs to it.
  init(from decoder: inout WireDecoder) throws(WireError) {
    from = try decoder.uint64()
    to = try decoder.uint64()
    let start = decoder.offset
    let kind = try decoder.byte()
    switch kind {
    case 1:
      body = .hello(
        try decoder.value(), ownCounter: try decoder.uint64(), last: try decoder.uint64())
    case 2: body = .welcome(try decoder.value())
    case 3: body = .superseded
    case 4: body = .stranger
    case 5: body = .link(try decoder.value())
    case 6: body = .ask(try decoder.uint64(), try decoder.value())
    case 7:
      body = .answer(
        SyncSessionID(try decoder.uint64()), try decoder.uint64(), try decoder.value(),
        try decoder.value(), ticks: try decoder.uint64())
    case 8:
      body = .finished(
        SyncSessionID(try decoder.uint64()), try decoder.value(), ticks: try decoder.uint64())
    default: throw .invalidCase(UInt64(kind), of: "LogMessage", at: start)
    }
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(from)
    encoder.append(to)
    switch body {
    case .hello(let claim, let ownCounter, let last):
      encoder.append(byte: 1)
      encoder.append(claim)
      encoder.append(ownCounter)
      encoder.append(last)
    case .welcome(let claim):
      encoder.append(byte: 2)
      encoder.append(claim)
    case .superseded: encoder.append(byte: 3)
    case .stranger: encoder.append(byte: 4)
    case .link(let message):
      encoder.append(byte: 5)
      encoder.append(message)
    case .ask(let number, let request):
      encoder.append(byte: 6)
      encoder.append(number)
      encoder.append(request)
    case .answer(let session, let number, let answer, let version, let ticks):
      encoder.append(byte: 7)
      encoder.append(session.rawValue)
      encoder.append(number)
      encoder.append(answer)
      encoder.append(version)
      encoder.append(ticks)
    case .finished(let session, let version, let ticks):
      encoder.append(byte: 8)
      encoder.append(session.rawValue)
      encoder.append(version)
      encoder.append(ticks)
    }
  }
}
