/// A range of keys, in the order of their bytes.
public struct StoreRange: Sendable, Hashable {
  /// The first key that may be in the range; empty = from the first key there is.
  public var start: [UInt8]
  /// The first key after the range; nil = to the last key there is.
  public var end: [UInt8]?

  public init(from start: [UInt8] = [], to end: [UInt8]? = nil) {
    self.start = start
    self.end = end
  }

  /// Every key.
  public static let all = StoreRange()

  /// The keys that begin with `prefix`.
  public static func prefix(_ prefix: [UInt8]) -> StoreRange {
    var end = prefix
    while end.last == 0xff { end.removeLast() }
    guard let last = end.last else { return StoreRange(from: prefix) }
    end[end.count - 1] = last + 1
    return StoreRange(from: prefix, to: end)
  }

  /// Whether `key` is in the range.
  public func contains(_ key: [UInt8]) -> Bool {
    guard ByteOrder.compare(start, key) <= 0 else { return false }
    guard let end else { return true }
    return ByteOrder.compare(key, end) < 0
  }

  /// Whether a key that is not before the range's start is in it.
  func isBelowEnd(_ key: UnsafeRawBufferPointer) -> Bool {
    guard let end else { return true }
    return end.withUnsafeBytes { ByteOrder.compare(key, $0) } < 0
  }
}

/// The order of keys: like `memcmp`, then the shorter one first.
enum ByteOrder {
  /// Below, equal to or above zero as `a` stands before, at or after `b`.
  static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
    a.withUnsafeBytes { a in b.withUnsafeBytes { compare(a, $0) } }
  }

  static func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let common = min(a.count, b.count)
    for index in 0..<common where a[index] != b[index] {
      return Int(a[index]) - Int(b[index])
    }
    return a.count - b.count
  }
}
