import Primitives

extension WireEncoder {
  /// A word as eight bytes, most significant first.
  mutating func append(fixed word: UInt64) {
    withUnsafeBytes(of: word.bigEndian) { append(raw: $0) }
  }
}

extension WireDecoder {
  /// Eight bytes as a word.
  mutating func fixed() throws(WireError) -> UInt64 {
    let bytes = try raw(8)
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number of records.
  mutating func recordCount() throws(WireError) -> Int {
    let place = offset
    let count = try uint64()
    guard count <= UInt64(ReconciliationLimits.recordsMax) else {
      throw .lengthTooLarge(count, limit: ReconciliationLimits.recordsMax, at: place)
    }
    return Int(count)
  }

  /// A number of a range.
  mutating func bounded(
    _ range: ClosedRange<Int>, _ what: String
  ) throws(WireError) -> Int {
    let place = offset
    let value = try uint64()
    guard let number = Int(exactly: value), range.contains(number) else {
      throw .invalidValue("\(value) is no \(what)", at: place)
    }
    return number
  }
}
