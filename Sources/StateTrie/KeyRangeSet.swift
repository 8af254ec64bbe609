import Primitives

/// A set of keys held as disjoint, non-adjacent, ascending ranges: what a partial trie lacks.
///
/// Lookups are binary searches; insertion and removal cost the number of ranges at most.
public struct KeyRangeSet: Hashable, Sendable {
  /// The ranges: ascending, disjoint, none empty, no two touching.
  public private(set) var ranges: [KeyRange]

  /// No key at all.
  public static let none = KeyRangeSet()
  /// Every key.
  public static let all = KeyRangeSet([.all])

  /// The union of `ranges`, which may overlap and come in any order.
  public init(_ ranges: some Sequence<KeyRange> = []) {
    self.ranges = []
    for range in ranges { insert(range) }
  }

  public var isEmpty: Bool { ranges.isEmpty }

  /// The first key of the set, or nil if it is empty.
  public var first: KeyNibbles? { ranges.first?.start }

  /// Index of the first range that ends after `key`.
  private func index(endingAfter key: KeyNibbles) -> Int {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if key.isBelow(ranges[middle].end) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// True if `key` is in the set.
  public func contains(_ key: KeyNibbles) -> Bool {
    let index = index(endingAfter: key)
    return index < ranges.count && ranges[index].start <= key
  }

  /// True if every key of `range` is in the set.
  public func contains(_ range: KeyRange) -> Bool {
    if range.isEmpty { return true }
    let index = index(endingAfter: range.start)
    return index < ranges.count && ranges[index].contains(range)
  }

  /// True if some key of `range` is in the set.
  public func intersects(_ range: KeyRange) -> Bool {
    if range.isEmpty { return false }
    let index = index(endingAfter: range.start)
    return index < ranges.count && ranges[index].start.isBelow(range.end)
  }

  /// The range of the set that holds `key`, or nil.
  public func range(containing key: KeyNibbles) -> KeyRange? {
    let index = index(endingAfter: key)
    guard index < ranges.count, ranges[index].start <= key else { return nil }
    return ranges[index]
  }

  /// The parts of the set inside `range`, ascending.
  public func intersection(_ range: KeyRange) -> [KeyRange] {
    var parts: [KeyRange] = []
    var index = index(endingAfter: range.start)
    while index < ranges.count, let part = ranges[index].intersection(range) {
      parts.append(part)
      index += 1
    }
    return parts
  }

  /// Adds all keys of `range`.
  public mutating func insert(_ range: KeyRange) {
    if range.isEmpty { return }
    var merged = range
    var low = index(endingAfter: range.start)
    // A range that ends exactly where this one starts touches it and is joined.
    if low > 0, ranges[low - 1].end == range.start { low -= 1 }
    var high = low
    while high < ranges.count, !ranges[high].start.isAfter(range.end) {
      if ranges[high].start < merged.start { merged.start = ranges[high].start }
      if ranges[high].end.isAbove(merged.end) { merged.end = ranges[high].end }
      high += 1
    }
    ranges.replaceSubrange(low..<high, with: CollectionOfOne(merged))
  }

  /// Takes all keys of `range` out.
  public mutating func remove(_ range: KeyRange) {
    if range.isEmpty { return }
    let low = index(endingAfter: range.start)
    var high = low
    var kept: [KeyRange] = []
    while high < ranges.count, ranges[high].start.isBelow(range.end) {
      let old = ranges[high]
      if old.start < range.start { kept.append(KeyRange(start: old.start, end: range.start)) }
      if let end = range.end, old.end.isAbove(end) {
        kept.append(KeyRange(start: end, end: old.end))
      }
      high += 1
    }
    ranges.replaceSubrange(low..<high, with: kept)
  }
}

extension KeyNibbles {
  /// True if this key comes after the exclusive bound `end` (nil = no bound), so that a range
  /// starting here does not touch one ending there.
  fileprivate func isAfter(_ end: KeyNibbles?) -> Bool {
    guard let end else { return false }
    return self > end
  }
}

extension KeyRangeSet: CustomStringConvertible {
  public var description: String {
    isEmpty ? "none" : ranges.map(\.description).joined(separator: " ")
  }
}

extension KeyRangeSet: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(ranges)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let list = try decoder.array(
      of: KeyRange.self, elementBytes: 3, limit: StateTrieLimits.rangesMax)
    self.init(list)
    if ranges != list { throw .invalidValue("key ranges touch or are out of order", at: offset) }
  }
}
