/// How the counts of a difference's coded symbols, as they came, lie about their mean.
///
/// The count of symbol 0 is exact: what the remote set has more. That of symbol i is a sum of the
/// same items, each there with some probability r: the square of its distance from the mean is d *
/// r * (1 - r) in the mean for d items, whichever side they are on. So it tells equal swaps too,
/// which the counts of both sets do not.
///
/// The mapping's r is about 2 / (i + 2), 0.64 for 2/3 at symbol 1. If all items are on one side
/// that is not near enough, so it is added up exactly: from symbol c the way goes beyond symbol i
/// with probability ((c + 1.5) / (i + 1.5))^2.
@usableFromInline
struct CountSpread: Sendable {
  @usableFromInline var surplus = 0.0
  @usableFromInline var sum = 0.0
  @usableFromInline var count = 0
  /// The sum of r * (c + 1.5)^2 over the symbols c so far.
  @usableFromInline var weight = 2.25

  @usableFromInline
  init() {}

  /// Takes the count of the next symbol.
  @inlinable
  mutating func append(_ value: Int64) {
    if count == 0 {
      surplus = Double(value)
    } else {
      let (low, high) = (Double(count) + 0.5, Double(count) + 1.5)
      let rate = weight * (1 / (low * low) - 1 / (high * high))
      weight += rate * high * high
      let distance = Double(value) - surplus * rate
      sum += distance * distance / (rate * (1 - rate))
    }
    count += 1
  }

  /// The number of items, about; nil before the second symbol.
  var estimate: Double? {
    count > 1 ? max(surplus.magnitude, sum / Double(count - 1)) : nil
  }
}

extension SymbolDecoder {
  /// How many items the difference has, about; exact when it is whole, nil before the second
  /// symbol. From m symbols it is within sqrt(2 / m) of the truth, two times in three.
  public var estimatedDifferences: Double? {
    isComplete ? Double(foundCount) : spread.estimate.map { max($0, Double(foundCount + 1)) }
  }

  /// The same of two sets of so many items, which cannot differ in more than these, though symbols
  /// that are not true may tell of any number.
  public func estimatedDifferences(among local: Int, _ remote: Int) -> Double? {
    estimatedDifferences.map { min($0, Double(local) + Double(remote)) }
  }

  /// How many symbols it takes in all, about; nil before the second one came.
  public var estimatedSymbols: Double? {
    estimatedDifferences.map(DifferenceEstimate.symbols(differences:))
  }
}

/// What is known of rateless decoding beforehand.
public enum DifferenceEstimate {
  /// Coded symbols that a number of differences takes in the mean: 1.35 each and a few, fitted to
  /// 1.74, 1.456, 1.376 and 1.358 each at 4, 100, 1,000 and 10,000.
  public static func symbols(differences: Double) -> Double {
    differences < 1 ? 1 : 1.35 * differences + 0.85 * differences.squareRoot()
  }

  /// Symbols to ask for in all if `held` ones tell that it takes `symbols`: half a deviation more,
  /// or two of them where that is little, for a round costs more than a few symbols.
  static func wanted(of symbols: Double, held: Int) -> Int {
    let deviation = (2 / Double(max(1, held))).squareRoot()
    return whole(symbols * (1 + max(deviation / 2, min(2 * deviation, 0.05))))
  }

  /// A number of symbols, which need not be anything sensible.
  static func whole(_ symbols: Double) -> Int {
    guard symbols > 0 else { return 0 }
    return Int(min(symbols, Double(ReconciliationLimits.symbolsMax)).rounded(.up))
  }
}
