/// The named limits of the primitives. Units are part of the name.
public enum PrimitiveLimits {
  /// Longest key in nibbles: the trie of Nimiq Albatross fixes 126, so that a length byte and 63
  /// bytes hold any key.
  public static let keyNibblesMax = 126
  /// Longest key in bytes, two nibbles a byte.
  public static let keyBytesMax = 63
  /// Longest LEB128 varint of a 64-bit integer, in bytes.
  public static let varintBytesMax = 10
}
