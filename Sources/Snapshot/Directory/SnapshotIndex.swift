import Primitives

/// Where the frames of a snapshot are in its files. No part of the manifest, because another
/// version or level of the compressor gives other sizes for the same snapshot.
public struct SnapshotIndex: Sendable, Hashable {
  /// The manifest that it belongs to.
  public var manifest: Hash256
  /// Stored bytes of each piece, by chunk.
  public var frames: [[UInt32]]

  public init(manifest: Hash256, frames: [[UInt32]]) {
    self.manifest = manifest
    self.frames = frames
  }

  /// Bytes of a chunk's file.
  public func bytes(ofChunk chunk: Int) -> Int { frames[chunk].reduce(0) { $0 + Int($1) } }

  /// Bytes of all chunks' files.
  public var storedBytes: UInt64 {
    frames.indices.reduce(0) { $0 + UInt64(bytes(ofChunk: $1)) }
  }

  /// True if there is a frame for each piece of `manifest`.
  public func fits(_ manifest: SnapshotManifest) -> Bool {
    frames.map(\.count) == manifest.chunks.map(\.pieces.count)
  }
}

extension SnapshotIndex: WireCodable {
  /// The form of the file.
  private static let version: UInt8 = 1

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(byte: Self.version)
    encoder.append(manifest)
    encoder.append(count: frames.count)
    for chunk in frames {
      encoder.append(count: chunk.count)
      for frame in chunk { encoder.append(frame) }
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    guard try decoder.byte() == Self.version else {
      throw .invalidValue("an index of another form", at: 0)
    }
    manifest = try decoder.hash()
    frames = []
    let count = try decoder.count(elementBytes: 2, limit: SnapshotLimits.chunksMax)
    for _ in 0..<count {
      var chunk: [UInt32] = []
      for _ in 0..<(try decoder.count(limit: SnapshotLimits.piecesMax)) {
        let offset = decoder.offset
        let bytes = try decoder.uint32()
        guard (1...UInt32(SnapshotLimits.frameBytesMax)).contains(bytes) else {
          throw .lengthTooLarge(
            UInt64(bytes), limit: SnapshotLimits.frameBytesMax, at: offset)
        }
        chunk.append(bytes)
      }
      frames.append(chunk)
    }
  }
}
