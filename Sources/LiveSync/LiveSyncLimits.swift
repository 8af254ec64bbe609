import Ledger

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
  /// Time between two looks for a first peer: a block that is asked for when nobody is there yet
  /// must not wait until the chain has gone out of the window.
  public static let peerLookInterval: Duration = .milliseconds(50)
  /// How long a peer that let a request time out is asked after the others.
  public static let demotionTime: Duration = .seconds(60)
  /// Peers asked at a time for one block range or diff, the others because an answer is overdue.
  public static let openTriesMax = 3
  /// Time after which the answer to a request is overdue before it is known how long answers take:
  /// a few round trips around the world.
  public static let hedgeDelayFirst: Duration = .milliseconds(500)
  /// Second requests that one kind of requests has in stock: one for each diff on its way.
  public static let hedgesMax = 5
  /// Good answers that bring one second request into the stock: at most a tenth more traffic.
  public static let answersPerHedge = 10
  /// How many times longer an answer is waited for while nobody answers in time.
  public static let timeoutGrowthMax = 4
  /// An answer is never overdue before this time: hiccups of a processor are no delay.
  public static let hedgeDelayMin: Duration = .milliseconds(50)
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

  /// Most items asked for in one chunk at a time.
  public static let chunkItemsSequential = 1_000
  /// Most items asked for in one of many chunks at a time: the planner asks for less where a peer
  /// is slow, and the proof of both edges is 6 % of so many items, but 23 % of a thousand.
  public static let chunkItemsParallel = 5_000
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
  /// Time for which the line to this node may be full of chunks that were asked for: two requests
  /// in a row from each peer, and not so long that blocks and diffs behind them come late.
  public static let lineTime: Duration = .milliseconds(800)
  /// How long a request for a block or a diff may wait before chunks yield to it, one on its way at
  /// a time, and none after twice this time: a few times what an answer takes when the line is
  /// full of chunks.
  public static let urgentPatience: Duration = .milliseconds(1_500)
  /// How many times longer than it was expected to take an answer must be on its way before it may
  /// count as late: answers differ in size.
  public static let lateShare = 1.5
  /// Ranges asked for from a second peer at a time, so that help never doubles the traffic.
  public static let secondRequestsMax = 8
  /// Bytes of items in one answer, however many are asked for.
  public static let chunkAnswerBytesMax = 2 << 20
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
  /// How long a measured throughput is believed: the largest of this time counts.
  public static let bandwidthWindow: Duration = .seconds(10)
  /// How long a measured round trip is believed: the smallest of this time counts.
  public static let roundTripWindow: Duration = .seconds(30)
  /// Candidates kept by one windowed filter.
  public static let filterSamplesMax = 32
  /// Time an answer is expected to take from a peer that is not measured.
  public static let answerTimeFirst: Duration = .milliseconds(500)
  /// Answering times that the 95th percentile is taken of, the latest ones.
  public static let latenciesMax = 128
  /// Answering times needed for it.
  public static let latenciesMin = 8
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
  /// Orders (requests, timers) of an actor that its task group has not started yet: room for one
  /// order of each block in the diff queue, the largest number there can be.
  public static let ordersMax = 4_096
  /// Events kept for a subscriber of a node that does not read them.
  public static let subscriberEventsMax = 256

  // MARK: Wire

  /// Block locators in a request: a batch back to the last macro block and room for more.
  public static let locatorsMax = 1_024
  /// Blocks in one answer to a missing-blocks request.
  public static let blocksPerAnswerMax = 512
  /// Bytes of one answer to a missing-blocks request that it should not exceed: on a thin line a
  /// larger one would not come in time; the rest is asked for anew.
  public static let blocksAnswerBytesMax = 1 << 20
  /// Election blocks named in a macro-chain request.
  public static let macroLocatorsMax = 64
  /// Blocks in one macro-chain answer.
  public static let macroBlocksPerAnswerMax = 256

  /// Keys in a request for a proof of accounts.
  public static let proofKeysMax = 256
  /// Blocks in a request for a proof that they are of the chain.
  public static let provenBlocksMax = LedgerLimits.historyProofsMax

  // MARK: Evidence

  /// Largest evidence of one lie that goes to the log, in bytes: twice the largest chunk that is
  /// asked for. Of what is larger the log only says that it was there.
  public static let evidenceBytesMax = 4 << 20
  /// Most bytes of evidence in the log of one run of a node.
  public static let evidenceLogBytesMax = 32 << 20
  /// Pieces of evidence that a reader of a log puts together at a time.
  public static let evidenceOpenMax = 16

  // MARK: Peers, macro sync and consensus

  /// Peers a node keeps track of.
  public static let peersMax = 256
  /// Banned peers a node remembers.
  public static let bannedPeersMax = 4_096
  /// Time after which an outdated or incompatible peer is looked at again.
  public static let peerRecheckInterval: Duration = .seconds(60)
  /// Time after which a peer whose macro sync failed is tried again.
  public static let peerRetryInterval: Duration = .seconds(5)
  /// How far the last macro block may be above our head, in batches, for a node to catch up block
  /// by block without weighing what that takes.
  public static let catchUpBatchesMax: UInt32 = 10
  /// Blocks whose diffs are looked at to tell how much one takes.
  public static let sampledDiffsMax = 16
  /// Bytes of a block's diff before any is known.
  public static let blockBytesFirst = 4_096
  /// Bytes a second from all peers together before any came.
  public static let bytesPerSecondFirst = 1_000_000
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
  /// Time between two samples for forecast and stalls.
  public static let sampleInterval: Duration = .milliseconds(500)
  /// Chunks that the bytes of what is missing are foretold from: the latest, since those of the
  /// first moments are small and mostly proof.
  public static let forecastChunksMax = 8
  /// Items that they must hold, or more chunks are taken: keys are spread at random, and so many of
  /// them tell their density to 2 %.
  public static let forecastItemsMin = 2_500
  /// Samples kept for the forecast; above it every second one is dropped.
  public static let forecastSamplesMax = 256
  /// Diffs at least that the size of the next ones is foretold from: their sizes scatter.
  public static let forecastDiffsMin = 8
  /// Time that must be measured before anything is foretold.
  public static let forecastTimeMin: Duration = .seconds(1)
  /// Rates are measured over this time at least. On a full line chunks yield to diffs for many
  /// seconds, and then the other way round; over a shorter time one of them is seen without the
  /// other, and second answers that come for nothing make the sum uneven as well.
  public static let forecastWindowMin: Duration = .seconds(60)
  /// How long another cause of a stall must last before it is told.
  public static let stallCauseTime: Duration = .seconds(5)
  /// Time without any progress after which a node says that it is stalled, and why, by default.
  public static let stallAfter: Duration = .seconds(15)
}
