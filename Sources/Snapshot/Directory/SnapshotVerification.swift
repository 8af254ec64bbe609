import Compression
import Primitives
import StateTrie

/// The whole check of a snapshot of format 2 against its own manifest, piece after piece in order:
/// every piece against the state root of the manifest's block, every chunk against its hash. That
/// the block is one of the chain, only the chain's validators show.
///
/// A value type; whoever has the frames hands them in.
public struct SnapshotVerification {
  private let manifest: SnapshotManifest
  private let decompressor = ZstdDecompressor()
  private var chunk = 0
  /// The next piece of the chunk.
  private var piece = 0
  private var hash = Sha256Stream()
  private var items: UInt64 = 0
  /// Pieces that were checked.
  public private(set) var done = 0

  /// Throws if the manifest's history is not that of its block; `place` names it.
  public init(_ manifest: SnapshotManifest, place: String) throws(SnapshotError) {
    self.manifest = manifest
    let anchor = manifest.anchor
    guard anchor.history.count == Int(anchor.block.number),
      anchor.history.root == anchor.block.header.historyRoot
    else { throw .damaged(place, "its history is not that of block \(anchor.block.id)") }
    guard anchor.block.header.lastElectionHash == anchor.election.hash else {
      throw .damaged(place, "its election block is not the one that block \(anchor.block.id) names")
    }
  }

  /// Checks the frame of the next piece; `place` names it. Gives the items.
  @discardableResult
  public mutating func add(_ frame: [UInt8], place: String) throws(SnapshotError) -> VerifiedChunk {
    precondition(chunk < manifest.chunks.count, "all pieces were checked before")
    let info = manifest.chunks[chunk].pieces[piece]
    let name = "\(place), piece \(piece)"
    let bytes: [UInt8]
    do throws(CompressionError) {
      bytes = try decompressor.content(of: frame, .exactly(Int(info.rawBytes)))
    } catch { throw .damaged(name, error.description) }
    let raw: TrieChunk
    do throws(WireError) { raw = try RawPiece.chunk(of: bytes) } catch {
      throw .damaged(name, error.description)
    }
    let verified: VerifiedChunk
    do throws(ChunkError) {
      verified = try raw.verify(from: info.start, edges: .both, stateRoot: manifest.stateRoot)
    } catch { throw .damaged(name, error.description) }
    guard raw.end == nextStart else {
      throw .damaged(name, "it does not end where the next one starts")
    }
    hash.append(bytes)
    items += UInt64(raw.items.count)
    try move(place)
    return verified
  }

  private var nextStart: KeyNibbles? {
    let pieces = manifest.chunks[chunk].pieces
    if piece + 1 < pieces.count { return pieces[piece + 1].start }
    return chunk + 1 < manifest.chunks.count ? manifest.chunks[chunk + 1].pieces[0].start : nil
  }

  private mutating func move(_ place: String) throws(SnapshotError) {
    piece += 1
    done += 1
    guard piece == manifest.chunks[chunk].pieces.count else { return }
    guard hash.hash == manifest.chunks[chunk].hash else {
      throw .damaged(place, "its hash is not the one that the manifest says")
    }
    hash = Sha256Stream()
    piece = 0
    chunk += 1
  }

  /// To be called after the last piece; `place` names the manifest.
  public func finish(place: String) throws(SnapshotError) {
    precondition(chunk == manifest.chunks.count, "\(done) pieces are not all")
    guard items == manifest.items else {
      throw .damaged(place, "it says \(manifest.items) items, the pieces have \(items)")
    }
  }
}

extension SnapshotFiles {
  /// Checks everything. `progress` is told how many pieces are done, and ends the check by false.
  /// - Returns: False if `progress` ended it.
  public func verify(_ progress: (Int) -> Bool = { _ in true }) throws(SnapshotError) -> Bool {
    let place = path + "/" + Self.manifestFile
    var check = try SnapshotVerification(manifest, place: place)
    for piece in 0..<pieceCount {
      let file = path + "/" + Self.fileName(ofChunk: chunk(ofPiece: piece))
      try check.add(try frame(ofPiece: piece), place: file)
      if !progress(check.done) { return false }
    }
    try check.finish(place: place)
    return true
  }
}
