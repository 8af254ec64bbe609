/// A range of keys of one namespace, in the order of their bytes.
public struct StoreRange: Sendable, Hashable {
  public var namespace: Namespace
  /// The first key that may be in the range; empty = from the first key there is.
  public var start: [UInt8]
  /// The first key after the range; nil = to the last key there is.
  public var end: [UInt8]?

  public init(in namespace: Namespace, from start: [UInt8] = [], to end: [UInt8]? = nil) {
    self.namespace = namespace
    self.start = start
    self.end = end
  }

  /// Whether the namespace's key `bytes` is in the range.
  public func contains(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes(contains)
  }

  func contains(_ bytes: UnsafeRawBufferPointer) -> Bool {
    start.withUnsafeBytes { ByteOrder.compare($0, bytes) } <= 0 && isBelowEnd(bytes)
  }

  /// Whether a key that is not before the range's start is in it.
  func isBelowEnd(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let end else { return true }
    return end.withUnsafeBytes { ByteOrder.compare(bytes, $0) } < 0
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
