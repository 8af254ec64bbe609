/// The words of a line as Redis splits them: parted by white space; within double quotes `\n`,
/// `\r`, `\t`, `\b`, `\a` and `\xHH` stand for bytes, and a backslash for what follows it; within
/// single quotes only `\'` is special. A quote ends a word.
enum QuotedWords {
  /// Appends the bytes of the words to `bytes` and gives where they lie; nil if a quote is not
  /// closed, or closed in the middle of a word. There is always an address: `bytes` has one byte
  /// more.
  static func split(
    _ line: UnsafeRawBufferPointer, into bytes: inout [UInt8]
  ) -> [ArgumentRange]? {
    var words: [ArgumentRange] = []
    var index = 0
    bytes.removeAll()
    bytes.reserveCapacity(line.count + 1)
    while true {
      while index < line.count, isSpace(line[index]) { index += 1 }
      guard index < line.count, line[index] != 0 else { break }
      let start = bytes.count
      guard word(line, &index, &bytes) else { return nil }
      words.append(
        ArgumentRange(
          offset: UInt32(truncatingIfNeeded: start),
          count: UInt32(truncatingIfNeeded: bytes.count - start)))
    }
    bytes.append(0)
    return words
  }

  /// Reads one word; false if its quotes are not balanced.
  private static func word(
    _ line: UnsafeRawBufferPointer, _ index: inout Int, _ bytes: inout [UInt8]
  ) -> Bool {
    while index < line.count, !isSpace(line[index]), line[index] != 0 {
      let byte = line[index]
      index += 1
      guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") else {
        bytes.append(byte)
        continue
      }
      guard quoted(line, &index, by: byte, &bytes) else { return false }
      // What follows a closing quote must be white space.
      return index == line.count || isSpace(line[index])
    }
    // A byte of zero ends the line, as in C.
    if index < line.count, line[index] == 0 { index = line.count }
    return true
  }

  private static func quoted(
    _ line: UnsafeRawBufferPointer, _ index: inout Int, by quote: UInt8, _ bytes: inout [UInt8]
  ) -> Bool {
    let isDouble = quote == UInt8(ascii: "\"")
    while index < line.count {
      let byte = line[index]
      index += 1
      if byte == quote { return true }
      guard byte == UInt8(ascii: "\\"), index < line.count else {
        bytes.append(byte)
        continue
      }
      guard isDouble else {
        // Only the quote itself can be escaped.
        let isQuote = line[index] == quote
        bytes.append(isQuote ? quote : byte)
        if isQuote { index += 1 }
        continue
      }
      if line[index] == UInt8(ascii: "x"), index + 2 < line.count,
        let high = nibble(line[index + 1]), let low = nibble(line[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(unescaped(line[index]))
        index += 1
      }
    }
    return false
  }

  private static func unescaped(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "r"): 13
    case UInt8(ascii: "t"): 9
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "a"): 7
    default: byte
    }
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
