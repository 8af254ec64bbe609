import Primitives

/// What a node is to all others: its Ed25519 public key. Whoever connects with the same key is the
/// same peer, wherever it comes from and however often it went away.
///
/// Ordered like the bytes of the key. Prints as 64 lower-case hexadecimal digits.
public struct NodeIdentity: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The key. A network lets nobody connect who cannot sign with it.
  public let key: PublicKey

  public init(key: PublicKey) {
    self.key = key
  }

  public var description: String { key.description }

  public static func < (a: NodeIdentity, b: NodeIdentity) -> Bool { a.key < b.key }
}

extension NodeIdentity: WireCodable {
  public func encode(to encoder: inout WireEncoder) { encoder.append(key) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    self.init(key: try decoder.value())
  }
}
