import Networking
import Primitives
import Runtime

/// How many connections a node has.
public struct ConnectionLimits: Sendable, Hashable {
  /// Connections that others made, after their handshake.
  public var inboundMax = TransportLimits.inboundConnectionsMax
  /// Connections that this end makes, beside those to peers that it was told to keep.
  public var outboundMax = TransportLimits.outboundConnectionsMax
  /// Connections of others whose handshake is not over.
  public var handshakesMax = TransportLimits.handshakesMax
  /// Connections from one address, whether their handshake is over or not.
  public var perAddressMax = TransportLimits.connectionsPerAddressMax
  /// Connections from one subnet (/24 of IPv4, /48 of IPv6).
  public var perSubnetMax = TransportLimits.connectionsPerSubnetMax
  /// Whether the limits by address and subnet hold for this host's own addresses, from which many
  /// nodes may come that are behind one relay or in one test.
  public var limitsLoopback = false

  public init() {}
}

/// Who made a connection.
public enum ConnectionDirection: String, Sendable, Hashable {
  case inbound
  case outbound
}

/// Which connections a node has, and which more it takes. A value without I/O.
package struct ConnectionTable: Sendable {
  package struct Entry: Sendable {
    package let number: UInt64
    package let direction: ConnectionDirection
    package let address: SocketAddress
    /// The other end, once its handshake is over and it was taken.
    package var identity: NodeIdentity?
  }

  /// What becomes of a connection that somebody makes.
  package enum Arrival: Sendable, Hashable {
    /// It is taken; the one named has to give way.
    case taken(givingWay: UInt64?)
    case refused(String)
  }

  /// What becomes of a connection whose handshake is over.
  package enum Verdict: Sendable, Hashable {
    /// It is taken. The one named has to be ended, since it is to the same peer or gives way.
    case taken(ending: UInt64?, GoodbyeReason)
    /// It ends. The one named is to the same peer and stays; whether that peer is still there is to
    /// be asked.
    case refused(GoodbyeReason, String, stays: UInt64?)
  }

  package let limits: ConnectionLimits
  private let own: NodeIdentity
  /// Peers that have a place whatever the limits say.
  private let reserved: Set<NodeIdentity>
  package private(set) var entries: [UInt64: Entry] = [:]
  package private(set) var byIdentity: [NodeIdentity: UInt64] = [:]

  package init(own: NodeIdentity, reserved: Set<NodeIdentity>, limits: ConnectionLimits) {
    self.own = own
    self.reserved = reserved
    self.limits = limits
  }

  /// Somebody makes a connection.
  package mutating func arrived(_ number: UInt64, from address: SocketAddress) -> Arrival {
    let address = address.canonical
    if isLimited(address) {
      let near = entries.values.filter { $0.direction == .inbound && isLimited($0.address) }
      guard near.count(where: { $0.address.host == address.host }) < limits.perAddressMax else {
        return .refused("\(limits.perAddressMax) connections from this address")
      }
      guard near.count(where: { $0.address.subnet == address.subnet }) < limits.perSubnetMax
      else { return .refused("\(limits.perSubnetMax) connections from this subnet") }
    }
    // Who does not end its handshake keeps nobody out: the oldest has had most time.
    let pending = entries.values.filter { $0.direction == .inbound && $0.identity == nil }
    let oldest = pending.count < limits.handshakesMax ? nil : pending.map(\.number).min()
    if let oldest { entries[oldest] = nil }
    entries[number] = Entry(number: number, direction: .inbound, address: address)
    return .taken(givingWay: oldest)
  }

  /// This end has made a connection.
  package mutating func dialled(_ number: UInt64, _ address: SocketAddress) {
    entries[number] = Entry(number: number, direction: .outbound, address: address)
  }

  /// The handshake of a connection is over.
  package mutating func authenticated(_ number: UInt64, as identity: NodeIdentity) -> Verdict {
    guard let entry = entries[number] else {
      return .refused(.full, "it had to give way", stays: nil)
    }
    if let earlier = byIdentity[identity], let other = entries[earlier] {
      guard stays(entry, against: other, of: identity) else {
        return .refused(.duplicate, "there is a connection to this peer", stays: earlier)
      }
      take(number, identity)
      entries[earlier] = nil
      return .taken(ending: earlier, .duplicate)
    }
    guard entry.direction == .inbound, !reserved.contains(identity),
      inbound.count >= limits.inboundMax
    else {
      take(number, identity)
      return .taken(ending: nil, .full)
    }
    guard let victim = crowdedMost(than: entry) else {
      return .refused(.full, "\(limits.inboundMax) peers are connected", stays: nil)
    }
    take(number, identity)
    return .taken(ending: victim, .full)
  }

  /// A connection is over. Returns whose it was, if no other to that peer is left.
  package mutating func ended(_ number: UInt64) -> NodeIdentity? {
    guard let entry = entries.removeValue(forKey: number), let identity = entry.identity,
      byIdentity[identity] == number
    else { return nil }
    byIdentity[identity] = nil
    return identity
  }

  /// Connections that this end made to others than those it was told to keep.
  package var outboundCount: Int {
    entries.values.count { entry in
      entry.direction == .outbound && !(entry.identity.map(reserved.contains) ?? false)
    }
  }

  private var inbound: [Entry] {
    entries.values.filter { $0.direction == .inbound && $0.identity != nil }
  }

  private func isLimited(_ address: SocketAddress) -> Bool {
    limits.limitsLoopback || !address.isLoopback
  }

  private mutating func take(_ number: UInt64, _ identity: NodeIdentity) {
    entries[number]?.identity = identity
    byIdentity[identity] = number
  }

  /// Whether a new connection to a peer stays, and not the earlier one. If both ends have dialled
  /// at once, both must keep the same: that of the smaller key. Of two that one end has dialled the
  /// earlier stays, so that two nodes with one key do not take turns.
  private func stays(_ new: Entry, against earlier: Entry, of peer: NodeIdentity) -> Bool {
    guard new.direction != earlier.direction else { return false }
    return (new.direction == .outbound) == (own < peer)
  }

  /// The newest inbound connection of the subnet with most, if that has at least two more than the
  /// newcomer's.
  private func crowdedMost(than newcomer: Entry) -> UInt64? {
    let subnets = Dictionary(grouping: inbound.filter { !isReserved($0) }) { $0.address.subnet }
    let most = subnets.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
    let own = subnets[newcomer.address.subnet]?.count ?? 0
    guard let most, most.value.count >= own + 2 else { return nil }
    return most.value.map(\.number).max()
  }

  private func isReserved(_ entry: Entry) -> Bool {
    entry.identity.map(reserved.contains) ?? false
  }
}
