/// Patterns of Redis: `*` is any bytes, `?` one byte, `[abc]`, `[a-c]` and `[^a]` one byte of some
/// or none of them, and a backslash takes what follows it as it is.
enum GlobPattern {
  /// Whether the pattern fits all of `text`. Takes at most the product of both lengths: only the
  /// last `*` is ever gone back to.
  static func fits(_ pattern: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) -> Bool {
    var (place, index) = (0, 0)
    var retry: (place: Int, index: Int)?
    while true {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        retry = (place + 1, index)
        place += 1
        continue
      }
      if index == text.count {
        if place == pattern.count { return true }
      } else if place < pattern.count, let next = matched(pattern, place, text[index]) {
        place = next
        index += 1
        continue
      }
      guard let (star, start) = retry, start < text.count else { return false }
      retry = (star, start + 1)
      (place, index) = (star, start + 1)
    }
  }

  /// The place behind the part of the pattern at `place`, which is no star, if that fits a byte.
  private static func matched(
    _ pattern: UnsafeRawBufferPointer, _ place: Int, _ byte: UInt8
  ) -> Int? {
    switch pattern[place] {
    case UInt8(ascii: "?"): return place + 1
    case UInt8(ascii: "["): return matchedClass(pattern, place + 1, byte)
    case UInt8(ascii: "\\") where place + 1 < pattern.count:
      return pattern[place + 1] == byte ? place + 2 : nil
    case let other: return other == byte ? place + 1 : nil
    }
  }

  private static func matchedClass(
    _ pattern: UnsafeRawBufferPointer, _ start: Int, _ byte: UInt8
  ) -> Int? {
    var place = start
    let isNot = place < pattern.count && pattern[place] == UInt8(ascii: "^")
    if isNot { place += 1 }
    var isIn = false
    // A class that does not end, ends with the pattern.
    while place < pattern.count, pattern[place] != UInt8(ascii: "]") {
      if pattern[place] == UInt8(ascii: "\\"), place + 1 < pattern.count {
        place += 1
        if pattern[place] == byte { isIn = true }
        place += 1
      } else if place + 2 < pattern.count, pattern[place + 1] == UInt8(ascii: "-") {
        let (a, b) = (pattern[place], pattern[place + 2])
        if (min(a, b)...max(a, b)).contains(byte) { isIn = true }
        place += 3
      } else {
        if pattern[place] == byte { isIn = true }
        place += 1
      }
    }
    return isIn != isNot ? min(place + 1, pattern.count) : nil
  }
}
