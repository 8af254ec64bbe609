import Primitives
import Reconciliation
import StateTrie

/// The name of an account with its value in the sketch of one state: the first 32 bits of its key,
/// so that it can be found by its name, and 32 bits of the SipHash of key and value.
///
/// The hash's key is the salt of whoever makes the symbols. It follows from the block at which they
/// were made and from who made them, so nobody knows it before that, and the symbols of two peers
/// have two: accounts whose names collide, by chance or by design, lead to a wrong root with one.
public struct LeafNames: Sendable, Hashable {
  /// The key of the hash.
  public let salt: SipKey

  public init(salt: SipKey) {
    self.salt = salt
  }

  /// The names that a peer gives to accounts once it has begun at a block.
  public init(of maker: Hash256, at block: Hash256) {
    let hash = Blake2b256.hash(maker.bytes + block.bytes)
    self.init(salt: SipKey(low: hash.words.0, high: hash.words.1))
  }

  /// The name of an account.
  public func name(of item: TrieItem) -> ShortID {
    let prefix = item.key.word(0) >> 32
    let bytes = item.wireBytes
    let hash = bytes.withUnsafeBytes { SipHash.hash($0, key: salt) }
    return ShortID(prefix << 32 | hash >> 32)
  }

  /// The digits of the key that a name says.
  public static func prefix(of name: ShortID) -> UInt32 { UInt32(name.word >> 32) }

  /// All keys with these digits.
  public static func range(of prefix: UInt32) -> KeyRange {
    KeyRange(subtree: KeyNibbles(words: UInt64(prefix) << 32, 0, 0, count: digits))
  }

  /// Digits of the key in a name.
  private static let digits = 8
}
