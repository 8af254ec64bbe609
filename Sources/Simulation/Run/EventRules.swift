import EventLog
import LiveSync
import Node
import Peers
import Primitives

/// What the events of one node must look like, one after another, whatever happens around it.
///
/// A value type that takes events and names the first rule an event breaks: S7 (limits), S8 (each
/// request ends once), S9 (the events are a legal story) and S10 (honest chunks are never refused).
package struct EventRules {
  /// A chunk that came and was not judged yet.
  private struct Chunk: Hashable {
    let peer: UInt32
    let hash: Hash256
    let start: KeyNibbles

    init(_ facts: Event.ChunkFacts) {
      peer = facts.peer
      hash = facts.hash
      start = facts.startKey
    }
  }

  private let liars: Set<UInt32>
  private let bufferedBlocksMax: Int
  private var openRequests: Set<UInt64> = []
  private var openChunks: [Chunk: Int] = [:]
  private var isComplete = false
  private var isEstablished = false

  /// - Parameters:
  ///   - liars: numbers of the peers that may lie.
  ///   - bufferedBlocksMax: most blocks the node may hold back for want of an ancestor.
  package init(liars: Set<UInt32>, bufferedBlocksMax: Int) {
    self.liars = liars
    self.bufferedBlocksMax = bufferedBlocksMax
  }

  /// The node begins with the state it has.
  package mutating func begin(isComplete: Bool) { self.isComplete = isComplete }

  /// Requests that have not ended.
  package var openRequestCount: Int { openRequests.count }

  /// The rule that `event`, which belongs to `request`, breaks; nil if it is a legal next event.
  package mutating func take(_ event: WatchedEvent, request: UInt64?) -> CheckViolation? {
    switch event.group {
    case .request(let event): take(event, request)
    case .chunk(let event): take(event)
    case .state(let event): take(event)
    case .consensus(let event): take(event)
    case .block(.buffered(_, _, _, let buffered)) where buffered > bufferedBlocksMax:
      CheckViolation(
        check: "S7", detail: "\(buffered) blocks buffered, allowed \(bufferedBlocksMax)")
    default: nil
    }
  }

  private mutating func take(_ event: Event.Request, _ request: UInt64?) -> CheckViolation? {
    guard let request else { return nil }
    switch event {
    case .sent:
      if openRequests.insert(request).inserted { return nil }
      return CheckViolation(check: "S8", detail: "request \(request) was sent twice")
    case .ended:
      if openRequests.remove(request) != nil { return nil }
      return CheckViolation(
        check: "S8", detail: "request \(request) ended twice, or was never sent")
    case .served, .refused:
      return nil
    }
  }

  private mutating func take(_ event: Event.Chunk) -> CheckViolation? {
    switch event {
    case .requested, .buffered:
      return nil
    case .received(let chunk):
      openChunks[Chunk(chunk), default: 0] += 1
      return nil
    case .accepted(let chunk):
      if isComplete {
        return CheckViolation(check: "S9", detail: "a chunk was accepted by a complete state")
      }
      return close(Chunk(chunk))
    case .rejected(let chunk, let reason):
      if !liars.contains(chunk.peer) {
        return CheckViolation(
          check: "S10", detail: "a chunk of honest p\(chunk.peer) is refused: \(reason)")
      }
      return close(Chunk(chunk))
    case .ignored(let chunk, _), .discarded(let chunk, _), .pruned(let chunk, _):
      return close(Chunk(chunk))
    }
  }

  /// A chunk is judged once.
  private mutating func close(_ chunk: Chunk) -> CheckViolation? {
    guard let count = openChunks[chunk] else {
      return CheckViolation(
        check: "S9", detail: "a chunk of p\(chunk.peer) was judged twice, or never came")
    }
    openChunks[chunk] = count > 1 ? count - 1 : nil
    return nil
  }

  private mutating func take(_ event: Event.State) -> CheckViolation? {
    switch event {
    case .complete:
      defer { isComplete = true }
      return isComplete ? CheckViolation(check: "S9", detail: "the state was completed twice") : nil
    case .incomplete:
      defer { isComplete = false }
      return isComplete
        ? nil : CheckViolation(check: "S9", detail: "an incomplete state became incomplete")
    case .progress(_, _, _, _, _, let buffered) where buffered > LiveSyncLimits.bufferedChunksMax:
      return CheckViolation(
        check: "S7",
        detail: "\(buffered) chunks buffered, allowed \(LiveSyncLimits.bufferedChunksMax)")
    case .wrongRoot(_, _, let detail):
      return CheckViolation(check: "S3", detail: detail)
    case .progress, .reset, .forecast, .sources, .traffic:
      return nil
    }
  }

  private mutating func take(_ event: Event.Consensus) -> CheckViolation? {
    let wasEstablished = isEstablished
    if case .established = event { isEstablished = true } else { isEstablished = false }
    return wasEstablished == isEstablished
      ? CheckViolation(check: "S9", detail: "consensus was established or lost twice") : nil
  }
}
