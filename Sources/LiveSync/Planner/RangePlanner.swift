import Messages
import Networking
import Primitives
import Runtime
import StateTrie

/// Decides which key ranges to ask which peers for. A value: it is told what happened and when, and
/// says what to ask for.
///
/// The trie says what is missing. Of that, every range that is on its way, or is here and not in
/// the trie yet, is claimed; the rest is free. Free ranges are cut to the size that a peer delivers
/// in `LiveSyncLimits.requestTime` and handed out from the lowest key on, so neighbours grow
/// together and the number of gaps stays near the number of requests. A bad, late or missing answer
/// costs its own range only: the claim is dropped, and the range is free again.
public struct RangePlanner: Sendable {
  /// A request on its way.
  package struct Flight: Sendable {
    package var query: ChunkQuery
    package var peer: PeerID
    package var sentAt: Moment
    var expectedBytes: Int
    /// Bytes expected from the peer when this was asked for, this one's among them.
    var queuedBytes: Int
    /// True if nothing else was on its way from any peer when this was asked for.
    var isAlone: Bool
    /// True if nothing else was on its way from its peer then.
    var isAloneAtPeer: Bool
    /// What had come from the peer when this was asked for.
    var arrivedBefore: Int
    /// What had come from all peers when this was asked for.
    var allArrivedBefore: Int
    /// The request that asked another peer for the same; nil unless this one helps.
    var helpsWith: UInt64?
    /// True if it asks for what is on its way from another peer already.
    package var isSecond: Bool { helpsWith != nil }

    /// The part of what is asked for that nobody else is asked for meanwhile.
    package internal(set) var range: KeyRange
  }

  /// A chunk that is here and not in the trie yet.
  struct Claim: Sendable {
    var range: KeyRange
    var peer: PeerID
    var delivery: Delivery
    var helpsWith: UInt64?
    /// Bytes of memory that the chunk takes.
    var memoryBytes: Int
    /// True if they are charged to its peer.
    var isCharged = false
  }

  /// What is known of the peers.
  public internal(set) var peers = PeerLedger()
  /// Most items asked for in one request.
  let itemsMax: Int
  package internal(set) var flights: [UInt64: Flight] = [:]
  var claims: [UInt64: Claim] = [:]
  /// Bytes of the chunks that are claimed, and of all that answers on their way may have.
  private(set) var budget = ByteBudget<PeerID>(LiveSyncLimits.chunksBytes)
  /// Bytes expected of the requests on their way.
  var flyingBytes = 0
  /// Bytes of all answers of all peers.
  private(set) var arrivedBytes = 0
  var line = LineEstimate()
  /// How many times what the line is known to carry may be on its way.
  var lineFactor = 1
  var density = DensityEstimate()
  /// How long a request for a block or a diff has waited.
  var urgentWait = Duration.zero
  /// When the last request ended.
  private var lastEnd = Moment.start
  /// How long nothing has been on its way.
  var idleTime = Duration.zero
  var nextID: UInt64 = 1
  #if MUTANTS
    var dropped = KeyRangeSet.none
  #endif

  package init(itemsMax: Int) {
    precondition(
      (1...MessageLimits.chunkItemsMax).contains(itemsMax), "chunks of \(itemsMax) items")
    self.itemsMax = itemsMax
  }

  /// Requests on their way.
  public var flightCount: Int { flights.count }
  /// Bytes charged for chunks that are here and answers on their way.
  public var chargedBytes: Int { budget.total }
  /// Chunks that are here and not in the trie yet.
  public var claimCount: Int { claims.count }

  // MARK: Answers

  /// An answer came with `chunk`, which claims its range until it is `settled`. Nil if the request
  /// is not known.
  package mutating func arrived(
    _ id: UInt64, _ chunk: SourcedChunk, at now: Moment
  ) -> ChunkQuery? {
    guard let flight = end(id, at: now) else { return nil }
    let time = flight.sentAt.duration(to: now)
    peers.update(flight.peer) {
      $0.arrived(bytes: chunk.bytes, since: flight.arrivedBefore, in: time)
    }
    arrivedBytes += chunk.bytes
    // What the line carries is so whether it proves true or not.
    line.add(
      arrivedBytes - flight.allArrivedBefore, in: time, isAlone: flight.isAlone, at: now)
    let query = flight.query
    let isShort =
      query.piece == nil && chunk.chunk.end != query.end && chunk.chunk.items.count < query.limit
    claims[id] = Claim(
      range: KeyRange(start: query.start, end: chunk.chunk.end),
      peer: flight.peer,
      delivery: Delivery(
        sentAt: flight.sentAt, arrivedAt: now, bytes: chunk.bytes,
        deliveredBytes: peers[flight.peer].arrivedBytes - flight.arrivedBefore,
        isShort: isShort, isAlone: flight.isAloneAtPeer),
      helpsWith: flight.helpsWith, memoryBytes: max(chunk.bytes, chunk.chunk.heapBytes))
    // Only the size of later requests follows from it, so it need not be verified.
    density.add(
      KeyRange(start: query.start, end: chunk.chunk.end), items: chunk.chunk.items.count,
      bytes: chunk.bytes)
    return query
  }

  /// Charges a chunk that came to its peer, if there is room for the memory that it takes; else the
  /// range is to be given up, or others have to give way first.
  package mutating func charge(_ id: UInt64) -> ByteBudget<PeerID>.Admission {
    guard let claim = claims[id], !claim.isCharged else { return .fits }
    let admission = budget.admission(of: claim.memoryBytes, for: claim.peer)
    if admission == .fits {
      budget.charge(claim.memoryBytes, to: claim.peer)
      claims[id]?.isCharged = true
    }
    return admission
  }

  /// Counts an answer on its way with the most bytes that it may have.
  mutating func chargeFlight(_ query: ChunkQuery, to peer: PeerID) {
    budget.charge(query.answerBytesMax, to: peer)
  }

  /// What became of a chunk that came.
  package enum Outcome: Sendable {
    /// It was verified and taken in with so many items.
    case taken(items: Int)
    /// It was of no use. Its bytes have to be fetched again, or were fetched twice.
    case unused
    /// It is provably wrong.
    case lie
  }

  /// A chunk that came is in the trie, or will never be: its claim ends, and what it shows of its
  /// peer counts from now on if it was verified.
  package mutating func settled(_ id: UInt64, _ outcome: Outcome, at now: Moment) {
    #if MUTANTS
      if Mutant.isOn(.unusedRangeKept), case .unused = outcome { return }
    #endif
    guard let claim = claims.removeValue(forKey: id) else { return }
    let bytes = claim.delivery.bytes
    if claim.isCharged { budget.release(claim.memoryBytes, of: claim.peer) }
    switch outcome {
    case .taken(let items):
      peers.verified(claim.peer, claim.delivery, items: items, at: now)
    case .unused:
      peers.update(claim.peer) { $0.unused(bytes: bytes) }
    case .lie:
      peers.update(claim.peer) { $0.lied() }
    }
  }

  /// A request brought nothing.
  package mutating func failed(_ id: UInt64, _ failure: ChunkFailure, at now: Moment) {
    guard let flight = end(id, at: now) else { return }
    #if MUTANTS
      if Mutant.isOn(.dropRangeOnTimeout), failure == .late { dropped.insert(flight.range) }
    #endif
    switch failure {
    case .late: peers.update(flight.peer) { $0.timedOut(at: now) }
    case .lacking: peers.update(flight.peer) { $0.lacks(flight.query.start, at: now) }
    case .unavailable: peers.update(flight.peer) { $0.refused(at: now) }
    case .tooLarge: density.shrink()
    case .local: break
    }
  }

  /// Looks at how long nothing has been on its way.
  mutating func noteIdleTime(at now: Moment) {
    idleTime = flights.isEmpty ? lastEnd.duration(to: now) : .zero
  }

  private mutating func end(_ id: UInt64, at now: Moment) -> Flight? {
    guard let flight = flights.removeValue(forKey: id) else { return nil }
    lastEnd = now
    flyingBytes -= flight.expectedBytes
    budget.release(flight.query.answerBytesMax, of: flight.peer)
    peers.update(flight.peer) { $0.ended(bytes: flight.expectedBytes) }
    return flight
  }
}
