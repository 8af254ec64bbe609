/// The named limits of live sync. Units are part of the name or of the type.
///
/// The values are the reference's where it has one. They bound every queue, buffer, retry and loop
/// of this room, so that memory and work stay bounded whatever peers send.
public enum LiveSyncLimits {
  // MARK: Windows, in batches of the chain

  /// Buffered blocks a node keeps, in batches: ten batches bridge the longest useful gap.
  public static let bufferBatchesMax = 10
  /// How far above our head a block may be, in batches; beyond it macro sync is faster.
  public static let windowAheadBatchesMax = 2
  /// How far below our head a peer may be, in batches, before it counts as behind.
  public static let tolerancePastBatchesMax = 1

  // MARK: Block queue

  /// Announced blocks one peer may have buffered at one height: forks are rare, floods are not.
  public static let announcedBlocksPerPeerPerHeightMax = 5
  /// Missing-blocks requests one block queue has open at a time; more forks than that wait for
  /// their next announcement.
  public static let missingBlocksRequestsMax = 16
  /// Blocks released from the buffer in one result; the rest follow on the next chain event.
  public static let blocksPerResultMax = 64
  /// Gossip messages remembered for one block (its copies by several routes) to be answered.
  public static let gossipMessagesPerBlockMax = 8
  /// Callers waiting for one particular block.
  public static let resolvesMax = 64
  /// Hashes of invalid blocks remembered, so that their children are refused at once.
  public static let invalidBlocksMax = 1_024

  // MARK: Assembling header and body

  /// Halves of blocks (a header or a body) waiting for the other half.
  public static let halvesMax = 256
  /// Halves one peer may have waiting, so that no peer crowds out the others.
  public static let halvesPerPeerMax = 32
  /// How long a half waits for the other before it is given up.
  public static let halfWait: Duration = .seconds(10)
  /// Time between two looks for halves that waited too long.
  public static let halfSweepInterval: Duration = .seconds(2)

  // MARK: Requests

  /// Tries a request makes at least before it fails for good, if peers are few.
  public static let requestTriesMin = 4
  /// Tries a request makes at most before it fails for good.
  public static let requestTriesMax = 12
  /// Pause before asking again when there is no peer or none could answer.
  public static let noPeerPause: Duration = .seconds(1)
  /// How long a peer that let a request time out is asked after the others.
  public static let demotionTime: Duration = .seconds(60)
  /// Longest wait for an answer with blocks.
  public static let blocksTimeout: Duration = .seconds(10)
  /// Longest wait for a trie diff.
  public static let diffTimeout: Duration = .seconds(5)
  /// Longest wait for a chunk.
  public static let chunkTimeout: Duration = .seconds(5)
  /// Longest wait for a head or a macro chain.
  public static let headTimeout: Duration = .seconds(5)

  // MARK: Diff queue

  /// Diff requests in flight at a time.
  public static let diffRequestsMax = 5
  /// First pause after every peer failed to give a diff.
  public static let diffBackoffFirst: Duration = .seconds(1)
  /// Longest pause after every peer failed to give a diff; pauses double up to it.
  public static let diffBackoffMax: Duration = .seconds(30)
  /// Rounds over all peers before a block is given up for want of its diff (about a minute and a
  /// half of pauses): nobody who has the block lacks its diff for so long.
  public static let diffRoundsMax = 8
  /// Blocks waiting in the diff queue.
  public static let diffBlocksMax = 2_048

  // MARK: State queue

  /// Items asked for in one chunk.
  public static let chunkItemsDefault = 1_000
  /// Items a chunk may have, by the protocol.
  public static let chunkItemsMax = 5_000
  /// Chunks buffered for blocks that have not come yet.
  public static let bufferedChunksMax = 600
  /// Discarded chunks in a row after which blocks wait for the chunk in flight (see
  /// `StateQueueCore`), so that a chain faster than the round trip cannot starve the state.
  public static let discardsBeforeHoldMax = 2
  /// How long a chunk waits for its block before the block is asked for: an announcement takes
  /// less, so a peer that names a block nobody has is found out.
  public static let chunkBlockPatience: Duration = .seconds(3)
  /// Blocks held back for the chunk in flight.
  public static let heldBatchesMax = 256

  // MARK: Shells

  /// Blocks handed in from outside and not taken yet.
  public static let externalBlocksMax = 256
  /// Results of a queue that the next stage has not taken yet.
  public static let outputsMax = 1_024
  /// Orders (requests, timers) of an actor that its task group has not started yet: room for one
  /// order of each block in the diff queue, the largest number there can be.
  public static let ordersMax = 4_096
  /// Events kept for a subscriber of a node that does not read them.
  public static let subscriberEventsMax = 4_096

  // MARK: Wire

  /// Block locators in a request: a batch back to the last macro block and room for more.
  public static let locatorsMax = 1_024
  /// Blocks in one answer to a missing-blocks request.
  public static let blocksPerAnswerMax = 512
  /// Election blocks named in a macro-chain request.
  public static let macroLocatorsMax = 64
  /// Blocks in one macro-chain answer.
  public static let macroBlocksPerAnswerMax = 256

  // MARK: Peers, macro sync and consensus

  /// Peers a node keeps track of.
  public static let peersMax = 256
  /// Banned peers a node remembers.
  public static let bannedPeersMax = 4_096
  /// Time after which an outdated or incompatible peer is looked at again.
  public static let peerRecheckInterval: Duration = .seconds(60)
  /// Time after which a peer whose macro sync failed is tried again.
  public static let peerRetryInterval: Duration = .seconds(5)
  /// How far the last macro block may be above our head, in batches, for a node that holds a part
  /// of the state to catch up block by block; above it the held part would be older than the diffs
  /// that peers keep.
  public static let catchUpBatchesMax: UInt32 = 10
  /// Macro-chain rounds with one peer before it has to wait for its next turn.
  public static let macroRoundsMax = 64
  /// Time between two rounds of head requests.
  public static let headInterval: Duration = .seconds(5)
  /// Peers asked for their head in one round.
  public static let headPeersMax = 8
  /// Peers needed for consensus.
  public static let consensusPeersMin = 3
  /// Announced blocks accepted in a row that show we are in consensus.
  public static let consensusAnnouncementsMin = 5
  /// Time between two progress records.
  public static let progressInterval: Duration = .seconds(5)
  /// Time without any progress after which a node says that it is stalled, and why.
  public static let stallAfter: Duration = .seconds(15)
}
