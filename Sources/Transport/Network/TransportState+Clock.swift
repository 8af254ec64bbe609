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
    endSlowHolders(at: now, &effects)
    let heard = peers.compactMapValues { connections[$0]?.link.life.heardAt }
    perform(spread.tick(at: now) { heard[$0] })
    if let peer = nextToAskForAddresses(at: now) { effects.curious.append(peer) }
  }

  /// A peer that this end chose, if it wants more connections than it has: whoever was asked when
  /// a network began knew nobody yet.
  private mutating func nextToAskForAddresses(at now: Moment) -> PeerID? {
    guard table.outboundCount < table.limits.outboundMax,
      curiousAt.duration(to: now) >= TransportLimits.addressesPause
    else { return nil }
    let chosen = peers.filter { connections[$0.value]?.dialled != nil }.keys.sorted()
    guard let peer = random.pick(chosen) else { return nil }
    curiousAt = now
    return peer
  }

  /// Ends connections that keep others from sending or getting what is large.
  private mutating func endSlowHolders(at now: Moment, _ effects: inout TransportEffects) {
    for number in pools.given.keys.sorted() { connections[number].map { updatePool($0) } }
    sharePool()
    let senders = pools.isShort ? pools.given.keys.sorted() : []
    let unsent = connections.mapValues { $0.link.outboundBytes }
    let isFull = unsent.values.reduce(0, +) >= TransportLimits.unsentBytesMax
    let readers = unsent.filter { isFull && $0.value >= NetworkingLimits.unsentBytesMax }.keys
    let slow =
      slowSenders.look(moved(by: senders, \.bytesIn), at: now)
      + slowReaders.look(moved(by: readers.sorted(), \.bytesOut), at: now)
    for number in slow { end(number, .tooSlow, at: now, &effects) }
    if !slow.isEmpty { sharePool() }
  }

  private func moved(by numbers: [UInt64], _ bytes: KeyPath<PeerLinkLife, Int>) -> [UInt64: Int] {
    numbers.reduce(into: [:]) { moved, number in
      moved[number] = connections[number]?.link.life[keyPath: bytes]
    }
  }

  /// What is to be dialled now, and whose names are to be looked up for it.
  mutating func dials(at now: Moment) -> (
    dials: [(address: PeerAddress, purpose: DialPlan.Purpose)], lookUps: [KeptPeer]
  ) {
    let outbound = connections.values.filter { $0.direction == .outbound }
    let groups = outbound.compactMap { connection in
      connection.dialled.flatMap { $0.address.isRoutable ? $0.address.group : nil }
    }
    let connected = Set(
      peers.keys.map(\.identity.key) + bans.banned(at: unixTime).map(\.key)
        + outbound.compactMap { $0.dialled?.address.identity })
    let dials = plan.next(
      at: now, connected: connected, groups: Set(groups),
      outbound: table.outboundCount + plan.dialling.values.count { $0 == .fill },
      random: &random)
    return (dials, plan.lookUps(at: now, connected: connected))
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
