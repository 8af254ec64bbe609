import Primitives

/// A Bloom filter (Bloom 1970) in blocks of 512 bits: all bits of an item lie in one, so a question
/// costs one line of a processor's cache (Putze, Sanders and Singler 2007). Block and bits follow
/// from a salted hash: who does not know the salt cannot make items that seem to be in it.
///
/// What it does not have it never says it has not; what it has not, it says it has at a chosen
/// rate.
public struct BlockedBloomFilter: Sendable, Hashable {
  private static var blockBits: Int { 512 }
  private static var blockWords: Int { 8 }

  public let salt: SipKey
  /// Bits of an item.
  public let probes: Int
  private var words: [UInt64]

  /// An empty filter.
  /// - Parameters:
  ///   - items: for how many items it is made, 0 and more.
  ///   - rate: how often it may be wrong of others, above 0 and below 1. A filter of more than
  ///     `ReconciliationLimits.filterBlocksMax` blocks is not made: it has as many, and is wrong
  ///     more often.
  ///   - salt: fresh random bits.
  public init(
    items: Int = ReconciliationLimits.filterItemsDefault,
    rate: Double = ReconciliationLimits.filterRateDefault, salt: SipKey
  ) {
    let rate = rate > 1e-6 ? min(rate, 0.5) : 1e-6
    // -log2(rate), a straight line between powers of two.
    let doublings = 1 - Double(rate.exponent) - rate.significand
    let probes = min(ReconciliationLimits.filterProbesMax, max(1, Int(doublings.rounded())))
    // Blocks do not get the same number of items each, which costs some bits: a quarter more at a
    // thousandth. So bits are added until the rate is kept.
    var bits = 1.3 * doublings
    while Self.rate(bitsPerItem: bits, probes: probes) > rate { bits *= 1.02 }
    let blocks = (bits * Double(max(items, 1)) / Double(Self.blockBits)).rounded(.up)
    self.init(
      blocks: Int(min(blocks, Double(ReconciliationLimits.filterBlocksMax))), probes: probes,
      salt: salt)
  }

  private init(blocks: Int, probes: Int, salt: SipKey) {
    self.salt = salt
    self.probes = probes
    words = Array(repeating: 0, count: blocks * Self.blockWords)
  }

  /// How often a filter is wrong: the mean over the Poisson distribution of a block's items.
  private static func rate(bitsPerItem: Double, probes: Int) -> Double {
    let mean = Double(blockBits) / bitsPerItem
    // The share of a block's bits that an item leaves empty.
    let spared = power(1 - 1 / Double(blockBits), probes)
    var (weight, empty) = (1.0, 1.0)
    var (total, sum) = (0.0, 0.0)
    for items in 1...Int(mean * 3 + 60) {
      total += weight
      sum += weight * power(1 - empty, probes)
      weight *= mean / Double(items)
      empty *= spared
    }
    return sum / total
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// Bytes of the filter's bits.
  public var byteCount: Int { 8 * words.count }

  /// Puts an id in.
  public mutating func insert(_ id: RecordID) {
    let (block, bits) = place(of: id)
    for word in 0..<Self.blockWords { words[block + word] |= bits[word] }
  }

  /// Whether the id was put in; true of some that were not.
  public func contains(_ id: RecordID) -> Bool {
    let (block, bits) = place(of: id)
    for word in 0..<Self.blockWords where words[block + word] & bits[word] != bits[word] {
      return false
    }
    return true
  }

  /// The first word of the id's block, and its bits there.
  private func place(of id: RecordID) -> (block: Int, bits: SIMD8<UInt64>) {
    let (first, second) = id.salted(by: salt)
    let blocks = UInt64(words.count / Self.blockWords)
    let block = Int(first.multipliedFullWidth(by: blocks).high) * Self.blockWords
    var bits = SIMD8<UInt64>.zero
    // Nine bits choose a bit: seven times from one word, seven times from another.
    var (low, high) = (second, first &* 0x9e37_79b9_7f4a_7c15 ^ second.byteSwapped)
    for _ in 0..<probes {
      let bit = Int(low & 511)
      bits[bit >> 6] |= 1 << UInt64(bit & 63)
      (low, high) = (low >> 9 | high << 54, high >> 9)
    }
    return (block, bits)
  }
}

extension BlockedBloomFilter {
  /// Appends the bits of an item as one byte, the number of blocks as a varint, and the blocks'
  /// words of eight bytes, little-endian. The salt is for both sides to know.
  func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: UInt8(probes))
    encoder.append(count: words.count / Self.blockWords)
    encoder.reserve(byteCount)
    for word in words { encoder.append(littleEndian: word, bytes: 8) }
  }

  /// Reads a filter whose salt is known.
  init(from decoder: inout WireDecoder, salt: SipKey) throws(WireError) {
    let start = decoder.offset
    let probes = Int(try decoder.byte())
    guard (1...ReconciliationLimits.filterProbesMax).contains(probes) else {
      throw .invalidValue(
        "a Bloom filter sets \(probes) bits for an item, not 1 to"
          + " \(ReconciliationLimits.filterProbesMax)", at: start)
    }
    let offset = decoder.offset
    let blocks = try decoder.count(
      elementBytes: Self.blockBits / 8, limit: ReconciliationLimits.filterBlocksMax)
    guard blocks > 0 else { throw .invalidValue("a Bloom filter has no block", at: offset) }
    self.init(blocks: blocks, probes: probes, salt: salt)
    for place in words.indices { words[place] = try decoder.littleEndian(bytes: 8) }
  }
}
