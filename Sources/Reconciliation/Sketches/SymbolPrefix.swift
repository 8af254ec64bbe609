/// The first coded symbols of a set of items, kept current: a write of one item changes as many
/// symbols as the item is part of, some 2 ln(length / 2).
///
/// Which items are in the set is for the caller to know: an item that is added twice is in no symbol,
/// but counted twice.
public struct SymbolPrefix<Item: SketchItem>: Sendable {
  @usableFromInline var cells: [CodedSymbol<Item>]
  @usableFromInline var items = 0

  /// The symbols from index 0 on.
  @inlinable
  public var symbols: [CodedSymbol<Item>] { cells }

  /// Items in the set.
  @inlinable
  public var itemCount: Int { items }

  /// The symbols of the empty set.
  @inlinable
  public init(length: Int) {
    cells = Array(repeating: CodedSymbol(), count: length)
  }

  /// The symbols of `items`.
  @inlinable
  public init(length: Int, of items: some Sequence<Item>) {
    self.init(length: length)
    apply(items, change: 1)
  }

  /// Symbols that are kept.
  @inlinable
  public var length: Int { cells.count }

  /// Adds an item that is not in the set.
  @inlinable
  public mutating func add(_ item: Item) {
    apply(CollectionOfOne(item), change: 1)
  }

  /// Removes an item that is in the set.
  @inlinable
  public mutating func remove(_ item: Item) {
    apply(CollectionOfOne(item), change: -1)
  }

  /// Adds (`change` 1) or removes (`change` -1) items.
  @inlinable
  public mutating func apply(_ items: some Sequence<Item>, change: Int64) {
    var count = 0
    cells.withUnsafeMutableBufferPointer { cells in
      for item in items {
        Self.apply(item, checksum: item.checksum, change: change, to: cells)
        count += 1
      }
    }
    self.items += count * Int(change)
  }

  /// Makes the prefix `length` symbols long, if it is shorter; `visit` calls its argument with each
  /// item of the set. Takes as long as making the whole prefix anew.
  public mutating func extend(to length: Int, visit: ((Item) -> Void) -> Void) {
    let old = cells.count
    guard length > old else { return }
    cells.append(contentsOf: repeatElement(CodedSymbol(), count: length - old))
    cells.withUnsafeMutableBufferPointer { cells in
      visit { Self.apply($0, checksum: $0.checksum, change: 1, from: old, to: cells) }
    }
  }

  /// Applies what changed of the set to the symbols from `start` on, and not to the count.
  mutating func reapply(_ items: [Item], change: Int64, from start: Int) {
    cells.withUnsafeMutableBufferPointer { cells in
      for item in items {
        Self.apply(item, checksum: item.checksum, change: change, from: start, to: cells)
      }
    }
  }

  /// Adds or removes an item in those of `symbols` that have index `start` or more.
  @inlinable
  @inline(__always)
  static func apply(
    _ item: Item, checksum: UInt64, change: Int64, from start: Int = 0,
    to symbols: UnsafeMutableBufferPointer<CodedSymbol<Item>>
  ) {
    let end = UInt64(symbols.count)
    var mapping = RatelessMapping(seed: item.mappingSeed)
    while mapping.index < end {
      if mapping.index >= UInt64(start) {
        symbols[Int(truncatingIfNeeded: mapping.index)].apply(
          item, checksum: checksum, change: change)
      }
      mapping.advance()
    }
  }
}
