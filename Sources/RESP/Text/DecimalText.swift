/// Whole numbers as Redis writes and reads them.
public enum DecimalText {
  /// Bytes of the longest number, with its sign.
  public static let digitsMax = 20

  /// The number that the bytes are: digits without leading zeros, perhaps a minus; nil for anything
  /// else, also for spaces, a plus, and what 64 bits do not hold.
  @inlinable
  public static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard bytes.count > 0, bytes.count <= digitsMax else { return nil }
    var index = 0
    let isNegative = bytes[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    guard index < bytes.count else { return nil }
    if bytes[index] == UInt8(ascii: "0") { return bytes.count == 1 ? 0 : nil }
    var number: UInt64 = 0
    while index < bytes.count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (product, isLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = product.addingReportingOverflow(UInt64(digit))
      if isLarge || isLarger { return nil }
      number = sum
      index += 1
    }
    if isNegative {
      guard number <= UInt64(Int64.max) + 1 else { return nil }
      return Int64(truncatingIfNeeded: 0 &- number)
    }
    return Int64(exactly: number)
  }

  /// Writes a number to `target`, which has room for `digitsMax` bytes, and gives how many it took.
  @inlinable
  public static func write(_ number: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var rest = number.magnitude
    var count = 0
    repeat {
      target[count] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
      count += 1
    } while rest > 0
    if number < 0 {
      target[count] = UInt8(ascii: "-")
      count += 1
    }
    var (low, high) = (0, count - 1)
    while low < high {
      (target[low], target[high]) = (target[high], target[low])
      low += 1
      high -= 1
    }
    return count
  }
}
