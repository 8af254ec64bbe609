import EventLog
import Ledger
import LiveSync
import Locking
import Peers
import Primitives

/// Collects what a node says in a step, as the words of a fixture.
final class FixtureLog: EventSink {
  struct Words: Sendable {
    var chain: [String] = []
    var live: [String] = []
    var chunks: [String] = []
    var state: [String] = []
    var refused: [String] = []
  }

  private let words = Lock(Words())

  /// The words since the last call.
  func take() -> Words {
    words.withLock { words in
      defer { words = Words() }
      return words
    }
  }

  func add(_ event: ChainEvent) {
    words.withLock { $0.chain.append(event.word) }
  }

  func add(_ event: LiveSyncEvent) {
    words.withLock { $0.live.append(event.word) }
  }

  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    words.withLock { words in
      switch event.group {
      case let event as Event.Chunk:
        if let word = event.word { words.chunks.append(word) }
        if case .rejected(_, let reason) = event {
          words.refused.append("chunk.rejected:\(reason)")
        }
      case Event.State.complete: words.state.append("complete")
      case Event.State.incomplete: words.state.append("incomplete")
      default:
        if let word = event.refusal { words.refused.append(word) }
      }
    }
    return 0
  }
}

extension Event.Chunk {
  /// What became of the chunk; nil if nothing did yet.
  fileprivate var word: String? {
    switch self {
    case .requested, .received: nil
    case .buffered: "buffered"
    case .accepted(let chunk): "accepted:\(chunk.items)"
    case .rejected(_, let reason): "rejected:\(reason)"
    case .ignored(_, let reason): "ignored:\(reason)"
    case .discarded(_, let reason): "discarded:\(reason)"
    case .pruned(_, let reason): "pruned:\(reason)"
    }
  }
}

extension Event {
  /// The word for something refused, dropped or held against somebody; nil if it is neither.
  fileprivate var refusal: String? {
    switch group {
    case Event.Block.rejected(_, let hash, _, let reason): "block.rejected:\(hash):\(reason)"
    case Event.Block.ignored(_, let hash, _, let reason): "block.ignored:\(hash):\(reason)"
    case Event.Block.dropped(_, let hash, let reason): "block.dropped:\(hash):\(reason)"
    case Event.Blocks.rejected(_, let hash, let reason): "blocks.rejected:\(hash):\(reason)"
    case Event.Blocks.failed(_, let hash, let reason): "blocks.failed:\(hash):\(reason)"
    case Event.Diff.rejected(_, _, let hash, let reason): "diff.rejected:\(hash):\(reason)"
    case Event.Diff.failed(_, let hash, let reason, _): "diff.failed:\(hash):\(reason)"
    case Event.Peer.banned(_, let reason): "peer.banned:\(reason)"
    case Event.Peer.behind(_, let reason): "peer.behind:\(reason)"
    case Event.Peer.ahead(_, let reason): "peer.ahead:\(reason)"
    case Event.Queue.limitReached(let queue, _): "queue.limit:\(queue)"
    default: nil
    }
  }
}

extension ChainEvent {
  /// The word for it in a fixture.
  fileprivate var word: String {
    switch self {
    case .extended(let hash): "extended:\(hash)"
    case .finalized(let hash): "finalized:\(hash)"
    case .epochFinalized(let hash): "epoch_finalized:\(hash)"
    case .rebranched(let reverted, let adopted):
      "rebranched:" + reverted.map { "-\($0.hash)" }.joined()
        + adopted.map { "+\($0.hash)" }.joined()
    case .stateGivenUp: "state_given_up"
    case .historyAdopted(let blocks):
      "history_adopted:" + blocks.map { "+\($0.hash)" }.joined()
    case .stored(let hash): "stored:\(hash)"
    }
  }
}

extension LiveSyncEvent {
  /// The word for it in a fixture.
  fileprivate var word: String {
    switch self {
    case .acceptedAnnouncedBlock(let hash): "accepted_announced:\(hash)"
    case .acceptedBufferedBlock(let hash, let count): "accepted_buffered:\(hash):\(count)"
    case .receivedMissingBlocks(let hashes):
      "received_missing:" + hashes.map { "+\($0)" }.joined()
    case .rejectedBlock(let hash): "rejected:\(hash)"
    case .acceptedChunks(let hash): "accepted_chunks:\(hash)"
    }
  }
}
