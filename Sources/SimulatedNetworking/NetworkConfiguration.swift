/// How messages fare on a link in one direction.
public struct LinkConditions: Sendable, Hashable {
  /// Least time from the sender's uplink to the receiver's downlink.
  public var latency: Duration
  /// Mean of the exponentially distributed extra time; reordering follows from it.
  public var jitterMean: Duration
  /// Messages in a million that vanish.
  public var lossPerMillion: Int
  /// Messages in a million that arrive twice, each copy with its own latency.
  public var duplicatePerMillion: Int

  public init(
    latency: Duration = .milliseconds(10), jitterMean: Duration = .zero, lossPerMillion: Int = 0,
    duplicatePerMillion: Int = 0
  ) {
    self.latency = latency
    self.jitterMean = jitterMean
    self.lossPerMillion = lossPerMillion
    self.duplicatePerMillion = duplicatePerMillion
  }

  /// A link without delay or fault.
  public static let perfect = LinkConditions(latency: .zero)
}

/// What a node can send, receive and serve.
public struct NodeCapacity: Sendable, Hashable {
  /// Bytes a second through the uplink; nil = no limit.
  public var uploadBytesPerSecond: Int?
  /// Bytes a second through the downlink; nil = no limit.
  public var downloadBytesPerSecond: Int?
  /// Bytes that may wait at the uplink, and again at the downlink; what exceeds them is dropped.
  public var queueBytesMax: Int
  /// Requests answered at one time.
  public var servedConcurrentlyMax: Int
  /// Requests that wait for one of those to end; later ones are refused.
  public var servedWaitingMax: Int

  public init(
    uploadBytesPerSecond: Int? = nil, downloadBytesPerSecond: Int? = nil,
    queueBytesMax: Int = SimulatedNetworkLimits.queueBytesMax,
    servedConcurrentlyMax: Int = SimulatedNetworkLimits.servedConcurrentlyMax,
    servedWaitingMax: Int = SimulatedNetworkLimits.servedWaitingMax
  ) {
    self.uploadBytesPerSecond = uploadBytesPerSecond
    self.downloadBytesPerSecond = downloadBytesPerSecond
    self.queueBytesMax = queueBytesMax
    self.servedConcurrentlyMax = servedConcurrentlyMax
    self.servedWaitingMax = servedWaitingMax
  }
}

/// The parameters of a simulated network.
public struct NetworkConfiguration: Sendable, Hashable {
  /// Conditions of links without conditions of their own.
  public var link: LinkConditions
  /// Capacity of nodes without a capacity of their own.
  public var capacity: NodeCapacity
  /// Most gossip neighbours of a node, even and at least 2. With no more other nodes than that,
  /// everyone is everyone's neighbour.
  public var gossipDegreeMax: Int
  /// Bytes every message takes on the wire beyond its payload.
  public var overheadBytes: Int
  /// Requests a node may have pending.
  public var pendingRequestsMax: Int

  public init(
    link: LinkConditions = LinkConditions(), capacity: NodeCapacity = NodeCapacity(),
    gossipDegreeMax: Int = SimulatedNetworkLimits.gossipDegreeMax,
    overheadBytes: Int = SimulatedNetworkLimits.overheadBytes,
    pendingRequestsMax: Int = SimulatedNetworkLimits.pendingRequestsMax
  ) {
    self.link = link
    self.capacity = capacity
    self.gossipDegreeMax = gossipDegreeMax
    self.overheadBytes = overheadBytes
    self.pendingRequestsMax = pendingRequestsMax
  }
}
