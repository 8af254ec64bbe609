import Primitives
import Reconciliation

/// Which accounts of an old state are not in a new one, and which are in the new one only, by the
/// coded symbols of both. A value: it is told the symbols, and says how many it needs.
///
/// Symbols need not be true; what follows from them is believed only when the root is right.
public struct SketchCore: Sendable {
  private var decoder = SymbolDecoder<ShortID>(checksumBytes: StateSymbols.checksumBytes)
  /// Accounts that differ: those of the old state that are stale, and those of the new one that are
  /// needed. An estimate until the sketch is complete.
  public private(set) var differences: Double = 0
  /// Symbols that the peer has.
  public private(set) var available: Int = .max

  public init() {}

  /// Symbols taken so far: the index of the next one.
  public var taken: Int { decoder.symbolCount }
  /// True once all differences are known.
  public var isComplete: Bool { decoder.isComplete }
  /// Names of accounts that only the new state has, and that only ours has, in order. Throws if no
  /// states have such symbols.
  public func names() throws(ReconciliationError) -> (needed: [ShortID], stale: [ShortID]) {
    let items = try decoder.items()
    func ordered(_ names: Set<ShortID>) -> [ShortID] { names.sorted { $0.word < $1.word } }
    return (ordered(items.remoteOnly), ordered(items.localOnly))
  }

  /// Symbols that `differences` differences take on average, of states with many.
  public static func symbols(for differences: Double) -> Double { 1.38 * differences + 8 }

  /// How many symbols to ask for next; nil if there are not enough.
  public var next: Int? {
    guard taken > 0 else { return StateReconciliationLimits.symbolsFirst }
    let spare = Double(100 + StateReconciliationLimits.symbolsSparePercent) / 100
    let whole = Self.symbols(for: differences) * spare
    guard taken < available, whole <= Double(available) else { return nil }
    let step = max(whole - Double(taken), Double(taken) / 16, 64)
    return min(Int(step), available - taken, StateReconciliationLimits.symbolsPerRequestMax)
  }

  /// Takes the next symbols of the new state and ours of the same indices. Throws if no state has
  /// such symbols.
  public mutating func take(
    _ remote: StateSymbols, local: ArraySlice<CodedSymbol<ShortID>>
  ) throws(ReconciliationError) {
    let isFirst = taken == 0
    available = Int(remote.available)
    if isFirst { differences = Self.estimate(remote.symbols, local) }
    try decoder.append(remote: remote.symbols, local: local)
    if isComplete { differences = Double(decoder.foundCount) }
  }

  /// How many items the difference of two sketches has.
  ///
  /// Symbol `i` holds each item with probability p = 1 / (1 + i / 2). Its count is that of items of
  /// the new state less that of ours, so it varies by p (1 - p) for each difference around p times
  /// the difference of the sizes, which symbol 0 tells.
  static func estimate(
    _ remote: [CodedSymbol<ShortID>], _ local: ArraySlice<CodedSymbol<ShortID>>
  ) -> Double {
    let counts = zip(remote, local).map { Double($0.count) - Double($1.count) }
    guard let surplus = counts.first, counts.count > 1 else { return 0 }
    var sum = 0.0
    for (index, count) in counts.enumerated().dropFirst() {
      let share = 1 / (1 + Double(index) / 2)
      let deviation = count - surplus * share
      sum += deviation * deviation / (share * (1 - share))
    }
    return max(abs(surplus), sum / Double(counts.count - 1))
  }
}
