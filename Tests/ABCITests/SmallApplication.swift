import Locking
import Snapshot

/// An application in memory: serves what it was given and takes what it is given.
final class SmallApplication: SnapshotApplication {
  struct State {
    var info = ApplicationInfo(height: 0, appHash: [])
    var snapshots: [OfferedSnapshot] = []
    var chunks: [[UInt8]] = []
    var calls: [String] = []
    var offerAnswer = OfferAnswer.accept
    var chunkAnswer = ChunkAnswer.accept
  }

  let state = Lock(State())

  func info() throws(SnapshotFault) -> ApplicationInfo { state.withLock { $0.info } }

  func listSnapshots() throws(SnapshotFault) -> [OfferedSnapshot] {
    state.withLock { $0.snapshots }
  }

  func offerSnapshot(_ snapshot: OfferedSnapshot, appHash: [UInt8]) -> OfferAnswer {
    state.withLock { state in
      state.calls.append("offer \(snapshot.height) \(appHash)")
      return state.offerAnswer
    }
  }

  func loadSnapshotChunk(
    height: UInt64, format: UInt32, chunk: UInt32
  ) throws(SnapshotFault) -> [UInt8] {
    let chunks = state.withLock { $0.chunks }
    guard chunk < chunks.count else { throw .unknownChunk(chunk, count: chunks.count) }
    return chunks[Int(chunk)]
  }

  func applySnapshotChunk(index: UInt32, chunk: [UInt8], sender: String) -> ChunkAnswer {
    state.withLock { state in
      state.calls.append("apply \(index) \(chunk.count) \(sender)")
      return state.chunkAnswer
    }
  }
}
