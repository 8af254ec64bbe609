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

  mutating func formUnion(_ other: CounterRanges) {
    if ranges.isEmpty {
      ranges = other.ranges
    } else {
      for range in other.ranges { insert(range) }
    }
  }

  /// Adds a range that lies behind all others with a gap, as decoders read them.
  mutating func append(_ range: ClosedRange<UInt64>) { ranges.append(range) }
}
