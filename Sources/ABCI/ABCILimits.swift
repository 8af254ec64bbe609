/// The named limits of the server of ABCI. Units are part of the name.
public enum ABCILimits {
  /// Bytes of one request: a chunk of a snapshot has 16 MB with CometBFT.
  public static let requestBytesMax = 16_777_216
  /// Connections at a time. CometBFT has four.
  public static let connectionsMax = 8
  /// How long a request may take to come in whole once it began, and an answer to leave.
  public static let transferTimeout = Duration.seconds(60)
  /// Bytes of a text in a request: a path, the name of a sender, what is to be echoed.
  public static let textBytesMax = 65_536
  /// Connections that wait to be accepted.
  public static let listenBacklog: Int32 = 16
  /// Bytes that are read at a time.
  static let readBytes = 65_536
  /// Bytes read of one connection before others have their turn.
  static let readTurnBytes = 1 << 20
  /// Pause before connections are accepted again after the operating system refused one.
  static let acceptPause = Duration.milliseconds(100)
}
