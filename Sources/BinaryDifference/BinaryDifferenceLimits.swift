/// The named limits of binary differences. Units are part of the name.
public enum BinaryDifferenceLimits {
  /// Bytes that a patched value may have: what a replicated value may have at most.
  public static let targetBytesMax = 64 << 20
  /// Bytes that a base may have: it was such a value itself.
  public static let baseBytesMax = targetBytesMax
  /// Operations that a difference may have: what needs more is better sent whole.
  public static let operationsMax = 1 << 20
  /// Bytes of the window over which a rolling hash is taken, at least and at most.
  public static let windowBytesMin = 8
  public static let windowBytesMax = 4_096
  /// Bytes of a block or of an average chunk of a signature, at least and at most.
  public static let blockBytesMin = 64
  public static let blockBytesMax = 1 << 20
  /// Blocks or chunks that a signature may list: those of the largest base at the smallest size.
  public static let signatureBlocksMax = baseBytesMax / blockBytesMin
  /// Blocks with one weak hash that are compared by their strong hash at one place.
  public static let weakCollisionsMax = 8
  /// Strong hashes that may be taken in vain while a target is searched for a signature's blocks,
  /// in bytes for each byte of the target: a signature may be made so that each place looks like a
  /// match.
  public static let vainStrongBytesFactor = 8
  /// Bytes of the windows in which VCDIFF is written, as much as xdelta3 takes by itself.
  public static let vcdiffWindowBytes = 8 << 20
  /// Digits of an integer in VCDIFF: nine hold 63 bits.
  public static let vcdiffDigitsMax = 9
}
