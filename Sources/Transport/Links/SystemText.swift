import Glibc

/// What the operating system says of its error numbers.
enum SystemText {
  /// The text of an `errno`.
  static func describe(_ code: Int32) -> String { String(cString: strerror(code)) }
}
