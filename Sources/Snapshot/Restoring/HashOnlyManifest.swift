import Compression
import Primitives

/// What a snapshot of format 1 consists of: the whole state after its block as one compressed
/// stream, cut into chunks of equal length (Docs/Snapshots.md).
///
/// Nothing in it proves anything but that a chunk is the one that was meant; whether the state is
/// right shows at the end only.
public struct HashOnlyManifest: Sendable, Hashable {
  /// How the stream is compressed.
  public enum Compression: UInt8, Sendable, Hashable, CaseIterable {
    /// RFC 1952, as Xian has it.
    case gzip = 1
    /// RFC 1950, as Cosmos has it.
    case zlib = 2

    var format: DeflateFormat { self == .gzip ? .gzip : .zlib }
  }

  /// The hash of block 0.
  public var chain: Hash256
  public var anchor: SnapshotAnchor
  public var compression: Compression
  /// Items of the state.
  public var items: UInt64
  /// Bytes of the stream before it was compressed.
  public var rawBytes: UInt64
  /// SHA-256 of each chunk as it is sent.
  public var chunkHashes: [Hash256]

  public init(
    chain: Hash256, anchor: SnapshotAnchor, compression: Compression, items: UInt64,
    rawBytes: UInt64, chunkHashes: [Hash256]
  ) {
    self.chain = chain
    self.anchor = anchor
    self.compression = compression
    self.items = items
    self.rawBytes = rawBytes
    self.chunkHashes = chunkHashes
  }
}

extension HashOnlyManifest: OfferedManifest {
  public static var format: UInt32 { SnapshotFormat.hashOnly }
  public var chunkCount: Int { chunkHashes.count }
}

extension HashOnlyManifest: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(chain)
    encoder.append(anchor)
    encoder.append(byte: compression.rawValue)
    encoder.append(items)
    encoder.append(rawBytes)
    encoder.append(chunkHashes)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    chain = try decoder.hash()
    anchor = try decoder.value()
    let offset = decoder.offset
    let index = try decoder.byte()
    guard let compression = Compression(rawValue: index) else {
      throw .invalidCase(UInt64(index), of: "HashOnlyManifest.Compression", at: offset)
    }
    self.compression = compression
    items = try decoder.uint64()
    let bytesOffset = decoder.offset
    rawBytes = try decoder.uint64()
    guard rawBytes <= UInt64(SnapshotLimits.hashOnlyBytesMax) else {
      throw .lengthTooLarge(
        rawBytes, limit: SnapshotLimits.hashOnlyBytesMax, at: bytesOffset)
    }
    let countOffset = decoder.offset
    chunkHashes = try decoder.array(
      elementBytes: Hash256.byteCount, limit: SnapshotLimits.chunksMax)
    guard !chunkHashes.isEmpty else {
      throw .invalidValue("a snapshot of no chunks", at: countOffset)
    }
  }
}
