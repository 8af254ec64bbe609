extension RandomStream {
  /// A number in `0..<bound`, each equally likely. `bound` must be positive.
  ///
  /// Lemire's multiply-and-reject method (2019).
  @inlinable
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "no number lies below \(bound)")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// A number in `range`, each equally likely; `upperBound - lowerBound` must be below 2^63 - 1.
  public mutating func number(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// True with probability `perMillion` in a million; always draws, so that a changed
  /// probability does not move later draws.
  @inlinable
  public mutating func chance(perMillion: Int) -> Bool {
    below(1_000_000) < perMillion
  }

  /// An element, each equally likely, or nil if there is none.
  public mutating func pick<Elements: RandomAccessCollection>(
    _ elements: Elements
  ) -> Elements.Element? {
    guard !elements.isEmpty else { return nil }
    return elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
  }

  /// Puts the elements in a random order, each order equally likely (Fisher and Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in elements.indices.dropFirst().reversed() {
      elements.swapAt(last, below(last + 1))
    }
  }

  /// `count` random bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      var word = next()
      for _ in 0..<min(8, count - bytes.count) {
        bytes.append(UInt8(truncatingIfNeeded: word))
        word &>>= 8
      }
    }
    return bytes
  }

  /// A duration in `range`, in whole nanoseconds, each equally likely; bounds below 146 years.
  public mutating func duration(in range: ClosedRange<Duration>) -> Duration {
    let low = Int(range.lowerBound.wholeNanoseconds)
    let high = Int(range.upperBound.wholeNanoseconds)
    return .nanoseconds(number(in: low...high))
  }

  /// An exponentially distributed duration in whole nanoseconds; a mean that is not positive
  /// gives zero.
  ///
  /// Von Neumann's comparison method (1951) needs no logarithm: in a run of uniform numbers that
  /// keeps falling, an odd length accepts the first number as the fraction, and each rejected run
  /// adds one to the whole part.
  public mutating func exponential(mean: Duration) -> Duration {
    let scale = UInt64(clamping: mean.wholeNanoseconds)
    guard scale > 0 else { return .zero }
    for whole in 0..<RuntimeLimits.exponentialMeansMax {
      let first = next()
      var previous = first
      var isOdd = true
      while true {
        let following = next()
        if following >= previous { break }
        previous = following
        isOdd.toggle()
      }
      if isOdd {
        let fraction = first.multipliedFullWidth(by: scale).high
        let (multiple, overflow) = scale.multipliedReportingOverflow(by: whole)
        let total = multiple.addingReportingOverflow(fraction)
        return .nanoseconds(overflow || total.overflow ? .max : Int64(clamping: total.partialValue))
      }
    }
    return mean * Int(RuntimeLimits.exponentialMeansMax)
  }
}
