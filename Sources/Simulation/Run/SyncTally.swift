import EventLog
import LiveSync
import Node
import Primitives
import StateTrie

/// Counts what the chunks and diffs of a node were worth, event by event.
///
/// Bytes are those of the payload without framing. A chunk is *useful* when it is accepted and its
/// start was never held before; *fetched again* when its start was; a *double* when another answer
/// for the same range was taken first (a slow request is helped by a second one); else it is
/// *wasted*.
public struct SyncTally: Sendable, Hashable {
  public private(set) var chunksAccepted = 0
  public private(set) var chunksRejected = 0
  public private(set) var diffsAccepted = 0
  /// Bytes of accepted chunks of ranges that were not held before.
  public private(set) var usefulChunkBytes = 0
  /// Bytes of accepted chunks of ranges that had been held before.
  public private(set) var againChunkBytes = 0
  /// Bytes of chunks whose range another answer had brought a moment before.
  public private(set) var doubleChunkBytes = 0
  /// Bytes of chunks that came and were not taken for another reason.
  public private(set) var wastedChunkBytes = 0
  /// Bytes of diffs that fit their blocks.
  public private(set) var diffBytes = 0
  /// Stalls that were noticed.
  public private(set) var stalls = 0
  /// `againChunkBytes + wastedChunkBytes` when the planned rebranch was made.
  public private(set) var lossBeforeRebranch: Int?
  private var held = KeyRangeSet.none
  /// What the engine says of chunks that are not needed any more.
  private static let doubleReasons: Set<String> = ["superseded", "not_needed", "complete"]

  public init() {}

  /// Bytes of chunks that were fetched and brought nothing new, without doubles.
  public var lostChunkBytes: Int { againChunkBytes + wastedChunkBytes }

  /// Bytes of chunks lost since the planned rebranch; 0 if there was none.
  public var lostSinceRebranch: Int { lossBeforeRebranch.map { lostChunkBytes - $0 } ?? 0 }

  package mutating func rebranchBegins() { lossBeforeRebranch = lostChunkBytes }

  package mutating func take(_ event: WatchedEvent) {
    switch event.group {
    case .chunk(let event): take(event)
    case .diff(.accepted(_, _, _, _, let bytes)):
      diffsAccepted += 1
      diffBytes += bytes
    case .stall(.detected): stalls += 1
    default: break
    }
  }

  private mutating func take(_ event: Event.Chunk) {
    switch event {
    case .requested, .received, .buffered: break
    case .accepted(let chunk):
      chunksAccepted += 1
      if held.contains(chunk.startKey) {
        againChunkBytes += chunk.bytes
      } else {
        usefulChunkBytes += chunk.bytes
      }
      held.insert(KeyRange(start: chunk.startKey, end: chunk.endKey))
    case .rejected(let chunk, _):
      chunksRejected += 1
      wastedChunkBytes += chunk.bytes
    case .ignored(let chunk, let reason), .discarded(let chunk, let reason),
      .pruned(let chunk, let reason):
      if Self.doubleReasons.contains(reason) {
        doubleChunkBytes += chunk.bytes
      } else {
        wastedChunkBytes += chunk.bytes
      }
    }
  }
}
