import Primitives

/// A handshake of `Noise_…_25519_ChaChaPoly_SHA256` at one end (Noise specification revision 34,
/// section 5.3).
///
/// Holds no randomness: the ephemeral key pair comes from outside and must be new for each
/// handshake. After an error the handshake must be dropped.
public struct HandshakeState: ~Copyable {
  private let pattern: HandshakePattern
  private let role: HandshakeRole
  private var symmetric: SymmetricState
  private let staticKeys: AgreementKeyPair
  private let ephemeralKeys: AgreementKeyPair
  private var remoteEphemeral: AgreementKey?
  /// The other end's static key, once it was read.
  public private(set) var remoteStatic: AgreementKey?
  private var messageIndex = 0
  private var isBroken = false

  public init(
    _ pattern: HandshakePattern, role: HandshakeRole, prologue: [UInt8],
    staticKeys: AgreementKeyPair, ephemeralKeys: AgreementKeyPair
  ) {
    self.pattern = pattern
    self.role = role
    self.staticKeys = staticKeys
    self.ephemeralKeys = ephemeralKeys
    symmetric = SymmetricState(protocolName: "Noise_\(pattern.name)_25519_ChaChaPoly_SHA256")
    symmetric.mix(hash: prologue)
  }

  /// Whether all messages were written and read.
  public var isComplete: Bool { messageIndex == pattern.messages.count && !isBroken }
  /// Whether this end writes the next message.
  public var isOurTurn: Bool {
    !isBroken && !isComplete && messageIndex.isMultiple(of: 2) == (role == .initiator)
  }
  /// The hash of the transcript so far; after the last message it names the connection.
  public var hash: Hash256 { symmetric.hash }

  /// The next message of this end with `payload`. Throws `outOfTurn`, `tooLong`, `zeroSecret`.
  public mutating func write(_ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
    guard isOurTurn else { throw .outOfTurn }
    isBroken = true
    var message: [UInt8] = []
    for token in pattern.messages[messageIndex] {
      switch token {
      case .e:
        message += ephemeralKeys.publicKey.raw.bytes
        symmetric.mix(hash: ephemeralKeys.publicKey.raw.bytes)
      case .s: message += try symmetric.encryptAndHash(staticKeys.publicKey.raw.bytes)
      case .ee, .es, .se, .ss: try agree(token)
      }
    }
    let length = message.count + payload.count + symmetric.tagBytes
    guard length <= TransportLimits.recordBytesMax else {
      throw .tooLong(bytes: length, limit: TransportLimits.recordBytesMax)
    }
    message += try symmetric.encryptAndHash(payload)
    (messageIndex, isBroken) = (messageIndex + 1, false)
    return message
  }

  /// The payload of the other end's next message. Throws `outOfTurn`, `tooLong`, `truncated`,
  /// `decryptFailed`, `zeroSecret`.
  public mutating func read(_ message: ArraySlice<UInt8>) throws(NoiseError) -> [UInt8] {
    guard !isBroken, !isComplete, !isOurTurn else { throw .outOfTurn }
    isBroken = true
    guard message.count <= TransportLimits.recordBytesMax else {
      throw .tooLong(bytes: message.count, limit: TransportLimits.recordBytesMax)
    }
    var rest = message
    for token in pattern.messages[messageIndex] {
      switch token {
      case .e:
        let bytes = try Self.take(AgreementKey.byteCount, of: .ephemeralKey, from: &rest)
        symmetric.mix(hash: bytes)
        remoteEphemeral = AgreementKey(raw: bytes.withUnsafeBytes { Hash256(loading: $0) })
      case .s:
        let length = AgreementKey.byteCount + symmetric.tagBytes
        let field = try Self.take(length, of: .staticKey, from: &rest)
        let bytes = try symmetric.decryptAndHash(field, .staticKey)
        remoteStatic = AgreementKey(raw: bytes.withUnsafeBytes { Hash256(loading: $0) })
      case .ee, .es, .se, .ss: try agree(token)
      }
    }
    let payload = try symmetric.decryptAndHash(rest, .payload)
    (messageIndex, isBroken) = (messageIndex + 1, false)
    return payload
  }

  /// The ciphers of what this end sends and receives after the last message. Throws `outOfTurn`
  /// before.
  public consuming func split() throws(NoiseError) -> TransportCiphers {
    guard isComplete else { throw .outOfTurn }
    let (initiator, responder) = symmetric.split()
    let isInitiator = role == .initiator
    return TransportCiphers(
      sending: CipherState(key: isInitiator ? initiator : responder),
      receiving: CipherState(key: isInitiator ? responder : initiator))
  }

  private mutating func agree(_ token: HandshakeToken) throws(NoiseError) {
    let isInitiator = role == .initiator
    let (own, other): (AgreementKeyPair, AgreementKey?) =
      switch token {
      case .ee: (ephemeralKeys, remoteEphemeral)
      case .ss: (staticKeys, remoteStatic)
      case .es: isInitiator ? (ephemeralKeys, remoteStatic) : (staticKeys, remoteEphemeral)
      case .se: isInitiator ? (staticKeys, remoteEphemeral) : (ephemeralKeys, remoteStatic)
      case .e, .s: preconditionFailure("\(token) is no agreement")
      }
    guard let other else { throw .outOfTurn }
    guard let secret = own.agree(with: other) else { throw .zeroSecret(token) }
    symmetric.mix(key: secret)
  }

  private static func take(
    _ count: Int, of field: NoiseError.Field, from rest: inout ArraySlice<UInt8>
  ) throws(NoiseError) -> ArraySlice<UInt8> {
    guard rest.count >= count else {
      throw .truncated(field, bytes: rest.count, needed: count)
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}

/// The two ciphers of a connection, as one end sees them.
public struct TransportCiphers: ~Copyable {
  public var sending: CipherState
  public var receiving: CipherState
}
