/// The coded symbols that an item is part of: an increasing sequence of indices from 0 on, where
/// symbol `i` is among them with probability 1 / (1 + i / 2) (Yang, Gilad and Alizadeh, "Practical
/// Rateless Set Reconciliation", SIGCOMM 2024).
///
/// From index `c` the next one is c + ceil((c + 1.5) * (2^32 / sqrt(r + 1) - 1)), `r` the next
/// number of the generator. With a second seed of zero, generator and indices are those of the
/// authors' Go implementation. A second seed adds a second generator's numbers to the first's: two
/// items then take the same way for good only if all 128 bits are equal.
@frozen
public struct RatelessMapping: Sendable, Hashable {
  @usableFromInline var first: UInt64
  @usableFromInline var second: UInt64
  @usableFromInline var position: UInt64 = 0

  /// The symbol at hand; `UInt64.max` if there is none below 2^62 any more.
  @inlinable
  public var index: UInt64 { position }

  /// An item's way, at symbol 0.
  @inlinable
  public init(seed: (UInt64, UInt64)) {
    first = seed.0
    second = seed.1
  }

  /// Goes to the next symbol.
  ///
  /// The reference stays where it is when the step is 0, which happens once in 2^54 steps, or when
  /// a hostile item is made for it: here a step is at least 1.
  @inlinable
  public mutating func advance() {
    let step = (Double(position) + 1.5) * Self.nextFactor(&first, &second)
    guard step < 0x1p62, position < 1 << 62 else {
      position = .max
      return
    }
    let whole = Int64(step)
    let roundedUp = Double(whole) < step ? whole &+ 1 : whole
    position &+= UInt64(bitPattern: max(1, roundedUp))
  }

  /// Takes the next number and gives the factor of the step, 0 and more.
  @inlinable
  @inline(__always)
  static func nextFactor(_ first: inout UInt64, _ second: inout UInt64) -> Double {
    // The multipliers of Steele and Vigna for congruential generators of 64 bits.
    first = first &* 0xda94_2042_e4dd_58b5
    second = second &* 0xd134_2543_de82_ef95
    // Not to be fused with anything: all peers must get the same indices.
    return 4_294_967_296 / (Double(first &+ second) + 1).squareRoot() - 1
  }
}
