import Messages
import Networking
import Primitives

extension MissingBlocksQuery {
  /// The query as it has to be after a wait: the chain may have moved on, or jumped, and what it
  /// has since need not be fetched. Blocks still to be pushed stay what it follows.
  func renewed(by chain: some ChainReader) -> MissingBlocksQuery {
    var query = self
    query.locators.removeAll { chain.isKnown($0) }
    query.locators += chain.locators(limit: MessageLimits.locatorsMax - query.locators.count)
    return query
  }

  /// The query as it is sent, for at most so many bytes of blocks.
  func message(bytesMax: Int) -> RequestMissingBlocks {
    RequestMissingBlocks(
      target: target, includeBody: includeBody, locators: locators, direction: direction,
      bytesMax: bytesMax)
  }
}

/// Why a block was dropped without a judgement on the block itself.
public enum DropReason: String, Sendable, Hashable, CaseIterable {
  /// It has a body and should not, or the other way round.
  case bodyMismatch = "body_mismatch"
  /// Its height is further below our head than is tolerated.
  case tooFarBehind = "too_far_behind"
  /// Its height is further above our head than the window reaches.
  case tooFarAhead = "too_far_ahead"
  /// Its height is final already.
  case finalized
  /// Its branch leaves the chain at or below the last macro block.
  case belowFinality = "below_finality"
  /// Its peer has too many blocks at this height.
  case peerLimit = "peer_limit"
  /// The buffer is full.
  case bufferFull = "buffer_full"
  /// Too many missing-blocks requests are open to ask for its ancestors.
  case tooManyRequests = "too_many_requests"
  /// Its missing ancestors could not be had.
  case ancestorsUnavailable = "ancestors_unavailable"
  /// Its parent was not taken by the chain, for a reason that says nothing about this block.
  case parentNotTaken = "parent_not_taken"
  /// The next stage has no room.
  case overflow
}

/// What a block queue wants done.
public enum BlockQueueAction<Block: SyncBlock>: Sendable {
  /// Blocks are ready for the chain: their first parent is known to it.
  case deliver(BlockBatch<Block>)
  /// A first missing parent is neither known, waiting to be pushed nor requested.
  case request(MissingBlocksQuery)
  /// Gossip messages are judged: their block was pushed, dropped or rejected.
  case report([GossipID], Acceptance)
  /// The peer announced a block too far below our head; it leaves the peer set.
  case behind(PeerID)
  /// The peer announced a block too far above our head.
  case ahead(PeerID)
  /// A block leaves the queue without having been pushed or judged.
  case drop(hash: Hash256, number: UInt32, peer: PeerID?, reason: DropReason)
  /// A block is invalid because an ancestor is, or stands at an impossible height.
  case reject(hash: Hash256, number: UInt32, peer: PeerID?)
  /// A request for one block has ended.
  case resolved(Hash256, ResolveOutcome)
}
