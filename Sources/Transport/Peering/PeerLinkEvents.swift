import Networking
import Primitives

/// What happened on the connection to a peer.
package enum PeerLinkEvent: Sendable {
  /// The handshake is over: the other end has this identity, and sent this with it.
  case authenticated(PublicKey, attachment: [UInt8])
  /// The other end asks; to be answered on the stream.
  case request(StreamID, type: UInt16, payload: [UInt8])
  /// The other end does not want the answer any longer.
  case withdrawn(StreamID)
  /// One of our requests has ended, for the only time.
  case answered(UInt64, Result<[UInt8], RequestError>)
  /// A message of gossip.
  case gossip(topic: UInt16, payload: [UInt8])
  /// A word of the transport itself.
  case word([UInt8])
}

/// Why the connection to a peer is over.
public enum PeerLinkEnd: Error, Sendable, Equatable, CustomStringConvertible {
  /// The connection itself ended.
  case link(LinkFailure)
  case handshake(HandshakeError)
  /// The other end broke the rules of the transport, or somebody changed its bytes.
  case connection(ConnectionError)
  /// The other end said why it ends the connection.
  case goodbye(GoodbyeReason)
  /// This end does.
  case local(GoodbyeReason, String)
  /// The handshake did not end in `TransportLimits.handshakeTimeout`.
  case handshakeTooSlow
  /// Nothing came for `TransportLimits.silenceMax`, though a ping was sent.
  case silent
  /// The other end took nothing of what waits to be sent for `TransportLimits.writeStallMax`.
  case stalled
  /// It held what others waited for, and moved fewer than `TransportLimits.holderBytesMin` bytes in
  /// `TransportLimits.holderWindow`.
  case tooSlow

  /// What is said to the other end with it; nil if it is gone, or knows.
  package var word: GoodbyeReason? {
    switch self {
    case .local(let word, _): word
    case .silent, .stalled, .tooSlow: .unresponsive
    case .link, .handshake, .connection, .goodbye, .handshakeTooSlow: nil
    }
  }

  /// A stable name for logs.
  public var reason: String {
    switch self {
    case .link(.closedByPeer): "closed"
    case .link: "link_failed"
    case .handshake: "handshake_failed"
    case .connection: "violation"
    case .goodbye(let reason): "goodbye_\(reason)"
    case .local(let reason, _): "ended_\(reason)"
    case .handshakeTooSlow: "handshake_too_slow"
    case .silent: "silent"
    case .stalled: "stalled"
    case .tooSlow: "too_slow"
    }
  }

  public var description: String {
    switch self {
    case .link(let failure): "\(failure)"
    case .handshake(let error): "handshake: \(error)"
    case .connection(let error): "\(error)"
    case .goodbye(let reason): "the other end said goodbye: \(reason)"
    case .local(let reason, let detail): "\(reason): \(detail)"
    case .handshakeTooSlow: "the handshake took too long"
    case .silent: "the other end is silent"
    case .stalled: "the other end takes nothing"
    case .tooSlow: "the other end holds what others wait for, and is slow"
    }
  }
}
