/// A reply as a client reads it.
public indirect enum RESPReply: Sendable, Hashable {
  case simple(String)
  /// Code and words.
  case error(String)
  case integer(Int64)
  case bulk([UInt8])
  /// No value, in whatever form.
  case null
  case array([RESPReply])
  case map([RESPPair])
  case set([RESPReply])
  case push([RESPReply])
  case boolean(Bool)
  case double(Double)
  /// The digits of a large number.
  case bigNumber(String)
  /// Its format, such as "txt", and the text.
  case verbatim(format: String, [UInt8])

  /// The text of a simple, bulk or verbatim string.
  public var text: String? {
    switch self {
    case .simple(let text): text
    case .bulk(let bytes), .verbatim(_, let bytes): String(decoding: bytes, as: UTF8.self)
    default: nil
    }
  }
}

/// A key and its value in a map of a reply.
public struct RESPPair: Sendable, Hashable {
  public let key: RESPReply
  public let value: RESPReply

  public init(_ key: RESPReply, _ value: RESPReply) {
    self.key = key
    self.value = value
  }
}
