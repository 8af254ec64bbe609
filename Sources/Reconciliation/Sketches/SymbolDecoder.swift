/// Finds what two sets differ in from the coded symbols of both, in order from index 0 on.
///
/// A symbol of the difference that holds one item alone gives it; without that item other symbols
/// come down to one. All is found when symbol 0, of which every item is part, is empty. Symbols
/// need not be true: each item that is found takes a symbol, so there are never more items than
/// symbols, and symbols of which that does not hold are refused.
public struct SymbolDecoder<Item: SketchItem>: Sendable {
  /// An item that was found.
  @usableFromInline
  struct Found: Sendable {
    @usableFromInline let item: Item
    /// 1 if only the remote set has it, -1 if only the local one.
    @usableFromInline let count: Int64
    /// Its way up to the first symbol that was not there when symbols last came; at symbol 0 if
    /// none came since it was found.
    @usableFromInline var mapping: RatelessMapping

    @inlinable
    init(_ lane: SymbolLane<Item>) {
      item = lane.item
      count = -lane.change
      mapping = RatelessMapping(seed: lane.item.mappingSeed)
    }
  }

  /// The symbols of what is not found yet, and a last one that stands for those not received.
  @usableFromInline var cells = [CodedSymbol<Item>()]
  @usableFromInline var found: [Found] = []
  /// Sums of several items that were taken for one, for their checksums happened to add up.
  @usableFromInline var mistakes = 0
  @usableFromInline var spread = CountSpread()
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
  public var symbolCount: Int { cells.count - 1 }

  /// Items found so far.
  @inlinable
  public var foundCount: Int { found.count }

  /// Whether the difference is whole.
  @inlinable
  public var isComplete: Bool { symbolCount > 0 && cells[0].isEmpty }

  /// The symbols of what is not found yet.
  public var remainder: ArraySlice<CodedSymbol<Item>> { cells.dropLast() }

  /// The items found so far that only the remote set has, and those that only the local set has.
  /// Throws if one was found twice: no set has such symbols.
  public func items() throws(ReconciliationError) -> (remoteOnly: Set<Item>, localOnly: Set<Item>) {
    var (remote, local) = (Set<Item>(), Set<Item>())
    try addItems(since: 0, remoteOnly: &remote, localOnly: &local)
    return (remote, local)
  }

  /// Adds the items that were found after the first `start` to those before. Throws as `items`.
  func addItems(
    since start: Int, remoteOnly: inout Set<Item>, localOnly: inout Set<Item>
  ) throws(ReconciliationError) {
    let new = found[start...]
    let missing = new.count { $0.count > 0 }
    remoteOnly.reserveCapacity(remoteOnly.count + missing)
    localOnly.reserveCapacity(localOnly.count + new.count - missing)
    for place in new {
      let isNew =
        place.count > 0
        ? remoteOnly.insert(place.item).inserted : localOnly.insert(place.item).inserted
      if !isNew { throw .malformed("coded symbols give item \(place.item) twice") }
    }
    // Each new item is looked for on the other side, which has it whole by now.
    for place in new
    where place.count > 0 ? localOnly.contains(place.item) : remoteOnly.contains(place.item) {
      throw .malformed("coded symbols give an item to one set and to the other")
    }
  }

  /// Takes the next symbols of the remote set and the local set's symbols of the same indices;
  /// there are fewer than 2^31 in all. Throws if no sets have these symbols.
  @inlinable
  public mutating func append(
    remote: [CodedSymbol<Item>], local: ArraySlice<CodedSymbol<Item>>
  ) throws(ReconciliationError) {
    precondition(remote.count == local.count && symbolCount + remote.count < 1 << 31)
    let start = symbolCount
    cells.removeLast()
    // Room grows by doubling, however few symbols come at a time.
    if cells.capacity < start + remote.count + 1 {
      cells.reserveCapacity(max(start + remote.count + 1, 2 * start))
    }
    for (remote, local) in zip(remote, local) {
      let cell = remote.subtracting(local, mask: mask)
      cells.append(cell)
      spread.append(cell.count)
    }
    cells.append(CodedSymbol())
    removeFound(from: start)
    peel(from: start)
    guard found.count <= symbolCount, mistakes <= symbolCount else {
      throw .malformed("\(symbolCount) coded symbols give more items than they are")
    }
    guard isComplete else { return }
    guard cells.dropLast().allSatisfy(\.isEmpty) else {
      throw .malformed("coded symbol 0 is empty and another of \(symbolCount) is not")
    }
  }

  /// Removes the items found before from the symbols from `start` on.
  @usableFromInline
  mutating func removeFound(from start: Int) {
    let (start, end) = (UInt64(start), UInt64(symbolCount))
    cells.withUnsafeMutableBufferPointer { cells in
      for place in found.indices where found[place].mapping.index < end {
        let (item, count) = (found[place].item, found[place].count)
        let checksum = item.checksum & mask
        var mapping = found[place].mapping
        while mapping.index < end {
          if mapping.index >= start {
            cells[Int(truncatingIfNeeded: mapping.index)].apply(
              item, checksum: checksum, change: -count)
          }
          mapping.advance()
        }
        found[place].mapping = mapping
      }
    }
  }
}
