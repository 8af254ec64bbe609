import Primitives
import TestSupport
import Testing
import Transport

/// The handshake against what two other implementations wrote.
@Suite struct NoiseVectorTests {
  /// The patterns of the specification whose keys are all sent in the handshake.
  static let patterns: [String: HandshakePattern] = [
    HandshakePattern(name: "NN", messages: [[.e], [.e, .ee]]),
    HandshakePattern(name: "NX", messages: [[.e], [.e, .ee, .s, .es]]),
    HandshakePattern(name: "XN", messages: [[.e], [.e, .ee], [.s, .se]]),
    HandshakePattern.xx,
    HandshakePattern(name: "IN", messages: [[.e, .s], [.e, .ee, .se]]),
    HandshakePattern(name: "IX", messages: [[.e, .s], [.e, .ee, .se, .s, .es]]),
    HandshakePattern(name: "NX1", messages: [[.e], [.e, .ee, .s], [.es]]),
    HandshakePattern(name: "X1N", messages: [[.e], [.e, .ee], [.s], [.se]]),
    HandshakePattern(name: "X1X", messages: [[.e], [.e, .ee, .s, .es], [.s], [.se]]),
    HandshakePattern(name: "XX1", messages: [[.e], [.e, .ee, .s], [.es, .s, .se]]),
    HandshakePattern(name: "X1X1", messages: [[.e], [.e, .ee, .s], [.es, .s], [.se]]),
    HandshakePattern(name: "I1N", messages: [[.e, .s], [.e, .ee], [.se]]),
    HandshakePattern(name: "I1X", messages: [[.e, .s], [.e, .ee, .s, .es], [.se]]),
    HandshakePattern(name: "IX1", messages: [[.e, .s], [.e, .ee, .se, .s], [.es]]),
    HandshakePattern(name: "I1X1", messages: [[.e, .s], [.e, .ee, .s], [.se, .es]]),
  ].reduce(into: [:]) { $0[$1.name] = $1 }

  private static func keys(_ vector: JSONValue, _ name: String) throws -> AgreementKeyPair {
    // A pattern that sends no static key does not use this one.
    let bytes = vector.optional(name)?.hexBytes ?? [UInt8](repeating: 7, count: 32)
    return AgreementKeyPair(secret: try #require(SecretKey(bytes: bytes)))
  }

  private static func end(
    _ vector: JSONValue, _ role: HandshakeRole, _ pattern: HandshakePattern
  ) throws -> HandshakeState {
    let prefix = role == .initiator ? "init_" : "resp_"
    return HandshakeState(
      pattern, role: role, prologue: vector[prefix + "prologue"].hexBytes,
      staticKeys: try keys(vector, prefix + "static"),
      ephemeralKeys: try keys(vector, prefix + "ephemeral"))
  }

  @Test func handshakes_shouldBeThePublishedOnes_byteForByte() throws {
    let vectors = try VectorFile.load("noise")["vectors"].array
    var checked: [String: Int] = [:]
    for vector in vectors {
      let parts = vector["protocol"].text.split(separator: "_")
      // A folder of the same files from elsewhere may have patterns that cannot be expressed.
      guard let pattern = Self.patterns[String(parts[1])] else { continue }
      checked[pattern.name, default: 0] += 1
      var initiator = try Self.end(vector, .initiator, pattern)
      var responder = try Self.end(vector, .responder, pattern)
      let messages = vector["messages"].array
      for (index, message) in messages.prefix(pattern.messages.count).enumerated() {
        let (payload, ciphertext) = (message[0].hexBytes, message[1].hexBytes)
        if index.isMultiple(of: 2) {
          #expect(try initiator.write(payload) == ciphertext, "\(pattern.name) \(index)")
          #expect(try responder.read(ciphertext[...]) == payload, "\(pattern.name) \(index)")
        } else {
          #expect(try responder.write(payload) == ciphertext, "\(pattern.name) \(index)")
          #expect(try initiator.read(ciphertext[...]) == payload, "\(pattern.name) \(index)")
        }
      }
      let hashes = (initiator.hash, responder.hash)
      #expect(hashes.0 == hashes.1)
      if let hash = vector.optional("handshake_hash") { #expect(hashes.0 == hash.hash) }
      var first = try initiator.split()
      var second = try responder.split()
      for (index, message) in messages.enumerated().dropFirst(pattern.messages.count) {
        let (payload, ciphertext) = (message[0].hexBytes, message[1].hexBytes)
        if index.isMultiple(of: 2) {
          #expect(try first.sending.encrypt(payload[...]) == ciphertext)
          #expect(try second.receiving.decrypt(ciphertext[...]) == payload)
        } else {
          #expect(try second.sending.encrypt(payload[...]) == ciphertext)
          #expect(try first.receiving.decrypt(ciphertext[...]) == payload)
        }
      }
    }
    #expect(checked["XX", default: 0] > 0)
    if VectorFile.isShipped {
      #expect(checked.count == 15 && checked.values.allSatisfy { $0 == 2 })
    }
  }
}
