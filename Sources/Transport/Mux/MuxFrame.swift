import Networking
import Primitives

/// One frame of the multiplexer. A record holds one or more whole ones.
///
/// Wire form: one byte for the case in this order, then the fields as in `WireEncoder`: numbers as
/// varints, enums of one byte, pieces as byte strings.
public enum MuxFrame: Sendable, Hashable {
  case open(StreamID, StreamInfo)
  /// A message of `length` bytes begins; `piece` has its first ones, perhaps all or none.
  case begin(StreamID, length: Int, piece: [UInt8])
  /// The next bytes of the message that has begun, at least one.
  case more(StreamID, piece: [UInt8])
  /// The sender has no further messages on the stream.
  case end(StreamID)
  /// So many bytes more may be sent on the stream.
  case credit(StreamID, bytes: Int)
  /// The stream is given up, or a reset of the other end is acknowledged.
  case reset(StreamID, ResetCode)
  case ping(UInt64)
  case pong(UInt64)
  /// The last frame of its sender.
  case goodbye(GoodbyeReason)
}

extension MuxFrame: WireCodable {
  private enum Code: UInt8 {
    case open, begin, more, end, credit, reset, ping, pong, goodbye
  }

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .open(let id, let info):
      Self.append(.open, id, to: &encoder)
      encoder.append(byte: info.traffic.rawValue)
      encoder.append(byte: info.kind.rawValue)
      encoder.append(UInt32(info.tag))
    case .begin(let id, let length, let piece):
      Self.append(.begin, id, to: &encoder)
      encoder.append(count: length)
      encoder.append(piece)
    case .more(let id, let piece):
      Self.append(.more, id, to: &encoder)
      encoder.append(piece)
    case .end(let id): Self.append(.end, id, to: &encoder)
    case .credit(let id, let bytes):
      Self.append(.credit, id, to: &encoder)
      encoder.append(count: bytes)
    case .reset(let id, let code):
      Self.append(.reset, id, to: &encoder)
      encoder.append(byte: code.rawValue)
    case .ping(let value):
      encoder.append(byte: Code.ping.rawValue)
      encoder.append(value)
    case .pong(let value):
      encoder.append(byte: Code.pong.rawValue)
      encoder.append(value)
    case .goodbye(let reason):
      encoder.append(byte: Code.goodbye.rawValue)
      encoder.append(byte: reason.rawValue)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let code: Code = try Self.byte(of: "MuxFrame", from: &decoder)
    switch code {
    case .open:
      let id = StreamID(try decoder.varint())
      let traffic: TrafficClass = try Self.byte(of: "TrafficClass", from: &decoder)
      let kind: StreamKind = try Self.byte(of: "StreamKind", from: &decoder)
      let start = decoder.offset
      guard let tag = UInt16(exactly: try decoder.varint()) else {
        throw .varintTooLong(at: start)
      }
      self = .open(id, StreamInfo(traffic, kind, tag: tag))
    case .begin:
      let id = StreamID(try decoder.varint())
      let length = try Self.number(from: &decoder)
      let start = decoder.offset
      let piece = try decoder.bytes(limit: TransportLimits.pieceBytesMax)
      guard piece.count <= length else {
        throw .invalidValue("a piece is longer than its message", at: start)
      }
      self = .begin(id, length: length, piece: piece)
    case .more:
      let id = StreamID(try decoder.varint())
      let start = decoder.offset
      let piece = try decoder.bytes(limit: TransportLimits.pieceBytesMax)
      guard !piece.isEmpty else { throw .invalidValue("a piece is empty", at: start) }
      self = .more(id, piece: piece)
    case .end: self = .end(StreamID(try decoder.varint()))
    case .credit:
      let id = StreamID(try decoder.varint())
      let start = decoder.offset
      let bytes = try Self.number(from: &decoder)
      guard bytes > 0 else { throw .invalidValue("no credit is given", at: start) }
      self = .credit(id, bytes: bytes)
    case .reset:
      let id = StreamID(try decoder.varint())
      self = .reset(id, try Self.byte(of: "ResetCode", from: &decoder))
    case .ping: self = .ping(try decoder.varint())
    case .pong: self = .pong(try decoder.varint())
    case .goodbye: self = .goodbye(try Self.byte(of: "GoodbyeReason", from: &decoder))
    }
  }

  private static func append(_ code: Code, _ id: StreamID, to encoder: inout WireEncoder) {
    encoder.append(byte: code.rawValue)
    encoder.append(varint: id.number)
  }

  private static func byte<Value: RawRepresentable<UInt8>>(
    of type: String, from decoder: inout WireDecoder
  ) throws(WireError) -> Value {
    let start = decoder.offset
    let byte = try decoder.byte()
    guard let value = Value(rawValue: byte) else {
      throw .invalidCase(UInt64(byte), of: type, at: start)
    }
    return value
  }

  /// A number of bytes that no limit here is above.
  private static func number(from decoder: inout WireDecoder) throws(WireError) -> Int {
    let start = decoder.offset
    let value = try decoder.varint()
    guard value <= UInt64(TransportLimits.creditBytesMax) else {
      throw .lengthTooLarge(value, limit: TransportLimits.creditBytesMax, at: start)
    }
    return Int(value)
  }
}
