import Primitives

/// An element of a set that is compared by ranges: a 32-byte id, and a number that puts elements
/// changed at about the same time beside each other.
///
/// Ordered by timestamp, then by id.
public struct NegentropyItem: Sendable, Hashable, Comparable {
  /// 0…`timestampMax`; seconds for nostr, versions for records.
  public let timestamp: UInt64
  public let id: Hash256

  /// The largest timestamp: the number above it stands for infinity.
  public static let timestampMax = UInt64.max - 1

  /// Nil if the timestamp is above `timestampMax`.
  public init?(timestamp: UInt64, id: Hash256) {
    guard timestamp <= Self.timestampMax else { return nil }
    self.timestamp = timestamp
    self.id = id
  }

  public static func < (a: NegentropyItem, b: NegentropyItem) -> Bool {
    a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.id < b.id
  }
}

/// The exclusive end of a range: a timestamp and the first bytes of an id; the bytes that are not
/// given count as zero.
///
/// Ordered as an item of that timestamp and id is. Two bounds at one place may give different
/// numbers of bytes: they go on the wire as they came.
public struct NegentropyBound: Sendable, Hashable {
  /// `UInt64.max` is infinity.
  public let timestamp: UInt64
  /// The first bytes, filled up with zero bytes.
  public let prefix: Hash256
  /// How many of them are given; 0…32.
  public let prefixBytes: Int

  /// At or before every item.
  static let start = NegentropyBound(timestamp: 0, prefix: .zero, prefixBytes: 0)
  /// Behind every item.
  public static let infinity = NegentropyBound(timestamp: .max, prefix: .zero, prefixBytes: 0)

  init(timestamp: UInt64, prefix: Hash256, prefixBytes: Int) {
    self.timestamp = timestamp
    self.prefix = prefix
    self.prefixBytes = prefixBytes
  }

  /// Just before an item, by its whole id.
  public init(at item: NegentropyItem) {
    self.init(timestamp: item.timestamp, prefix: item.id, prefixBytes: Hash256.byteCount)
  }

  /// The shortest bound between two items of which `last` is the lesser.
  public init(between last: NegentropyItem, and first: NegentropyItem) {
    guard last.timestamp == first.timestamp else {
      self.init(timestamp: first.timestamp, prefix: .zero, prefixBytes: 0)
      return
    }
    let length = min(Hash256.byteCount, last.id.commonPrefixBytes(with: first.id) + 1)
    self.init(
      timestamp: first.timestamp, prefix: first.id.keeping(bytes: length), prefixBytes: length)
  }

  /// Whether an item lies before the bound.
  func isAbove(_ item: NegentropyItem) -> Bool {
    item.timestamp != timestamp ? item.timestamp < timestamp : item.id < prefix
  }

  /// Whether the bound lies before another one.
  func isBelow(_ other: NegentropyBound) -> Bool {
    timestamp != other.timestamp ? timestamp < other.timestamp : prefix < other.prefix
  }
}

extension Hash256 {
  /// The words in order, for loops.
  private var list: [UInt64] { [words.0, words.1, words.2, words.3] }

  /// How many of the first bytes are equal.
  fileprivate func commonPrefixBytes(with other: Hash256) -> Int {
    var count = 0
    for (mine, theirs) in zip(list, other.list) {
      let equal = (mine ^ theirs).leadingZeroBitCount / 8
      count += equal
      if equal < 8 { break }
    }
    return count
  }

  /// The hash with all but its first bytes set to zero.
  fileprivate func keeping(bytes count: Int) -> Hash256 {
    func mask(_ word: Int) -> UInt64 {
      let bytes = min(8, max(0, count - 8 * word))
      return bytes == 0 ? 0 : UInt64.max << UInt64(64 - 8 * bytes)
    }
    return Hash256(
      words: (words.0 & mask(0), words.1 & mask(1), words.2 & mask(2), words.3 & mask(3)))
  }
}
