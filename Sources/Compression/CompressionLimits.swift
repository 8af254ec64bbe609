/// The named limits of compression. Units are part of the name.
public enum CompressionLimits {
  /// Bytes that a stream gives out at once, so that one of any length needs little memory.
  public static let pieceBytes = 64 << 10
  /// Binary logarithm of the bytes that a prefix and the content after it may have together: how
  /// far back a frame may refer. zstd itself goes up to 31.
  public static let prefixWindowLogMax = 30
}
