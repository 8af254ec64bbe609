import Networking
import Primitives

/// Asks which snapshots a peer keeps.
public struct RequestSnapshots: Request, Hashable {
  public typealias Response = SnapshotsResponse
  public static let type = RequestType(
    300, name: "snapshots", responseBytesMax: SnapshotLimits.listBytesMax,
    perWindowMax: SnapshotLimits.listRequestsPerWindowMax, traffic: .control)

  public init() {}
  public func encode(to encoder: inout WireEncoder) {}
  public init(from decoder: inout WireDecoder) throws(WireError) {}
}

/// What a peer says of one snapshot that it keeps. All of it is a claim: it decides where to look
/// first, and nothing else.
public struct SnapshotSummary: WireCodable, Hashable {
  /// Height of the block whose state it has.
  public var height: UInt32
  /// 1 or 2 (Docs/Snapshots.md).
  public var format: UInt32
  /// Hash of the manifest.
  public var hash: Hash256
  /// Uncompressed bytes of all pieces.
  public var rawBytes: UInt64
  /// Bytes of all pieces as they are sent.
  public var storedBytes: UInt64
  /// Bytes that the diff of one block has on average at this peer.
  public var diffBytes: UInt32
  /// The lowest block from which on this peer keeps diffs.
  public var diffsFrom: UInt32

  public init(
    height: UInt32, format: UInt32, hash: Hash256, rawBytes: UInt64, storedBytes: UInt64,
    diffBytes: UInt32 = 0, diffsFrom: UInt32 = 0
  ) {
    self.diffsFrom = diffsFrom
    self.height = height
    self.format = format
    self.hash = hash
    self.rawBytes = rawBytes
    self.storedBytes = storedBytes
    self.diffBytes = diffBytes
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(height)
    encoder.append(format)
    encoder.append(hash)
    encoder.append(rawBytes)
    encoder.append(storedBytes)
    encoder.append(diffBytes)
    encoder.append(diffsFrom)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    height = try decoder.uint32()
    format = try decoder.uint32()
    hash = try decoder.hash()
    rawBytes = try decoder.uint64()
    storedBytes = try decoder.uint64()
    diffBytes = try decoder.uint32()
    diffsFrom = try decoder.uint32()
  }
}

/// The answer to `RequestSnapshots`.
public struct SnapshotsResponse: WireCodable, Hashable {
  /// Newest first, at most `SnapshotLimits.listedMax`.
  public var snapshots: [SnapshotSummary]

  public init(snapshots: [SnapshotSummary]) {
    self.snapshots = Array(snapshots.prefix(SnapshotLimits.listedMax))
  }

  public func encode(to encoder: inout WireEncoder) { encoder.append(snapshots) }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    snapshots = try decoder.array(
      elementBytes: Hash256.byteCount + 6, limit: SnapshotLimits.listedMax)
  }
}

/// Asks for the manifest of a snapshot.
public struct RequestSnapshotManifest: Request, Hashable {
  public typealias Response = SnapshotManifestResponse
  public static let type = RequestType(
    301, name: "snapshot_manifest",
    responseBytesMax: SnapshotLimits.manifestBytesMax + SnapshotLimits.envelopeBytesMax,
    perWindowMax: SnapshotLimits.manifestRequestsPerWindowMax, traffic: .bulk)

  /// Hash of the manifest.
  public var hash: Hash256

  public init(hash: Hash256) { self.hash = hash }
  public func encode(to encoder: inout WireEncoder) { encoder.append(hash) }
  public init(from decoder: inout WireDecoder) throws(WireError) { hash = try decoder.hash() }
}

/// Asks for one piece of a snapshot.
public struct RequestSnapshotPiece: Request, Hashable {
  public typealias Response = SnapshotPieceResponse
  public static let type = RequestType(
    302, name: "snapshot_piece",
    responseBytesMax: SnapshotLimits.frameBytesMax + SnapshotLimits.envelopeBytesMax,
    perWindowMax: SnapshotLimits.pieceRequestsPerWindowMax, traffic: .bulk)

  /// Hash of the manifest.
  public var hash: Hash256
  /// Place of the piece among all pieces.
  public var index: UInt32

  public init(hash: Hash256, index: UInt32) {
    self.hash = hash
    self.index = index
  }

  public func encode(to encoder: inout WireEncoder) {
    encoder.append(hash)
    encoder.append(index)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    hash = try decoder.hash()
    index = try decoder.uint32()
  }
}

/// The answer to a request for a part of a snapshot.
public enum SnapshotPartResponse<Part: SnapshotPart>: WireCodable, Hashable {
  /// The part, not looked into.
  case bytes([UInt8])
  /// The responder does not keep it, or no longer.
  case unknown

  public func encode(to encoder: inout WireEncoder) {
    switch self {
    case .bytes(let bytes):
      encoder.append(varint: 0)
      encoder.append(bytes)
    case .unknown: encoder.append(varint: 1)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: self = .bytes(try decoder.bytes(limit: Part.bytesMax))
    case 1: self = .unknown
    default: throw .invalidCase(index, of: "SnapshotPartResponse", at: offset)
    }
  }
}

/// A part of a snapshot that is asked for.
public protocol SnapshotPart {
  /// Bytes of it at most.
  static var bytesMax: Int { get }
}

/// A manifest in wire form, not decoded, so that its hash can be checked first.
public enum ManifestPart: SnapshotPart {
  public static let bytesMax = SnapshotLimits.manifestBytesMax
}

/// A piece as it is stored: one frame of zstd.
public enum PiecePart: SnapshotPart {
  public static let bytesMax = SnapshotLimits.frameBytesMax
}

/// The answer to `RequestSnapshotManifest`.
public typealias SnapshotManifestResponse = SnapshotPartResponse<ManifestPart>
/// The answer to `RequestSnapshotPiece`.
public typealias SnapshotPieceResponse = SnapshotPartResponse<PiecePart>
