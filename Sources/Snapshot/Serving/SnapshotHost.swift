import Networking
import Peers
import Primitives

/// Snapshots that a node keeps for others. Called by one thread at a time, which may wait for a
/// disk.
public protocol SnapshotProvider: Sendable {
  /// What it keeps, newest first. What is said of the chain's diffs is left to the host.
  func summaries() -> [SnapshotSummary]
  /// The manifest with this hash in wire form; nil if it is not kept, or cannot be read.
  func manifest(_ hash: Hash256) -> [UInt8]?
  /// A piece as it is stored, one frame of zstd; nil if it is not kept, or cannot be read.
  func piece(_ index: Int, of hash: Hash256) -> [UInt8]?
}

/// Gives others the snapshots of this node. What they ask for is read by a worker of its own, one
/// part after another, so that no other answer and no task waits for a disk; at most
/// `NetworkingLimits.servedConcurrentlyMax` requests wait for it.
public struct SnapshotHost: Sendable {
  private let context: SyncContext
  private let provider: any SnapshotProvider

  public init(context: SyncContext, provider: any SnapshotProvider) {
    self.context = context.actor("snapshot_host")
    self.provider = provider
  }

  /// Begins to answer.
  public func start() {
    let (provider, chain) = (provider, context.chain)
    let worker = context.runtime.worker("snapshot_host")
    context.serve(RequestSnapshots.self, on: worker) { _ in
      let diffBytes = UInt32(clamping: chain.meanDiffBytes(of: SnapshotLimits.sampledDiffsMax) ?? 0)
      return SnapshotsResponse(
        snapshots: provider.summaries().map { summary in
          var summary = summary
          summary.diffBytes = diffBytes
          summary.diffsFrom = chain.diffsFrom
          return summary
        })
    }
    context.serve(RequestSnapshotManifest.self, on: worker) { request in
      provider.manifest(request.hash).map { .bytes($0) } ?? .unknown
    }
    context.serve(RequestSnapshotPiece.self, on: worker) { request in
      provider.piece(Int(request.index), of: request.hash).map { .bytes($0) } ?? .unknown
    }
  }
}
