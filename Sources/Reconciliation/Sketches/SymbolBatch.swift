import Primitives

/// Coded symbols of one set in a row, as they go over a line.
///
/// Wire form: items of the set as a varint, the set's stamp as 8 bytes (little-endian), the number
/// of symbols as a varint; then each symbol: the sum's bytes, the low bytes of the checksum
/// (little-endian, as many as were asked for), and the count as a varint: less what is expected at
/// its index, which is the nearest to 2 * items / (index + 2), with the sign in the lowest bit (0,
/// -1, 1, -2 as 0, 1, 2, 3). So a count takes about one byte. The index of the first symbol is not
/// in it: who asked knows.
public struct SymbolBatch<Item: SketchItem>: Sendable, Hashable {
  /// Items of the set.
  public let itemCount: Int
  /// The checksum of symbol 0. Of a set that changed meanwhile it is another.
  public let stamp: UInt64
  public let symbols: [CodedSymbol<Item>]

  public init(itemCount: Int, stamp: UInt64, symbols: [CodedSymbol<Item>]) {
    self.itemCount = itemCount
    self.stamp = stamp
    self.symbols = symbols
  }

  /// The wire form of symbols that begin at index `start`.
  public func encoded(from start: Int, checksumBytes: Int) -> [UInt8] {
    let symbolBytes = Item.byteCount + checksumBytes + 2
    var encoder = WireEncoder(capacity: 20 + symbols.count * symbolBytes)
    encoder.append(count: itemCount)
    encoder.append(littleEndian: stamp, bytes: 8)
    encoder.append(symbols: symbols, from: start, of: itemCount, checksumBytes: checksumBytes)
    return encoder.bytes
  }

  /// Reads at most `limit` symbols that begin at index `start`.
  public init(
    _ bytes: [UInt8], from start: Int, checksumBytes: Int, limit: Int
  ) throws(WireError) {
    var decoder = WireDecoder(bytes)
    itemCount = try decoder.sketchedItems()
    stamp = try decoder.littleEndian(bytes: 8)
    symbols = try decoder.symbols(
      from: start, of: itemCount, checksumBytes: checksumBytes, limit: limit)
    try decoder.finish()
  }

  /// Items that symbol `index` has in the mean, rounded.
  static func expectedCount(at index: Int, of items: Int) -> Int64 {
    Int64((2 * items + (index + 2) / 2) / (index + 2))
  }
}

extension WireEncoder {
  /// Symbols from index `start` on of a set of `items` items, with so many bytes of each checksum:
  /// their number as a varint, and each as in a `SymbolBatch`.
  public mutating func append<Item>(
    symbols: [CodedSymbol<Item>], from start: Int, of items: Int, checksumBytes: Int
  ) {
    append(count: symbols.count)
    for (place, symbol) in symbols.enumerated() {
      append(
        symbol, expecting: SymbolBatch<Item>.expectedCount(at: start + place, of: items),
        checksumBytes: checksumBytes)
    }
  }

  /// A symbol: the sum, so many bytes of the checksum, and the count less what is expected.
  mutating func append<Item>(
    _ symbol: CodedSymbol<Item>, expecting expected: Int64, checksumBytes: Int
  ) {
    symbol.sum.append(to: &self)
    append(littleEndian: symbol.checksum, bytes: checksumBytes)
    let surplus = symbol.count - expected
    append(varint: UInt64(bitPattern: (surplus &<< 1) ^ (surplus &>> 63)))
  }

  /// The low `bytes` bytes of a word, the lowest first.
  mutating func append(littleEndian word: UInt64, bytes: Int) {
    withUnsafeBytes(of: word.littleEndian) {
      append(raw: UnsafeRawBufferPointer(rebasing: $0.prefix(bytes)))
    }
  }
}

extension WireDecoder {
  /// What `WireEncoder.append(symbols:from:of:checksumBytes:)` wrote: at most `limit` symbols, none
  /// of which counts less than no item or more than `items`.
  public mutating func symbols<Item: SketchItem>(
    from start: Int, of items: Int, checksumBytes: Int, limit: Int
  ) throws(WireError) -> [CodedSymbol<Item>] {
    let count = try count(elementBytes: Item.byteCount + checksumBytes + 1, limit: limit)
    var symbols: [CodedSymbol<Item>] = []
    symbols.reserveCapacity(count)
    while symbols.count < count {
      try readShort(&symbols, upTo: count, from: start, of: items, checksumBytes: checksumBytes)
      guard symbols.count < count else { break }
      let index = start + symbols.count
      symbols.append(
        try symbol(
          expecting: SymbolBatch<Item>.expectedCount(at: index, of: items), of: items,
          checksumBytes: checksumBytes))
    }
    return symbols
  }

  /// Reads symbols with counts of one byte, as nearly all have, while such ones follow.
  private mutating func readShort<Item: SketchItem>(
    _ symbols: inout [CodedSymbol<Item>], upTo count: Int, from start: Int, of items: Int,
    checksumBytes: Int
  ) throws(WireError) {
    var ahead = self
    let bytes = try ahead.raw(ahead.remaining)
    let size = Item.byteCount + checksumBytes + 1
    let used = bytes.withUnsafeBytes { bytes in
      var end = size
      while symbols.count < count, end <= bytes.count {
        let folded = Int64(bytes[end - 1])
        let index = start + symbols.count
        let total =
          SymbolBatch<Item>.expectedCount(at: index, of: items) + (folded >> 1 ^ -(folded & 1))
        // A longer count, or a wrong one, which is told where it is read by itself.
        guard folded < 0x80, total >= 0, total <= Int64(items) else { break }
        var checksum: UInt64 = 0
        for byte in bytes[(end - 1 - checksumBytes)..<(end - 1)].reversed() {
          checksum = checksum << 8 | UInt64(byte)
        }
        let sum = UnsafeRawBufferPointer(rebasing: bytes[(end - size)...].prefix(Item.byteCount))
        symbols.append(
          CodedSymbol(sum: Item(loading: sum), checksum: checksum, count: total))
        end += size
      }
      return end - size
    }
    _ = try raw(used)
  }

  /// The number of items that a sketch is of.
  mutating func sketchedItems() throws(WireError) -> Int {
    let start = offset
    let items = try uint64()
    guard items <= UInt64(ReconciliationLimits.sketchedItemsMax) else {
      throw .lengthTooLarge(items, limit: ReconciliationLimits.sketchedItemsMax, at: start)
    }
    return Int(items)
  }

  /// A symbol of some of `items` items.
  mutating func symbol<Item>(
    expecting expected: Int64, of items: Int, checksumBytes: Int
  ) throws(WireError) -> CodedSymbol<Item> {
    let sum = try Item(reading: &self)
    let checksum = try littleEndian(bytes: checksumBytes)
    let start = offset
    let zigzag = try uint64()
    let surplus = Int64(bitPattern: zigzag &>> 1) ^ -Int64(bitPattern: zigzag & 1)
    let count = surplus.addingReportingOverflow(expected)
    guard !count.overflow, (0...Int64(items)).contains(count.partialValue) else {
      throw .invalidValue("a symbol counts less than no item or more than \(items)", at: start)
    }
    return CodedSymbol(sum: sum, checksum: checksum, count: count.partialValue)
  }

  /// A word of `bytes` bytes, the lowest first.
  mutating func littleEndian(bytes: Int) throws(WireError) -> UInt64 {
    try raw(bytes).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// What a comparison by coded symbols asks for: varints of the first index and of the number of
/// symbols, and one byte that says how many bytes of a checksum are wanted.
struct SymbolRequest: WireCodable, Hashable {
  let start: Int
  let count: Int
  let checksumBytes: Int

  /// The end of the symbols asked for.
  var end: Int { start + count }

  init(start: Int, count: Int, checksumBytes: Int) {
    self.start = start
    self.count = count
    self.checksumBytes = checksumBytes
  }

  func encode(to encoder: inout WireEncoder) {
    encoder.append(count: start)
    encoder.append(count: count)
    encoder.append(byte: UInt8(checksumBytes))
  }

  init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    start = Int(try decoder.uint32())
    count = Int(try decoder.uint32())
    checksumBytes = Int(try decoder.byte())
    guard (1...ReconciliationLimits.symbolsPerAnswerMax).contains(count) else {
      throw .lengthTooLarge(
        UInt64(count), limit: ReconciliationLimits.symbolsPerAnswerMax, at: offset)
    }
    guard (4...8).contains(checksumBytes) else {
      throw .invalidValue("checksums have \(checksumBytes) bytes, not 4 to 8", at: offset)
    }
  }
}
