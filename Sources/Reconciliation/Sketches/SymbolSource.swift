import Locking
import Primitives

/// Coded symbols of one side's ids: a prefix that is kept, made longer when more are wanted.
struct SymbolSource<Source: RecordIDSource>: Sendable {
  private let ids: Source
  private var prefix: SymbolPrefix<RecordID>
  /// What the set has less and more than `ids`.
  private var removed: [RecordID] = []
  private var added: [RecordID] = []

  /// - Parameter prefix: the symbols of just these ids.
  init(_ ids: Source, prefix: SymbolPrefix<RecordID>) {
    precondition(prefix.itemCount == ids.count, "the prefix is that of other ids")
    self.ids = ids
    self.prefix = prefix
  }

  var itemCount: Int { prefix.itemCount }

  /// Symbols that are there without going through the ids.
  var length: Int { prefix.length }

  /// Takes ids out and puts others in.
  mutating func change(removing removed: [RecordID], adding added: [RecordID]) {
    prefix.change(removing: removed, adding: added)
    self.removed += removed
    self.added += added
  }

  /// The symbols of `range`. Past the prefix all ids are gone through, so it is doubled at least,
  /// up to `most` symbols.
  mutating func symbols(
    _ range: Range<Int>, most: Int
  ) throws(ReconciliationError) -> ArraySlice<CodedSymbol<RecordID>> {
    if range.upperBound > prefix.length {
      let start = prefix.length
      let length = max(range.upperBound, min(2 * start, most))
      var longer = prefix
      try longer.extend(to: length) { body throws(ReconciliationError) in try ids.visit(body) }
      _ = longer.apply(removed, change: -1, from: start)
      _ = longer.apply(added, change: 1, from: start)
      prefix = longer
    }
    return prefix.symbols[range]
  }
}

/// The side that answers comparisons by coded symbols, from a prefix that it has anyway and that
/// all peers share. Asked for more, it makes the prefix longer once, for all who ask later.
public final class SketchResponder<Source: RecordIDSource>: ComparisonResponder {
  private let source: Lock<SymbolSource<Source>>
  private let symbolsMax: Int

  /// - Parameters:
  ///   - ids: all ids of this side.
  ///   - prefix: the coded symbols of just these.
  ///   - symbolsMax: symbols that it gives at most, 1...`ReconciliationLimits.symbolsMax`.
  public init(
    _ ids: Source, prefix: SymbolPrefix<RecordID>,
    symbolsMax: Int = ReconciliationLimits.symbolsMax
  ) {
    source = Lock(SymbolSource(ids, prefix: prefix))
    self.symbolsMax = min(symbolsMax, ReconciliationLimits.symbolsMax)
  }

  public func recordsPassed(by request: [UInt8]) -> Int {
    guard let wanted = try? SymbolRequest(wireBytes: request), wanted.end <= symbolsMax else {
      return 0
    }
    return source.withLock { wanted.end > $0.length ? $0.itemCount : 0 }
  }

  public func answer(_ request: [UInt8]) throws(ReconciliationError) -> [UInt8] {
    let wanted: SymbolRequest
    do throws(WireError) {
      wanted = try SymbolRequest(wireBytes: request)
    } catch { throw .malformed("a request for coded symbols", error) }
    guard wanted.end <= symbolsMax else {
      throw .limitReached("coded symbol \(wanted.end - 1) is asked for, of at most \(symbolsMax)")
    }
    let batch = try source.withLock { source throws(ReconciliationError) in
      let first = try source.symbols(0..<1, most: symbolsMax)
      let symbols = try source.symbols(wanted.start..<wanted.end, most: symbolsMax)
      return SymbolBatch(
        itemCount: source.itemCount, stamp: first[0].checksum, symbols: Array(symbols))
    }
    return batch.encoded(from: wanted.start, checksumBytes: wanted.checksumBytes)
  }
}
