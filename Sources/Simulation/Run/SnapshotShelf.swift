import Ledger
import Locking
import Primitives
import Snapshot

/// The snapshots of a world. Equal states give equal snapshots, so each is made once, when its
/// block is made, and kept by every full peer whose chain has the block as final.
final class SnapshotShelf: Sendable {
  private struct Content {
    var snapshots: [MemorySnapshot] = []
    var isGone = false
  }

  private let content = Lock(Content())
  private let schedule: SnapshotSchedule
  private let kept: Int

  init(_ scenario: Scenario) {
    kept = scenario.snapshotsKept
    schedule = SnapshotSchedule(
      options: SnapshotOptions(interval: UInt32(scenario.snapshotInterval)),
      blocksPerBatch: UInt32(scenario.blocksPerBatch))
  }

  /// Bytes of the snapshot of this height, as they are sent.
  func storedBytes(at height: UInt32) -> Int? {
    content.withLock { $0.snapshots.first { $0.manifest.height == height }?.storedBytes }
  }

  /// A block was made: if it is due, a snapshot of it is taken. What nobody keeps is let go.
  func noteHead(of chain: Blockchain) throws {
    guard schedule.isDue(chain.headNumber), chain.headNumber == chain.macroNumber else { return }
    let reading = try chain.readMacroState { (state) throws(LedgerStoreError) in
      Result { () throws(SnapshotError) in
        try MemorySnapshot(state, chain: chain.genesis.hash)
      }
    }
    guard case .read(let result) = reading else {
      preconditionFailure("the maker's chain does not hold the state of its macro block")
    }
    let snapshot = try result.get()
    content.withLock { content in
      content.snapshots.append(snapshot)
      // Peers may be some blocks behind the maker.
      content.snapshots = content.snapshots.suffix(kept + 1)
    }
  }

  /// Nobody has any snapshot from now on.
  func clear() { content.withLock { $0.isGone = true } }

  /// What a peer with this chain keeps, newest first.
  func snapshots(of chain: Blockchain) -> [MemorySnapshot] {
    let (all, isGone) = content.withLock { ($0.snapshots, $0.isGone) }
    let macro = chain.macroNumber
    let own = all.filter { $0.manifest.height <= macro }
    return isGone ? [] : own.suffix(kept).reversed()
  }
}

/// What one full peer keeps.
struct ShelfProvider: SnapshotProvider {
  let shelf: SnapshotShelf
  let chain: Blockchain

  func summaries() -> [SnapshotSummary] { shelf.snapshots(of: chain).map(\.summary) }

  func manifest(_ hash: Hash256) -> [UInt8]? { snapshot(hash)?.manifestBytes }

  func piece(_ index: Int, of hash: Hash256) -> [UInt8]? {
    guard let frames = snapshot(hash)?.frames, frames.indices.contains(index) else { return nil }
    return frames[index]
  }

  private func snapshot(_ hash: Hash256) -> MemorySnapshot? {
    shelf.snapshots(of: chain).first { $0.hash == hash }
  }
}
