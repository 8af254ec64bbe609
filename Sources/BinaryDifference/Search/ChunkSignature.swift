import Primitives
import Runtime

/// What tells a base's chunks to somebody who does not have it: their lengths and the begin of
/// their BLAKE2b-256. Where a chunk ends is decided by its content (FastCDC, Xia and others 2016),
/// so what is inserted moves the ends of few chunks.
public struct ChunkSignature: Sendable, Hashable {
  /// Bytes that a chunk has about, a power of two.
  public let averageBytes: Int
  /// Bytes that are kept of each chunk's BLAKE2b-256, 1…32.
  public let strongBytes: Int
  let lengths: [UInt32]
  /// The kept bytes of each chunk, the others zero.
  let strongSums: [Hash256]

  init(averageBytes: Int, strongBytes: Int, lengths: [UInt32], strongSums: [Hash256]) {
    self.averageBytes = averageBytes
    self.strongBytes = strongBytes
    self.lengths = lengths
    self.strongSums = strongSums
  }

  /// The signature of `base`, nil if that is too large.
  /// - Parameter averageBytes: a power of two, 256…`BinaryDifferenceLimits.blockBytesMax`.
  public init?(of base: [UInt8], averageBytes: Int = 2_048) {
    guard base.count <= BinaryDifferenceLimits.baseBytesMax else { return nil }
    self.averageBytes = averageBytes
    let strongBytes = BlockSignature.safeStrongBytes(
      baseBytes: base.count, blockBytes: averageBytes / 4)
    self.strongBytes = strongBytes
    let chunks = GearChunker(averageBytes: averageBytes).chunks(of: base)
    lengths = chunks.map { UInt32($0.count) }
    strongSums = chunks.map { Self.strong(of: base[$0], strongBytes) }
  }

  static let averageRange = 256...BinaryDifferenceLimits.blockBytesMax

  /// Chunks of the base.
  public var count: Int { lengths.count }

  /// BLAKE2b-256 of `bytes`, of which only the first `kept` bytes are not zero.
  static func strong(of bytes: ArraySlice<UInt8>, _ kept: Int) -> Hash256 {
    let hash = Blake2b256.hash(bytes)
    func word(_ index: Int, _ value: UInt64) -> UInt64 {
      let bytes = min(8, max(0, kept - 8 * index))
      return bytes == 0 ? 0 : value & (.max << UInt64(64 - 8 * bytes))
    }
    let words = hash.words
    return Hash256(
      words: (word(0, words.0), word(1, words.1), word(2, words.2), word(3, words.3)))
  }

  /// The steps to `target` with what this tells of the base.
  func script(of target: [UInt8]) throws(BinaryDifferenceError) -> EditScript {
    var offsets: [Int] = []
    var places: [Hash256: Int] = [:]
    var offset = 0
    for (index, length) in lengths.enumerated() {
      offsets.append(offset)
      offset += Int(length)
      if places[strongSums[index]] == nil { places[strongSums[index]] = index }
    }
    var builder = EditScriptBuilder()
    var expected = 0
    for range in GearChunker(averageBytes: averageBytes).chunks(of: target) {
      let strong = Self.strong(of: target[range], strongBytes)
      var found = expected < count && strongSums[expected] == strong ? expected : places[strong]
      if let index = found, Int(lengths[index]) != range.count { found = nil }
      if let found {
        try builder.copy(offset: offsets[found], length: range.count)
        expected = found + 1
      } else {
        try builder.insert(target[range])
      }
    }
    return try builder.finish()
  }
}

/// Cuts bytes into chunks by their content: a Gear hash over the last 64 bytes, of which the upper
/// bits decide, more of them before the average size and fewer behind it.
struct GearChunker {
  private let averageBytes: Int
  private let minBytes: Int
  private let maxBytes: Int
  private let early: UInt64
  private let late: UInt64

  init(averageBytes: Int) {
    precondition(
      ChunkSignature.averageRange.contains(averageBytes) && averageBytes.nonzeroBitCount == 1,
      "\(averageBytes) bytes are no average chunk")
    self.averageBytes = averageBytes
    minBytes = averageBytes / 4
    maxBytes = averageBytes * 4
    let bits = averageBytes.trailingZeroBitCount
    early = .max << UInt64(64 - bits - 2)
    late = .max << UInt64(64 - bits + 2)
  }

  /// A number for each byte: SplitMix64 from the seed 0.
  private static let gear: [UInt64] = {
    var numbers = SplitMix64(state: 0)
    return (0..<256).map { _ in numbers.next() }
  }()

  /// The chunks, which cover all of `bytes`.
  func chunks(of bytes: [UInt8]) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var start = 0
    Self.gear.withUnsafeBufferPointer { gear in
      bytes.withUnsafeBufferPointer { bytes in
        while start < bytes.count {
          let end = end(of: bytes, from: start, gear)
          chunks.append(start..<end)
          start = end
        }
      }
    }
    return chunks
  }

  private func end(
    of bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ gear: UnsafeBufferPointer<UInt64>
  ) -> Int {
    let last = min(bytes.count, start + maxBytes)
    let middle = min(last, start + averageBytes)
    var place = min(last, start + minBytes)
    var hash: UInt64 = 0
    while place < middle {
      hash = hash << 1 &+ gear[Int(bytes[place])]
      place += 1
      if hash & early == 0 { return place }
    }
    while place < last {
      hash = hash << 1 &+ gear[Int(bytes[place])]
      place += 1
      if hash & late == 0 { return place }
    }
    return last
  }
}
