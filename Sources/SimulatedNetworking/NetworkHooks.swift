import Networking
import Runtime

/// Sees every message of one node, on the simulation's thread; must be deterministic.
public typealias Interceptor = (InterceptedMessage) -> InterceptAction

/// Something that happened in the simulated network, for observers.
public enum NetworkEvent: Sendable, Hashable {
  /// Two peers are connected now.
  case connected(PeerID, PeerID)
  /// Two peers are no longer connected.
  case disconnected(PeerID, PeerID, reason: String)
  /// A message was handed to the sender's uplink.
  case sent(MessageKind, from: PeerID, to: PeerID, bytes: Int)
  /// A message reached its receiver.
  case delivered(MessageKind, from: PeerID, to: PeerID, bytes: Int)
  /// A message came to nothing.
  case dropped(MessageKind, from: PeerID, to: PeerID, reason: DropReason)
  /// `by` judged a message that `from` had sent it.
  case judged(GossipID, by: PeerID, from: PeerID, Acceptance)
  /// A request ended; `error` is nil if it was answered.
  case requestEnded(RequestType, from: PeerID, to: PeerID, error: RequestError?)
}

/// Told of network events on the simulation's thread, in order. Must not call the network.
public typealias NetworkObserver = (NetworkEvent) -> Void
