import EventLog
import Ledger
import Messages
import Networking
import Peers
import Primitives

/// What a block queue writes to the log.
extension BlockQueue {
  nonisolated func record(_ action: BlockQueueAction<Block>) {
    switch action {
    case .drop(let hash, let number, _, let reason):
      if reason == .bufferFull {
        context.overflow("block_buffer", limit: LiveSyncLimits.bufferedBlocksBytes.total)
      }
      context.recorder.record(
        .block(.dropped(block: number, hash: hash, reason: reason.rawValue)))
    case .reject(let hash, let number, let peer):
      context.recorder.record(
        .block(
          .rejected(block: number, hash: hash, peer: peer?.number, reason: "invalid_ancestor")))
    case .deliver, .request, .report, .behind, .ahead, .resolved:
      break
    }
  }

  nonisolated func recordDroppedHalf(_ hash: Hash256, of peer: PeerID, _ reason: String) {
    context.recorder.record(
      .block(.ignored(block: 0, hash: hash, peer: peer.number, reason: reason)))
  }

  nonisolated func recordRequest(_ query: MissingBlocksQuery, to peer: PeerID) {
    context.recorder.record(
      .blocks(
        .requested(
          peer: peer.number, block: query.targetNumber, hash: query.target,
          direction: query.direction,
          locators: query.locators.count)))
  }

  nonisolated func recordFailure(_ query: MissingBlocksQuery, reason: String) {
    context.recorder.record(
      .blocks(.failed(block: query.targetNumber, hash: query.target, reason: reason)))
  }

  nonisolated func recordRefusal(
    _ query: MissingBlocksQuery, by peer: PeerID, _ verdict: RequestClient.Verdict<Find>
  ) {
    guard let reason = verdict.reason else { return }
    context.recorder.record(
      .blocks(.rejected(peer: peer.number, hash: query.target, reason: reason)))
  }

  nonisolated func recordAnswer(_ blocks: [Block], by peer: PeerID) {
    guard let first = blocks.first, let last = blocks.last else { return }
    context.recorder.record(
      .blocks(
        .received(
          peer: peer.number, blocks: blocks.count, first: first.number, last: last.number)))
  }
}
