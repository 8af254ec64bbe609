import Glibc

/// Comparing bytes in memory.
enum Bytes {
  @inline(__always)
  static func equal(
    _ a: UnsafeRawPointer?, _ b: UnsafeRawPointer?, _ count: Int
  ) -> Bool {
    guard count > 0, let a, let b else { return count == 0 }
    return memcmp(a, b, count) == 0
  }

  /// Whether both are the same but for ASCII's cases; `word` is in lower case.
  @inline(__always)
  static func isWord(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where lower(bytes[index]) != word.utf8Start[index] { return false }
    return true
  }

  @inline(__always)
  static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
}
