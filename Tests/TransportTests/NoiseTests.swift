import Primitives
import TestSupport
import Testing
import Transport

@Suite struct NoiseTests {
  static func secret(_ byte: UInt8) -> SecretKey {
    SecretKey(bytes: [UInt8](repeating: byte, count: SecretKey.byteCount))!
  }

  static func keys(_ byte: UInt8) -> AgreementKeyPair { AgreementKeyPair(secret: secret(byte)) }

  private static func end(_ role: HandshakeRole, prologue: [UInt8] = []) -> HandshakeState {
    let base: UInt8 = role == .initiator ? 1 : 3
    return HandshakeState(
      .xx, role: role, prologue: prologue, staticKeys: keys(base), ephemeralKeys: keys(base + 1))
  }

  /// RFC 7748, section 6.1.
  @Test func agreement_shouldBeThatOfTheStandard() throws {
    let bob = try #require(
      Hex.bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
    let alice = try #require(
      Hash256(hex: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
    let shared = try #require(
      Hex.bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
    let pair = AgreementKeyPair(secret: try #require(SecretKey(bytes: bob)))
    #expect(
      pair.publicKey.description
        == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    let secret = try #require(pair.agree(with: AgreementKey(raw: alice)))
    #expect(secret.isEqual(to: try #require(SecretKey(bytes: shared))))
    #expect(!secret.isEqual(to: Self.secret(1)))
  }

  @Test(arguments: [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  ])
  func agreement_shouldBeRefused_whenTheKeyIsAPointOfSmallOrder(hex: String) throws {
    let key = AgreementKey(raw: try #require(Hash256(hex: hex)))
    #expect(Self.keys(9).agree(with: key) == nil)
    var initiator = Self.end(.initiator)
    _ = try initiator.write([])
    let message = key.raw.bytes + [UInt8](repeating: 0, count: 64)
    #expect(throws: NoiseError.zeroSecret(.ee)) { try initiator.read(message[...]) }
    #expect(throws: NoiseError.outOfTurn) { try initiator.read(message[...]) }
    #expect(!initiator.isComplete && !initiator.isOurTurn)
  }

  @Test func secret_shouldHave32Bytes() {
    #expect(SecretKey(bytes: [UInt8](repeating: 1, count: 31)) == nil)
    #expect(SecretKey(bytes: [UInt8](repeating: 1, count: 33)) == nil)
  }

  @Test func nonce_shouldNeverBeUsedTwice_andEndBeforeTheReservedOne() throws {
    var sender = CipherState(key: Self.secret(1), nonce: .max - 2)
    var receiver = CipherState(key: Self.secret(1), nonce: .max - 2)
    let first = try sender.encrypt([5, 5])
    let second = try sender.encrypt([5, 5])
    #expect(first != second)
    #expect(try receiver.decrypt(first[...]) == [5, 5])
    #expect(try receiver.decrypt(second[...]) == [5, 5])
    #expect(throws: NoiseError.nonceExhausted) { try sender.encrypt([5]) }
    #expect(throws: NoiseError.nonceExhausted) { try receiver.decrypt(second[...]) }
    #expect(sender.nonce == .max && receiver.nonce == .max)
  }

  @Test func cipher_shouldRefuse_whatWasChangedRepeatedOrCut_andKeepItsNonce() throws {
    var sender = CipherState(key: Self.secret(1))
    var receiver = CipherState(key: Self.secret(1))
    let message = try sender.encrypt([1, 2, 3], associated: [9])
    for index in message.indices {
      var changed = message
      changed[index] ^= 1
      #expect(throws: NoiseError.decryptFailed(.payload)) {
        try receiver.decrypt(changed[...], associated: [9])
      }
    }
    #expect(throws: NoiseError.decryptFailed(.payload)) { try receiver.decrypt(message[...]) }
    #expect(throws: NoiseError.truncated(.payload, bytes: 15, needed: 16)) {
      try receiver.decrypt(message.prefix(15), associated: [9])
    }
    #expect(receiver.nonce == 0)
    #expect(try receiver.decrypt(message[...], associated: [9]) == [1, 2, 3])
    #expect(throws: NoiseError.decryptFailed(.payload)) {
      try receiver.decrypt(message[...], associated: [9])
    }
  }

  @Test func cipher_shouldEncrypt_upToTheLongestMessage() throws {
    var cipher = CipherState(key: Self.secret(1))
    let most = TransportLimits.recordBytesMax - CipherState.tagBytes
    let longest = [UInt8](repeating: 1, count: most)
    #expect(try cipher.encrypt(longest[...]).count == TransportLimits.recordBytesMax)
    let longer = longest + [1]
    #expect(
      throws: NoiseError.tooLong(
        bytes: TransportLimits.recordBytesMax + 1, limit: TransportLimits.recordBytesMax)
    ) { try cipher.encrypt(longer[...]) }
    #expect(cipher.nonce == 1)
  }

  @Test func rekeying_shouldChangeTheKey_andNotTheNonce() throws {
    var old = CipherState(key: Self.secret(1))
    var sender = CipherState(key: Self.secret(1))
    var receiver = CipherState(key: Self.secret(1))
    sender.rekey()
    let message = try sender.encrypt([1])
    #expect(throws: NoiseError.decryptFailed(.payload)) { try old.decrypt(message[...]) }
    receiver.rekey()
    #expect(try receiver.decrypt(message[...]) == [1])
    #expect(sender.nonce == 1)
  }

  @Test func handshake_shouldTakeTurns_andBeRefusedOutOfThem() throws {
    var initiator = Self.end(.initiator)
    var responder = Self.end(.responder)
    #expect(throws: NoiseError.outOfTurn) { try responder.write([]) }
    #expect(throws: NoiseError.outOfTurn) { try initiator.read([1]) }
    let first = try initiator.write([])
    #expect(throws: NoiseError.outOfTurn) { try initiator.write([]) }
    _ = try responder.read(first[...])
    let second = try responder.write([1])
    #expect(try initiator.read(second[...]) == [1])
    #expect(initiator.remoteStatic == Self.keys(3).publicKey)
    let third = try initiator.write([2])
    #expect(initiator.isComplete && !responder.isComplete)
    #expect(try responder.read(third[...]) == [2])
    #expect(throws: NoiseError.outOfTurn) { try responder.read(third[...]) }
    #expect(throws: NoiseError.outOfTurn) { try initiator.write([]) }
    #expect(initiator.hash == responder.hash)
    #expect(responder.remoteStatic == Self.keys(1).publicKey)
  }

  @Test func split_shouldBeRefused_beforeTheEnd() {
    #expect(throws: NoiseError.outOfTurn) { _ = try Self.end(.initiator).split() }
  }

  @Test func message_shouldBeRefused_whereverItIsCut() throws {
    var other = Self.end(.initiator)
    let first = try other.write([])
    for count in 0..<first.count {
      var responder = Self.end(.responder)
      #expect(throws: NoiseError.truncated(.ephemeralKey, bytes: count, needed: 32)) {
        try responder.read(first.prefix(count))
      }
    }
    var responder = Self.end(.responder)
    _ = try responder.read(first[...])
    let second = try responder.write([7, 7])
    for count in 0..<second.count {
      var initiator = Self.end(.initiator)
      _ = try initiator.write([])
      let error = #expect(throws: NoiseError.self) { try initiator.read(second.prefix(count)) }
      switch count {
      case ..<32: #expect(error == .truncated(.ephemeralKey, bytes: count, needed: 32))
      case ..<80: #expect(error == .truncated(.staticKey, bytes: count - 32, needed: 48))
      case ..<96: #expect(error == .truncated(.payload, bytes: count - 80, needed: 16))
      default: #expect(error == .decryptFailed(.payload))
      }
    }
  }

  @Test func message_shouldBeRefused_whenItIsTooLong() throws {
    var initiator = Self.end(.initiator)
    let payload = [UInt8](repeating: 0, count: TransportLimits.recordBytesMax)
    #expect(
      throws: NoiseError.tooLong(
        bytes: TransportLimits.recordBytesMax + 32, limit: TransportLimits.recordBytesMax)
    ) { try initiator.write(payload) }
    var responder = Self.end(.responder)
    #expect(throws: NoiseError.self) { try responder.read(payload[...] + [0]) }
  }

  @Test func handshake_shouldFail_whenTheProloguesDiffer() throws {
    var initiator = Self.end(.initiator, prologue: [1])
    var responder = Self.end(.responder, prologue: [2])
    let first = try initiator.write([])
    _ = try responder.read(first[...])
    let second = try responder.write([])
    #expect(throws: NoiseError.decryptFailed(.staticKey)) { try initiator.read(second[...]) }
  }
}
