import Networking
import Primitives
import Runtime

extension TransportState {
  /// What is due at `now`.
  mutating func tick(at now: Moment, _ effects: inout TransportEffects) {
    for number in connections.keys.sorted() {
      guard let connection = connections[number] else { continue }
      do throws(PeerLinkEnd) {
        try connection.link.tick(now: now)
        if connection.link.hasBytes { touch(number) }
      } catch { end(number, error, at: now, &effects) }
    }
    endIdleHolders(at: now, &effects)
    let heard = peers.compactMapValues { connections[$0]?.link.life.heardAt }
    perform(spread.tick(at: now) { heard[$0] })
  }

  /// Somebody waits for room for a message: whoever has room for one and sends nothing of it is
  /// not waited for.
  private mutating func endIdleHolders(at now: Moment, _ effects: inout TransportEffects) {
    guard pools.isShort else { return }
    for number in pools.given.keys.sorted() {
      guard let heardAt = connections[number]?.link.life.heardAt,
        heardAt.duration(to: now) >= TransportLimits.probeWait
      else { continue }
      end(number, .silent, at: now, &effects)
    }
  }

  /// What is to be dialled now.
  mutating func dials(at now: Moment) -> [(address: PeerAddress, purpose: DialPlan.Purpose)] {
    let outbound = connections.values.filter { $0.direction == .outbound }
    let groups = outbound.compactMap { connection in
      connection.dialled.flatMap { $0.address.isRoutable ? $0.address.group : nil }
    }
    let connected = peers.keys.map(\.identity.key)
    let dialled = outbound.compactMap { $0.dialled?.address.identity }
    return plan.next(
      at: now, connected: Set(connected + dialled), groups: Set(groups),
      outbound: table.outboundCount + plan.dialling.values.count { $0 == .fill },
      random: &random)
  }

  /// What a link is to send now.
  mutating func nextBytes(
    of number: UInt64, max: Int, at now: Moment, _ effects: inout TransportEffects
  ) -> [UInt8] {
    guard let connection = connections[number] else { return [] }
    do throws(PeerLinkEnd) {
      return try connection.link.nextBytes(max: max, now: now)
    } catch {
      end(number, error, at: now, &effects)
      return []
    }
  }

  /// Addresses to tell a peer that asks; nil if it asks too often.
  mutating func toldAddresses(to peer: PeerID, at now: Moment) -> PeerAddresses? {
    guard addressLimiter.allow(PeerAddressesRequest.type, from: peer, at: now) else { return nil }
    return PeerAddresses(addresses: plan.book.told(random: &random))
  }

  /// A peer has told addresses.
  mutating func heard(_ addresses: PeerAddresses, from peer: PeerID) {
    guard let connection = connection(to: peer) else { return }
    let source = PeerAddress(
      connection.address.host, port: connection.address.port, identity: peer.identity.key)
    for address in addresses.addresses { plan.heard(address, from: source) }
  }
}
