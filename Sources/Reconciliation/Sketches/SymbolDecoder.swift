/// Finds what two sets differ in from the coded symbols of both, in order from index 0 on.
///
/// A symbol of the difference that holds one item alone gives it; without that item other symbols
/// come down to one. All is found when symbol 0, of which every item is part, is empty. Symbols need
/// not be true: each item that was found took a symbol, so there are never more items than symbols,
/// and symbols of which that does not hold are refused.
public struct SymbolDecoder<Item: SketchItem>: Sendable {
  /// An item that was found, and the first symbol not received yet that it is part of.
  @usableFromInline
  struct Found: Sendable {
    @usableFromInline let item: Item
    @usableFromInline let checksum: UInt64
    @usableFromInline let change: Int64
    @usableFromInline var mapping: RatelessMapping

    @inlinable
    init(item: Item, checksum: UInt64, change: Int64, mapping: RatelessMapping) {
      self.item = item
      self.checksum = checksum
      self.change = change
      self.mapping = mapping
    }
  }

  @usableFromInline var cells: [CodedSymbol<Item>] = []
  @usableFromInline var found: [Found] = []
  @usableFromInline var queue: [Int] = []
  /// The bits of checksums that are known.
  @usableFromInline let mask: UInt64

  /// A decoder of symbols whose checksums have so many bytes, 1...8.
  @inlinable
  public init(checksumBytes: Int = 8) {
    precondition((1...8).contains(checksumBytes))
    mask = UInt64.max >> UInt64(64 - 8 * checksumBytes)
  }

  /// Symbols received so far.
  @inlinable
  public var symbolCount: Int { cells.count }

  /// Items found so far.
  @inlinable
  public var foundCount: Int { found.count }

  /// Whether the difference is whole.
  @inlinable
  public var isComplete: Bool { cells.first?.isEmpty ?? false }

  /// The items found so far that only the remote set has, and those that only the local set has.
  public var items: (remoteOnly: [Item], localOnly: [Item]) {
    (found.filter { $0.change > 0 }.map(\.item), found.filter { $0.change < 0 }.map(\.item))
  }

  /// The symbols of what is not found yet.
  public var remainder: [CodedSymbol<Item>] { cells }

  /// Takes the next symbols of the remote set and the local set's symbols of the same indices. Throws
  /// if no set has these symbols.
  @inlinable
  public mutating func append(
    remote: [CodedSymbol<Item>], local: ArraySlice<CodedSymbol<Item>>
  ) throws(ReconciliationError) {
    precondition(remote.count == local.count)
    let start = cells.count
    cells.reserveCapacity(start + remote.count)
    for (remote, local) in zip(remote, local) {
      cells.append(remote.subtracting(local, mask: mask))
    }
    removeFound()
    for index in start..<cells.count where cells[index].mayBePure { queue.append(index) }
    try peel()
    guard isComplete else { return }
    guard cells.allSatisfy(\.isEmpty) else {
      throw .malformed("coded symbol 0 is empty and another of \(cells.count) is not")
    }
    guard Set(found.map(\.item)).count == found.count else {
      throw .malformed("coded symbols of \(found.count) items name one of them twice")
    }
  }

  /// Removes the items found before from the new symbols.
  @usableFromInline
  mutating func removeFound() {
    let end = UInt64(cells.count)
    cells.withUnsafeMutableBufferPointer { cells in
      for place in found.indices where found[place].mapping.index < end {
        let item = found[place]
        var mapping = item.mapping
        while mapping.index < end {
          cells[Int(truncatingIfNeeded: mapping.index)].apply(
            item.item, checksum: item.checksum, change: -item.change)
          mapping.advance()
        }
        found[place].mapping = mapping
      }
    }
  }

  @usableFromInline
  mutating func peel() throws(ReconciliationError) {
    while let index = queue.popLast() {
      // It may have changed since it was put there.
      let cell = cells[index]
      guard cell.mayBePure else { continue }
      let checksum = cell.sum.checksum & mask
      guard checksum == cell.checksum else { continue }
      try remove(cell, from: index, checksum: checksum)
    }
  }

  /// Removes the item that is alone in the symbol at `index` from all symbols.
  @inlinable
  @inline(__always)
  mutating func remove(
    _ cell: CodedSymbol<Item>, from index: Int, checksum: UInt64
  ) throws(ReconciliationError) {
    let waiting = queue.count
    var mapping = RatelessMapping(seed: cell.sum.mappingSeed)
    let end = UInt64(cells.count)
    cells.withUnsafeMutableBufferPointer { cells in
      while mapping.index < end {
        let place = Int(truncatingIfNeeded: mapping.index)
        cells[place].apply(cell.sum, checksum: checksum, change: -cell.count)
        if cells[place].mayBePure { queue.append(place) }
        mapping.advance()
      }
    }
    guard cells[index].isEmpty else {
      // Several items whose checksums happen to add up: their sum is no item, or one that is not part
      // of this symbol.
      queue.removeSubrange(waiting...)
      cells.withUnsafeMutableBufferPointer {
        SymbolPrefix.apply(cell.sum, checksum: checksum, change: cell.count, to: $0)
      }
      return
    }
    found.append(
      Found(item: cell.sum, checksum: checksum, change: cell.count, mapping: mapping))
    guard found.count <= cells.count else {
      throw .malformed("\(cells.count) coded symbols give more items than they are")
    }
  }
}
