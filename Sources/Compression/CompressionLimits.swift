/// The named limits of compression. Units are part of the name.
public enum CompressionLimits {
  /// Bytes that a stream gives out at once, so that one of any length needs little memory.
  public static let pieceBytes = 64 << 10
}
