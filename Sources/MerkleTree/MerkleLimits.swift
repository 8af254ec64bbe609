/// The named limits of the Merkle room. Units are part of the name.
public enum MerkleLimits {
  /// Most leaves a list taken from the wire may claim. Far above any chain, and far enough below
  /// 2^63 that no index, position or shift computed from it can overflow.
  public static let leavesMax = 1 << 48
  /// Most hashes of a proof for one leaf: the height of a tree of 2^63 leaves.
  public static let inclusionHashesMax = 63
  /// Most hashes of a proof for a contiguous range: one path on each side.
  public static let rangeHashesMax = 126
  /// Most hashes of a consistency proof: a path and the node it starts from.
  public static let consistencyHashesMax = 64
}
