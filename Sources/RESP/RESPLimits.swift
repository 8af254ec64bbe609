/// What bounds requests and replies.
public enum RESPLimits {
  /// Arguments of one request, the command's name counted.
  public static let argumentsMax = 1_048_576
  /// Bytes of one argument: the largest value.
  public static let bulkBytesMax = 64 << 20
  /// Bytes of one request, all its arguments counted.
  public static let requestBytesMax = 512 << 20
  /// Bytes of an inline request, and of the line that announces an array or an argument.
  public static let lineBytesMax = 64 << 10
  /// Arguments of a request of a client that has not authenticated itself.
  public static let strangerArgumentsMax = 10
  /// Bytes of one argument of such a client, and of all that is kept of it.
  public static let strangerBytesMax = 16 << 10
  /// Replies within one another that a client reads.
  public static let replyDepthMax = 16
  /// Elements of one aggregate of a reply that a client reads.
  public static let replyElementsMax = 1 << 24
  /// Bytes of arguments' places that a parser keeps between requests.
  public static let keptArguments = 1_024
}
