import LiveSync
import Messages
import Networking
import Primitives

/// Drives a block queue core over a fake chain; "pushing" a delivered block extends the chain.
struct BlockQueueHarness {
  typealias Action = BlockQueueAction<FakeBlock>

  var core: BlockQueueCore<FakeBlock>
  var chain = FakeChain()
  /// Everything the core ever asked for.
  var actions: [Action] = []

  init(
    bufferMax: Int = 40, windowAhead: UInt32 = 20, tolerance: UInt32 = 10, includeBody: Bool = true
  ) {
    core = BlockQueueCore(
      configuration: QueueConfiguration(
        bufferMax: bufferMax, windowAheadMax: windowAhead, tolerancePastMax: tolerance,
        includeBody: includeBody))
  }

  @discardableResult
  mutating func announce(
    _ block: FakeBlock, by peer: PeerID = PeerID(1), gossip: GossipID? = nil
  ) -> [Action] {
    let source = BlockSource(
      origin: .announced, peer: peer, gossip: [gossip ?? Self.gossip(block.hash)])
    return record(core.announce(block, from: source, chain: chain))
  }

  @discardableResult
  mutating func answer(_ query: MissingBlocksQuery, _ blocks: [FakeBlock]) -> [Action] {
    record(core.answered(query.id, blocks, by: PeerID(1), chain: chain))
  }

  /// Extends the chain by delivered blocks and reports them as accepted.
  @discardableResult
  mutating func accept(_ blocks: [BlockEnvelope<FakeBlock>]) -> [Action] {
    var all: [Action] = []
    for sourced in blocks {
      chain.extend([sourced.block])
      all += core.pushed(sourced, .accepted, chain: chain)
    }
    return record(all)
  }

  @discardableResult
  mutating func record(_ new: [Action]) -> [Action] {
    actions += new
    return new
  }

  static func gossip(_ hash: Hash256) -> GossipID {
    GossipID(topic: .blockHeader, payload: hash.bytes)
  }
}

extension [BlockQueueAction<FakeBlock>] {
  var deliveries: [BlockBatch<FakeBlock>] {
    compactMap { if case .deliver(let batch) = $0 { batch } else { nil } }
  }
  var delivered: [BlockEnvelope<FakeBlock>] { deliveries.flatMap(\.blocks) }
  var queries: [MissingBlocksQuery] {
    compactMap { if case .request(let query) = $0 { query } else { nil } }
  }
  var drops: [DropReason] {
    compactMap { if case .drop(_, _, _, let reason) = $0 { reason } else { nil } }
  }
  var rejected: [Hash256] {
    compactMap { if case .reject(let hash, _, _) = $0 { hash } else { nil } }
  }
  var reports: [Acceptance] {
    flatMap { action -> [Acceptance] in
      if case .report(let ids, let acceptance) = action {
        return ids.map { _ in acceptance }
      }
      return []
    }
  }
  var behind: [PeerID] { compactMap { if case .behind(let peer) = $0 { peer } else { nil } } }
  var ahead: [PeerID] { compactMap { if case .ahead(let peer) = $0 { peer } else { nil } } }
  var resolved: [ResolveOutcome] {
    compactMap { if case .resolved(_, let outcome) = $0 { outcome } else { nil } }
  }
}
