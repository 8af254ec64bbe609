/// Reads fields of others' formats one after another from a part of the input. Errors name the
/// place in the whole input.
struct ByteCursor {
  let input: [UInt8]
  /// Offset of the next byte.
  private(set) var offset: Int
  private let end: Int

  init(_ input: [UInt8]) {
    self.init(input, 0..<input.count)
  }

  private init(_ input: [UInt8], _ range: Range<Int>) {
    self.input = input
    offset = range.lowerBound
    end = range.upperBound
  }

  /// Bytes not read yet.
  var remaining: Int { end - offset }

  mutating func byte() throws(BinaryDifferenceError) -> UInt8 {
    guard offset < end else { throw .truncated(missing: 1, at: offset) }
    defer { offset += 1 }
    return input[offset]
  }

  /// The next `count` bytes as they are.
  mutating func raw(_ count: Int) throws(BinaryDifferenceError) -> ArraySlice<UInt8> {
    guard count <= remaining else { throw .truncated(missing: count - remaining, at: offset) }
    defer { offset += count }
    return input[offset..<offset + count]
  }

  /// A reader of the next `count` bytes alone.
  mutating func section(_ count: Int) throws(BinaryDifferenceError) -> ByteCursor {
    let bytes = try raw(count)
    return ByteCursor(input, bytes.startIndex..<bytes.endIndex)
  }

  /// An unsigned integer of `width` bytes, most significant first.
  mutating func bigEndian(width: Int) throws(BinaryDifferenceError) -> UInt64 {
    try raw(width).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// An integer of RFC 3284, section 2: digits of seven bits, most significant first, each but the
  /// last with the highest bit set.
  mutating func vcdiffInteger() throws(BinaryDifferenceError) -> Int {
    let start = offset
    var value = 0
    for _ in 0..<BinaryDifferenceLimits.vcdiffDigitsMax {
      let next = try byte()
      value = value << 7 | Int(next & 0x7f)
      if next < 0x80 { return value }
    }
    throw .invalid("an integer has more than 63 bits", at: start)
  }
}
