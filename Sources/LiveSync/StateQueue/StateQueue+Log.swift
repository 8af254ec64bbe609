import EventLog
import Ledger
import Networking
import Primitives

/// What a state queue writes to the log of requests and of the chunks that were pushed.
extension StateQueue {
  func recordRequest(_ query: ChunkQuery, to peer: PeerID) {
    context.recorder.record(
      .chunk(
        .requested(
          peer: peer.number, startKey: query.start, endKey: query.end, limit: query.limit)))
  }

  nonisolated func recordWrongRoot(_ root: Hash256, under head: Block) {
    context.recorder.record(
      .state(
        .wrongRoot(
          block: head.number, hash: head.hash,
          detail: "it has the root \(root), the head says \(head.header.stateRoot)")))
  }

  func record(_ chunks: [SourcedChunk], _ verdict: ChunkVerdict?) {
    for (index, chunk) in chunks.enumerated() {
      account.judged(chunk, at: index, verdict)
      let event: Event.Chunk
      if let failure = verdict?.failures.first(where: { $0.index == index }) {
        event = chunk.event(Event.Chunk.rejected, reason: failure.reason)
      } else if verdict?.accepted.contains(index) ?? false {
        event = chunk.event(Event.Chunk.accepted)
      } else {
        let reason = verdict == nil ? "block_failed" : "not_needed"
        event = chunk.event(Event.Chunk.ignored, reason: reason)
      }
      context.recorder.record(.chunk(event))
    }
  }

  nonisolated func recordDiscard(of chunk: SourcedChunk, _ reason: ChunkDiscardReason) {
    if reason == .bufferFull {
      context.overflow("chunks", limit: LiveSyncLimits.chunksBytes.total)
    }
    context.recorder.record(
      .chunk(chunk.event(Event.Chunk.discarded, reason: reason.rawValue)))
  }
}
