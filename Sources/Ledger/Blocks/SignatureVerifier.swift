import Primitives

/// Checks Ed25519 signatures. A pure function, so that results may be remembered.
public protocol SignatureVerifier: Sendable {
  /// True if `signature` is `key`'s signature of `message`.
  func verify(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool
  /// How often results were remembered; nil if none are.
  var cacheStatistics: CachingSignatureVerifier.Statistics? { get }
}

extension SignatureVerifier {
  public var cacheStatistics: CachingSignatureVerifier.Statistics? { nil }
}

/// Checks every signature anew.
public struct DirectSignatureVerifier: SignatureVerifier {
  public init() {}

  public func verify(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
    key.verify(signature, of: message)
  }
}
