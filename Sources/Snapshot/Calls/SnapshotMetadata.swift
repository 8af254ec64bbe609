import Ledger
import Primitives

/// What goes with a snapshot that is offered by the four calls: its manifest, and what proves its
/// block to whoever knows the chain's genesis only.
public struct SnapshotMetadata<Manifest: OfferedManifest>: Sendable, Hashable {
  public var manifest: Manifest
  /// The election blocks after block 0 up to and with the one that named the validators who signed
  /// the snapshot's block, without bodies. Fewer, down to none, where the receiver is to know the
  /// others: then only a node whose own chain leads there can take the snapshot.
  public var elections: [Block]

  public init(manifest: Manifest, elections: [Block]) {
    self.manifest = manifest
    self.elections = elections
  }

  /// The blocks that lead to the snapshot's one, as macro sync would have them.
  public var macroChain: MacroChain {
    let anchor = manifest.anchor
    return MacroChain(
      blocks: elections + [anchor.block], history: anchor.history, reachesHead: false)
  }
}

/// What manifests of all formats have.
public protocol OfferedManifest: WireCodable, Sendable, Hashable {
  /// One of `SnapshotFormat`.
  static var format: UInt32 { get }
  /// Hash of block 0.
  var chain: Hash256 { get }
  var anchor: SnapshotAnchor { get }
  var chunkCount: Int { get }
}

extension OfferedManifest {
  /// The root of the state after the snapshot's block.
  var appHash: Hash256 { anchor.block.header.stateRoot }
}

extension SnapshotManifest: OfferedManifest {
  public static var format: UInt32 { SnapshotFormat.provable }
  public var chunkCount: Int { chunks.count }
}

extension SnapshotMetadata: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(manifest)
    encoder.append(elections)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    manifest = try decoder.value()
    // A header alone takes more than five hashes and a seed.
    elections = try decoder.array(elementBytes: 224, limit: SnapshotLimits.electionsMax)
  }
}

extension SnapshotMetadata {
  /// What is offered. If the election blocks make it too long, they are left out.
  public var offer: OfferedSnapshot {
    var metadata = wireBytes
    if metadata.count > SnapshotLimits.metadataBytesMax {
      metadata = SnapshotMetadata(manifest: manifest, elections: []).wireBytes
    }
    return OfferedSnapshot(
      height: UInt64(manifest.anchor.block.number), format: Manifest.format,
      chunks: UInt32(clamping: manifest.chunkCount),
      hash: Blake2b256.hash(manifest.wireBytes).bytes, metadata: metadata)
  }

  /// Reads what was offered.
  /// - Throws: `metadata`, `other_hash`, `other_height`, `other_count`: whoever offers such a thing
  ///   lies.
  public init(_ offer: OfferedSnapshot) throws(SnapshotFault) {
    guard offer.metadata.count <= SnapshotLimits.metadataBytesMax else {
      throw .metadata("\(offer.metadata.count) bytes")
    }
    do throws(WireError) { try self.init(wireBytes: offer.metadata) } catch {
      throw .metadata("\(error)")
    }
    guard Blake2b256.hash(manifest.wireBytes).bytes == offer.hash else { throw .otherHash }
    let height = UInt64(manifest.anchor.block.number)
    guard height == offer.height else { throw .otherHeight(offer.height, manifest: height) }
    guard Int(offer.chunks) == manifest.chunkCount else {
      throw .otherCount(offer.chunks, manifest: manifest.chunkCount)
    }
  }
}
