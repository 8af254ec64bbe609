/// The named limits of the event log. Units are part of the name.
public enum EventLogLimits {
  /// Longest text of one field, in bytes of UTF-8. Longer ones are cut when written.
  public static let textBytesMax = 4 * 1024
  /// Longest line that is read, in bytes, without the line feed: room for the event with the most
  /// texts (seven) if all are as long as allowed and every byte is escaped with six.
  public static let lineBytesMax = 256 * 1024
  /// Most bytes in one `data` field; twice as many digits. What is larger comes in several records.
  public static let dataBytesMax = 32 * 1024
  /// How deep values of a JSON document may be nested.
  public static let jsonDepthMax = 32
  /// Bytes a writer holds back before it hands them to its output.
  public static let flushBytes = 64 * 1024
}
