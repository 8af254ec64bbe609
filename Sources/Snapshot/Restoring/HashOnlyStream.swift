import Compression
import Primitives
import StateTrie

/// The stream of a snapshot of format 1: each item of the state in key order, as its length as a
/// varint and then its wire form. Uncompressed it is a function of the state alone.
enum HashOnlyStream {
  static func append(_ item: TrieItem, to bytes: inout [UInt8]) {
    let wire = item.wireBytes
    var encoder = WireEncoder()
    encoder.append(wire)
    bytes += encoder.bytes
  }

  /// Reads the stream from pieces of it.
  struct Reader {
    private var buffer: [UInt8] = []
    private var start = 0

    /// Bytes of a piece that are not an item yet.
    var remaining: Int { buffer.count - start }

    mutating func append(_ bytes: [UInt8]) {
      buffer.removeFirst(start)
      start = 0
      buffer += bytes
    }

    /// The next item; nil if it is not whole yet.
    mutating func next() throws(WireError) -> TrieItem? {
      var head = WireDecoder(Array(buffer[start...].prefix(PrimitiveLimits.varintBytesMax)))
      let length: UInt64
      do throws(WireError) { length = try head.varint() } catch {
        // More bytes may make it whole; a number that is too long stays so.
        if remaining < PrimitiveLimits.varintBytesMax { return nil }
        throw error
      }
      guard length <= UInt64(SnapshotLimits.itemBytesMax) else {
        throw .lengthTooLarge(length, limit: SnapshotLimits.itemBytesMax, at: 0)
      }
      let begin = start + head.offset
      guard buffer.count - begin >= Int(length) else { return nil }
      start = begin + Int(length)
      return try TrieItem(wireBytes: Array(buffer[begin..<start]))
    }
  }
}

/// Makes the chunks of a snapshot of format 1 from the items of a state in key order, with little
/// memory whatever their number.
public final class HashOnlyWriter {
  private let stream: DeflateStream
  private let compression: HashOnlyManifest.Compression
  private let sink: (Int, [UInt8]) throws -> Void
  private var pending: [UInt8] = []
  private var raw: [UInt8] = []
  private var hashes: [Hash256] = []
  private var items: UInt64 = 0
  private var rawBytes: UInt64 = 0

  /// - Parameter sink: takes each chunk with its number; what it throws is thrown on.
  public init(
    _ compression: HashOnlyManifest.Compression, sink: @escaping (Int, [UInt8]) throws -> Void
  ) {
    self.compression = compression
    self.sink = sink
    stream = DeflateStream(
      compression == .gzip ? .gzip : .zlib, level: SnapshotLimits.hashOnlyLevel)
  }

  public func append(_ item: TrieItem) throws {
    items += 1
    HashOnlyStream.append(item, to: &raw)
    if raw.count >= CompressionLimits.pieceBytes { try compress() }
  }

  private func compress() throws {
    rawBytes += UInt64(raw.count)
    pending += stream.append(raw)
    raw = []
    try cut(atEnd: false)
  }

  private func cut(atEnd: Bool) throws {
    let size = SnapshotLimits.hashOnlyChunkBytes
    while pending.count >= size || (atEnd && !pending.isEmpty) {
      let chunk = Array(pending.prefix(size))
      pending.removeFirst(chunk.count)
      try sink(hashes.count, chunk)
      hashes.append(Sha256.hash(chunk))
    }
  }

  /// Ends the stream; to be called once.
  public func finish(chain: Hash256, anchor: SnapshotAnchor) throws -> HashOnlyManifest {
    try compress()
    pending += stream.finish()
    try cut(atEnd: true)
    return HashOnlyManifest(
      chain: chain, anchor: anchor, compression: compression, items: items, rawBytes: rawBytes,
      chunkHashes: hashes)
  }
}
