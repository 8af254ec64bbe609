/// The named limits of simulated links. Units are part of the name.
public enum SimulatedLinksLimits {
  /// Most bytes that one end has sent and the other has not acknowledged: beyond them it asks its
  /// user for nothing.
  public static let windowBytesMax = 256 << 10
  /// Least such bytes, on the slowest line.
  public static let windowBytesMin = 8 << 10
  /// Most bytes of one segment, which nothing overtakes.
  public static let segmentBytesMax = 16 << 10
  /// Most bytes of one segment on a slow line.
  public static let segmentBytesMin = 1 << 10
  /// Time that a segment takes of its line, if that allows more bytes than `segmentBytesMin`.
  public static let segmentTime: Duration = .milliseconds(20)
  /// Bytes from the beginning of a link that come one by one.
  public static let singleBytesFirst = 2 << 10
  /// Segments in a million that come byte by byte later on, if they are not longer than
  /// `singleBytesMax`.
  public static let singlePerMillion = 100_000
  /// Bytes of such a segment.
  public static let singleBytesMax = 2 << 10
  /// Powers of two below which the length of another piece lies.
  public static let pieceDoublings = 14
  /// Time after which a lost segment is sent again, beside a round trip.
  public static let resendPause: Duration = .milliseconds(200)
  /// Most time from the end of a partition until what waited goes on.
  public static let resumePauseMax: Duration = .seconds(1)
  /// Powers of two below which the number of bytes lies after which a faulty link fails.
  public static let faultDoublings = 18
  /// The first port that a dialling host takes.
  public static let dialPortFirst: UInt16 = 40_000
  /// Links that wait to be made, of one process.
  public static let dialsMax = 1024
}
