import Primitives

/// The named limits of networking. Units are part of the name.
public enum NetworkingLimits {
  /// Requests one peer may have pending at one time, to all others together.
  public static let pendingRequestsMax = 1024
  /// Requests one peer answers at one time.
  public static let servedConcurrentlyMax = 32
  /// Requests of one other that it answers at one time.
  public static let servedPerPeerMax = 16
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
  public static let gossipKnownByMax = 8
  /// Pairs of peer and request type a rate limiter follows at one time: sixteen types for each of
  /// 256 peers.
  public static let rateWindowsMax = 4096
  /// Keys of peers that a directory has numbers for.
  public static let directoryPeersMax = 4096

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
  /// Requests of one type per peer and window, unless the type says otherwise.
  public static let requestsPerWindowMax = 1000

  /// Largest payload of a gossip message, in bytes, unless its topic says otherwise.
  public static let payloadBytesMax = 4 << 20
  /// Largest payload of a request, in bytes, unless its type says otherwise.
  public static let requestBytesMax = 4 << 10
  /// Largest payload of a response, in bytes, unless the type of the request says otherwise.
  public static let responseBytesMax = 4 << 20
}
