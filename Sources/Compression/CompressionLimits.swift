/// The named limits of compression. Units are part of the name.
public enum CompressionLimits {
  /// Bytes that a stream gives out at once, so that one of any length needs little memory.
  public static let pieceBytes = 64 << 10
  /// Binary logarithm of the bytes that a prefix and the content after it may have together: how
  /// far back a frame may refer. zstd itself goes up to 31.
  public static let prefixWindowLogMax = 30
  /// Bytes of a dictionary: what `zstd --train` makes if nothing else is asked for.
  public static let dictionaryBytesMax = 112_640
  /// Bytes of the samples that a dictionary is made from.
  public static let sampleBytesMax = 4 << 20
}
