import Primitives

/// An invertible Bloom lookup table of a fixed size: each item is in one cell of each of four parts
/// (Goodrich and Mitzenmacher 2011; parts and checksums as in Eppstein, Goodrich, Uyeda and
/// Varghese, "What's the Difference?", SIGCOMM 2011). Cells and checksums follow from a salted
/// hash, so nobody can choose items that fall together who does not know the salt.
///
/// Two tables of one salt and size can be subtracted; what is left holds the difference, which can
/// be listed if there are enough cells for it: some 1.4 an item from 1,000 items on, 2.2 at 100 and
/// 6 at 10. Whether they were enough is seen; how many are is not, hence `StrataEstimator`.
public struct InvertibleTable<Item: SketchItem>: Sendable, Hashable {
  /// Parts of a table, so cells of an item.
  public static var parts: Int { 4 }
  /// Bytes of a checksum on the wire.
  static var checksumBytes: Int { 4 }

  /// Cells of a part.
  public let partCells: Int
  public let salt: SipKey
  /// Items in the table, less those that were subtracted.
  public private(set) var itemCount = 0
  private var cells: [CodedSymbol<Item>]

  /// An empty table; a part has 1...`ReconciliationLimits.tableCellsMax` / 4 cells.
  public init(partCells: Int, salt: SipKey) {
    precondition((1...ReconciliationLimits.tableCellsMax / Self.parts).contains(partCells))
    self.partCells = partCells
    self.salt = salt
    cells = Array(repeating: CodedSymbol(), count: Self.parts * partCells)
  }

  /// Adds an item that is not in the table.
  public mutating func add(_ item: Item) {
    add(item, salted: item.salted(by: salt))
  }

  mutating func add(_ item: Item, salted: (UInt64, UInt64)) {
    itemCount += 1
    apply(item, salted: salted, change: 1)
  }

  /// A table for so many differences, which is enough 999 times in a thousand.
  public static func partCells(differences: Double) -> Int {
    let most = ReconciliationLimits.tableCellsMax / parts
    let cells = differences > 0 ? 1.35 * differences + 60 : 60
    return Int(min(cells / Double(parts), Double(most)).rounded(.up))
  }

  /// The cell in a part, 0..<4.
  private func place(in part: Int, of salted: (UInt64, UInt64)) -> Int {
    // Mixed as SplitMix64 does: places in a row that lie at equal distances would let far more
    // items fall together in all parts.
    var word = salted.0 &+ UInt64(part) &* (salted.1 | 1)
    word = (word ^ (word &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word &>> 27)) &* 0x94d0_49bb_1331_11eb
    word ^= word &>> 31
    return part * partCells + Int(word.multipliedFullWidth(by: UInt64(partCells)).high)
  }

  private mutating func apply(_ item: Item, salted: (UInt64, UInt64), change: Int64) {
    for part in 0..<Self.parts {
      cells[place(in: part, of: salted)].apply(
        item, checksum: Self.checksum(salted), change: change)
    }
  }

  private static func checksum(_ salted: (UInt64, UInt64)) -> UInt64 {
    (salted.0 ^ (salted.1 &* 0xd6e8_feb8_6659_fd93)) >> 32
  }

  /// What is left when the items of `other` are taken out; nil if it has another size or salt.
  public func subtracting(_ other: InvertibleTable) -> InvertibleTable? {
    guard partCells == other.partCells, salt == other.salt else { return nil }
    var result = self
    result.itemCount -= other.itemCount
    for place in cells.indices {
      result.cells[place] = cells[place].subtracting(other.cells[place])
    }
    return result
  }

  /// Items that were added and items that were taken out; nil if there are too many to tell. Throws
  /// if no two tables have this difference.
  public func items() throws(ReconciliationError) -> (added: Set<Item>, removed: Set<Item>)? {
    var rest = self
    var (added, removed) = (Set<Item>(), Set<Item>())
    var queue = Array(cells.indices)
    while let place = queue.popLast() {
      let cell = rest.cells[place]
      guard cell.mayBePure else { continue }
      let salted = cell.sum.salted(by: salt)
      guard Self.checksum(salted) == cell.checksum,
        rest.place(in: place / partCells, of: salted) == place
      else { continue }
      // Each item empties a cell, so there are not more than cells, and none comes twice.
      let isNew =
        cell.count > 0
        ? added.insert(cell.sum).inserted && !removed.contains(cell.sum)
        : removed.insert(cell.sum).inserted && !added.contains(cell.sum)
      guard isNew, added.count + removed.count <= cells.count else {
        throw .malformed("a table of \(cells.count) cells gives item \(cell.sum) twice")
      }
      rest.apply(cell.sum, salted: salted, change: -cell.count)
      for part in 0..<Self.parts { queue.append(rest.place(in: part, of: salted)) }
    }
    guard rest.cells.allSatisfy(\.isEmpty) else { return nil }
    return (added, removed)
  }
}

extension InvertibleTable {
  /// Appends the number of items and each cell: the sum, four bytes of checksum, and the count less
  /// `itemCount / partCells`. Size and salt are for both sides to know.
  func encode(to encoder: inout WireEncoder) {
    encoder.append(count: itemCount)
    for cell in cells {
      encoder.append(
        cell, expecting: Int64(itemCount / partCells), checksumBytes: Self.checksumBytes)
    }
  }

  /// Reads a table whose size and salt are known.
  init(
    from decoder: inout WireDecoder, partCells: Int, salt: SipKey
  ) throws(WireError) {
    let items = try decoder.sketchedItems()
    let bytes = Self.parts * partCells * (Item.byteCount + Self.checksumBytes + 1)
    guard decoder.remaining >= bytes else {
      throw .unexpectedEnd(missing: bytes - decoder.remaining, at: decoder.offset)
    }
    self.init(partCells: partCells, salt: salt)
    itemCount = items
    for place in cells.indices {
      cells[place] = try decoder.symbol(
        expecting: Int64(items / partCells), of: items, checksumBytes: Self.checksumBytes)
    }
  }
}
