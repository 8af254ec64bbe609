import Ledger
import LiveSync
import Messages
import Networking
import Peers
import Primitives

extension MemoryBounds {
  private typealias Live = LiveSyncLimits

  /// Bytes of a set or dictionary of `count` entries: it doubles when three quarters are full.
  private static func table(_ count: Int, entry bytes: Int) -> Int { count * bytes * 8 / 3 }

  /// Messages and blocks on their way to the chain.
  static let messages = [
    MemoryBound(
      "Gossip that waits to be read and judged", NetworkingLimits.gossipBytes,
      whenFull: "the newest of the neighbour that holds most are dropped",
      limits: ["NetworkingLimits.gossipBytes", "NetworkingLimits.gossipMessagesMax"],
      tests: [
        "subscription_shouldStayBelowItsBytes_whoeverFillsIt",
        "gossip_shouldBeLimited_inSizeAndNumber",
      ]),
    MemoryBound(
      "A header and a body that are decoded", perPeer: nil, total: 6 << 20,
      whenFull: "one of each topic is read at a time", limits: ["MessageLimits.bodyBytesMax"],
      tests: ["decodedMessages_shouldTakeNoMoreMemoryThanIsCharged"]),
    MemoryBound(
      "Halves of blocks", Live.halvesBytes,
      whenFull: "the newest of the peer that holds most are dropped",
      limits: ["LiveSyncLimits.halvesBytes", "LiveSyncLimits.halvesMax"],
      tests: ["halves_shouldStayBelowTheirBytes_fromOnePeerOrMany"]),
    MemoryBound(
      "Blocks that wait for an ancestor", Live.bufferedBlocksBytes,
      whenFull: "the highest of the peer that holds most are dropped",
      limits: ["LiveSyncLimits.bufferedBlocksBytes"],
      tests: ["bufferedBlocks_shouldStayBelowTheirBytes_fromOnePeerOrMany"]),
    MemoryBound(
      "Blocks forwarded and not pushed yet", Live.forwardedBytes,
      whenFull: "blocks wait in the buffer", limits: ["LiveSyncLimits.forwardedBytes"],
      tests: ["blocksForwarded_shouldStayBelowTheirBytes_andTheRestFollow"]),
    MemoryBound(
      "Blocks from outside that are not taken yet", Live.externalBlocksBytes,
      whenFull: "refused", limits: ["LiveSyncLimits.externalBlocksBytes"],
      tests: ["externalBlocks_shouldBeBoundedInBytes"]),
    MemoryBound(
      "Diffs until their blocks are pushed", perPeer: nil, total: Live.diffsBytesMax,
      whenFull: "the last ones are dropped and requested later",
      limits: ["LiveSyncLimits.diffsBytesMax"],
      tests: ["diffs_shouldStayBelowTheirBytes_andAllBlocksGoOn"]),
    MemoryBound(
      "Chunks, and answers with chunks on their way", Live.chunksBytes,
      whenFull: "nothing more is asked for; chunks that take more than expected are discarded",
      limits: ["LiveSyncLimits.chunksBytes", "LiveSyncLimits.bufferedChunksMax"],
      tests: ["chunks_shouldStayBelowTheirBytes_fromOnePeerOrMany"]),
    MemoryBound(
      "Blocks on side branches, with their diffs", perPeer: nil,
      total: LedgerLimits.sideBytes.total,
      whenFull: "the highest of the producer that holds most are dropped",
      limits: ["LedgerLimits.sideBytes"],
      tests: ["sideBlocks_shouldStayBelowTheirBytes_andGiveWayToOthers"]),
  ]

  /// Requests and answers.
  static let answers = [
    MemoryBound(
      "Other answers on their way and decoded", NetworkingLimits.answersBytes,
      whenFull: "further requests wait",
      limits: ["NetworkingLimits.answersBytes", "MessageLimits.diffResponseBytesMax"],
      tests: ["answers_shouldWaitForRoom_inTurn", "answersBeyondTheirLimit_shouldBeRefused"]),
    // In memory, with the room that arrays have to grow, at most twice the bytes on the wire.
    MemoryBound(
      "Macro blocks that are verified and not adopted", perPeer: nil,
      total: 2 * NodeLimits.macroChainBytesMax,
      whenFull: "what is here is adopted, or the peer is dropped",
      limits: ["NodeLimits.macroChainBytesMax"],
      tests: ["verifiedBlocks_shouldBeKept_whileTheyAreAheadAndFit"]),
    MemoryBound(
      "Requests that wait to be served", NetworkingLimits.servedWaitingBytes,
      whenFull: "the newest of the peer with most are refused",
      limits: ["NetworkingLimits.servedWaitingBytes", "NetworkingLimits.servedWaitingMax"],
      tests: ["requestsThatWait_shouldBeBoundedInBytes"]),
    MemoryBound(
      "An answer that is made, and those not sent yet", perPeer: nil,
      total: NetworkingLimits.unsentBytesMax + 2 * MessageLimits.diffResponseBytesMax,
      whenFull: "requests wait",
      limits: ["NetworkingLimits.unsentBytesMax", "MessageLimits.diffResponseBytesMax"],
      tests: ["noAnswer_shouldBeMade_whileTooMuchIsUnsent", "servedAnswers_shouldFitTheirLimits"]),
  ]

  /// What is remembered by number; the memory of an entry does not depend on what peers send.
  static let memories = [
    MemoryBound(
      "Names of gossip that was seen, and who has it", perPeer: nil,
      total: table(NetworkingLimits.gossipSeenMax, entry: 32)
        + NetworkingLimits.gossipSeenMax * 32
        + NetworkingLimits.gossipMessagesMax
        * (64 + NetworkingLimits.gossipKnownByMax * MemoryLayout<PeerID>.stride * 2),
      whenFull: "the oldest are forgotten",
      limits: ["NetworkingLimits.gossipSeenMax", "NetworkingLimits.gossipKnownByMax"],
      tests: ["cache_shouldStayBounded_whateverHappens"]),
    MemoryBound(
      "Rates of requests", perPeer: nil,
      total: table(NetworkingLimits.rateWindowsMax, entry: MemoryLayout<PeerID>.stride + 16),
      whenFull: "refused",
      limits: ["NetworkingLimits.rateWindowsMax"],
      tests: ["limiter_shouldBeBounded_andMakeRoomForNewPairs"]),
    MemoryBound(
      "Checks of signatures", perPeer: nil,
      total: table(LedgerLimits.verifiedSignaturesMax, entry: 33)
        + LedgerLimits.verifiedSignaturesMax * 32,
      whenFull: "the oldest are forgotten", limits: ["LedgerLimits.verifiedSignaturesMax"],
      tests: ["verifier_shouldRememberAndForget"]),
    MemoryBound(
      "Hashes of invalid blocks", perPeer: nil,
      total: table(Live.invalidBlocksMax, entry: 32) + Live.invalidBlocksMax * 32,
      whenFull: "the oldest are forgotten", limits: ["LiveSyncLimits.invalidBlocksMax"],
      tests: ["invalidBlocks_shouldBeForgotten_whenManyMoreCame"]),
    MemoryBound(
      "Open requests for blocks with their locators", perPeer: nil,
      total: Live.missingBlocksRequestsMax * MessageLimits.locatorsMax * 32 * 3,
      whenFull: "not asked for",
      limits: ["LiveSyncLimits.missingBlocksRequestsMax", "MessageLimits.locatorsMax"],
      tests: ["openRequests_shouldBeBounded"]),
    MemoryBound(
      "Peers, banned peers and what is known of them", perPeer: nil,
      total: table(PeerLimits.bannedPeersMax, entry: MemoryLayout<PeerID>.stride)
        + table(2 * PeerLimits.peersMax, entry: 512)
        + table(Live.peerRecordsMax, entry: MemoryLayout<PeerRecord>.stride)
        + Live.peerRecordsMax
        * (2 * PeerLimits.filterSamplesMax * 16 + Live.lackingPlacesMax * 80) * 2
        + NetworkingLimits.peerEventsMax * MemoryLayout<PeerEvent>.stride,
      whenFull: "the oldest are forgotten, or not taken",
      limits: [
        "PeerLimits.peersMax", "LiveSyncLimits.peerRecordsMax",
        "PeerLimits.bannedPeersMax", "NetworkingLimits.peerEventsMax",
      ],
      tests: ["peers_shouldBeBounded"]),
    MemoryBound(
      "Events for a subscriber that does not read", perPeer: nil,
      total: NodeLimits.subscriberEventsMax * (64 + MessageLimits.blocksPerAnswerMax * 32),
      whenFull: "the oldest are lost", limits: ["NodeLimits.subscriberEventsMax"],
      tests: ["subscriber_shouldLoseTheOldestEvents_whenItDoesNotRead"]),
  ]
}
