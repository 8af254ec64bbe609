import EventLog
import Ledger
import Locking
import Networking
import Peers
import Primitives
import Runtime

/// Follows the chain: an asynchronous sequence of what happens to it.
///
/// Iterating is what moves it: each step takes what the queue has ready, pushes it into the chain,
/// one block after another, and tells the queue what became of it. `run()` must run beside the
/// iteration; it works the queue and ends when cancelled. One task iterates at a time.
public struct LiveSyncer<Queue: LiveSyncQueue>: Sendable {
  /// A block from outside and who gave it.
  private struct External: Sendable {
    let block: Block
    let source: BlockSource
    let bytes: Int
  }

  /// Bytes of blocks from outside that wait, by who gave them.
  private final class ExternalAccount: Sendable {
    let budget = Lock(ByteBudget<BlockGiver>(LiveSyncLimits.externalBlocksBytes))
  }

  let context: SyncContext
  /// The queue that results are drawn from.
  public let queue: Queue
  private let configuration: QueueConfiguration
  private let external = Mailbox<External>(capacity: LiveSyncLimits.externalBlocksMax)
  private let account = ExternalAccount()

  public init(context: SyncContext, configuration: QueueConfiguration, queue: Queue) {
    self.context = context.actor("live_syncer")
    self.configuration = configuration
    self.queue = queue
  }

  /// Works the queue until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await queue.run() }
      for await item in external {
        await queue.insert(item.block, source: item.source)
        account.budget.withLock { $0.release(item.bytes, of: BlockGiver(item.source)) }
      }
      group.cancelAll()
    }
    external.finish()
  }

  /// Hands in a block learned elsewhere, such as from a head request. False if it was dropped:
  /// `LiveSyncLimits.externalBlocksMax` or `LiveSyncLimits.externalBlocksBytes` are waiting, or
  /// `run()` has ended.
  @discardableResult
  public func push(_ block: Block, from peer: PeerID?) -> Bool {
    let source = BlockSource(origin: .external, peer: peer)
    let (bytes, giver) = (block.memoryBytes, BlockGiver(source))
    let isCharged = account.budget.withLock { budget in
      guard budget.admission(of: bytes, for: giver) == .fits else { return false }
      budget.charge(bytes, to: giver)
      return true
    }
    guard isCharged else {
      context.overflow("external_blocks", limit: LiveSyncLimits.externalBlocksBytes.total)
      return false
    }
    if external.offer(External(block: block, source: source, bytes: bytes)) { return true }
    account.budget.withLock { $0.release(bytes, of: giver) }
    if external.count >= external.capacity {
      context.overflow("external_blocks", limit: external.capacity)
    }
    return false
  }

  /// Adds a peer that can be asked; false if it is one already, is banned, or there is no room.
  @discardableResult
  public func add(_ peer: PeerID) -> Bool {
    guard context.peers.add(peer) else { return false }
    context.recorder.record(.peer(.promoted(peer: peer.number)))
    return true
  }

  /// The peers that are asked, in order.
  public var peers: [PeerID] { context.peers.peers }

  /// True if no range of the state is missing.
  public var stateComplete: Bool { context.chain.stateComplete }

  /// How far above our head an announced block may be, in blocks.
  public var acceptanceWindowSize: UInt32 { configuration.windowAheadMax }

  /// Waits until the chain has one particular block; `firstPeer` is asked first. Duplicate and
  /// outdated wishes are answered as such.
  public func resolveBlock(
    _ hash: Hash256, number: UInt32, firstPeer: PeerID?
  ) async -> ResolveOutcome {
    await queue.resolve(hash, number: number, firstPeer: firstPeer)
  }
}

/// Live sync of nodes that need no state, or have it: history and light nodes.
public typealias BlockLiveSync = LiveSyncer<BlockQueue>

/// Live sync of full nodes: blocks, their diffs, and the state in chunks.
public typealias StateLiveSync = LiveSyncer<StateQueue>

extension LiveSyncer where Queue == BlockQueue {
  public init(context: SyncContext, configuration: QueueConfiguration) {
    self.init(
      context: context, configuration: configuration,
      queue: BlockQueue(context: context, configuration: configuration))
  }
}

extension LiveSyncer where Queue == StateQueue {
  /// - Parameter chunkItems: most items asked for in one chunk, 1…`MessageLimits.chunkItemsMax`;
  ///   nil: what suits the strategy.
  /// - Parameter source: gives ranges besides the peers' heads, to the parallel strategy.
  public init(
    context: SyncContext, configuration: QueueConfiguration,
    chunkItems: Int? = nil, strategy: SyncStrategy = .parallel, source: (any RangeSource)? = nil
  ) {
    self.init(
      context: context, configuration: configuration,
      queue: StateQueue(
        context: context, configuration: configuration, chunkItems: chunkItems,
        strategy: strategy, source: source))
  }
}
