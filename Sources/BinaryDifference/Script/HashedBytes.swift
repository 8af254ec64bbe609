import Primitives

/// Bytes with their BLAKE2b-256, so that it is taken once.
public struct HashedBytes: Sendable, Hashable {
  public let bytes: [UInt8]
  public let hash: Hash256

  public init(_ bytes: [UInt8]) {
    self.init(bytes, knownHash: Blake2b256.hash(bytes))
  }

  /// - Parameter knownHash: BLAKE2b-256 of `bytes`, which the caller keeps beside them.
  public init(_ bytes: [UInt8], knownHash: Hash256) {
    self.bytes = bytes
    hash = knownHash
  }

  public var count: Int { bytes.count }
}
