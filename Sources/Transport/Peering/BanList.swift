import Networking
import Primitives

/// Whom a node wants nothing to do with for a time: identities, and addresses of which several
/// came. An identity costs nothing, an address does; but many honest nodes may share one.
///
/// Times are seconds since the Unix epoch, since bans outlive the process.
public struct BanList: Sendable, Hashable {
  package struct Ban: Sendable, Hashable {
    package var until: UInt64
    /// Where the peer came from; nil if that is not held against it.
    package var host: SocketAddress.Host?
  }

  package private(set) var bans: [NodeIdentity: Ban] = [:]

  public init() {}

  /// Bans that are kept.
  public var count: Int { bans.count }

  /// Bans a peer until `TransportLimits.banSeconds` from now. If too many are banned, the ban that
  /// would end first is forgotten.
  public mutating func ban(_ identity: NodeIdentity, from address: SocketAddress?, at now: UInt64) {
    expire(at: now)
    let host = address.flatMap { $0.isLoopback ? nil : $0.canonical.host }
    bans[identity] = Ban(until: now + TransportLimits.banSeconds, host: host)
    guard bans.count > TransportLimits.bansMax else { return }
    let first = bans.min { ($0.value.until, $0.key) < ($1.value.until, $1.key) }
    if let first { bans[first.key] = nil }
  }

  /// Whether the identity is banned.
  public func contains(_ identity: NodeIdentity, at now: UInt64) -> Bool {
    (bans[identity]?.until ?? 0) > now
  }

  /// The identities that are banned.
  package func banned(at now: UInt64) -> [NodeIdentity] {
    bans.filter { $0.value.until > now }.map(\.key)
  }

  /// Whether `TransportLimits.bansPerAddress` identities from this address are banned.
  public func contains(_ address: SocketAddress, at now: UInt64) -> Bool {
    let host = address.canonical.host
    let near = bans.values.count { $0.until > now && $0.host == host }
    return near >= TransportLimits.bansPerAddress
  }

  /// A ban that was written down.
  package mutating func restore(_ identity: NodeIdentity, until: UInt64, host: SocketAddress.Host?)
  {
    bans[identity] = Ban(until: until, host: host)
  }

  package mutating func expire(at now: UInt64) {
    bans = bans.filter { $0.value.until > now }
  }
}
