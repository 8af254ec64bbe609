import CRDT
import Primitives

/// What replicas say to one another. Each message names the opening of the store of both ends by
/// its nonce, so that what was meant for, or comes from, a process that is gone has no effect.
struct NodeMessage<Delta: WireCodable>: WireCodable {
  enum Body: Sendable {
    /// Who I am, my largest counter, and the last number of my changes.
    case hello(ReplicaClaim, ownCounter: UInt64, last: UInt64)
    /// You are who you say. This is who I am, and the number up to which I have your changes.
    case welcome(ReplicaClaim, had: UInt64)
    /// Another one has your id: take a new one.
    case superseded
    /// I do not know you: say hello.
    case stranger
    /// `isNext`: begins behind what you have acknowledged.
    case changes(DeltaInterval<Delta>, ticks: UInt64, isNext: Bool)
    case acknowledged(UInt64)
    /// There is a gap behind this number.
    case gap(UInt64)
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
    case 2: body = .welcome(try decoder.value(), had: try decoder.uint64())
    case 3: body = .superseded
    case 4: body = .stranger
    case 5:
      let ticks = try decoder.uint64()
      let isNext = try decoder.flag()
      body = .changes(try decoder.value(), ticks: ticks, isNext: isNext)
    case 6: body = .acknowledged(try decoder.uint64())
    case 7: body = .gap(try decoder.uint64())
    default: throw .invalidCase(UInt64(kind), of: "NodeMessage", at: start)
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
    case .welcome(let claim, let had):
      encoder.append(byte: 2)
      encoder.append(claim)
      encoder.append(had)
    case .superseded: encoder.append(byte: 3)
    case .stranger: encoder.append(byte: 4)
    case .changes(let interval, let ticks, let isNext):
      encoder.append(byte: 5)
      encoder.append(ticks)
      encoder.append(isNext)
      encoder.append(interval)
    case .acknowledged(let number):
      encoder.append(byte: 6)
      encoder.append(number)
    case .gap(let number):
      encoder.append(byte: 7)
      encoder.append(number)
    }
  }
}
