/// An item's way through the symbols below `end`, which is below 2^31. The indices are those of
/// `RatelessMapping`, but as whole numbers in floating point, and without a branch: a step waits
/// for a square root and a division, and a processor does those of several items side by side.
@frozen
@usableFromInline
struct SymbolLane<Item: SketchItem> {
  @usableFromInline let item: Item
  @usableFromInline let checksum: UInt64
  @usableFromInline let change: Int64
  @usableFromInline var first: UInt64
  @usableFromInline var second: UInt64
  @usableFromInline var position: Double

  /// The way of an item, at symbol 0; of none it is at its end.
  @inlinable
  @inline(__always)
  init(_ item: Item?, change: Int64, end: Double, checksumMask: UInt64 = .max) {
    self.item = item ?? Item.zero
    self.change = change
    checksum = self.item.checksum & checksumMask
    (first, second) = self.item.mappingSeed
    position = item == nil ? end : 0
  }

  /// The symbol at hand.
  @inlinable
  var index: Int {
    // Added to 2^52 a whole number below is the low bits of the sum.
    @inline(__always) get {
      Int(truncatingIfNeeded: (position + 0x1p52).bitPattern & 0x7fff_ffff)
    }
  }

  /// Adds the item to the symbol at hand, and goes to the next one, or to `end`, where it stays:
  /// `symbols` has one more than those wanted.
  @inlinable
  @inline(__always)
  mutating func step(end: Double, symbols: UnsafeMutablePointer<CodedSymbol<Item>>) {
    symbols[index].apply(item, checksum: checksum, change: change)
    var step = (position + 1.5) * RatelessMapping.nextFactor(&first, &second)
    step = step < end ? step : end
    // Rounds up: to the nearest whole number, by adding what has no bits for fractions, and one
    // more if that is below.
    let nearest = (step + 0x1p52) - 0x1p52
    let whole = nearest < step ? nearest + 1 : nearest
    position += whole < 1 ? 1 : whole
    position = position < end ? position : end
  }
}

/// Four ways side by side.
@frozen
@usableFromInline
struct SymbolLanes<Item: SketchItem> {
  @usableFromInline var a: SymbolLane<Item>
  @usableFromInline var b: SymbolLane<Item>
  @usableFromInline var c: SymbolLane<Item>
  @usableFromInline var d: SymbolLane<Item>

  @inlinable
  @inline(__always)
  init(
    _ a: SymbolLane<Item>, _ b: SymbolLane<Item>, _ c: SymbolLane<Item>, _ d: SymbolLane<Item>
  ) {
    (self.a, self.b, self.c, self.d) = (a, b, c, d)
  }

  /// Whether all four are at their ends.
  @inlinable
  @inline(__always)
  func isOver(end: Double) -> Bool {
    a.position >= end && b.position >= end && c.position >= end && d.position >= end
  }

  /// Whether one of the first `count` ways is that of `item`.
  @inlinable
  @inline(__always)
  func contains(_ item: Item, among count: Int) -> Bool {
    (count > 0 && a.item == item) || (count > 1 && b.item == item)
      || (count > 2 && c.item == item)
  }

  @inlinable
  @inline(__always)
  mutating func set(_ lane: SymbolLane<Item>, at place: Int) {
    switch place {
    case 0: a = lane
    case 1: b = lane
    case 2: c = lane
    default: d = lane
    }
  }
}
