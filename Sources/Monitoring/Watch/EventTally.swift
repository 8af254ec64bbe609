import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Runtime
import Snapshot
import StateTrie

/// Counts what a node writes to its log, and remembers what lasts. A core: every event goes in, and
/// everything it keeps is bounded.
package struct EventTally: Sendable {
  /// A kind and a reason.
  private struct Refusal: Hashable, Sendable {
    let kind: String
    let reason: String
  }

  private struct PeerHeight: Sendable {
    var height: UInt32
    /// Number of the announcement, to forget the oldest first.
    var heard: UInt64
  }

  private var refusals: [Refusal: UInt64] = [:]
  private var recentRefusals: [Rejection] = []
  private var stall: StallStatus?
  private var recentStalls: [StallStatus] = []
  private var stalls: [String: UInt64] = [:]
  private var events: [String: UInt64] = [:]
  private var joining: JoiningStatus?
  private var snapshotsTaken: UInt64 = 0
  private var blocksReverted: UInt64 = 0
  private var chunkItems: UInt64 = 0
  private var heights: [UInt32: PeerHeight] = [:]
  private var heard: UInt64 = 0
  private var requests = RequestTally()
  private var origins = OriginMap()

  package init() {}

  /// Takes an event of `now`; `request` is the number of the request it belongs to.
  package mutating func add(_ event: Event, request: UInt64?, now: Moment) {
    events.count(event.name)
    switch event.group {
    case let chunk as Event.Chunk: add(chunk, now)
    case let block as Event.Block: add(block, now)
    case let blocks as Event.Blocks:
      guard case .rejected(let peer, _, let reason) = blocks else { return }
      refuse(Rejection(at: now, kind: "blocks", reason: reason, peer: peer))
    case let diff as Event.Diff:
      guard case .rejected(let peer, let number, _, let reason) = diff else { return }
      refuse(Rejection(at: now, kind: "diff", reason: reason, peer: peer, block: number))
    case let macro as Event.MacroSync:
      guard case .rejected(let peer, let reason) = macro else { return }
      refuse(Rejection(at: now, kind: "macro_sync", reason: reason, peer: peer))
    case let stall as Event.Stall: add(stall, now)
    case let message as Event.Request: requests.add(message, number: request)
    case let chain as Event.Chain: add(chain)
    case Event.Snapshot.taken: snapshotsTaken += 1
    case Event.Joining.chosen(let block, let hash, let pieces, _, _):
      joining = JoiningStatus(block: block, hash: hash, pieces: pieces)
    case let state as Event.State:
      if case .wrongRoot = state { origins = OriginMap() }
    default: break
    }
  }

  private mutating func add(_ chunk: Event.Chunk, _ now: Moment) {
    switch chunk {
    case .requested(let peer, let start, let end, _):
      requests.asked(peer, KeyRange(start: start, end: end))
    case .received(let facts): hear(facts.peer, facts.block)
    case .accepted(let facts):
      chunkItems += UInt64(clamping: facts.items)
      if facts.block == joining?.block { joining?.proven += 1 }
      origins.add(KeyRange(start: facts.startKey, end: facts.endKey), from: facts.peer)
    case .rejected(let facts, let reason):
      refuse(
        Rejection(at: now, kind: "chunk", reason: reason, peer: facts.peer, block: facts.block))
    case .buffered, .ignored, .discarded, .pruned: break
    }
  }

  private mutating func add(_ block: Event.Block, _ now: Moment) {
    switch block {
    case .announced(let peer, let number, _): hear(peer, number)
    case .rejected(let number, _, let peer, let reason):
      refuse(Rejection(at: now, kind: "block", reason: reason, peer: peer, block: number))
    default: break
    }
  }

  private mutating func add(_ chain: Event.Chain) {
    switch chain {
    case .rebranched(_, _, _, let depth, _): blocksReverted += UInt64(clamping: depth)
    case .stateGivenUp: origins = OriginMap()
    default: break
    }
  }

  private mutating func add(_ event: Event.Stall, _ now: Moment) {
    switch event {
    case .detected(let blocker, let since, let detail):
      end(now)
      stalls.count(blocker.rawValue)
      stall = StallStatus(
        cause: blocker.rawValue, detail: detail, since: Moment(nanoseconds: since))
    case .resolved: end(now)
    }
  }

  /// The stall, if there is one, is over or has another cause.
  private mutating func end(_ now: Moment) {
    guard var over = stall else { return }
    over.resolved = now
    stall = nil
    recentStalls.insert(over, at: 0)
    recentStalls = Array(recentStalls.prefix(MonitoringLimits.recentStallsMax))
  }

  private mutating func refuse(_ refusal: Rejection) {
    recentRefusals.insert(refusal, at: 0)
    recentRefusals = Array(recentRefusals.prefix(MonitoringLimits.recentRejectionsMax))
    var pair = Refusal(kind: refusal.kind, reason: refusal.reason)
    if refusals[pair] == nil, refusals.count >= MonitoringLimits.rejectionKindsMax - 1 {
      pair = Refusal(kind: "other", reason: "other")
    }
    refusals[pair, default: 0] += 1
  }

  private mutating func hear(_ peer: UInt32, _ number: UInt32) {
    heard += 1
    heights[peer] = PeerHeight(height: max(number, heights[peer]?.height ?? 0), heard: heard)
    guard heights.count > MonitoringLimits.peerHeightsMax else { return }
    if let oldest = heights.min(by: { $0.value.heard < $1.value.heard }) {
      heights[oldest.key] = nil
    }
  }

  /// The highest block that came from a peer.
  package func height(of peer: UInt32) -> UInt32? { heights[peer]?.height }

  /// Ranges that peers are asked for at present.
  package var inFlight: [PeerSpan] { requests.inFlight }

  /// Who brought what is held, where nothing of `missing` is.
  package var spansByPeer: [PeerSpan] { origins.spans }

  package var status: TallyStatus {
    var status = TallyStatus()
    status.rejections = refusals.map {
      RejectionCount(kind: $0.key.kind, reason: $0.key.reason, count: $0.value)
    }.sorted { ($0.kind, $0.reason) < ($1.kind, $1.reason) }
    status.recentRejections = recentRefusals
    status.stall = stall
    status.recentStalls = recentStalls
    status.stalls = stalls.named
    status.requests = requests.counts
    status.served = requests.served.named
    status.events = events.named
    status.joining = joining
    status.snapshotsTaken = snapshotsTaken
    status.blocksReverted = blocksReverted
    status.chunkItems = chunkItems
    return status
  }
}

extension [String: UInt64] {
  /// One more of this name, or of `other` if there are too many names.
  mutating func count(_ name: String) {
    let isCounted = self[name] != nil || count < MonitoringLimits.namesCountedMax - 1
    self[isCounted ? name : "other", default: 0] += 1
  }

  /// The counts in the order of their names.
  var named: [NamedCount] {
    sorted { $0.key < $1.key }.map { NamedCount(name: $0.key, count: $0.value) }
  }
}
