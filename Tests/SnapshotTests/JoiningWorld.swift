import EventLog
import Ledger
import LiveSync
import Networking
import Node
import Primitives
import Runtime
import Snapshot
import TestSupport
import WorldSupport

/// A node that joins from snapshots, and what its log says of that.
extension TestWorld {
  func joiner(
    chain: Blockchain? = nil,
    _ settings: SnapshotSettings = SnapshotSettings(discoveryTime: .seconds(2)),
    clock: UInt64 = 0, watched: @escaping (SnapshotJoin) -> any StateSource = { $0 }
  ) -> FullNode {
    FullNode(
      chain: chain ?? Blockchain(genesis: genesis, state: .missing),
      network: network.endpoint(Self.node), runtime: runtime, sink: sink,
      configuration: NodeConfiguration(name: "s0", chunkItems: 20),
      source: { context in
        watched(
          SnapshotJoin(
            context: context, settings: settings,
            clock: WallClock(startingAt: clock, self.runtime)))
      })
  }

  func isSynced(_ node: FullNode) async -> Bool {
    await wait(.seconds(300)) {
      node.chain.stateComplete && node.chain.headHash == source.headHash
    }
  }

  var joiningEvents: [Event.Joining] {
    sink.events.compactMap { $0.group as? Event.Joining }
  }

  var chosenBlocks: [UInt32] {
    joiningEvents.compactMap { if case .chosen(let block, _, _, _, _) = $0 { block } else { nil } }
  }

  var declineReasons: [String] {
    joiningEvents.compactMap {
      if case .declined(_, let reason, _) = $0 { reason } else { nil }
    }
  }

  /// How long pieces were waited for in vain, in nanoseconds.
  var latePieces: [Int64] {
    sink.events.compactMap { event in
      guard case Event.Request.ended("snapshot_piece", _, .timeout, _, let time) = event.group
      else { return nil }
      return time
    }
  }

  /// Chunks that were taken in, by the block that they are of.
  var acceptedChunks: [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    for event in sink.events {
      if case Event.Chunk.accepted(let chunk) = event.group { counts[chunk.block, default: 0] += 1 }
    }
    return counts
  }
}

/// A join that says when its work has ended.
final class WatchedJoin: StateSource {
  private let join: SnapshotJoin
  private let hasEnded: Gate

  init(_ join: SnapshotJoin, hasEnded: Gate) {
    self.join = join
    self.hasEnded = hasEnded
  }

  func run() async {
    await join.run()
    hasEnded.open()
  }

  func offer(window: UInt32) -> RangeOffer? { join.offer(window: window) }

  func fetch(
    _ piece: OfferedPiece, from peer: PeerID, timeout: Duration
  ) async throws(PieceFailure) -> FetchedPiece {
    try await join.fetch(piece, from: peer, timeout: timeout)
  }

  func completed() { join.completed() }

  func waypoint(on chain: VerifiedMacroChain) async -> VerifiedMacroChain? {
    await join.waypoint(on: chain)
  }

  var isDeciding: Bool { join.isDeciding }
  var isHolding: Bool { join.isHolding }
}
