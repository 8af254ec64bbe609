/// The first coded symbols of a set of items, kept current: a write of one item changes as many
/// symbols as the item is part of, some 2 ln(length / 2).
///
/// Which items are in the set is for the caller to know: an item that is added twice is in no
/// symbol, but counted twice.
public struct SymbolPrefix<Item: SketchItem>: Sendable {
  @usableFromInline var cells: [CodedSymbol<Item>]
  @usableFromInline var items = 0

  /// The symbols from index 0 on.
  @inlinable
  public var symbols: [CodedSymbol<Item>] { cells }

  /// Items in the set.
  @inlinable
  public var itemCount: Int { items }

  /// The symbols of the empty set; `length` is below 2^31.
  @inlinable
  public init(length: Int) {
    precondition(length < 1 << 31)
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
    write(item, change: 1)
  }

  /// Removes an item that is in the set.
  @inlinable
  public mutating func remove(_ item: Item) {
    write(item, change: -1)
  }

  /// Adds (`change` 1) or removes (`change` -1) many items: several times faster for each than one
  /// by one, but all symbols are gone through once more.
  @inlinable
  public mutating func apply(_ items: some Sequence<Item>, change: Int64) {
    self.items += apply(items, change: change, from: 0) * Int(change)
  }

  /// Adds and removes many items in one pass, as `apply` does; a way that is over makes room for
  /// the next item's at once.
  @inlinable
  public mutating func apply(adding: [Item], removing: [Item]) {
    let length = cells.count
    let end = Double(length)
    let total = adding.count + removing.count
    var next = 0
    func lane() -> SymbolLane<Item> {
      defer { next += 1 }
      if next < adding.count { return SymbolLane(adding[next], change: 1, end: end) }
      guard next < total else { return SymbolLane(nil, change: 0, end: end) }
      return SymbolLane(removing[next - adding.count], change: -1, end: end)
    }
    withUnsafeTemporaryAllocation(of: CodedSymbol<Item>.self, capacity: length + 1) { sums in
      sums.initialize(repeating: CodedSymbol())
      let symbols = sums.baseAddress!
      var lanes = SymbolLanes(lane(), lane(), lane(), lane())
      while !lanes.isOver(end: end) {
        lanes.a.step(end: end, symbols: symbols)
        lanes.b.step(end: end, symbols: symbols)
        lanes.c.step(end: end, symbols: symbols)
        lanes.d.step(end: end, symbols: symbols)
        guard next < total else { continue }
        if lanes.a.position >= end { lanes.a = lane() }
        if lanes.b.position >= end { lanes.b = lane() }
        if lanes.c.position >= end { lanes.c = lane() }
        if lanes.d.position >= end { lanes.d = lane() }
      }
      for index in 0..<length { cells[index].merge(sums[index]) }
    }
    items += adding.count - removing.count
  }

  @inlinable
  mutating func write(_ item: Item, change: Int64) {
    cells.withUnsafeMutableBufferPointer {
      Self.apply(item, checksum: item.checksum, change: change, to: $0)
    }
    items += Int(change)
  }

  /// Makes the prefix `length` symbols long, if it is shorter; `visit` calls its argument with all
  /// items of the set, some at a time. Takes as long as making the whole prefix anew. If `visit`
  /// throws, the prefix is of no use any more.
  public mutating func extend<Failure: Error>(
    to length: Int, visit: (([Item]) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(length < 1 << 31)
    let old = cells.count
    guard length > old else { return }
    cells.append(contentsOf: repeatElement(CodedSymbol(), count: length - old))
    try visit { _ = apply($0, change: 1, from: old) }
  }

  /// Applies items to the symbols from `start` on; gives how many they were.
  @inlinable
  mutating func apply(_ items: some Sequence<Item>, change: Int64, from start: Int) -> Int {
    var count = 0
    let length = cells.count
    let end = Double(length)
    withUnsafeTemporaryAllocation(of: CodedSymbol<Item>.self, capacity: length + 1) { sums in
      sums.initialize(repeating: CodedSymbol())
      let symbols = sums.baseAddress!
      var iterator = items.makeIterator()
      while let item = iterator.next() {
        let (second, third, fourth) = (iterator.next(), iterator.next(), iterator.next())
        count += 1 + (second == nil ? 0 : 1) + (third == nil ? 0 : 1) + (fourth == nil ? 0 : 1)
        var lanes = SymbolLanes(
          SymbolLane(item, change: change, end: end),
          SymbolLane(second, change: change, end: end),
          SymbolLane(third, change: change, end: end),
          SymbolLane(fourth, change: change, end: end))
        while !lanes.isOver(end: end) {
          lanes.a.step(end: end, symbols: symbols)
          lanes.b.step(end: end, symbols: symbols)
          lanes.c.step(end: end, symbols: symbols)
          lanes.d.step(end: end, symbols: symbols)
        }
      }
      for index in start..<length { cells[index].merge(sums[index]) }
    }
    return count
  }

  /// Adds or removes an item in all of `symbols`.
  @inlinable
  @inline(__always)
  static func apply(
    _ item: Item, checksum: UInt64, change: Int64,
    to symbols: UnsafeMutableBufferPointer<CodedSymbol<Item>>
  ) {
    let end = UInt64(symbols.count)
    var mapping = RatelessMapping(seed: item.mappingSeed)
    while mapping.index < end {
      symbols[Int(truncatingIfNeeded: mapping.index)].apply(
        item, checksum: checksum, change: change)
      mapping.advance()
    }
  }
}
