import Ledger
import Locking
import Primitives
import Streams

/// The snapshots of a node's directory, of both formats, as the four calls give them.
///
/// Only such as are whole are named: what is not finished has another name, and one whose files
/// are not those of its manifest is left out.
public final class DirectoryShelf: SnapshotShelf {
  private let directory: SnapshotDirectory
  /// What was read of a snapshot, which never changes. As many as are named.
  private let known = Lock<[SnapshotName: OfferedSnapshot]>([:])

  private static let formats = [SnapshotFormat.hashOnly, SnapshotFormat.provable]

  public init(_ directory: SnapshotDirectory) { self.directory = directory }

  public func offers(
    limit: Int, of chain: Blockchain
  ) throws(SnapshotFault) -> [OfferedSnapshot] {
    let content: SnapshotDirectory.Content
    do throws(SnapshotError) { content = try directory.content() } catch {
      throw .storage("\(error)")
    }
    let names = content.snapshots.filter { Self.formats.contains($0.format) }
    let before = known.withLock { $0 }
    var offers: [OfferedSnapshot] = []
    var after: [SnapshotName: OfferedSnapshot] = [:]
    // A damaged one takes no sound one's place.
    for name in names.reversed() where offers.count < limit {
      guard let offer = before[name] ?? offer(of: name, chain) else { continue }
      offers.append(offer)
      after[name] = offer
    }
    let kept = after
    known.withLock { $0 = kept }
    return offers
  }

  /// What is said of a snapshot; nil if it is damaged or of another chain.
  private func offer(of name: SnapshotName, _ chain: Blockchain) -> OfferedSnapshot? {
    // What cannot be opened is left out.
    guard let files = try? directory.openChunks(name) else { return nil }
    return Self.offer(files, chain)
  }

  private static func offer<Files: SnapshotChunkFiles>(
    _ files: Files, _ chain: Blockchain
  ) -> OfferedSnapshot? {
    let manifest = files.manifest
    guard manifest.chain == chain.genesis.hash else { return nil }
    var elections: [Block] = []
    var number = chain.configuration.blocksPerEpoch
    while number <= manifest.anchor.election.number {
      guard let block = chain.block(at: number, includeBody: false) else { return nil }
      elections.append(block)
      number += chain.configuration.blocksPerEpoch
    }
    return SnapshotMetadata(manifest: manifest, elections: elections).offer
  }

  public func chunk(
    height: UInt64, format: UInt32, index: UInt32
  ) throws(SnapshotFault) -> [UInt8] {
    guard let low = UInt32(exactly: height) else {
      throw .unknownSnapshot(height: height, format: format)
    }
    let name = SnapshotName(height: low, format: format)
    let files: any SnapshotChunkFiles
    do throws(SnapshotError) { files = try directory.openChunks(name) } catch {
      throw error == .absent(directory.path(of: name))
        ? .unknownSnapshot(height: height, format: format) : .storage("\(error)")
    }
    guard index < UInt32(clamping: files.chunkCount) else {
      throw .unknownChunk(index, count: files.chunkCount)
    }
    do throws(SnapshotError) { return try files.chunkFile(Int(index)) } catch {
      throw .storage("\(error)")
    }
  }
}

/// The chunks of a snapshot that is kept, of whatever format.
protocol SnapshotChunkFiles {
  associatedtype Manifest: OfferedManifest
  var manifest: Manifest { get }
  /// The bytes of a chunk as they are kept.
  func chunkFile(_ chunk: Int) throws(SnapshotError) -> [UInt8]
}

extension SnapshotChunkFiles {
  var chunkCount: Int { manifest.chunkCount }
}

extension SnapshotFiles: SnapshotChunkFiles {}
extension HashOnlyFiles: SnapshotChunkFiles {}

extension SnapshotDirectory {
  /// Opens a snapshot of either format.
  func openChunks(_ name: SnapshotName) throws(SnapshotError) -> any SnapshotChunkFiles {
    name.format == SnapshotFormat.hashOnly ? try openHashOnly(name) : try open(name)
  }
}
