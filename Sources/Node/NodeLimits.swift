/// The named limits of a node: macro sync, serving, consensus and progress. Units are part of the
/// name or of the type.
public enum NodeLimits {
  // MARK: Requests

  /// Requests for a head or a part of a macro chain in a row that one peer may leave unanswered
  /// before it has to wait for its next turn: a message may be lost.
  public static let lateInRowMax = 3

  // MARK: Shells

  /// Events kept for a subscriber of a node that does not read them.
  public static let subscriberEventsMax = 256

  // MARK: Wire

  /// Keys of a proof of accounts, and macro blocks, that an answer is made of first, to see how
  /// large they are.
  public static let servedKeysFirst = 8
  public static let servedMacroBlocksFirst = 4
  /// Bytes of verified macro blocks, in wire form, that are kept until they can be adopted.
  public static let macroChainBytesMax = 2 << 20

  // MARK: Peers, macro sync and consensus

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
  /// Bytes of macro blocks that are asked for first.
  public static let macroPartBytesFirst = 16 << 10
  /// Time between two looks whether another peer may be asked for the next part of a macro chain.
  public static let macroLookInterval: Duration = .milliseconds(100)
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
