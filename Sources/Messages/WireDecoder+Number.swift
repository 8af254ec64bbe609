import Primitives

extension WireDecoder {
  /// A whole number inside `range`, whose bounds are not negative.
  mutating func number(in range: ClosedRange<Int>) throws(WireError) -> Int {
    let start = offset
    let value = try varint()
    guard value <= UInt64(range.upperBound) else {
      throw .lengthTooLarge(value, limit: range.upperBound, at: start)
    }
    guard value >= UInt64(range.lowerBound) else {
      throw .invalidValue("\(value) is below \(range.lowerBound)", at: start)
    }
    return Int(value)
  }
}
