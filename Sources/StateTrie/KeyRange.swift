import Primitives

/// The keys from `start` up to but not with `end`; without an end, up to the last possible key.
public struct KeyRange: Hashable, Sendable {
  /// First key of the range.
  public var start: KeyNibbles
  /// First key after the range, or nil if it has no upper bound.
  public var end: KeyNibbles?

  /// The whole key space.
  public static let all = KeyRange(start: .empty, end: nil)

  public init(start: KeyNibbles, end: KeyNibbles?) {
    self.start = start
    self.end = end
  }

  /// One of the ranges that begin at rising keys, each ending where the next one begins.
  public init(tile index: Int, from starts: some RandomAccessCollection<KeyNibbles>) {
    let place = starts.index(starts.startIndex, offsetBy: index)
    let next = starts.index(after: place)
    self.init(start: starts[place], end: next < starts.endIndex ? starts[next] : nil)
  }

  /// All keys that begin with `prefix`.
  public init(subtree prefix: KeyNibbles) {
    self.init(start: prefix, end: prefix.subtreeEnd)
  }

  /// True if no key lies in the range.
  public var isEmpty: Bool {
    guard let end else { return false }
    return end <= start
  }

  /// True if `key` lies in the range.
  public func contains(_ key: KeyNibbles) -> Bool {
    key >= start && key.isBelow(end)
  }

  /// True if every key of `other` lies in this range.
  public func contains(_ other: KeyRange) -> Bool {
    other.isEmpty || (other.start >= start && !other.end.isAbove(end))
  }

  /// The keys in both ranges, or nil if there are none.
  public func intersection(_ other: KeyRange) -> KeyRange? {
    let low = max(start, other.start)
    let high = end.isAbove(other.end) ? other.end : end
    let range = KeyRange(start: low, end: high)
    return range.isEmpty ? nil : range
  }

  /// True if some key lies in both ranges.
  public func intersects(_ other: KeyRange) -> Bool {
    intersection(other) != nil
  }
}

extension KeyRange: CustomStringConvertible {
  public var description: String { "[\(start), \(end?.description ?? "end"))" }
}

extension KeyRange: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(start)
    encoder.append(optional: end)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    self.init(start: try decoder.value(), end: try decoder.optional())
    if isEmpty { throw .invalidValue("key range ends before it starts", at: offset) }
  }
}

extension KeyNibbles {
  /// True if this key comes before the exclusive bound `end` (nil = no bound).
  func isBelow(_ end: KeyNibbles?) -> Bool {
    guard let end else { return true }
    return self < end
  }
}

extension KeyNibbles? {
  /// Compares exclusive upper bounds, nil being the highest.
  func isAbove(_ other: KeyNibbles?) -> Bool {
    guard let other else { return false }
    guard let self else { return true }
    return self > other
  }
}

extension KeyRange {
  /// Share of the key space, 0…1, by the first 15 nibbles: zero for ranges narrower than 16⁻¹⁵.
  public var share: Double {
    let digits = 15
    let whole = UInt64(1) << UInt64(4 * digits)
    func position(_ key: KeyNibbles) -> UInt64 { key.word(0) >> UInt64(64 - 4 * digits) }
    let low = position(start)
    let high = end.map(position) ?? whole
    return high > low ? Double(high - low) / Double(whole) : 0
  }
}
