import KeyValue
import Primitives

/// What key-value stores send one another in a world whose lines lose, repeat and reorder: requests
/// and answers on connections that end when anything on them is lost, as those of a transport do.
enum LineMessage: WireCodable {
  enum Kind: UInt8 { case hello, push, round, value, session, settle }

  /// Asks for a connection of this number.
  case connect(UInt64)
  case accepted(UInt64)
  case close(UInt64)
  case request(connection: UInt64, number: UInt64, Kind, [UInt8])
  /// Nil: not answered.
  case answer(connection: UInt64, number: UInt64, [UInt8]?)

  init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let kind = try decoder.byte()
    switch kind {
    case 1: self = .connect(try decoder.uint64())
    case 2: self = .accepted(try decoder.uint64())
    case 3: self = .close(try decoder.uint64())
    case 4:
      let (connection, number) = (try decoder.uint64(), try decoder.uint64())
      let place = decoder.offset
      let word = try decoder.byte()
      guard let kind = Kind(rawValue: word) else {
        throw .invalidCase(UInt64(word), of: "LineMessage.Kind", at: place)
      }
      self = .request(
        connection: connection, number: number, kind, try decoder.bytes(limit: 1 << 24))
    case 5:
      self = .answer(
        connection: try decoder.uint64(), number: try decoder.uint64(),
        try decoder.optionalBytes(limit: 1 << 24))
    default: throw .invalidCase(UInt64(kind), of: "LineMessage", at: start)
    }
  }

  func encode(to encoder: inout WireEncoder) {
    switch self {
    case .connect(let connection):
      encoder.append(byte: 1)
      encoder.append(connection)
    case .accepted(let connection):
      encoder.append(byte: 2)
      encoder.append(connection)
    case .close(let connection):
      encoder.append(byte: 3)
      encoder.append(connection)
    case .request(let connection, let number, let kind, let bytes):
      encoder.append(byte: 4)
      encoder.append(connection)
      encoder.append(number)
      encoder.append(byte: kind.rawValue)
      encoder.append(bytes)
    case .answer(let connection, let number, let bytes):
      encoder.append(byte: 5)
      encoder.append(connection)
      encoder.append(number)
      encoder.append(optional: bytes)
    }
  }
}

extension ReplicationRequest {
  /// Its kind and bytes.
  var wire: (LineMessage.Kind, [UInt8]) {
    switch self {
    case .hello(let request): (.hello, request.wireBytes)
    case .push(let request): (.push, request.wireBytes)
    case .round(let request): (.round, request.wireBytes)
    case .value(let request): (.value, request.wireBytes)
    }
  }
}
