import Glibc

/// What the operating system says of its error numbers.
public enum SystemText {
  /// The text of an `errno`.
  public static func of(_ code: Int32) -> String { String(cString: strerror(code)) }
}
