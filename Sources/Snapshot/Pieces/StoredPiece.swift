import Compression
import Primitives
import StateTrie

/// A piece as it is kept in files and sent to others: one zstd frame around its raw form.
public enum StoredPiece {
  /// The chunk in a frame that must hold `rawBytes` uncompressed bytes (nil: as many as a piece may
  /// have). Nothing of it is proven
  /// yet. Nothing is allocated before the frame says that it has so many.
  public static func chunk(
    of frame: [UInt8], rawBytes: Int?, with decompressor: ZstdDecompressor = ZstdDecompressor()
  ) throws(StoredPieceError) -> TrieChunk {
    let raw: [UInt8]
    do throws(CompressionError) {
      raw = try decompressor.content(
        of: frame, rawBytes.map { .exactly($0) } ?? .atMost(SnapshotLimits.pieceBytesMax))
    } catch { throw .frame(error) }
    do throws(WireError) { return try RawPiece.chunk(of: raw) } catch { throw .form(error) }
  }
}

/// Why bytes are no stored piece.
public enum StoredPieceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// They are no frame of that size.
  case frame(CompressionError)
  /// What the frame holds is no piece.
  case form(WireError)

  /// Stable snake_case name of the case.
  public var reason: String {
    switch self {
    case .frame(let error): error.reason
    case .form: "piece_malformed"
    }
  }

  public var description: String {
    switch self {
    case .frame(let error): error.description
    case .form(let error): error.description
    }
  }
}
