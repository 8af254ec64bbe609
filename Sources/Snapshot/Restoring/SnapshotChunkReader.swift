import Compression
import Primitives

/// Why the bytes of a chunk are not what the manifest names.
struct SnapshotChunkError: Error, Hashable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Takes a chunk of a provable snapshot apart as it is kept and sent: one Zstandard frame for each
/// of its pieces.
///
/// Not thread-safe: the owner guards it.
final class SnapshotChunkReader {
  private let decompressor = ZstdDecompressor()

  /// The uncompressed pieces of a chunk that comes from somebody else. Takes no more memory than
  /// `info` says the pieces have, which is bounded; throws unless they are the ones that it names.
  func pieces(
    of chunk: [UInt8], as info: SnapshotChunkInfo
  ) throws(SnapshotChunkError) -> [[UInt8]] {
    guard chunk.count <= SnapshotLimits.chunkFileBytesMax else {
      throw SnapshotChunkError("\(chunk.count) bytes are too many")
    }
    var rest = chunk[...]
    var pieces: [[UInt8]] = []
    var hash = Sha256Stream()
    for (number, piece) in info.pieces.enumerated() {
      do throws(CompressionError) {
        let length = try ZstdDecompressor.frameBytes(at: rest)
        let content = try decompressor.content(
          of: Array(rest.prefix(length)), .exactly(Int(piece.rawBytes)))
        rest = rest.dropFirst(length)
        hash.append(content)
        pieces.append(content)
      } catch { throw SnapshotChunkError("piece \(number): \(error)") }
    }
    guard rest.isEmpty else {
      throw SnapshotChunkError("\(rest.count) bytes follow the last piece")
    }
    guard hash.hash == info.hash else { throw SnapshotChunkError("its hash is another one") }
    return pieces
  }
}
