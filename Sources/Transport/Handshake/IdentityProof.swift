import Primitives

/// The payload by which an end shows who it is: its Ed25519 identity has signed the X25519 key of
/// the handshake, as in libp2p's use of Noise.
///
/// Wire form: identity (32 bytes), signature (64 bytes), attachment (varint length and bytes).
public struct IdentityProof: Sendable, Hashable, WireCodable {
  public let identity: PublicKey
  public let signature: Signature
  /// What the module above wants to tell with it; opaque here. At most
  /// `TransportLimits.attachmentBytesMax` bytes.
  public let attachment: [UInt8]

  /// What is signed for the key `key` in `network`.
  private static func statement(_ key: AgreementKey, network: Hash256) -> [UInt8] {
    Array("livesync transport identity:".utf8) + network.bytes + key.raw.bytes
  }

  /// Signs `key` with `identity`.
  public init(of identity: KeyPair, key: AgreementKey, network: Hash256, attachment: [UInt8]) {
    self.identity = identity.publicKey
    signature = identity.sign(Self.statement(key, network: network))
    self.attachment = attachment
  }

  /// Whether the identity signed `key` for `network`.
  public func proves(_ key: AgreementKey, network: Hash256) -> Bool {
    identity.verify(signature, of: Self.statement(key, network: network))
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(identity)
    encoder.append(signature)
    encoder.append(attachment)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    identity = try decoder.value()
    signature = try decoder.value()
    attachment = try decoder.bytes(limit: TransportLimits.attachmentBytesMax)
  }
}
