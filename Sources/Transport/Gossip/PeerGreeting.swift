import Primitives

/// What a node tells with its handshake.
package struct PeerGreeting: Sendable, Hashable, WireCodable {
  /// Where it takes connections; 0: nowhere.
  package var port: UInt16
  /// Whether it only wants to see that the other end can be reached.
  package var isTest = false

  /// Wire form: the port (a varint of 16 bits), then whether it is a test (byte: 0 or 1). What
  /// follows in an attachment is of later versions.
  package func encode(to encoder: inout WireEncoder) {
    encoder.append(varint: UInt64(port))
    encoder.append(byte: isTest ? 1 : 0)
  }

  package init(port: UInt16, isTest: Bool = false) {
    self.port = port
    self.isTest = isTest
  }

  package init(from decoder: inout WireDecoder) throws(WireError) {
    let start = decoder.offset
    let number = try decoder.varint()
    guard let port = UInt16(exactly: number) else {
      throw .invalidCase(number, of: "PeerGreeting.port", at: start)
    }
    self.port = port
    isTest = try decoder.flag(of: "PeerGreeting.isTest")
  }

  /// The greeting at the beginning of an attachment; nil if there is none.
  package init?(attachment: [UInt8]) {
    var decoder = WireDecoder(attachment)
    guard let greeting = try? PeerGreeting(from: &decoder) else { return nil }
    self = greeting
  }
}
