import Primitives

/// The named limits of networking. Units are part of the name.
public enum NetworkingLimits {
  /// Requests one peer may have pending at one time, to all others together.
  public static let pendingRequestsMax = 1024
  /// Requests one peer answers at one time.
  public static let servedConcurrentlyMax = 32
  /// Requests that wait at one peer until one of those is answered; later ones are refused.
  public static let servedWaitingMax = 256
  /// Gossip messages that wait to be read and judged.
  public static let gossipMessagesMax = 1024
  /// Bytes of gossip messages that wait to be read and judged. One neighbour may have two of the
  /// largest: a body that is looked at and the next.
  public static let gossipBytes = ByteLimits(total: 18 << 20, perHolder: 9 << 20)
  /// Events that wait in one subscription of peer events.
  public static let peerEventsMax = 4096
  /// Message names a peer remembers, to recognise what it has seen.
  public static let gossipSeenMax = 16384
  /// Neighbours remembered to have a message that waits for judgement.
  public static let gossipKnownByMax = 64
  /// Pairs of peer and request type a rate limiter follows at one time.
  public static let rateWindowsMax = 16384

  /// Bytes of requests that wait to be answered; further ones are refused.
  public static let servedWaitingBytes = ByteLimits(total: 2 << 20, perHolder: 256 << 10)
  /// Bytes of answers that wait to be sent, or one answer: while there are more, no further request
  /// is answered.
  public static let unsentBytesMax = 1 << 20
  /// Bytes that answers on their way to us may have together, and those of one peer: a request
  /// whose answer may be larger than what is left waits until others have ended. The largest
  /// answer, before and after it is decoded, has room.
  public static let answersBytes = ByteLimits(
    total: (36 << 20) + (256 << 10), perHolder: (36 << 20) + (256 << 10))
  /// Bytes that the answer to a request may have before it is known how large such answers are. One
  /// that is larger is asked for again with its type's limit.
  public static let answerBytesFirst = 128 << 10

  /// Length of the window of the rate limits.
  public static let rateWindow: Duration = .seconds(10)
  /// Chunk requests per peer and window.
  public static let chunkRequestsPerWindowMax = 5000
  /// Diff requests per peer and window.
  public static let diffRequestsPerWindowMax = 100
  /// Requests of any other type per peer and window.
  public static let otherRequestsPerWindowMax = 1000

  /// Largest payload of a message on `topic`, in bytes: what the largest legal block has, and room
  /// for what names it.
  public static func payloadBytesMax(_ topic: Topic) -> Int {
    topic == .blockHeader ? 256 << 10 : (4 << 20) + (64 << 10)
  }

  /// Largest payload of a request of `type`, in bytes.
  public static func requestBytesMax(_ type: RequestType) -> Int {
    switch type {
    case .missingBlocks, .trieProof, .blocksProof: 64 << 10
    default: 4 << 10
    }
  }

  /// Largest payload of a response to a request of `type`, in bytes: above what an honest peer can
  /// give. What has no bound by itself is cut by whoever answers and goes on where it stopped.
  public static func responseBytesMax(_ type: RequestType) -> Int {
    switch type {
    case .head: 4 << 10
    case .macroChain: (1 << 20) + (64 << 10)
    case .blocksProof: 512 << 10
    // One block of the largest kind.
    case .block, .missingBlocks: (4 << 20) + (256 << 10)
    // Old and new values, 16 MiB, and the keys of all accounts that a block can change.
    case .trieDiff: 17 << 20
    default: 4 << 20
    }
  }
}
