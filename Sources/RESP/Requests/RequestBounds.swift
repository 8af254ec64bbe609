/// How large a request may be.
public struct RequestBounds: Sendable, Hashable {
  /// Arguments, the command's name counted.
  public var arguments: Int
  /// Bytes of one argument.
  public var bulkBytes: Int
  /// Bytes of all of it.
  public var requestBytes: Int
  /// Whether the client has not authenticated itself, which the errors then say.
  public var isStranger: Bool

  public init(
    arguments: Int, bulkBytes: Int, requestBytes: Int = RESPLimits.requestBytesMax,
    isStranger: Bool = false
  ) {
    self.arguments = arguments
    self.bulkBytes = bulkBytes
    self.requestBytes = requestBytes
    self.isStranger = isStranger
  }

  /// Of clients that may do all.
  public static let full = RequestBounds(
    arguments: RESPLimits.argumentsMax, bulkBytes: RESPLimits.bulkBytesMax)
  /// Of clients that have yet to authenticate themselves.
  public static let stranger = RequestBounds(
    arguments: RESPLimits.strangerArgumentsMax, bulkBytes: RESPLimits.strangerBytesMax,
    isStranger: true)
}
