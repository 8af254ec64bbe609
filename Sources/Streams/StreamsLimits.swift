/// The named limits of streams and files. Units are part of the name.
public enum StreamsLimits {
  /// Bytes that are read at once, so that a file of any length needs little memory.
  public static let pieceBytes = 64 * 1024
  /// How long a FIFO is waited for that nobody has opened for writing, in milliseconds.
  public static let writerWaitMilliseconds = 10_000
  /// How often it is looked at meanwhile, in milliseconds.
  static let writerPollMilliseconds: Int32 = 50
  /// Symbolic links that are followed to a file that is still to be made, as Linux does.
  package static let linksMax = 40
  /// Names that are tried for the file that is written before it takes its place.
  package static let temporaryNamesMax = 100
}
