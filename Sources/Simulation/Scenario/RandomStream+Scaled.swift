import Runtime

extension RandomStream {
  /// A number of the range: each order of magnitude as likely as the others if the range is wide,
  /// else each number.
  mutating func scaled(in range: ClosedRange<Int>) -> Int {
    let low = max(1, range.lowerBound)
    let doublings = (range.upperBound / low).bitWidth - (range.upperBound / low).leadingZeroBitCount
    guard doublings > 5 else { return number(in: range) }
    // As likely as a doubling: none at all, where that is allowed.
    let power = below(doublings + (range.lowerBound < low ? 1 : 0))
    guard power < doublings else { return range.lowerBound }
    return min(range.upperBound, number(in: low << power...(low << (power + 1)) - 1))
  }
}
