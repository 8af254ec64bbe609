import Primitives

/// A set of items in order, as a comparison by ranges sees it. Places are counted from 0.
public protocol NegentropyStorage: Sendable {
  /// How many items there are.
  var count: Int { get }
  /// The item at a place that is there.
  func item(at place: Int) -> NegentropyItem
  /// The sum of the ids at places that are there.
  func sum(of range: Range<Int>) -> NegentropySum
  /// The place of the first item that is not before a bound, `count` if there is none. None of the
  /// items before `start` is at or behind the bound.
  func firstPlace(atOrBehind bound: NegentropyBound, from start: Int) -> Int
  /// Calls `body` for the items at places that are there, in order.
  func forEach(in range: Range<Int>, _ body: (NegentropyItem) -> Void)
}

extension NegentropyStorage {
  /// What stands for the items at places that are there.
  func fingerprint(of range: Range<Int>) -> NegentropyFingerprint {
    sum(of: range).fingerprint(count: range.count)
  }
}

extension Array where Element == NegentropyItem {
  /// The first index from `start` on whose item is not before a bound, in a list that is in order.
  func firstIndex(atOrBehind bound: NegentropyBound, from start: Int = 0) -> Int {
    var (low, high) = (start, count)
    while low < high {
      let middle = low + (high - low) / 2
      if bound.isAbove(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// A set that does not change: a list in order, with the sum of all ids before each place, so that
/// the sum of any range is one subtraction. 72 bytes an item.
public struct NegentropyList: NegentropyStorage {
  private let items: [NegentropyItem]
  /// Element `n` is the sum of the first `n` ids.
  private let sums: [NegentropySum]

  /// The set of some items, in any order; an item that comes twice is one.
  public init(_ items: some Sequence<NegentropyItem>) {
    let sorted = items.sorted()
    var unique: [NegentropyItem] = []
    unique.reserveCapacity(sorted.count)
    var sums: [NegentropySum] = [.zero]
    sums.reserveCapacity(sorted.count + 1)
    var sum = NegentropySum.zero
    for item in sorted where item != unique.last {
      unique.append(item)
      sum += NegentropySum(item.id)
      sums.append(sum)
    }
    self.items = unique
    self.sums = sums
  }

  public var count: Int { items.count }

  public func item(at place: Int) -> NegentropyItem { items[place] }

  public func sum(of range: Range<Int>) -> NegentropySum {
    var sum = sums[range.upperBound]
    sum -= sums[range.lowerBound]
    return sum
  }

  public func firstPlace(atOrBehind bound: NegentropyBound, from start: Int) -> Int {
    items.firstIndex(atOrBehind: bound, from: start)
  }

  public func forEach(in range: Range<Int>, _ body: (NegentropyItem) -> Void) {
    for place in range { body(items[place]) }
  }
}
