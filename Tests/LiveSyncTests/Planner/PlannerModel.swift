import LiveSync
import Messages
import Networking
import Peers
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing

/// A planner among peers of known speed, and the items that they serve: a model of the network
/// without blocks. Peers send one answer after another at their bandwidth.
struct PlannerModel {
  struct Peer {
    /// Nanoseconds there and back.
    var roundTrip: Int64 = 50_000_000
    var bytesPerSecond: Int64 = 1_000_000
    /// It never answers.
    var isSilent = false
    /// Its answers are wrong.
    var isLiar = false
    /// It answers with so many items at most.
    var itemsMax = Int.max
    /// It does not have keys from here on.
    var lacksFrom: KeyNibbles?
    /// Time at which its line is free again.
    var freeAt: Int64 = 0
  }

  enum Happening {
    case answer(ChunkOrder, SourcedChunk?)
    case timeout(ChunkOrder)
  }

  static let itemBytes = 100

  var planner: RangePlanner
  var peers: [PeerID: Peer]
  var now: Int64 = 0
  var missing = KeyRangeSet.all
  /// What some peers keep ready-made.
  var offer: RangeOffer?
  let keys: [KeyNibbles]
  var events: [(at: Int64, order: UInt64, what: Happening)] = []
  var banned: Set<PeerID> = []
  /// How the peers stand, as the shell notes it.
  let standing = PeerList()
  var openRequests: Set<UInt64> = []
  var received = 0
  var orders: [ChunkOrder] = []
  /// Answers are taken in this long after they came, as if they waited for their blocks.
  var verificationDelay: Int64 = 0
  var waiting: [(at: Int64, chunk: SourcedChunk, isLie: Bool)] = []

  init(items: Int, peers: [Peer], itemsMax: Int = 100, seed: UInt64 = 1) {
    var random = SeededGenerator(seed: seed)
    keys = (0..<items).map { _ in KeyNibbles(bytes: random.bytes(20)) }.sorted()
    planner = RangePlanner(itemsMax: itemsMax)
    self.peers = [:]
    for (index, peer) in peers.enumerated() {
      self.peers[PeerID(UInt32(index + 1))] = peer
      standing.add(PeerID(UInt32(index + 1)))
    }
  }

  var moment: Moment { Moment(nanoseconds: now) }

  /// Asks for what the planner wants now.
  mutating func fill() {
    let available = peers.keys.filter { !banned.contains($0) }.sorted()
    let silent = standing.ranked(at: moment, for: .chunk).silent
    let new = planner.fill(available, silent: silent, missing: missing, offer: offer, at: moment)
    for order in new { send(order) }
  }

  mutating func send(_ order: ChunkOrder) {
    orders.append(order)
    openRequests.insert(order.query.id)
    guard var peer = peers[order.peer] else { return }
    let limit = now + order.timeout.wholeNanoseconds
    let answer = chunk(order, peer)
    let bytes = Int64(answer?.bytes ?? 100)
    let start = max(now + peer.roundTrip / 2, peer.freeAt)
    let done = start + bytes * 1_000_000_000 / peer.bytesPerSecond
    if !peer.isSilent { peer.freeAt = done }
    let arrival = done + peer.roundTrip / 2
    peers[order.peer] = peer
    if peer.isSilent || arrival > limit {
      events.append((limit, order.query.id, .timeout(order)))
    } else {
      events.append((arrival, order.query.id, .answer(order, answer)))
    }
  }

  /// The answer of a peer; nil if it does not have the range.
  func chunk(_ order: ChunkOrder, _ peer: Peer) -> SourcedChunk? {
    let query = order.query
    if query.piece != nil { return piece(order) }
    if let lacks = peer.lacksFrom, query.start >= lacks { return nil }
    var end = query.end
    if let lacks = peer.lacksFrom, end.map({ $0 > lacks }) ?? true { end = lacks }
    let range = KeyRange(start: query.start, end: end)
    let inside = keys.filter { range.contains($0) }
    let count = min(inside.count, query.limit, peer.itemsMax)
    if count < inside.count { end = inside[count] }
    let items = inside.prefix(count).map { TrieItem(key: $0, value: [1]) }
    return SourcedChunk(
      start: query.start, chunk: TrieChunk(end: end, items: items, proof: TrieProof(nodes: [])),
      number: 1, hash: .zero, peer: order.peer, edges: .both,
      bytes: 500 + count * Self.itemBytes, request: query.id)
  }

  /// A piece is whole, and has half of the bytes.
  private func piece(_ order: ChunkOrder) -> SourcedChunk {
    let query = order.query
    let items = keys.filter { KeyRange(start: query.start, end: query.end).contains($0) }
      .map { TrieItem(key: $0, value: [1]) }
    return SourcedChunk(
      start: query.start,
      chunk: TrieChunk(end: query.end, items: items, proof: TrieProof(nodes: [])), number: 1,
      hash: .zero, peer: order.peer, edges: .both,
      bytes: 500 + items.count * Self.itemBytes / 2, request: query.id)
  }

  /// Offers all keys in pieces of so many items, of which each `smallEvery`-th has a tenth of them.
  mutating func offerPieces(of items: Int, hosts: Set<PeerID>, isLiveUseful: Bool = true) {
    var starts: [KeyNibbles] = [.empty]
    var counts: [Int] = []
    var next = 0
    while next < keys.count {
      let count = counts.count % 8 == 0 ? max(1, items / 10) : items
      next += count
      counts.append(count)
      if next < keys.count { starts.append(keys[next]) }
    }
    offer = RangeOffer(
      id: 1, name: .zero, number: 1, hash: .zero, starts: starts,
      bytes: counts.map { $0 * Self.itemBytes },
      hosts: hosts, isLiveUseful: isLiveUseful)
  }

  /// The next thing happens. False if nothing is left to happen.
  mutating func step() -> Bool {
    guard
      let next = events.indices.min(by: {
        (events[$0].at, events[$0].order) < (events[$1].at, events[$1].order)
      })
    else { return false }
    let event = events.remove(at: next)
    now = max(now, event.at)
    settle()
    openRequests.remove(event.order)
    switch event.what {
    case .timeout(let order):
      standing.missed(order.peer, for: .chunk)
      planner.failed(order.query.id, .late, at: moment)
    case .answer(let order, nil): planner.failed(order.query.id, .lacking, at: moment)
    case .answer(let order, let chunk?):
      received += chunk.bytes
      standing.heard(order.peer, for: .chunk)
      #expect(planner.arrived(order.query.id, chunk, at: moment) == order.query)
      let isLie = peers[order.peer]?.isLiar ?? false
      waiting.append((now + verificationDelay, chunk, isLie))
    }
    settle()
    fill()
    return true
  }

  /// What waited long enough goes to the trie.
  mutating func settle() {
    let due = waiting.filter { $0.at <= now }
    waiting.removeAll { $0.at <= now }
    for (_, chunk, isLie) in due {
      if isLie {
        planner.settled(chunk.request, .lie, at: moment)
        banned.insert(chunk.peer)
        standing.ban(chunk.peer)
        continue
      }
      let range = KeyRange(start: chunk.start, end: chunk.chunk.end)
      if missing.intersects(range) {
        let fresh = chunk.chunk.items.count { missing.contains($0.key) }
        missing.remove(range)
        planner.settled(chunk.request, .taken(items: fresh), at: moment)
      } else {
        planner.settled(chunk.request, .unused, at: moment)
      }
    }
  }

  /// Runs until nothing is missing or the time is over; looks every 100 ms as the shell does.
  mutating func run(seconds: Int64 = 600, checking: (PlannerModel) -> Void = { _ in }) {
    fill()
    while !missing.isEmpty, now < seconds * 1_000_000_000 {
      let tick = now + 100_000_000
      let next = (events.map(\.at) + waiting.map(\.at)).min() ?? .max
      if next <= tick, events.contains(where: { $0.at == next }) {
        _ = step()
      } else {
        now = min(tick, next)
        settle()
        fill()
      }
      checking(self)
    }
  }
}
