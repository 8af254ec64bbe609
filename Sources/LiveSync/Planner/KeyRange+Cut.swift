import Primitives
import StateTrie

/// Key ranges as numbers, to size and to cut them. Keys of accounts are hashes, which are spread
/// evenly; where keys are not, the measured density of items is what counts.
extension KeyRange {
  /// Nibbles that a position is read from.
  private static let digits = 15
  /// Positions there are: one above the last.
  private static let positions = UInt64(1) << UInt64(4 * digits)

  /// The key `numerator`/`denominator` of the way through the range, counted in key space; nil if
  /// the range is too narrow to have one strictly inside.
  package func cut(_ numerator: UInt64, of denominator: UInt64) -> KeyNibbles? {
    precondition(numerator < denominator, "a cut at \(numerator) of \(denominator)")
    // What both edges begin with says nothing about the way between them.
    let shared = end.map { start.commonPrefixLength(with: $0) } ?? 0
    let low = Self.position(of: start, from: shared)
    let high = end.map { Self.position(of: $0, from: shared) } ?? Self.positions
    guard high > low else { return nil }
    let product = (high - low).multipliedFullWidth(by: numerator)
    let way = denominator.dividingFullWidth(product).quotient
    guard let key = Self.key(at: low + way, after: start.prefix(shared)) else { return nil }
    return key > start && KeyRange(start: start, end: end).contains(key) ? key : nil
  }

  /// The part from the start on whose share of the range is `fraction`; the whole range if it is
  /// too narrow to be cut there, or if next to nothing would be left.
  package func beginning(_ fraction: Double) -> KeyRange {
    let denominator = UInt64(1) << 32
    guard fraction < 0.999 else { return self }
    let numerator = max(1, UInt64(max(0, fraction) * Double(denominator)))
    guard numerator < denominator, let key = cut(numerator, of: denominator) else { return self }
    return KeyRange(start: start, end: key)
  }

  /// The first nibbles after `offset` as a number, missing ones zero.
  private static func position(of key: KeyNibbles, from offset: Int) -> UInt64 {
    let part = key.slice(offset, min(key.count, offset + digits))
    var position: UInt64 = 0
    for index in 0..<digits {
      position = position << 4 | (index < part.count ? UInt64(part[index]) : 0)
    }
    return position
  }

  /// The key at a position after `prefix`, without zeros at its end.
  private static func key(at position: UInt64, after prefix: KeyNibbles) -> KeyNibbles? {
    guard position > 0, position < positions else { return nil }
    let zeros = position.trailingZeroBitCount / 4
    guard prefix.count + digits - zeros <= PrimitiveLimits.keyNibblesMax else { return nil }
    var key = prefix
    for index in 0..<(digits - zeros) {
      key.append(Int(position >> UInt64(4 * (digits - 1 - index)) & 15))
    }
    return key
  }
}
