import Networking
import Primitives
import Runtime
import StateTrie

/// A request, whom it goes to, and how long to wait for the answer.
public struct ChunkOrder: Sendable, Hashable {
  public var query: ChunkQuery
  public var peer: PeerID
  public var timeout: Duration
}

extension RangePlanner {
  /// What to ask for now, so that every one of `available` peers has as much to do as it can.
  mutating func fill(
    _ available: [PeerID], missing: KeyRangeSet, at now: Moment
  ) -> [ChunkOrder] {
    guard !missing.isEmpty, hasRoom else { return [] }
    let size = requestBytes
    let ranking = peers.ranking(of: available, bytes: size, at: now)
    guard !ranking.isEmpty else { return [] }
    var free = missing
    for flight in flights.values { free.remove(flight.range) }
    for claim in claims.values { free.remove(claim.range) }
    let slots = flights.count + ranking.reduce(0) { $0 + $1.spare }
    var orders: [ChunkOrder] = []
    var spare = ranking
    orders += assist(&spare, isAllTaken: false, at: now)
    // One each in turn, so that no peer gets all of what is left.
    while hasRoom, !free.isEmpty, !spare.isEmpty {
      for index in spare.indices where hasRoom {
        guard let range = slice(&free, for: spare[index].peer, slots: slots, at: now) else {
          spare[index].spare = 0
          continue
        }
        orders.append(ask(spare[index].peer, range, isSecond: false, at: now))
        spare[index].spare -= 1
      }
      spare.removeAll { $0.spare <= 0 }
    }
    if free.isEmpty { orders += assist(&spare, isAllTaken: true, at: now) }
    return orders
  }

  /// True if one more answer has room.
  private var hasRoom: Bool {
    let count = flights.count + claims.count
    return flights.count < LiveSyncLimits.chunkRequestsMax
      && count < LiveSyncLimits.bufferedChunksMax
      && (count == 0
        || claimedBytes + flyingBytes + requestBytes <= LiveSyncLimits.bufferedChunkBytesMax)
  }

  /// Bytes expected of a request for as many items as are asked for.
  private var requestBytes: Int {
    max(1, Int(Double(itemsWanted) * density.bytesPerItem))
  }

  /// Items to ask for: a little less than may come, so that a range with more than the average is
  /// still answered whole.
  private var itemsWanted: Int { max(1, itemsMax * 4 / 5) }

  /// Takes a range for `peer` out of what is free, from the lowest key on that it may have.
  private func slice(
    _ free: inout KeyRangeSet, for peer: PeerID, slots: Int, at now: Moment
  ) -> KeyRange? {
    let record = peers[peer]
    let first = free.ranges.first { !record.isLacking($0.start, at: now) }
    guard let first else { return nil }
    var share = free.ranges.reduce(0) { $0 + $1.share } / Double(max(1, slots))
    if let inAll = density.itemsInAll {
      // Towards the end shares become smaller, so that all peers end together; not too small.
      let least = Double(LiveSyncLimits.chunkItemsMin) / inAll
      share = min(Double(items(for: peer)) / inAll, max(share, least))
    }
    let range = first.share > share ? first.beginning(share / first.share) : first
    free.remove(range)
    return range
  }

  /// Items that the peer can deliver in `LiveSyncLimits.requestTime`.
  private func items(for peer: PeerID) -> Int {
    let least = min(LiveSyncLimits.chunkItemsMin, itemsWanted)
    if peers.demotion(of: peer) != nil { return least }
    guard let rate = peers[peer].bytesPerSecond else { return itemsWanted }
    let seconds = Double(LiveSyncLimits.requestTime.wholeNanoseconds) / 1e9
    return min(itemsWanted, max(least, Int(min(1e9, rate * seconds / density.bytesPerItem))))
  }

  private mutating func ask(
    _ peer: PeerID, _ range: KeyRange, isSecond: Bool, at now: Moment
  ) -> ChunkOrder {
    let items = density.itemsInAll.map { Int(min(1e9, $0 * range.share)) } ?? itemsWanted
    let bytes = max(
      LiveSyncLimits.chunkOverheadBytes,
      Int(Double(min(items, itemsMax)) * density.bytesPerItem))
    let fitting = Double(LiveSyncLimits.chunkAnswerBytesMax) / density.bytesPerItem
    let query = ChunkQuery(
      id: nextID, start: range.start, end: range.end,
      limit: max(1, min(itemsMax, Int(fitting))), edges: .both)
    nextID += 1
    let record = peers[peer]
    flights[query.id] = Flight(
      query: query, peer: peer, sentAt: now, expectedBytes: bytes,
      arrivedBefore: record.arrivedBytes, isSecond: isSecond)
    flyingBytes += bytes
    peers.update(peer) { $0.asked(bytes: bytes) }
    return ChunkOrder(query: query, peer: peer, timeout: record.timeout(bytes: bytes))
  }

  // MARK: Slow ranges

  /// Peers with nothing to do help with what is on its way from others: the tail of a range whose
  /// peer will need much longer, or the whole of one that takes longer than 95 of 100. While there
  /// is free work only ranges that are far behind are helped with.
  private mutating func assist(
    _ helpers: inout [(peer: PeerID, spare: Int)], isAllTaken: Bool, at now: Moment
  ) -> [ChunkOrder] {
    var orders: [ChunkOrder] = []
    var seconds = flights.values.count { $0.isSecond }
    let oldest = flights.filter { !$0.value.hasSecond && !$0.value.isSecond }
      .sorted { ($0.value.sentAt, $0.key) < ($1.value.sentAt, $1.key) }
    for (id, flight) in oldest where hasRoom && seconds < LiveSyncLimits.secondRequestsMax {
      let helper = helpers.firstIndex {
        $0.peer != flight.peer && $0.spare > 0 && peers.demotion(of: $0.peer) == nil
      }
      guard let helper else { continue }
      let peer = helpers[helper].peer
      guard let range = help(with: flight, by: peer, isAllTaken: isAllTaken, at: now) else {
        continue
      }
      flights[id]?.hasSecond = true
      orders.append(ask(peer, range, isSecond: true, at: now))
      helpers[helper].spare -= 1
      seconds += 1
    }
    return orders
  }

  /// The part of a range on its way that `helper` should be asked for as well; nil if none.
  private func help(
    with flight: Flight, by helper: PeerID, isAllTaken: Bool, at now: Moment
  ) -> KeyRange? {
    guard !peers[helper].isLacking(flight.query.start, at: now) else { return nil }
    let age = flight.sentAt.duration(to: now)
    if let usual = peers.latency95, age > usual * (isAllTaken ? 1 : 2) { return flight.range }
    guard isAllTaken, let whole = peers[flight.peer].answerTime(bytes: 0),
      let half = peers[helper].answerTime(bytes: flight.expectedBytes / 2)
    else { return nil }
    // The helper would be done with half of it long before: it takes the tail.
    let left = whole - Double(age.wholeNanoseconds)
    guard left > 2 * half, let middle = flight.range.cut(1, of: 2) else { return nil }
    return KeyRange(start: middle, end: flight.query.end)
  }
}
