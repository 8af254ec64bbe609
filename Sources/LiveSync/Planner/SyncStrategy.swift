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

/// What a planning core is told of the world besides the chain.
public struct PlannerView: Sendable {
  public var now: Moment
  /// The peers that can be asked, in order.
  public var peers: [PeerID]
  /// How much longer than a round trip a request for a block or a diff has been waiting for its
  /// answer.
  public var urgentWait: Duration
  /// How many requests of all kinds are lost.
  public var losses: LossShare

  public init(
    now: Moment, peers: [PeerID], urgentWait: Duration = .zero, losses: LossShare = LossShare()
  ) {
    self.losses = losses
    self.now = now
    self.peers = peers
    self.urgentWait = urgentWait
  }
}

/// What the cores of a state queue have in common, so that one shell serves each.
protocol ChunkCore<Block>: Sendable {
  associatedtype Block: SyncBlock
  typealias Action = StateQueueAction<Block>

  /// How far the core looks; may change between two events.
  var configuration: QueueConfiguration { get set }
  /// True if nothing is missing.
  var isComplete: Bool { get }
  /// Chunks that wait for their blocks.
  var bufferedCount: Int { get }
  /// Chunk requests on their way.
  var inFlightCount: Int { get }
  /// Chunks that are with the chain and not reported yet.
  var handedOnCount: Int { get }

  /// How many of the peers lately said that they do not have what is asked for.
  func lackingCount(_ view: PlannerView) -> Int
  mutating func advance(_ view: PlannerView, chain: some ChainReader) -> [Action]
  mutating func received(
    _ id: UInt64, _ chunk: SourcedChunk, _ view: PlannerView, chain: some ChainReader
  ) -> [Action]
  mutating func failed(
    _ id: UInt64, _ failure: ChunkFailure, _ view: PlannerView, chain: some ChainReader
  ) -> [Action]
  mutating func retryDue(_ view: PlannerView, chain: some ChainReader) -> [Action]
  mutating func blockNeverCame(
    number: UInt32, hash: Hash256, _ view: PlannerView, chain: some ChainReader
  ) -> [Action]
  mutating func add(_ batch: DiffedBatch<Block>) -> [Action]
  mutating func pushed(
    _ hash: Hash256, number: UInt32, chunks: [SourcedChunk], result: ChunkVerdict?,
    _ view: PlannerView, chain: some ChainReader
  ) -> [Action]
  mutating func applied(
    _ chunks: [SourcedChunk], result: ChunkVerdict, _ view: PlannerView, chain: some ChainReader
  ) -> [Action]
  mutating func chainChanged(
    _ change: ChainStateChange, _ view: PlannerView, chain: some ChainReader
  ) -> [Action]
}

/// The sequential core needs no clock, and its requests choose their peers themselves.
extension StateQueueCore: ChunkCore {
  var isComplete: Bool { state == .complete }
  var inFlightCount: Int { isRequesting ? 1 : 0 }
  var handedOnCount: Int { handedOn }

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
