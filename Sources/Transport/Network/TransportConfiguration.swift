import Networking
import Primitives
import Runtime

/// What a network over links is told beforehand.
public struct TransportConfiguration: Sendable {
  /// Names the network; for a chain the hash of its genesis block. Nodes of others are refused.
  public var network: Hash256
  /// The keys that this node is known by.
  public var identity: KeyPair
  /// Where connections are taken.
  public var listen: [SocketAddress]
  /// Peers that a connection is kept to.
  public var peers: [KeptPeer]
  public var limits = ConnectionLimits()
  public var times = TransportTimes()
  public var mux = MuxSettings(inboundPoolBytes: TransportLimits.connectionPoolBytes)
  /// Whether addresses that are not routable are learned and told, for networks of one's own.
  public var takesPrivateAddresses = false
  /// What logs call this node and peers that are known beforehand, so that nodes that write one log
  /// agree. Without a number this node is 0, and others are numbered as they come.
  public var numbers: [NodeIdentity: UInt32] = [:]
  /// What was remembered when the node ran last.
  public var memory: TransportMemory?
  /// Gives 32 secret bytes that nobody can guess, new ones each time.
  public var secret: @Sendable () -> [UInt8]
  /// The time of day, for what outlives the process.
  public var clock: WallClock
  /// The addresses of a host, asked for each time that a kept peer with a name is dialled. May
  /// wait: it is called on threads of its own, `TransportLimits.lookUpsMax` at a time.
  public var lookUp: @Sendable (HostName) -> Result<[SocketAddress.Host], NameFailure> = {
    $0.addresses()
  }
  /// Follows the greeting in each handshake, as later versions may do.
  package var furtherGreeting: [UInt8] = []

  public init(
    network: Hash256, identity: KeyPair, listen: [SocketAddress] = [], peers: [PeerAddress] = [],
    secret: @escaping @Sendable () -> [UInt8] = { SystemEntropy.bytes(SecretKey.byteCount) },
    clock: WallClock = .system
  ) {
    self.network = network
    self.identity = identity
    self.listen = listen
    self.peers = peers.map { KeptPeer($0) }
    self.secret = secret
    self.clock = clock
  }
}

/// What happens in a network over links, for a log.
public enum TransportEvent: Sendable, Hashable {
  /// Connections are taken here.
  case listening(SocketAddress)
  /// A peer is connected.
  case connected(PeerID, ConnectionDirection, SocketAddress)
  /// The connection to a peer is over.
  case disconnected(PeerID, PeerLinkEnd)
  /// A connection came to nothing before its peer was known.
  case failed(ConnectionDirection, SocketAddress, PeerLinkEnd)
  /// A connection of somebody else was refused at once, with the rule.
  case refused(SocketAddress, String)
  /// The host of a kept peer could not be looked up; it is tried again.
  case unresolved(KeptPeer, NameFailure)
  /// A peer is banned, for what reason.
  case banned(NodeIdentity, String)
}

extension PeerLinkEnd: Hashable {
  public func hash(into hasher: inout Hasher) { hasher.combine(reason) }
}

/// A connected peer as an operator sees it.
public struct ConnectionStatus: Sendable, Hashable {
  public let peer: PeerID
  public let direction: ConnectionDirection
  public let address: SocketAddress
  public let since: Moment
  public let bytesIn: Int
  public let bytesOut: Int
  /// Bytes of messages that wait to be sent.
  public let outboundBytes: Int
  /// The latest time of a ping to its pong; nil before the first.
  public let roundTrip: Duration?
}

/// What a network over links has done since it began.
public struct TransportTotals: Sendable, Hashable {
  /// Bytes on the wire with all peers, also those that have gone.
  public var bytesIn = 0
  public var bytesOut = 0
  /// Connections that were refused, or whose handshake failed.
  public var failedConnections = 0
  /// Peers that are banned at present.
  public var bannedPeers = 0
  /// Addresses of other nodes that are known.
  public var knownAddresses = 0
}
