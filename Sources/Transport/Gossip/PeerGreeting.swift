import Primitives

/// What a node tells with its handshake.
struct PeerGreeting: Sendable, Hashable, WireCodable {
  /// Where it takes connections; 0: nowhere.
  var port: UInt16

  /// Wire form: the port (a varint of 16 bits). What follows is of later versions.
  func encode(to encoder: inout WireEncoder) { encoder.append(varint: UInt64(port)) }

  init(port: UInt16) { self.port = port }

  init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let number = try decoder.varint()
    guard let port = UInt16(exactly: number) else {
      throw .invalidCase(number, of: "PeerGreeting.port", at: start)
    }
    self.port = port
  }
}
