import Primitives

/// The name of an account: the first 20 bytes of BLAKE2b-256 of its owner's public key.
public struct Address: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Length of an address in bytes.
  public static let byteCount = 20

  /// Where the account lies in the trie: 40 nibbles.
  public let key: KeyNibbles

  /// The address of the account that `publicKey` signs for.
  public init(of publicKey: PublicKey) {
    key = KeyNibbles(bytes: Blake2b256.hash(publicKey.raw.bytes).bytes.prefix(Self.byteCount))
  }

  /// The address held by exactly 20 bytes, or nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    key = KeyNibbles(bytes: bytes)
  }

  /// The 20 bytes.
  public var bytes: [UInt8] { key.bytes }
  public var description: String { key.hex }
  public static func < (a: Address, b: Address) -> Bool { a.key < b.key }
}

extension Address: WireCodable {
  /// 20 raw bytes.
  public func encode(to encoder: inout WireEncoder) { encoder.append(raw: bytes) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    key = KeyNibbles(bytes: try decoder.raw(Self.byteCount))
  }
}
