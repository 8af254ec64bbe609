import Primitives

/// What somebody with a base tells of it, so that others can send a difference to it without having
/// it: its size, its BLAKE2b-256, and its parts.
public struct BaseSignature: Sendable, Hashable {
  /// How the base was cut.
  public enum Parts: Sendable, Hashable {
    /// Equal blocks, found at any place: the finest difference.
    case blocks(BlockSignature)
    /// Chunks that end by content: the fastest search, for long common parts.
    case chunks(ChunkSignature)
  }

  public let baseHash: Hash256
  public let baseBytes: Int
  public let parts: Parts

  /// Nil if the base is too large.
  public init?(blocksOf base: HashedBytes, blockBytes: Int? = nil) {
    guard let blocks = BlockSignature(of: base.bytes, blockBytes: blockBytes) else { return nil }
    baseHash = base.hash
    baseBytes = base.count
    parts = .blocks(blocks)
  }

  /// Nil if the base is too large.
  public init?(chunksOf base: HashedBytes, averageBytes: Int = 2_048) {
    guard let chunks = ChunkSignature(of: base.bytes, averageBytes: averageBytes) else {
      return nil
    }
    baseHash = base.hash
    baseBytes = base.count
    parts = .chunks(chunks)
  }

  /// The difference to `target`; nil if that is too large or needs too many operations.
  public func diff(to target: HashedBytes) -> BinaryDiff? {
    guard target.count <= BinaryDifferenceLimits.targetBytesMax else { return nil }
    do {
      let script: EditScript
      switch parts {
      case .blocks(let blocks):
        var search = BlockSearch(blocks, baseBytes: baseBytes, targetBytes: target.count)
        script = try search.script(of: target.bytes)
      case .chunks(let chunks): script = try chunks.script(of: target.bytes)
      }
      return BinaryDiff(baseHash: baseHash, targetHash: target.hash, script: script)
    } catch {
      return nil
    }
  }
}

/// The base's hash and a varint of its size; 0 for blocks: a varint of their size, a byte of how
/// many bytes there are of each strong hash, and for each block four bytes of RabinKarp and the
/// strong hash; 1 for chunks: a varint of their average size, the byte, a varint count, and for
/// each chunk a varint of its length and the strong hash.
extension BaseSignature: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(baseHash)
    encoder.append(count: baseBytes)
    switch parts {
    case .blocks(let blocks):
      encoder.append(byte: 0)
      encoder.append(count: blocks.blockBytes)
      encoder.append(byte: UInt8(blocks.strongBytes))
      for index in 0..<blocks.count {
        withUnsafeBytes(of: blocks.weakSums[index].bigEndian) { encoder.append(raw: $0) }
        encoder.append(raw: blocks.strong(index))
      }
    case .chunks(let chunks):
      encoder.append(byte: 1)
      encoder.append(count: chunks.averageBytes)
      encoder.append(byte: UInt8(chunks.strongBytes))
      encoder.append(count: chunks.count)
      for index in 0..<chunks.count {
        encoder.append(chunks.lengths[index])
        encoder.append(raw: chunks.strongSums[index].bytes[..<chunks.strongBytes])
      }
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    baseHash = try decoder.hash()
    baseBytes = try Self.number(0...BinaryDifferenceLimits.baseBytesMax, "base", &decoder)
    let start = decoder.offset
    switch try decoder.byte() {
    case 0: parts = .blocks(try Self.blocks(baseBytes, &decoder))
    case 1: parts = .chunks(try Self.chunks(baseBytes, &decoder))
    case let kind: throw .invalidCase(UInt64(kind), of: "BaseSignature", at: start)
    }
  }

  private static func number(
    _ range: ClosedRange<Int>, _ name: String, _ decoder: inout WireDecoder
  ) throws(WireError) -> Int {
    let start = decoder.offset
    let value = try decoder.varint()
    guard let number = Int(exactly: value), range.contains(number) else {
      throw .invalidValue("\(value) bytes of a \(name)", at: start)
    }
    return number
  }

  private static func strongBytes(_ decoder: inout WireDecoder) throws(WireError) -> Int {
    let start = decoder.offset
    let bytes = Int(try decoder.byte())
    guard BlockSignature.strongRange.contains(bytes) else {
      throw .invalidValue("\(bytes) bytes of a strong hash", at: start)
    }
    return bytes
  }

  private static func blocks(
    _ baseBytes: Int, _ decoder: inout WireDecoder
  ) throws(WireError) -> BlockSignature {
    let block = try number(BlockSignature.blockRange, "block", &decoder)
    let strong = try strongBytes(&decoder)
    let count = BlockSignature.blockCount(baseBytes: baseBytes, blockBytes: block)
    let bytes = count * (4 + strong)
    guard bytes <= decoder.remaining else {
      throw .unexpectedEnd(missing: bytes - decoder.remaining, at: decoder.offset)
    }
    var weakSums: [UInt32] = []
    var strongSums: [UInt8] = []
    weakSums.reserveCapacity(count)
    strongSums.reserveCapacity(count * strong)
    for _ in 0..<count {
      weakSums.append(try decoder.raw(4).reduce(0) { $0 << 8 | UInt32($1) })
      strongSums += try decoder.raw(strong)
    }
    return BlockSignature(
      kind: .rabinKarp, blockBytes: block, strongBytes: strong, weakSums: weakSums,
      strongSums: strongSums)
  }

  private static func chunks(
    _ baseBytes: Int, _ decoder: inout WireDecoder
  ) throws(WireError) -> ChunkSignature {
    let start = decoder.offset
    let average = try number(ChunkSignature.averageRange, "chunk", &decoder)
    guard average.nonzeroBitCount == 1 else {
      throw .invalidValue("an average chunk of \(average) bytes", at: start)
    }
    let strong = try strongBytes(&decoder)
    let count = try decoder.count(
      elementBytes: 1 + strong, limit: BinaryDifferenceLimits.signatureBlocksMax)
    var lengths: [UInt32] = []
    var strongSums: [Hash256] = []
    var rest = baseBytes
    for _ in 0..<count {
      let length = try number(1...4 * average, "chunk", &decoder)
      rest -= length
      guard rest >= 0 else { throw .invalidValue("more chunks than base", at: decoder.offset) }
      lengths.append(UInt32(length))
      var bytes = [UInt8](repeating: 0, count: Hash256.byteCount)
      bytes.replaceSubrange(..<strong, with: try decoder.raw(strong))
      strongSums.append(bytes.withUnsafeBytes { Hash256(loading: $0) })
    }
    guard rest == 0 else { throw .invalidValue("chunks for less than the base", at: start) }
    return ChunkSignature(
      averageBytes: average, strongBytes: strong, lengths: lengths, strongSums: strongSums)
  }
}
