import Ledger
import Networking
import Primitives
import Runtime

/// How a node fills its state.
public enum SyncStrategy: String, Sendable, Hashable, CaseIterable {
  /// One chunk at a time, from the first missing key on, as the reference does.
  case sequential
  /// Many ranges at a time from all peers.
  case parallel

  /// Most items that are asked for in one chunk if nothing else is said.
  public var chunkItems: Int {
    switch self {
    case .sequential: LiveSyncLimits.chunkItemsSequential
    case .parallel: LiveSyncLimits.chunkItemsParallel
    }
  }

  /// The core that fills the state in this way.
  func makeCore(
    _ configuration: QueueConfiguration, chunkItems: Int?, isComplete: Bool
  ) -> any ChunkCore<Block> {
    let items = chunkItems ?? self.chunkItems
    return switch self {
    case .sequential:
      StateQueueCore(configuration: configuration, chunkItems: items, isComplete: isComplete)
    case .parallel:
      ParallelQueueCore(configuration: configuration, chunkItems: items, isComplete: isComplete)
    }
  }
}

/// The sequential core needs no clock, and its requests choose their peers themselves.
extension StateQueueCore: ChunkCore {
  var isComplete: Bool { state == .complete }
  var inFlightCount: Int { isRequesting ? 1 : 0 }
  var forwardedCount: Int { forwarded }

  /// Those that say so leave the peer set.
  func lackingCount(_ view: PlannerView) -> Int { 0 }

  mutating func advance(_ view: PlannerView, chain: some ChainReader) -> [Action] {
    advance(chain: chain)
  }
  mutating func received(
    _ id: UInt64, _ chunk: SourcedChunk, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] { received(id, chunk, chain: chain) }
  mutating func failed(
    _ id: UInt64, _ failure: ChunkFailure, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] { requestFailed(id) }
  mutating func retryDue(_ view: PlannerView, chain: some ChainReader) -> [Action] {
    retryDue(chain: chain)
  }
  mutating func blockNeverCame(
    number: UInt32, hash: Hash256, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] { blockNeverCame(number: number, hash: hash, chain: chain) }
  mutating func pushed(
    _ hash: Hash256, number: UInt32, chunks: [SourcedChunk], result: ChunkVerdict?,
    _ view: PlannerView, chain: some ChainReader
  ) -> [Action] { pushed(hash, number: number, chunks: chunks, result: result, chain: chain) }
  mutating func applied(
    _ chunks: [SourcedChunk], result: ChunkVerdict, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] { applied(chunks, result: result, chain: chain) }
  mutating func chainChanged(
    _ change: ChainStateChange, _ view: PlannerView, chain: some ChainReader
  ) -> [Action] { chainChanged(change, chain: chain) }
}
