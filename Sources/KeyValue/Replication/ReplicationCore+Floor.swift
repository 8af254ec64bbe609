import Networking
import Primitives
import Runtime

/// Which deletions nobody needs any more.
extension ReplicationCore {
  /// Raises the floor to what all members have, and purges up to what all linked peers agree on.
  mutating func settleFloor(at time: ReplicationTime) {
    if let ticks = floorCandidate(at: time),
      ticks >= floor + min(settings.floorStep, 1 << 40) << 16
    {
      floor = ticks
      out.append(.raiseFloor(ticks))
      notice(.floorRaised(ticks))
    }
    // A peer that has not raised its floor yet still has the deletions: to purge them here only
    // would make the roots differ.
    let linked = links.values.filter(\.isLinked).map(\.floor).min() ?? .max
    let ticks = min(floor, linked)
    guard ticks > purged else { return }
    purged = ticks
    out.append(.purge(through: ticks))
  }

  /// The ticks up to which all members have all writes, a while before now; nil while that is not
  /// known.
  private mutating func floorCandidate(at time: ReplicationTime) -> UInt64? {
    guard !isRemoved, !isWaiting else { return nil }
    settleAges()
    var all = rows
    all.add(ownRow, of: settings.identity)
    guard let ticks = all.common(to: floorMembers) else { return nil }
    let behind = min(settings.floorBehind, told >> 16) << 16
    return min(ticks, told - behind)
  }

  /// The members whose deletions are waited for.
  private var floorMembers: [NodeIdentity] {
    #if MUTANTS
      if Mutant.isOn(.floorOfOneMember) { return [settings.identity] }
    #endif
    return book.table.members.map(\.identity).filter { !aged.contains($0) }
  }

  /// What this node has, as the others are told. While a peer that was named was never met it says
  /// nothing: that peer may have writes that nobody knows of, so no floor may be raised.
  var ownRow: MemberRow {
    guard !isWaiting else { return MemberRow(stamp: told) }
    var own = have
    own[settings.identity] = told
    return MemberRow(stamp: told, have: own)
  }

  /// Finds out whether a peer that was named was never met.
  mutating func settleWaiting(at time: ReplicationTime) {
    isWaiting = settings.peers.contains { peer in
      guard !ownAddresses.contains(peer.address) else { return false }
      guard let key = peer.key ?? book.pins[peer.address] ?? member(at: peer.address) else {
        return true
      }
      return book.table[key] == nil
    }
    // Nor is that waited for longer than for a member.
    if time.milliseconds >= settings.startedAt + settings.tombstoneAge { isWaiting = false }
  }

  /// Finds out which members were not heard of for so long that nothing waits for them.
  private mutating func settleAges() {
    for member in book.table.members where member.identity != settings.identity {
      let identity = member.identity
      guard age(of: member) > settings.tombstoneAge else {
        aged.remove(identity)
        continue
      }
      if aged.insert(identity).inserted { notice(.memberAged(identity)) }
    }
    aged = aged.filter { book.table[$0]?.isRemoved == false }
  }

  /// Milliseconds of this node's clock since a member told anything, to this node or another.
  private func age(of member: Member) -> UInt64 {
    let last = max(
      heard[member.identity] ?? 0, rows.rows[member.identity]?.stamp ?? 0, member.stamp)
    return (told - min(told, last)) >> 16
  }

  // MARK: The clock

  /// Has stored up to where the clock may be told, half a lease before it is there: time enough for
  /// a store that is slow, or fails once.
  mutating func promiseClock() {
    let lease = KeyValueLimits.clockLeaseMilliseconds << 16
    guard book.clock < told + lease / 2 else { return }
    book.clock = told + lease
    out.append(.storeMembers)
  }

  /// Nothing is told any more: what is to be stored then, so that the next run begins at the time
  /// that was told last.
  public mutating func stopped() -> MemberBook {
    book.clock = told
    return book
  }

  // MARK: Status

  /// What replication is like now.
  public func status(clock: UInt64, floor: UInt64) -> ReplicationStatus {
    let members = book.table.members.filter { $0.identity != settings.identity }
    return ReplicationStatus(
      identity: settings.identity, name: settings.name, clock: clock, floor: floor,
      peers: members.map { status(of: $0, clock: clock) },
      removed: book.table.removed.map(\.identity), statistics: statistics)
  }

  private func status(of member: Member, clock: UInt64) -> ReplicationStatus.Peer {
    let link = links[member.identity] ?? PeerLink()
    let last = max(heard[member.identity] ?? 0, rows.rows[member.identity]?.stamp ?? 0)
    return ReplicationStatus.Peer(
      identity: member.identity, name: member.name, addresses: member.addresses,
      state: link.state, queuedKeys: link.queue.count, bytesUnderWay: link.bytesUnderWay,
      have: have[member.identity] ?? 0, held: link.held, floor: link.floor,
      age: last == 0 ? nil : (clock - min(clock, last)) >> 16,
      isAged: aged.contains(member.identity), clockAhead: link.clockAhead, isEqual: link.isEqual,
      roundTripUs: link.monitor.roundTrip.map { UInt64(max(0, $0.wholeNanoseconds / 1000)) },
      statistics: link.statistics)
  }
}
