import Networking
import Primitives

/// The secret of a cluster: who does not have it is no member.
public struct ClusterKey: Sendable, Hashable {
  /// What a cluster without a key of its own uses; only on this machine.
  public static let open = ClusterKey(.zero)

  private let secret: Hash256

  public init(_ secret: Hash256) { self.secret = secret }

  /// - Parameter hex: 64 hexadecimal digits.
  public init?(hex: some StringProtocol) {
    guard let secret = Hash256(hex: hex) else { return nil }
    self.secret = secret
  }

  /// Whether it is the key that everybody has.
  public var isOpen: Bool { self == .open }

  /// Names the network of the cluster in the handshake of connections. Tells nothing of the key.
  public var network: Hash256 { Self.hash("livesync kv network", secret.bytes) }

  /// What `sender` proves to `receiver` that it has the key: the hash of a label, the key and both
  /// public keys, each of fixed length. The connection proves who the sender is.
  public func proof(of sender: NodeIdentity, to receiver: NodeIdentity) -> Hash256 {
    Self.hash(
      "livesync kv hello", secret.bytes + sender.key.raw.bytes + receiver.key.raw.bytes)
  }

  private static func hash(_ label: StaticString, _ bytes: [UInt8]) -> Hash256 {
    Blake2b256.hash(Array(label.description.utf8) + bytes)
  }
}

/// A node that an operator named.
public struct ReplicationPeer: Sendable, Hashable {
  /// Its key if it was given; nil: the first one that proves the cluster key is kept.
  public var key: NodeIdentity?
  /// Where it listens for replicas: host and port.
  public var address: String

  public init(key: NodeIdentity? = nil, address: String) {
    self.key = key
    self.address = address
  }
}

/// What replication is made with.
public struct ReplicationSettings: Sendable {
  /// The key of this node.
  public var identity: NodeIdentity
  /// A name for people; at most `KeyValueLimits.memberNameBytesMax` bytes.
  public var name: String
  /// Where other nodes reach this one.
  public var addresses: [String]
  public var peers: [ReplicationPeer]
  public var clusterKey: ClusterKey
  /// When this run began, in milliseconds since 1970.
  public var startedAt: UInt64
  /// Between two rounds with a peer.
  public var roundInterval = Duration.seconds(5)
  /// Between two times at which a peer is told the members and what each holds.
  public var gossipInterval = Duration.seconds(60)
  /// Milliseconds after which a member that is not heard of holds back the floor no longer.
  public var tombstoneAge: UInt64 = 10 * 86_400_000
  /// Milliseconds that another node's clock may be ahead of this one's.
  public var clockAheadMax: UInt64 = KeyValueSettings.clockAheadDefault
  /// Milliseconds that the floor stays behind the clock, so that what a node wrote before it first
  /// met the others is not taken for dead: at least the difference of the clocks.
  public var floorBehind: UInt64 = KeyValueSettings.clockAheadDefault
  /// Milliseconds by which the floor is raised at least.
  public var floorStep: UInt64 = 60_000

  public init(
    identity: NodeIdentity, name: String = "", addresses: [String] = [],
    peers: [ReplicationPeer] = [], clusterKey: ClusterKey = .open, startedAt: UInt64
  ) {
    self.identity = identity
    self.name = name
    self.addresses = addresses
    self.peers = peers
    self.clusterKey = clusterKey
    self.startedAt = startedAt
  }

  /// What of it is beyond the limits, for whoever gave it; nil if nothing is.
  public var fault: String? {
    if name.utf8.count > KeyValueLimits.memberNameBytesMax {
      return "a node's name has at most \(KeyValueLimits.memberNameBytesMax) bytes"
    }
    if addresses.count > KeyValueLimits.memberAddressesMax {
      return "a node has at most \(KeyValueLimits.memberAddressesMax) addresses for replicas"
    }
    if peers.count > KeyValueLimits.namedPeersMax {
      return "at most \(KeyValueLimits.namedPeersMax) peers can be named"
    }
    let long = (addresses + peers.map(\.address)).first {
      $0.utf8.count > KeyValueLimits.addressBytesMax
    }
    return long.map { "an address has at most \(KeyValueLimits.addressBytesMax) bytes: '\($0)'" }
  }
}
