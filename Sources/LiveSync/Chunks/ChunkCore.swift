import Messages
import Networking
import Peers
import Primitives
import Runtime

/// What a planning core is told of the world besides the chain.
public struct PlannerView: Sendable {
  public var now: Moment
  /// The peers that can be asked, in order.
  public var peers: [PeerID]
  /// Those of them that let requests for chunks time out and never answered, while others do.
  public var silent: Set<PeerID>
  /// How much longer than a round trip a request for a block or a diff has been waiting for its
  /// answer.
  public var urgentWait: Duration
  /// How many requests of all kinds are lost.
  public var losses: LossShare
  /// What can be had besides chunks of the peers' heads.
  public var offer: RangeOffer?

  public init(
    now: Moment, peers: [PeerID], silent: Set<PeerID> = [], urgentWait: Duration = .zero,
    losses: LossShare = LossShare(), offer: RangeOffer? = nil
  ) {
    self.offer = offer
    self.silent = silent
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
  var forwardedCount: Int { get }

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
  mutating func add(_ batch: BlockBatch<Block>) -> [Action]
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
