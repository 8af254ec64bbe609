import LiveSync
import Networking
import Primitives

extension [StateQueueAction<FakeBlock>] {
  var deliveries: [BlockBatch<FakeBlock>] {
    compactMap { if case .deliver(let batch) = $0 { batch } else { nil } }
  }
  var heads: [[SourcedChunk]] {
    compactMap { if case .applyHead(let chunks) = $0 { chunks } else { nil } }
  }
  var queries: [ChunkQuery] {
    compactMap { if case .request(let query) = $0 { query } else { nil } }
  }
  var discards: [ChunkDiscardReason] {
    compactMap { if case .discard(_, let reason) = $0 { reason } else { nil } }
  }
  var prunes: [ChunkDiscardReason] {
    compactMap { if case .prune(_, let reason) = $0 { reason } else { nil } }
  }
  var resets: [ChunkResetReason] {
    compactMap { if case .reset(let reason) = $0 { reason } else { nil } }
  }
  var expected: [Hash256] {
    compactMap { if case .expectBlock(_, let hash, _) = $0 { hash } else { nil } }
  }
  var refusals: [String] {
    compactMap { if case .refuse(_, let reason) = $0 { reason } else { nil } }
  }
  var behind: [PeerID] { compactMap { if case .behind(let peer) = $0 { peer } else { nil } } }
  var ahead: [PeerID] { compactMap { if case .ahead(let peer) = $0 { peer } else { nil } } }
  var pauses: [Duration] {
    compactMap { if case .retry(let pause) = $0 { pause } else { nil } }
  }
  var isCompleted: Bool {
    contains { if case .completed = $0 { true } else { false } }
  }
  var isIncompleteAgain: Bool {
    contains { if case .incompleteAgain = $0 { true } else { false } }
  }
}
