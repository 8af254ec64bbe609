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
  /// Accounts that the new state has more than ours.
  private var surplus = 0.0
  /// Squares of what counts are off, each by what it would be for one difference.
  private var deviations = 0.0

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
  ///
  /// A small sketch is asked for with something to spare, which saves a round trip. Of a large one
  /// first comes what is needed in all likelihood: with it the estimate is good to a percent.
  public var next: Int? {
    guard taken > 0 else { return StateReconciliationLimits.symbolsFirst }
    let whole = Self.symbols(for: differences)
    guard taken < available, whole <= Double(available) else { return nil }
    let spare = Double(StateReconciliationLimits.symbolsSparePercent) / 100
    var wanted = whole * (1 + spare)
    if whole > Double(StateReconciliationLimits.symbolsAtOnceMax) {
      let deviation = (2 / Double(taken)).squareRoot()
      wanted = whole * (deviation > spare / 4 ? 1 - 1.5 * deviation : 1 + deviation)
    }
    let step = max(wanted - Double(taken), Double(taken) / 32, 64)
    return min(Int(step), available - taken, StateReconciliationLimits.symbolsPerRequestMax)
  }

  /// Whether symbols are an answer to a request for `count` from `taken` on.
  public enum Fitness: Sendable, Hashable {
    case next
    /// The peer has made others meanwhile.
    case anew
    /// Others than were asked for, or fewer than the peer says that it has.
    case wrong
  }

  /// Whether these are the next `count` symbols, or all that the peer has if those are fewer. Each
  /// answer is as long as asked for, or a peer could make many of a few.
  public func fitness(of remote: StateSymbols, asked count: Int) -> Fitness {
    if taken > 0, Int(remote.available) != available { return .anew }
    let due = min(count, Int(remote.available) - taken)
    return Int(remote.start) == taken && due > 0 && remote.symbols.count == due ? .next : .wrong
  }

  /// Takes the next symbols of the new state and ours of the same indices. Throws if no state has
  /// such symbols.
  public mutating func take(
    _ remote: StateSymbols, local: ArraySlice<CodedSymbol<ShortID>>
  ) throws(ReconciliationError) {
    available = Int(remote.available)
    look(at: remote.symbols, local)
    try decoder.append(remote: remote.symbols, local: local)
    if isComplete { differences = Double(decoder.foundCount) }
  }

  /// Estimates how many items the difference of both sketches has.
  ///
  /// Symbol `i` holds each item with probability p = 1 / (1 + i / 2). Its count is that of items of
  /// the new state less that of ours, so it varies by p (1 - p) for each difference around p times
  /// the difference of the sizes, which symbol 0 tells. Of m symbols the deviation is sqrt(2 / m).
  private mutating func look(
    at remote: [CodedSymbol<ShortID>], _ local: ArraySlice<CodedSymbol<ShortID>>
  ) {
    for (index, pair) in zip(taken..., zip(remote, local)) {
      let count = Double(pair.0.count) - Double(pair.1.count)
      guard index > 0 else {
        surplus = count
        continue
      }
      let share = 1 / (1 + Double(index) / 2)
      let deviation = count - surplus * share
      deviations += deviation * deviation / (share * (1 - share))
    }
    let symbols = taken + remote.count
    guard symbols > 1 else { return }
    differences = max(abs(surplus), deviations / Double(symbols - 1))
  }
}
