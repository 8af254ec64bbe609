import Networking

/// The named limits of the simulated network. Units are part of the name.
public enum SimulatedNetworkLimits {
  /// Bytes that wait at one uplink or downlink.
  public static let queueBytesMax = 64 << 20
  /// Requests one node answers at one time.
  public static let servedConcurrentlyMax = NetworkingLimits.servedConcurrentlyMax
  /// Requests that wait at one node until one of those is answered.
  public static let servedWaitingMax = NetworkingLimits.servedWaitingMax
  /// Requests one node may have pending.
  public static let pendingRequestsMax = NetworkingLimits.pendingRequestsMax
  /// Gossip neighbours of one node.
  public static let gossipDegreeMax = 8
  /// Bytes of framing, addresses and authentication added to each message.
  public static let overheadBytes = 64
}
