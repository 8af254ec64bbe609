import Ledger
import Primitives
import StateTrie

/// What a chunk that came in was.
enum ChunkFinding {
  /// It is applied.
  case applied
  /// It is not the one the manifest names.
  case corrupt(String)
  /// It is the one the manifest names, and wrong.
  case falseManifest(String)
}

/// Takes the chunks of one snapshot in.
protocol RestoreSink: AnyObject {
  /// The chunks that are there already.
  var applied: [UInt32] { get }
  /// Checks a chunk and applies it. Throws `storage`; then it is not applied.
  func take(_ chunk: [UInt8], at index: Int) throws(SnapshotFault) -> ChunkFinding
  /// The chain with the whole state, when all chunks were taken; closed by whoever gets it. Throws
  /// `other_state`, `unfinished` and `storage`.
  func finish() throws(SnapshotFault) -> StagedChain
  /// Lets go of the stores and leaves what is in them.
  func close()
}

/// Takes the chunks of a provable snapshot in (format 2), in any order.
final class ProvableSink: RestoreSink {
  private let manifest: SnapshotManifest
  private let staged: StagedChain
  private let reader = SnapshotChunkReader()

  init(_ manifest: SnapshotManifest, _ staged: StagedChain) {
    self.manifest = manifest
    self.staged = staged
  }

  var applied: [UInt32] {
    let missing = staged.chain.missing
    return manifest.chunks.indices.filter { !missing.intersects(range(of: $0)) }
      .map { UInt32($0) }
  }

  private func range(of index: Int) -> KeyRange {
    KeyRange(tile: index, from: manifest.chunks.lazy.map { $0.pieces[0].start })
  }

  func take(_ chunk: [UInt8], at index: Int) throws(SnapshotFault) -> ChunkFinding {
    let info = manifest.chunks[index]
    let pieces: [[UInt8]]
    do throws(SnapshotChunkError) { pieces = try reader.pieces(of: chunk, as: info) } catch {
      return .corrupt("\(error)")
    }
    // What follows is what the manifest names: no sender can do better.
    var pushes: [ChunkPush] = []
    let end = range(of: index).end
    for (number, piece) in pieces.enumerated() {
      let start = info.pieces[number].start
      let next = number + 1 < pieces.count ? info.pieces[number + 1].start : end
      do throws(WireError) {
        let chunk = try RawPiece.chunk(of: piece)
        guard chunk.end == next else {
          return .falseManifest("piece \(number) does not end where the next one starts")
        }
        pushes.append(
          ChunkPush(
            chunk: chunk, start: start, edges: .both, blockHash: manifest.anchor.block.hash))
      } catch { return .falseManifest("piece \(number): \(error)") }
    }
    if let failure = try staged.take(pushes) {
      return .falseManifest("piece \(failure.index): \(failure.error)")
    }
    return .applied
  }

  func finish() throws(SnapshotFault) -> StagedChain {
    let view = staged.chain.view
    guard view.missing.isEmpty else {
      throw .unfinished("\(view.missing.ranges.count) ranges are missing")
    }
    guard view.stateComplete else {
      throw .otherState(view.stateRoot, wanted: manifest.stateRoot)
    }
    return staged
  }

  func close() {
    // Everything is committed, and whoever closes has something worse to tell.
    try? staged.close()
  }
}
