/// The named limits of binary differences. Units are part of the name.
public enum BinaryDifferenceLimits {
  /// Bytes that a patched value may have: what a replicated value may have at most.
  public static let targetBytesMax = 64 << 20
}
