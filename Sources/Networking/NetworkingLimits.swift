/// The named limits of networking. Units are part of the name.
public enum NetworkingLimits {
  /// Requests one peer may have pending at one time, to all others together.
  public static let pendingRequestsMax = 1024
  /// Requests one peer answers at one time.
  public static let servedConcurrentlyMax = 32
  /// Requests that wait at one peer until one of those is answered; later ones are refused.
  public static let servedWaitingMax = 256
  /// Messages that wait in one gossip subscription.
  public static let gossipMessagesMax = 1024
  /// Events that wait in one subscription of peer events.
  public static let peerEventsMax = 4096
  /// Message names a peer remembers, to recognise what it has seen.
  public static let gossipSeenMax = 16384
  /// Messages a peer holds that wait for judgement; the oldest give way.
  public static let gossipPendingMax = 1024
  /// Pairs of peer and request type a rate limiter follows at one time.
  public static let rateWindowsMax = 16384

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
    case .macroChain: 2 << 20
    case .blocksProof: 512 << 10
    case .trieProof: 4 << 20
    case .block, .missingBlocks: 5 << 20
    case .chunk: 8 << 20
    case .trieDiff: 20 << 20
    default: 4 << 20
    }
  }
}
