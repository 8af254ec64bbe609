/// A cell of a sketch: what several items add up to.
@frozen
public struct CodedSymbol<Item: SketchItem>: Sendable, Hashable {
  /// The items, added bit by bit.
  public var sum: Item
  /// Their checksums, added bit by bit.
  public var checksum: UInt64
  /// Items that were added, less those that were removed.
  public var count: Int64

  /// The symbol of no items.
  @inlinable
  public init() {
    self.init(sum: Item.zero, checksum: 0, count: 0)
  }

  @inlinable
  public init(sum: Item, checksum: UInt64, count: Int64) {
    self.sum = sum
    self.checksum = checksum
    self.count = count
  }

  /// Adds (`change` 1) or removes (`change` -1) an item.
  @inlinable
  public mutating func apply(_ item: Item, checksum: UInt64, change: Int64) {
    sum.formXor(item)
    self.checksum ^= checksum
    count &+= change
  }

  /// Adds the items of `other`.
  @inlinable
  public mutating func merge(_ other: CodedSymbol) {
    sum.formXor(other.sum)
    checksum ^= other.checksum
    count &+= other.count
  }

  /// What is left when the items of `other` are removed; of the checksum only the bits of `mask`.
  @inlinable
  public func subtracting(_ other: CodedSymbol, mask: UInt64 = .max) -> CodedSymbol {
    var result = self
    result.sum.formXor(other.sum)
    result.checksum = (checksum ^ other.checksum) & mask
    result.count = count &- other.count
    return result
  }

  /// Whether no item is left.
  @inlinable
  public var isEmpty: Bool { count == 0 && checksum == 0 && sum == Item.zero }

  /// Whether the counts allow that one item alone is left.
  @inlinable
  var mayBePure: Bool { count == 1 || count == -1 }
}
