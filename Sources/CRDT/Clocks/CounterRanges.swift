/// A set of counters of one replica as ranges: ascending, not empty, with gaps between. The first
/// one from 1 is what is known without a gap; the others are the cloud.
struct CounterRanges: Sendable, Hashable {
  private(set) var ranges: [ClosedRange<UInt64>] = []

  init() {}

  init(_ range: ClosedRange<UInt64>) { ranges = [range] }

  var isEmpty: Bool { ranges.isEmpty }
  var last: UInt64 { ranges.last?.upperBound ?? 0 }
  /// The last counter before the first gap.
  var contiguous: UInt64 {
    ranges.first.flatMap { $0.lowerBound == 1 ? $0.upperBound : nil } ?? 0
  }

  func contains(_ counter: UInt64) -> Bool {
    // Nearly all contexts have one range.
    guard ranges.count > 1 else { return ranges.first?.contains(counter) ?? false }
    let index = firstRange(endingAtOrAfter: counter)
    return index < ranges.count && ranges[index].lowerBound <= counter
  }

  private func firstRange(endingAtOrAfter counter: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound >= counter { high = middle } else { low = middle + 1 }
    }
    return low
  }

  mutating func insert(_ range: ClosedRange<UInt64>) {
    if let last = ranges.last, range.lowerBound > 0, range.lowerBound - 1 == last.upperBound {
      ranges[ranges.count - 1] = last.lowerBound...range.upperBound
      return
    }
    // Neighbours count as overlapping, so that they become one range.
    let low = firstRange(endingAtOrAfter: range.lowerBound == 0 ? 0 : range.lowerBound - 1)
    var high = low
    var merged = range
    while high < ranges.count, ranges[high].lowerBound - 1 <= range.upperBound {
      merged =
        min(
          merged.lowerBound, ranges[high].lowerBound)...max(
          merged.upperBound, ranges[high].upperBound)
      high += 1
    }
    ranges.replaceSubrange(low..<high, with: CollectionOfOne(merged))
  }

  /// Few ranges are inserted, many are merged in one walk.
  mutating func formUnion(_ other: CounterRanges) {
    if ranges.isEmpty {
      ranges = other.ranges
    } else if other.ranges.count <= Self.fewRanges {
      for range in other.ranges { insert(range) }
    } else {
      var (mine, theirs) = (ranges[...], other.ranges[...])
      var union = CounterRanges()
      while let a = mine.first ?? theirs.first {
        let isMine = !mine.isEmpty && (theirs.first.map { a.lowerBound <= $0.lowerBound } ?? true)
        union.extend(by: isMine ? mine.removeFirst() : theirs.removeFirst())
      }
      self = union
    }
  }

  private static var fewRanges: Int { 4 }

  /// Adds a range that begins at or after the beginning of the last one.
  mutating func extend(by range: ClosedRange<UInt64>) {
    guard let last = ranges.last, range.lowerBound <= last.upperBound + 1 else {
      ranges.append(range)
      return
    }
    if range.upperBound > last.upperBound {
      ranges[ranges.count - 1] = last.lowerBound...range.upperBound
    }
  }

  /// What is here and not in `other`, in one walk over both.
  func subtracting(_ other: CounterRanges) -> [ClosedRange<UInt64>] {
    var left: [ClosedRange<UInt64>] = []
    var index = 0
    for range in ranges {
      var next = range.lowerBound
      while index < other.ranges.count, other.ranges[index].lowerBound <= range.upperBound {
        let hole = other.ranges[index]
        if hole.lowerBound > next { left.append(next...hole.lowerBound - 1) }
        next = max(next, hole.upperBound + 1)
        // It may reach into the next range.
        guard hole.upperBound <= range.upperBound else { break }
        index += 1
      }
      if next <= range.upperBound { left.append(next...range.upperBound) }
    }
    return left
  }

  /// Adds a range that lies behind all others with a gap, as decoders read them.
  mutating func append(_ range: ClosedRange<UInt64>) { ranges.append(range) }
}
