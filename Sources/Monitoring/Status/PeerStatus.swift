import Networking

/// Which end opened a connection.
public enum PeerDirection: String, Sendable, Hashable, CaseIterable {
  /// The peer dialled this node.
  case inbound
  /// This node dialled the peer.
  case outbound
}

/// What a transport knows of a connected peer.
public struct TransportPeer: Sendable, Hashable {
  public var peer: PeerID
  /// Such as `192.0.2.7:8443` or `[2001:db8::7]:8443`.
  public var address: String
  public var direction: PeerDirection
  /// Bytes on the wire since the connection was opened.
  public var bytesReceived: UInt64
  public var bytesSent: UInt64
  /// Time since the connection was opened.
  public var connected: Duration
  /// Time from a question to its answer, as measured last.
  public var roundTrip: Duration?

  public init(
    peer: PeerID, address: String, direction: PeerDirection, bytesReceived: UInt64 = 0,
    bytesSent: UInt64 = 0, connected: Duration = .zero, roundTrip: Duration? = nil
  ) {
    self.peer = peer
    self.address = address
    self.direction = direction
    self.bytesReceived = bytesReceived
    self.bytesSent = bytesSent
    self.connected = connected
    self.roundTrip = roundTrip
  }
}

/// What a transport knows. Counts are totals since the start and never fall.
public struct TransportStatus: Sendable, Hashable {
  public var peers: [TransportPeer]
  /// Bytes on the wire with all peers, also those that have gone.
  public var bytesReceived: UInt64
  public var bytesSent: UInt64
  /// Peers that are banned at present.
  public var bannedPeers: Int
  /// Connections that were not taken, or whose handshake failed.
  public var refusedConnections: UInt64
  /// Addresses of other nodes that are known.
  public var knownAddresses: Int

  public init(
    peers: [TransportPeer] = [], bytesReceived: UInt64 = 0, bytesSent: UInt64 = 0,
    bannedPeers: Int = 0, refusedConnections: UInt64 = 0, knownAddresses: Int = 0
  ) {
    self.peers = peers
    self.bytesReceived = bytesReceived
    self.bytesSent = bytesSent
    self.bannedPeers = bannedPeers
    self.refusedConnections = refusedConnections
    self.knownAddresses = knownAddresses
  }
}

/// A connected peer, by all that is known of it.
public struct PeerStatus: Sendable, Hashable {
  /// What the transport knows.
  public var transport: TransportPeer
  /// True if the peer is asked in live sync.
  public var isInSync = false
  /// The highest block that came from it, proven or not.
  public var height: UInt32?
  /// Ranges of the state that it is asked for.
  public var rangesInFlight = 0

  public init(_ transport: TransportPeer) { self.transport = transport }
}
