/// Which rolling hash finds blocks wherever they are.
public enum RollingHashKind: Sendable, Hashable, CaseIterable {
  /// Adler-32 without its modulus and with an offset, as rsync's (Tridgell 1999) and librsync's.
  case rollsum
  /// The polynomial hash of Rabin and Karp (1987) modulo 2^32 with librsync's multiplier.
  case rabinKarp
}

/// A hash of a window that moves over bytes, in constant time for each step.
struct RollingHash {
  private static let multiplier: UInt32 = 0x0810_4225
  /// Added to each byte, so that zeros count.
  private static let offset: UInt32 = 31

  private let isPolynomial: Bool
  private let window: UInt32
  /// The multiplier to the power of the window: what the byte that leaves has become.
  private let leaving: UInt32
  /// The polynomial, or rollsum's two sums.
  private var first: UInt32
  private var second: UInt32 = 0

  /// The hash of all of `bytes`, and the window for as many.
  init(_ kind: RollingHashKind, _ bytes: UnsafeBufferPointer<UInt8>) {
    isPolynomial = kind == .rabinKarp
    window = UInt32(bytes.count)
    var leaving: UInt32 = 1
    first = isPolynomial ? 1 : 0
    for byte in bytes {
      if isPolynomial {
        first = first &* Self.multiplier &+ UInt32(byte)
        leaving = leaving &* Self.multiplier
      } else {
        first &+= UInt32(byte) + Self.offset
        second &+= first
      }
    }
    self.leaving = leaving
  }

  /// 32 bits that depend on all bytes of the window.
  @inline(__always)
  var value: UInt32 { isPolynomial ? first : second << 16 | first & 0xffff }

  /// Moves the window by one byte.
  @inline(__always)
  mutating func rotate(out: UInt8, in next: UInt8) {
    if isPolynomial {
      // The seed of 1 is moved too, so that windows of zeros differ by their length.
      first =
        first &* Self.multiplier &+ UInt32(next)
        &- leaving &* (UInt32(out) &+ Self.multiplier &- 1)
    } else {
      first = first &+ UInt32(next) &- UInt32(out)
      second = second &+ first &- window &* (UInt32(out) &+ Self.offset)
    }
  }

  /// The hash of `bytes`.
  static func value(_ kind: RollingHashKind, _ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    RollingHash(kind, bytes).value
  }
}
