import Primitives
import Storage

/// Coded symbols in a store: under the empty key the state of the records and the number of symbols
/// they are of, under the number of each page its symbols: 16 bytes of the sum, 8 of the checksum
/// and 8 of the count, most significant first.
struct StoredPages: Sendable {
  let namespace: Namespace
  /// Symbols in all.
  let length: Int

  private static let symbolBytes = RecordID.byteCount + 16
  private static let pageSymbols = ReconciliationLimits.storedPageSymbols

  private var count: Int { (length + Self.pageSymbols - 1) / Self.pageSymbols }

  /// The symbols that stand there, nil if they are of another state or number, or damaged.
  func prefix(
    of state: StoredRecords.State, in view: StoreView
  ) throws(StorageError) -> SymbolPrefix<RecordID>? {
    do throws(StorageError) {
      guard try view.value(of: namespace.key()) == head(state.revision) else { return nil }
      var cells: [CodedSymbol<RecordID>] = []
      cells.reserveCapacity(length)
      var isWhole = true
      let keys = StoreRange(in: namespace, from: Self.key(0), to: Self.key(count))
      try view.forEachBytes(in: keys) { key, value in
        let page = cells.count / Self.pageSymbols
        isWhole =
          key.elementsEqual(Self.key(page))
          && value.count == range(of: page).count * Self.symbolBytes
        if isWhole { Self.read(value, to: &cells) }
        return isWhole
      }
      // Symbol 0 has all ids: what else is known of the symbols is not in them.
      guard isWhole, cells.count == length, cells[0].count == Int64(state.count) else {
        return nil
      }
      return SymbolPrefix(cells: cells, itemCount: state.count)
    } catch {
      if error.isDamage { return nil }
      throw error
    }
  }

  /// The pages that hold a symbol of these ids.
  func touched(by ids: [RecordID]) -> [Int] {
    var marks = [Bool](repeating: false, count: count)
    for id in ids {
      var mapping = RatelessMapping(seed: id.mappingSeed)
      while mapping.index < UInt64(length) {
        marks[Int(mapping.index) / Self.pageSymbols] = true
        mapping.advance()
      }
    }
    return marks.indices.filter { marks[$0] }
  }

  func put(
    _ prefix: SymbolPrefix<RecordID>, changed: [Int], at revision: UInt64,
    in transaction: inout StoreTransaction
  ) throws(StorageError) {
    for page in changed {
      try transaction.put(
        namespace.key(Self.key(page)), Self.bytes(of: prefix.symbols[range(of: page)]))
    }
    try transaction.put(namespace.key(), head(revision))
  }

  /// Writes all pages in place of whatever is there.
  func putAll(
    _ prefix: SymbolPrefix<RecordID>, at revision: UInt64, in transaction: inout StoreTransaction
  ) throws(StorageError) {
    try transaction.delete(in: StoreRange(in: namespace, from: Self.key(count)))
    try put(prefix, changed: Array(0..<count), at: revision, in: &transaction)
  }

  private func range(of page: Int) -> Range<Int> {
    page * Self.pageSymbols..<min(length, (page + 1) * Self.pageSymbols)
  }

  private func head(_ revision: UInt64) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(revision)
    encoder.append(count: length)
    return encoder.bytes
  }

  private static func key(_ page: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: page).bigEndian) { Array($0) }
  }

  private static func bytes(of symbols: ArraySlice<CodedSymbol<RecordID>>) -> [UInt8] {
    var encoder = WireEncoder(capacity: symbols.count * symbolBytes)
    for symbol in symbols {
      symbol.sum.append(to: &encoder)
      encoder.append(fixed: symbol.checksum)
      encoder.append(fixed: UInt64(bitPattern: symbol.count))
    }
    return encoder.bytes
  }

  private static func read(
    _ bytes: UnsafeRawBufferPointer, to cells: inout [CodedSymbol<RecordID>]
  ) {
    for start in stride(from: 0, to: bytes.count, by: symbolBytes) {
      let symbol = UnsafeRawBufferPointer(rebasing: bytes[start..<start + symbolBytes])
      let rest = UnsafeRawBufferPointer(rebasing: symbol[RecordID.byteCount...])
      let (checksum, count) = (
        rest.loadUnaligned(as: UInt64.self), rest.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      )
      cells.append(
        CodedSymbol(
          sum: RecordID(loading: symbol), checksum: UInt64(bigEndian: checksum),
          count: Int64(bitPattern: UInt64(bigEndian: count))))
    }
  }
}
