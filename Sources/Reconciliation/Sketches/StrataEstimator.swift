import Primitives

/// Tells how many items two sets differ in, within some 30 % (Eppstein and others 2011): stratum i
/// is a small table of the items whose salted hash has i trailing zeros, so of one in 2^(i+1). From
/// the sparsest stratum on all are listed until one cannot be; what was listed stands for the rest.
public struct StrataEstimator: Sendable, Hashable {
  public let salt: SipKey
  private var strata: [InvertibleTable<ShortID>]

  /// An estimator of so many strata, 1...`ReconciliationLimits.strataMax`: the last one has all
  /// that are sparser.
  public init(strata: Int, salt: SipKey) {
    precondition((1...ReconciliationLimits.strataMax).contains(strata))
    self.salt = salt
    self.strata = Array(
      repeating: InvertibleTable(partCells: Self.partCells, salt: salt), count: strata)
  }

  private static var partCells: Int {
    ReconciliationLimits.stratumCells / InvertibleTable<ShortID>.parts
  }

  /// Strata for a set of so many items: those sparser have none, nearly always.
  public static func strata(items: Int) -> Int {
    min(ReconciliationLimits.strataMax, Int.bitWidth - max(items, 0).leadingZeroBitCount + 1)
  }

  /// Adds an item that is not there.
  public mutating func add(_ item: some SketchItem) {
    let salted = item.salted(by: salt)
    let place = min(salted.0.trailingZeroBitCount, strata.count - 1)
    strata[place].add(ShortID(salted.1))
  }

  /// How many items `self` and `other` differ in, about; nil if they are of other sizes or salts.
  /// Throws if no two sets have these.
  public func differences(from other: StrataEstimator) throws(ReconciliationError) -> Double? {
    guard strata.count == other.strata.count, salt == other.salt else { return nil }
    var count = 0
    for place in strata.indices.reversed() {
      guard let rest = strata[place].subtracting(other.strata[place]) else { return nil }
      guard let items = try rest.items() else {
        // At least as many as a table for one more stratum cannot tell, if nothing was listed.
        return Double(max(count, 1)) * Double(1 << (place + 1))
      }
      count += items.added.count + items.removed.count
    }
    return Double(count)
  }
}

extension StrataEstimator {
  /// Appends each stratum.
  func encode(to encoder: inout WireEncoder) {
    for stratum in strata { stratum.encode(to: &encoder) }
  }

  /// Reads an estimator whose size and salt are known.
  init(from decoder: inout WireDecoder, strata count: Int, salt: SipKey) throws(WireError) {
    self.init(strata: count, salt: salt)
    for place in strata.indices {
      strata[place] = try InvertibleTable(from: &decoder, partCells: Self.partCells, salt: salt)
    }
  }
}
