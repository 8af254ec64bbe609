import Ledger
import Locking
import Networking
import Peers
import Primitives
import Snapshot
import WorldSupport

/// What one peer keeps in memory, which may change.
final class ProviderShelf: SnapshotProvider {
  let snapshots: Lock<[MemorySnapshot]>

  init(_ snapshots: [MemorySnapshot]) { self.snapshots = Lock(snapshots) }

  func summaries() -> [SnapshotSummary] { snapshots.withLock { $0.map(\.summary) } }

  func manifest(_ hash: Hash256) -> [UInt8]? {
    snapshots.withLock { $0.first { $0.hash == hash }?.manifestBytes }
  }

  func piece(_ index: Int, of hash: Hash256) -> [UInt8]? {
    snapshots.withLock { all in
      guard let frames = all.first(where: { $0.hash == hash })?.frames,
        frames.indices.contains(index)
      else { return nil }
      return frames[index]
    }
  }

  /// Lets `peer` give what it keeps.
  func host(in world: TestWorld, as peer: PeerID) {
    let context = SyncContext(
      chain: world.source, network: world.network.endpoint(peer), runtime: world.runtime,
      recorder: .none)
    SnapshotHost(context: context, provider: self).start()
  }
}

extension TestWorld {
  /// The snapshot of the last macro block, which must be the head.
  func snapshot() throws -> MemorySnapshot {
    let reading = try source.readMacroState { (state) throws(LedgerStoreError) in
      Result { () throws(SnapshotError) in
        try MemorySnapshot(
          state, chain: genesis.hash, options: SnapshotOptions(chunkBytes: 20_000))
      }
    }
    guard case .read(let result) = reading else { throw WorldError.chunkMissing }
    return try result.get()
  }
}
