import Messages
import Networking
import Peers
import Primitives
import Runtime
import StateTrie

extension RangePlanner {
  /// What to ask for now, so that every one of `available` peers has as much to do as it can; those
  /// of them that are `silent` hardly any.
  package mutating func fill(
    _ available: [PeerID], silent: Set<PeerID> = [], missing: KeyRangeSet,
    urgentWait: Duration = .zero, losses: LossShare = LossShare(), offer: RangeOffer? = nil,
    at now: Moment
  ) -> [ChunkOrder] {
    self.urgentWait = urgentWait
    // Pieces are large and begin with a small one from each host: the line shows only after that
    // what it carries.
    lineFactor = offer != nil && line.isGrowing ? LiveSyncLimits.growingLineFactor : 1
    peers.losses = losses
    peers.look(silent)
    noteIdleTime(at: now)
    guard !missing.isEmpty, hasRoom else { return [] }
    let candidates = available.map { (peer: $0, bytes: bytes(for: $0)) }
    let ranking = peers.ranking(of: candidates, at: now)
    guard !ranking.isEmpty else { return [] }
    trimFlights()
    var free = flights.values.reduce(into: missing) {
      if !peers.silent.contains($1.peer) { $0.remove($1.range) }
    }
    free = claims.values.reduce(into: free) { $0.remove($1.range) }
    #if MUTANTS
      if Mutant.isOn(.dropRangeOnTimeout) {
        for range in dropped.ranges { free.remove(range) }
      }
    #endif
    // Towards the end shares become smaller, so that all peers end together. As long as nothing is
    // known of sizes, everybody gets as much. Nothing is left to those who never answer.
    let answering = available.count { !peers.silent.contains($0) }
    let slots = flights.count + ranking.reduce(0) { $0 + $1.spare }
    // Before the density is known only a half is given away, so that peers that come a moment later
    // find something to do.
    let parts = density.itemsInAll == nil ? 2 * slots : min(answering, requestsAtOnce)
    let share = free.ranges.reduce(0) { $0 + $1.share } / Double(max(1, parts))
    var orders: [ChunkOrder] = []
    var spare = ranking
    orders += assist(&spare, offer, missing: missing, isAllTaken: false, at: now)
    // One each in turn, so that no peer gets all of what is left.
    while hasRoom, !free.isEmpty, !spare.isEmpty {
      for index in spare.indices where hasRoom {
        let peer = spare[index].peer
        guard hasRoom(at: peer), mayAsk(peer) else {
          spare[index].spare = 0
          continue
        }
        // Who never answered is asked for what stays free for the others.
        var rest = free
        guard let (range, piece) = work(&rest, for: peer, share: share, offer, at: now) else {
          spare[index].spare = 0
          continue
        }
        if !peers.silent.contains(peer) { free = rest }
        orders.append(ask(peer, range, piece, of: offer, helpsWith: nil, at: now))
        spare[index].spare -= 1
      }
      spare.removeAll { $0.spare <= 0 }
    }
    if free.isEmpty {
      orders += assist(&spare, offer, missing: missing, isAllTaken: true, at: now)
    }
    return orders
  }

  /// Frees what flights will not bring: they ask for a limited number of items, and those that were
  /// sent before the density was known claim far more. Some room is left for places that are less
  /// dense than the average.
  private mutating func trimFlights() {
    guard let inAll = density.itemsInAll else { return }
    for (id, flight) in flights where flight.query.piece == nil {
      let share = Double(flight.query.limit) * LiveSyncLimits.tailShare / inAll
      guard flight.range.share > share else { continue }
      flights[id]?.range = flight.range.beginning(share / flight.range.share)
    }
  }

  /// Requests on their way, and bytes expected of them, beside those to peers that never answered.
  /// Of what is asked for, the share that is lost does not come.
  private var awaited: (count: Int, bytes: Int) {
    var (requests, bytes) = (flights.count, flyingBytes)
    if !peers.silent.isEmpty {
      let silent = flights.values.lazy.filter { peers.silent.contains($0.peer) }
      requests -= silent.count
      bytes -= silent.reduce(0) { $0 + $1.expectedBytes }
    }
    let kept = 1 - peers.losses.share
    return (Int((Double(requests) * kept).rounded(.up)), Int(Double(bytes) * kept))
  }

  /// False if the peer never answered and enough such peers are asked whether they do now.
  private func mayAsk(_ peer: PeerID) -> Bool {
    !peers.silent.contains(peer)
      || flights.values.count { peers.silent.contains($0.peer) } < LiveSyncLimits.silentRequestsMax
  }

  /// Requests that fill the line if each is as large as usual.
  private var requestsAtOnce: Int {
    guard let most = line.bytesMax else { return LiveSyncLimits.chunkRequestsMax }
    return max(LiveSyncLimits.lineRequestsMin, most / requestBytes)
  }

  /// True if the line to this node has room for one more answer: what is on its way from all peers
  /// would only wait in front of it, and blocks and diffs behind it.
  private var lineHasRoom: Bool {
    let awaited = awaited
    if urgentWait > LiveSyncLimits.urgentPatience {
      // What waits on while no chunk is on its way is not held up by chunks.
      let waitsOn = urgentWait > LiveSyncLimits.urgentPatience * 2
      return awaited.count == 0 && (!waitsOn || idleTime > LiveSyncLimits.urgentPatience)
    }
    guard awaited.count >= LiveSyncLimits.lineRequestsMin, let most = line.bytesMax else {
      return true
    }
    return awaited.bytes < most * lineFactor
  }

  /// True if one more answer has room.
  private var hasRoom: Bool {
    let bytes = answerBytesMax(ofRequestWith: requestBytes)
    return lineHasRoom && flights.count < LiveSyncLimits.chunkRequestsMax
      && flights.count + claims.count < LiveSyncLimits.bufferedChunksMax
      && budget.total + bytes <= budget.limits.total
  }

  /// True if one more answer of `peer` has room beside what there is of the peer.
  private func hasRoom(at peer: PeerID) -> Bool {
    let bytes = answerBytesMax(ofRequestWith: requestBytes)
    return budget.held(by: peer) + bytes <= budget.limits.perHolder
  }

  /// Most bytes of the answer to the largest request with so many bytes expected.
  private func answerBytesMax(ofRequestWith bytes: Int) -> Int {
    LiveSyncLimits.itemsBytesMax(expected: bytes) + MessageLimits.chunkProofBytesMax
  }

  /// Bytes expected of a request for as many items as are asked for.
  private var requestBytes: Int {
    max(1, Int(min(1e9, Double(itemsWanted) * density.bytesPerItem)))
  }

  /// Items to ask for: a little less than may come, so that a range with more than the average is
  /// still answered whole.
  private var itemsWanted: Int { max(1, itemsMax * 4 / 5) }

  /// What to ask `peer` for next, taken out of what is free: a piece of the offer if it has one,
  /// which takes less of the line, or else a range of its head.
  private func work(
    _ free: inout KeyRangeSet, for peer: PeerID, share: Double, _ offer: RangeOffer?,
    at now: Moment
  ) -> (KeyRange, OfferedPiece?)? {
    if let offer, isOnTrial(peer, of: offer) { return nil }
    if let offer, mayAskForPiece(of: offer), let piece = piece(of: offer, for: peer, in: free) {
      let range = offer.range(of: piece.index)
      free.remove(range)
      return (range, piece)
    }
    guard offer?.isLiveUseful ?? true else { return nil }
    return slice(&free, for: peer, share: share, at: now).map { ($0, nil) }
  }

  /// Takes a range for `peer` out of what is free, from the lowest key on that it may have: as
  /// large as the peer can deliver, and not larger than `share` of the key space unless that would
  /// be too small.
  private func slice(
    _ free: inout KeyRangeSet, for peer: PeerID, share: Double, at now: Moment
  ) -> KeyRange? {
    let record = peers[peer]
    let first = free.ranges.first { !record.isLacking($0.start, at: now) }
    guard let first else { return nil }
    var share = share
    if let inAll = density.itemsInAll {
      let least = Double(leastItems(for: peer)) / inAll
      share = min(Double(items(for: peer)) / inAll, max(share, least))
    }
    // A tail that is hardly worth a request goes along.
    let range =
      first.share > share * LiveSyncLimits.tailShare ? first.beginning(share / first.share) : first
    free.remove(range)
    return range
  }

  /// Items that the peer can deliver in `LiveSyncLimits.requestTime`.
  private func items(for peer: PeerID) -> Int {
    if peers.demotion(of: peer) != nil { return min(LiveSyncLimits.chunkItemsMin, itemsWanted) }
    guard let rate = peers[peer].sizingBytesPerSecond else {
      return min(itemsWanted, LiveSyncLimits.chunkItemsFirst)
    }
    let seconds = Double(LiveSyncLimits.requestTime.wholeNanoseconds) / 1e9
    let bytes = max(rate * seconds, Double(LiveSyncLimits.chunkBytesMin))
    return min(itemsWanted, max(1, Int(min(1e9, bytes / density.bytesPerItem))))
  }

  /// Items that the peer sends in `LiveSyncLimits.leastRequestShare` of a round trip: smaller
  /// requests near the end would cost a round trip each without ending earlier.
  private func leastItems(for peer: PeerID) -> Int {
    let record = peers[peer]
    var items = LiveSyncLimits.chunkItemsMin
    if peers.demotion(of: peer) == nil, let rate = record.bytesPerSecond,
      let roundTrip = record.roundTripNanoseconds
    {
      let bytes = rate * roundTrip / 1e9 * LiveSyncLimits.leastRequestShare
      items = max(items, Int(min(1e9, bytes / density.bytesPerItem)))
    }
    return min(itemsWanted, items)
  }

  /// Bytes expected of a request to the peer.
  private func bytes(for peer: PeerID) -> Int {
    max(1, Int(min(1e9, Double(items(for: peer)) * density.bytesPerItem)))
  }

  private mutating func ask(
    _ peer: PeerID, _ range: KeyRange, _ piece: OfferedPiece?, of offer: RangeOffer?,
    helpsWith: UInt64?, at now: Moment
  ) -> ChunkOrder {
    let record = peers[peer]
    // What comes from a peer that is not measured may be slow to come.
    let isMeasured = record.sizingBytesPerSecond != nil
    let limit = isMeasured ? itemsMax : min(itemsMax, LiveSyncLimits.chunkItemsFirst)
    let items = density.itemsInAll.map { Int(min(1e9, $0 * range.share)) } ?? itemsWanted
    let bytes = max(
      LiveSyncLimits.chunkOverheadBytes,
      Int(min(1e9, Double(min(items, limit)) * density.bytesPerItem)))
    let fitting = Double(MessageLimits.chunkAnswerBytesMax) / density.bytesPerItem
    let pieceBytes = piece.flatMap { offer?.bytes[$0.index] }
    let query = ChunkQuery(
      id: nextID, start: range.start, end: range.end,
      limit: max(1, min(limit, Int(fitting))), edges: .both,
      itemsBytesMax: pieceBytes
        ?? LiveSyncLimits.itemsBytesMax(expected: min(bytes, requestBytes)),
      piece: piece)
    chargeFlight(query, to: peer)
    nextID += 1
    flights[query.id] = Flight(
      query: query, peer: peer, sentAt: now, expectedBytes: bytes,
      queuedBytes: record.expectedBytes + bytes, isAlone: flights.isEmpty,
      isAloneAtPeer: record.inFlight == 0,
      arrivedBefore: record.arrivedBytes, allArrivedBefore: arrivedBytes, helpsWith: helpsWith,
      range: range)
    flyingBytes += bytes
    peers.update(peer) { $0.asked(bytes: bytes) }
    return ChunkOrder(query: query, peer: peer, timeout: record.timeout(bytes: bytes))
  }

  // MARK: Slow ranges

  /// Peers with nothing to do help with what is on its way from others: the tail of a range whose
  /// peer will need much longer, or the whole of one that takes longer than 95 of 100. While there
  /// is free work only ranges that are far behind are helped with.
  private mutating func assist(
    _ helpers: inout [(peer: PeerID, spare: Int)], _ offer: RangeOffer?, missing: KeyRangeSet,
    isAllTaken: Bool, at now: Moment
  ) -> [ChunkOrder] {
    guard hasRoom, helpers.contains(where: { $0.spare > 0 }) else { return [] }
    var orders: [ChunkOrder] = []
    let usual = peers.latency95
    let seconds = flights.values.compactMap(\.helpsWith)
    let helped = Set(seconds + claims.values.compactMap(\.helpsWith))
    let oldest = flights.lazy.filter { !$0.value.isSecond && !helped.contains($0.key) }
      .map { (sentAt: $0.value.sentAt, id: $0.key) }
      .sorted { ($0.sentAt, $0.id) < ($1.sentAt, $1.id) }
    for (_, id) in oldest
    where hasRoom && seconds.count + orders.count < LiveSyncLimits.secondRequestsMax {
      guard let flight = flights[id] else { continue }
      let helper = helpers.firstIndex {
        $0.peer != flight.peer && $0.spare > 0 && peers.demotion(of: $0.peer) == nil
          && hasRoom(at: $0.peer)
      }
      guard let helper else { continue }
      // An earlier helper may have brought a part of it.
      guard let rest = missing.intersection(flight.range).first else { continue }
      let peer = helpers[helper].peer
      let range = help(
        with: rest, of: flight, by: peer, usual: usual, isAllTaken: isAllTaken, at: now)
      guard let range else { continue }
      let piece = offer.flatMap { offer in
        mayAskForPiece(of: offer) ? flight.query.piece(of: offer, at: peer) : nil
      }
      if piece == nil, offer?.isLiveUseful == false { continue }
      let whole = piece.flatMap { offer?.range(of: $0.index) }
      orders.append(ask(peer, whole ?? range, piece, of: offer, helpsWith: id, at: now))
      helpers[helper].spare -= 1
    }
    return orders
  }

  /// The part of `rest`, which is on its way, that `helper` should be asked for as well; nil if
  /// none. `usual` is the time in which 95 of 100 answers came.
  private func help(
    with rest: KeyRange, of flight: Flight, by helper: PeerID, usual: Duration?, isAllTaken: Bool,
    at now: Moment
  ) -> KeyRange? {
    guard !peers[helper].isLacking(rest.start, at: now) else { return nil }
    let age = flight.sentAt.duration(to: now)
    // A large answer takes longer than usual and is not late for that: what counts is how long the
    // helper would have needed for the same.
    let expected = peers[helper].emptyLineTime(bytes: flight.queuedBytes) ?? 0
    let isLate = Double(age.wholeNanoseconds) > expected * LiveSyncLimits.lateShare
    if let usual, isLate, age > usual * (isAllTaken ? 1 : 2) { return rest }
    guard isAllTaken, let whole = peers[flight.peer].answerTime(bytes: 0),
      let half = peers[helper].answerTime(bytes: flight.expectedBytes / 2)
    else { return nil }
    // The helper would be done with half of it long before: it takes the tail.
    let left = whole - Double(age.wholeNanoseconds)
    guard left > 2 * half, let middle = rest.cut(1, of: 2) else { return nil }
    return KeyRange(start: middle, end: rest.end)
  }
}
