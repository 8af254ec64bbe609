import Primitives
import Reconciliation
import StateTrie

/// The name of an account with its value in the sketch of one state: the first 32 bits of its key,
/// so that it can be found by its name, and 32 bits of the SipHash of key and value.
///
/// The hash's key is the hash of the state's block, which nobody knows before the state is made:
/// nobody can choose accounts whose names collide. Those that do by chance lead to a wrong root.
public struct LeafNames: Sendable {
  private let key: SipKey

  /// The names in the state after the block with this hash.
  public init(block: Hash256) {
    key = SipKey(low: block.words.0, high: block.words.1)
  }

  /// The name of an account.
  public func name(of item: TrieItem) -> ShortID {
    let prefix = item.key.word(0) >> 32
    let bytes = item.wireBytes
    let hash = bytes.withUnsafeBytes { SipHash.hash($0, key: key) }
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
