/// Which way a message passes the node that intercepts it.
public enum TrafficDirection: Sendable, Hashable {
  /// About to leave through the node's uplink.
  case outgoing
  /// Arrived through the node's downlink.
  case incoming
}

/// A message as an interceptor sees it.
public struct InterceptedMessage: Sendable, Hashable {
  public let direction: TrafficDirection
  public let kind: MessageKind
  /// The other end.
  public let peer: PeerID
  public let payload: [UInt8]

  package init(
    direction: TrafficDirection, kind: MessageKind, peer: PeerID, payload: [UInt8]
  ) {
    self.direction = direction
    self.kind = kind
    self.peer = peer
    self.payload = payload
  }
}

/// What an interceptor does with a message.
public enum InterceptAction: Sendable, Hashable {
  /// Let it through.
  case pass
  /// Let it vanish.
  case drop
  /// Let it through with other bytes.
  case replace([UInt8])
  /// Let it through later; it is not intercepted again.
  case delay(Duration)
}
