/// What a node needs of a network: who is there, gossip, requests and responses.
///
/// Implemented by the simulated network and by real transports. All calls are safe from any task.
public protocol Network: Sendable {
  /// The local peer.
  var local: PeerID { get }

  /// The peers one can send requests to now, sorted.
  func connectedPeers() -> [PeerID]

  /// Changes of `connectedPeers()` from now on. Each call is a new subscription that starts with
  /// nothing; to miss nobody, subscribe first and then ask who is connected. At most
  /// `NetworkingLimits.peerEventsMax` events wait; later ones are lost and counted.
  func peerEvents() -> AsyncStream<PeerEvent>

  /// Messages others publish on `topic`, from now on, each once, until nobody holds the
  /// subscription any more.
  ///
  /// Each message must be judged with `report(_:_:)`, or it is not passed on. All that wait to be
  /// read and judged, over all topics, are at most `NetworkingLimits.gossipMessagesMax` and have at
  /// most `NetworkingLimits.gossipBytes`, in all and from one neighbour. If there is no room, the
  /// newest of the neighbour that has most give way; what is lost is counted, and may come again
  /// from another neighbour.
  func subscribe(_ topic: Topic) -> GossipSubscription

  /// Sends `payload` to all who subscribe to `topic`, but not to the local peer. A payload that
  /// this peer has published or received before, or that is above
  /// `Topic.payloadBytesMax`, goes nowhere.
  func publish(_ topic: Topic, _ payload: [UInt8]) async

  /// Judges a received message; only the first judgement counts.
  func report(_ id: GossipID, _ acceptance: Acceptance)

  /// Sends a request and waits for the response.
  /// - Parameters:
  ///   - timeout: from now until the whole response is here.
  ///   - answerBytesMax: most bytes of the response. A larger one fails as `tooLarge` as soon as
  ///     its size is known, and nothing of it is kept.
  func send(
    _ type: RequestType, _ payload: [UInt8], to peer: PeerID, timeout: Duration,
    answerBytesMax: Int
  ) async throws(RequestError) -> [UInt8]

  /// Answers requests of `type` from now on, replacing an earlier handler. A handler that returns
  /// nil refuses. At most `NetworkingLimits.servedConcurrentlyMax` handlers run at one time, and
  /// none is started while more than `NetworkingLimits.unsentBytesMax` bytes of earlier answers
  /// wait to be sent. Requests that wait are at most `NetworkingLimits.servedWaitingMax` and have
  /// at most `NetworkingLimits.servedWaitingBytes`, in all and from one peer; further ones are
  /// refused.
  func serve(
    _ type: RequestType, _ handler: @escaping @Sendable (PeerID, [UInt8]) async -> [UInt8]?)

  /// Ends the connection to `peer`. Pending requests to it fail as disconnected.
  func disconnect(_ peer: PeerID, reason: String)
}
