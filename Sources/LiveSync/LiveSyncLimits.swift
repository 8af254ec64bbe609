import Messages
import Primitives

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
  /// Round trips of blocks that it may be in any case, up to what is buffered: on a long line a
  /// node that gets everything is that far behind.
  public static let windowRoundTrips = 5
  /// How far below our head a peer may be, in batches, before it counts as behind.
  public static let tolerancePastBatchesMax = 1

  // MARK: Block queue

  /// Announced blocks one peer may have buffered at one height: forks are rare, floods are not.
  public static let announcedBlocksPerPeerPerHeightMax = 5
  /// Blocks here or on their way to the chain that a missing-blocks request names before the
  /// chain's.
  public static let nearLocatorsMax = 16
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
  /// Time between two looks for halves that waited too long.
  public static let halfSweepInterval: Duration = .seconds(2)

  // MARK: Requests

  /// Longest wait for a chunk from a peer that is not measured.
  public static let chunkTimeout: Duration = .seconds(5)

  // MARK: Diff queue

  /// Diffs asked for at a time, if a block takes longer than a round trip.
  public static let diffRequestsMin = 5
  /// Diffs asked for beside them that a peer has denied to have: most are of dead branches, and
  /// nobody will ever have them.
  public static let diffRequestsDeniedMax = 8
  /// Diffs asked for at a time if round trips are longer: so many for each block of a round trip,
  /// and so many at most.
  public static let diffRequestsPerBlock = 4
  public static let diffRequestsMax = 64
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

  /// Most items asked for in one chunk at a time.
  public static let chunkItemsSequential = 1_000
  /// Most items asked for in one of many chunks at a time: the planner asks for less where a peer
  /// is slow, and the proof of both edges is 6 % of so many items, but 23 % of a thousand.
  public static let chunkItemsParallel = 5_000
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

  // MARK: Range planner: requests

  /// Chunk requests on their way at a time, to all peers: at a hundred peers' speed this fills any
  /// line, and more gaps than this in the trie help nobody.
  public static let chunkRequestsMax = 64
  /// Chunk requests on their way to one peer.
  public static let chunkWindowMax = 16
  /// Chunk requests on their way to a peer that is not measured yet: enough to keep it busy.
  public static let chunkWindowFirst = 4
  /// Chunk requests on their way in any case, even on the thinnest line: one that comes and one
  /// that follows, so that the line is never empty.
  public static let lineRequestsMin = 2
  /// Chunk requests on their way at a time to peers that never answered, while others do.
  public static let silentRequestsMax = 1
  /// Time for which the line to this node may be full of chunks that were asked for: two requests
  /// in a row from each peer, and not so long that blocks and diffs behind them come late.
  public static let lineTime: Duration = .milliseconds(800)
  /// How much longer than a round trip a request for a block or a diff may wait before chunks yield
  /// to it, one on its way at a time, and none after twice this time: a few times what an answer
  /// takes when the line is full of chunks.
  public static let urgentPatience: Duration = .milliseconds(1_500)
  /// How many times longer than it was expected to take an answer must be on its way before it may
  /// count as late: answers differ in size.
  public static let lateShare = 1.5
  /// Ranges asked for from a second peer at a time, so that help never doubles the traffic.
  public static let secondRequestsMax = 8
  /// Least bytes of an answer: the proof of a chunk without items.
  public static let chunkOverheadBytes = 1_024
  /// Most items asked of a peer that is not measured yet: on a thin line more would hold up the
  /// diffs of the first blocks.
  public static let chunkItemsFirst = 256
  /// Items worth a request of their own, since a proof takes a few kilobytes whatever it proves;
  /// ranges are not cut smaller.
  public static let chunkItemsMin = 64
  /// Bytes that are asked for at least, from a peer in good standing: with its proof of about four
  /// kilobytes a smaller answer would carry too little.
  public static let chunkBytesMin = 32 << 10
  /// Share of a round trip that a peer should need for the smallest request: with four of them on
  /// their way its line is never empty, and the last ones end within this time of each other.
  public static let leastRequestShare = 0.25
  /// Ranges this much larger than wanted are asked for whole: less would be left than is worth a
  /// request.
  public static let tailShare = 1.2
  /// Time a peer should need for one request: short enough to notice a slow one, long enough for
  /// the proof to be a small part of the answer.
  public static let requestTime: Duration = .milliseconds(400)
  /// How many times what the line is known to carry may be on its way while pieces show that it
  /// carries more.
  public static let growingLineFactor = 2
  /// Answers without growth after which the line is taken to be full.
  public static let lineGrowthAnswers = 8
  /// Pieces of an offer among which the smallest is chosen for a peer that has proven nothing yet.
  public static let firstPiecesMax = 64
  /// Share of a piece that must be free for it to be asked for as a whole: about what its bytes are
  /// of those of chunks of the same range.
  public static let freePieceShare = 0.75
  /// Time between two looks at what is late.
  public static let plannerInterval: Duration = .milliseconds(100)
  /// Chunks that the density of items is measured over.
  public static let densityChunksMax = 32
  /// Bytes of an item before any came.
  public static let itemBytesFirst = 100

  // MARK: Range planner: peers

  /// Shortest and longest wait for a chunk from a peer that is measured.
  public static let chunkTimeoutMin: Duration = .seconds(1)
  public static let chunkTimeoutMax: Duration = .seconds(20)
  /// By how much a bandwidth must exceed the one before to count as growing.
  public static let growthNoticed = 1.25
  /// Verified answers without growth after which a path counts as full.
  public static let growthAnswers = 8
  /// Time an answer is expected to take from a peer that is not measured.
  public static let answerTimeFirst: Duration = .milliseconds(500)
  /// Peers that must be measured before one can be called slow.
  public static let ratedPeersMin = 3
  /// Below this share of the median throughput a peer is slow.
  public static let slowShare = 0.125
  /// Strikes for a request that was not answered in time; a short answer is one strike, a verified
  /// one takes one away, so that good and bad in turn end in demotion.
  public static let strikesForLate = 2
  /// Strikes from which on a peer is asked after the others.
  public static let strikesForDemotion = 4
  /// Strikes with which it is asked like the others again.
  public static let strikesForgiven = 1
  /// Most strikes counted, so that no peer is lost for ever.
  public static let strikesMax = 8
  /// Time after which one strike is forgotten.
  public static let strikeTime: Duration = .seconds(15)
  /// Answers "do not have it" in a row after which a peer pauses.
  public static let emptyInRowMax = 3
  /// First and longest pause of a peer that has nothing for us; pauses double.
  public static let emptyPauseFirst: Duration = .seconds(1)
  public static let emptyPauseMax: Duration = .seconds(30)
  /// Places remembered that one peer does not have, and for how long.
  public static let lackingPlacesMax = 16
  public static let lackingTime: Duration = .seconds(10)
  /// Records of peers kept.
  public static let peerRecordsMax = 1_024

  // MARK: Shells

  /// Blocks handed in from outside and not taken yet.
  public static let externalBlocksMax = 256
  /// Results of a queue that the next stage has not taken yet.
  public static let outputsMax = 1_024
  /// Halves of blocks that wait for the other half; one peer has room for the largest body.
  public static let halvesBytes = ByteLimits(total: 10 << 20, perHolder: 6 << 20)
  /// Blocks that wait for an ancestor.
  public static let bufferedBlocksBytes = ByteLimits(total: 16 << 20, perHolder: 12 << 20)
  /// Blocks on their way from the block queue to the chain, wherever they are.
  public static let forwardedBytes = ByteLimits(total: 18 << 20, perHolder: 12 << 20)
  /// Blocks handed in from outside and not taken yet.
  public static let externalBlocksBytes = ByteLimits(total: 6 << 20, perHolder: 6 << 20)
  /// Diffs that are here, until their blocks are pushed. The largest has room.
  public static let diffsBytesMax = 18 << 20
  /// Chunks that are here, until the chain has taken them, and answers with chunks that may come.
  public static let chunksBytes = ByteLimits(total: 40 << 20, perHolder: 24 << 20)
  /// Bytes of items to ask for if so many are expected: twice as many, so that a place with larger
  /// items is still answered whole, and any one item.
  static func itemsBytesMax(expected bytes: Int) -> Int {
    min(MessageLimits.chunkAnswerBytesMax, max(MessageLimits.chunkItemBytesMax, 2 * bytes))
  }

  // MARK: Peers, macro sync and consensus

  /// Chunks that the bytes of what is missing are foretold from: the latest, since those of the
  /// first moments are small and mostly proof.
  public static let forecastChunksMax = 8
  /// Items that they must hold, or more chunks are taken: keys are spread at random, and so many of
  /// them tell their density to 2 %.
  public static let forecastItemsMin = 2_500
}
