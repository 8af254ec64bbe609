import Primitives

/// What one end brings to its handshakes.
public struct HandshakeIdentity: Sendable {
  public let network: Hash256
  public let identity: KeyPair
  public let staticKeys: AgreementKeyPair
  /// Told to the other end, encrypted: at most `TransportLimits.attachmentBytesMax` bytes.
  public let attachment: [UInt8]

  public init(
    network: Hash256, identity: KeyPair, staticKeys: AgreementKeyPair, attachment: [UInt8] = []
  ) {
    self.network = network
    self.identity = identity
    self.staticKeys = staticKeys
    self.attachment = attachment
  }
}

/// The handshake of a connection at one end: bytes in, bytes out.
///
/// Both ends send their `Preamble` at once. Then come the three messages of `Noise_XX`, each after
/// its length in two bytes, most significant first. The first has no payload, the other two have
/// an `IdentityProof`. At most one message is held at a time.
public struct PeerHandshake: ~Copyable {
  private let role: HandshakeRole
  private let own: HandshakeIdentity
  private let expected: PublicKey?
  private let preamble: Preamble
  private var noise: HandshakeState
  private var hasFailed = false
  private var step = HandshakeError.Step.preamble
  /// What has come of the current step, its length included.
  private var held: [UInt8] = []
  private var peer: IdentityProof?

  /// - Parameters:
  ///   - ephemeralSecret: 32 random bytes that are used for this handshake only.
  ///   - expected: the identity that the other end must have, if it is known.
  public init(
    _ role: HandshakeRole, own: HandshakeIdentity, ephemeralSecret: SecretKey,
    expected: PublicKey? = nil, version: UInt16 = Preamble.version
  ) {
    self.role = role
    self.own = own
    self.expected = expected
    preamble = Preamble(version: version, network: own.network)
    noise = HandshakeState(
      .xx, role: role, prologue: preamble.bytes, staticKeys: own.staticKeys,
      ephemeralKeys: AgreementKeyPair(secret: ephemeralSecret))
  }

  /// What to send at once; to be called first and once. Throws `tooLong` if our attachment is.
  public mutating func begin() throws(HandshakeError) -> [UInt8] {
    guard own.attachment.count <= TransportLimits.attachmentBytesMax else {
      hasFailed = true
      throw .tooLong(
        role == .initiator ? .third : .second, bytes: own.attachment.count,
        limit: TransportLimits.attachmentBytesMax)
    }
    return preamble.bytes + (role == .initiator ? try write([], at: .first) : [])
  }

  /// Takes bytes of the other end off `input`, as far as they belong to the handshake.
  /// - Returns: what to send in answer. After it, `isComplete` may be true; what is left of `input`
  ///   belongs to the connection then.
  public mutating func receive(
    _ input: inout ArraySlice<UInt8>
  ) throws(HandshakeError) -> [UInt8] {
    guard !hasFailed else { throw .over }
    var reply: [UInt8] = []
    do throws(HandshakeError) {
      while !isComplete, let message = try nextMessage(from: &input) {
        reply += try take(message)
      }
    } catch {
      hasFailed = true
      throw error
    }
    return reply
  }

  /// What went wrong if the other end sends nothing more now.
  public var interruption: HandshakeError {
    hasFailed || isComplete ? .over : .truncated(step, bytes: held.count, needed: neededBytes)
  }

  /// Whether `finish` may be called.
  public var isComplete: Bool { peer != nil && noise.isComplete && !hasFailed }

  /// The outcome, once `isComplete`. Throws `over` before.
  public consuming func finish(
    rekey: RekeySchedule = RekeySchedule()
  ) throws(HandshakeError) -> SecureSession {
    guard isComplete, let peer else { throw .over }
    let binding = noise.hash
    do throws(NoiseError) {
      let ciphers = try noise.split()
      return SecureSession(
        peer: peer.identity, attachment: peer.attachment, binding: binding,
        sealer: RecordSealer(ciphers.sending, rekey: rekey),
        opener: RecordOpener(ciphers.receiving, rekey: rekey))
    } catch { throw .over }
  }

  /// Bytes of the current step, its length included, as far as it is known.
  private var neededBytes: Int {
    guard step != .preamble else { return Preamble.byteCount }
    return held.count < 2 ? 2 : 2 + Int(held[0]) << 8 + Int(held[1])
  }

  /// The bytes of the next step if all are there.
  private mutating func nextMessage(
    from input: inout ArraySlice<UInt8>
  ) throws(HandshakeError) -> ArraySlice<UInt8>? {
    while held.count < neededBytes, !input.isEmpty {
      let taken = input.prefix(neededBytes - held.count)
      held += taken
      input = input.dropFirst(taken.count)
      if step == .preamble {
        // Whoever speaks something else is not waited for.
        guard Preamble.canBegin(held[...]) else { throw .notThisProtocol }
      } else if held.count >= 2, neededBytes - 2 > TransportLimits.handshakeMessageBytesMax {
        throw .tooLong(
          step, bytes: neededBytes - 2, limit: TransportLimits.handshakeMessageBytesMax)
      }
    }
    guard held.count >= 2, held.count == neededBytes else { return nil }
    defer { held = [] }
    return step == .preamble ? held[...] : held[2...]
  }

  /// Takes a whole step; gives the answer to it.
  private mutating func take(_ message: ArraySlice<UInt8>) throws(HandshakeError) -> [UInt8] {
    switch step {
    case .preamble:
      guard let theirs = Preamble(bytes: message) else { throw .notThisProtocol }
      try preamble.check(theirs)
      step = role == .initiator ? .second : .first
      return []
    case .first:
      let payload = try read(message)
      guard payload.isEmpty else {
        throw .malformed(.first, .trailingBytes(payload.count, at: 0))
      }
      step = .third
      return try write(proof, at: .second)
    case .second:
      let proof = try proof(from: try read(message))
      let reply = try write(self.proof, at: .third)
      peer = proof
      return reply
    case .third:
      peer = try proof(from: try read(message))
      return []
    }
  }

  private var proof: [UInt8] {
    IdentityProof(
      of: own.identity, key: own.staticKeys.publicKey, network: own.network,
      attachment: own.attachment
    ).wireBytes
  }

  private func proof(from payload: [UInt8]) throws(HandshakeError) -> IdentityProof {
    let proof: IdentityProof
    do throws(WireError) {
      proof = try IdentityProof(wireBytes: payload)
    } catch { throw .malformed(step, error) }
    guard let key = noise.remoteStatic, proof.proves(key, network: own.network) else {
      throw .badSignature(proof.identity)
    }
    guard proof.identity != own.identity.publicKey else { throw .ownIdentity }
    if let expected, proof.identity != expected {
      throw .otherIdentity(found: proof.identity, expected: expected)
    }
    return proof
  }

  private mutating func read(_ message: ArraySlice<UInt8>) throws(HandshakeError) -> [UInt8] {
    do throws(NoiseError) {
      return try noise.read(message)
    } catch { throw HandshakeError(error, at: step) }
  }

  private mutating func write(
    _ payload: [UInt8], at step: HandshakeError.Step
  ) throws(HandshakeError) -> [UInt8] {
    do throws(NoiseError) {
      let message = try noise.write(payload)
      return [UInt8(message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
    } catch {
      hasFailed = true
      throw HandshakeError(error, at: step)
    }
  }
}

/// What a handshake leads to: who the other end is, and the keys of the connection.
public struct SecureSession: ~Copyable {
  public let peer: PublicKey
  /// The other end's attachment.
  public let attachment: [UInt8]
  /// The same 32 bytes at both ends and nowhere else; names this connection.
  public let binding: Hash256
  public var sealer: RecordSealer
  public var opener: RecordOpener
}
