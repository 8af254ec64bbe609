import Primitives

/// A node's full key in 21 bytes, so that a node's head fits one cache line: up to 40 nibbles
/// (addresses) in place, as the words of `KeyNibbles`; longer keys in memory of their own, which
/// the owner copies and deallocates by hand.
struct PackedKey {
  /// Nibbles 0…15, or the address of a long key.
  private var first: UInt64
  private var second: UInt64 = 0
  private var third: UInt32 = 0
  private let length: UInt8

  /// Most nibbles that are held in place.
  private static let shortMax = 40

  init(_ key: KeyNibbles) {
    length = UInt8(key.count)
    first = key.word(0)
    if key.count <= Self.shortMax {
      second = key.word(1)
      third = UInt32(truncatingIfNeeded: key.word(2) &>> 32)
    } else {
      let memory = UnsafeMutablePointer<KeyNibbles>.allocate(capacity: 1)
      memory.initialize(to: key)
      first = UInt64(UInt(bitPattern: memory))
    }
  }

  /// Number of nibbles.
  @inline(__always)
  var count: Int { Int(length) }

  @inline(__always)
  var isShort: Bool { count <= Self.shortMax }

  /// The words of a short key.
  @inline(__always)
  var words: (UInt64, UInt64, UInt64) { (first, second, UInt64(third) &<< 32) }

  private var long: UnsafeMutablePointer<KeyNibbles> {
    guard let memory = UnsafeMutablePointer<KeyNibbles>(bitPattern: UInt(first)) else {
      preconditionFailure("a long key without memory")
    }
    return memory
  }

  @inline(__always)
  var key: KeyNibbles {
    isShort
      ? KeyNibbles(words: first, second, UInt64(third) &<< 32, count: count) : long.pointee
  }

  /// Number of nibbles both keys begin with.
  @inline(__always)
  func commonPrefixLength(with key: KeyNibbles) -> Int {
    guard isShort else { return long.pointee.commonPrefixLength(with: key) }
    let most = min(count, key.count)
    var difference = first ^ key.word(0)
    if difference != 0 { return min(most, difference.leadingZeroBitCount / 4) }
    difference = second ^ key.word(1)
    if difference != 0 { return min(most, 16 + difference.leadingZeroBitCount / 4) }
    difference = UInt64(third) &<< 32 ^ key.word(2)
    return min(most, 32 + difference.leadingZeroBitCount / 4)
  }

  /// True if `key` begins with this key.
  @inline(__always)
  func isPrefix(of key: KeyNibbles) -> Bool {
    commonPrefixLength(with: key) == count
  }

  /// True if `key` is this key.
  @inline(__always)
  func isEqual(to key: KeyNibbles) -> Bool {
    count == key.count && isPrefix(of: key)
  }

  /// A key of the same nibbles with memory of its own.
  func copy() -> PackedKey {
    isShort ? self : PackedKey(long.pointee)
  }

  /// Gives the memory of a long key back.
  @inline(__always)
  func deallocate() {
    if !isShort { long.deallocate() }
  }
}
