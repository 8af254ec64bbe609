import EventLog
import Ledger
import Networking
import Peers
import Primitives

extension LiveSyncer: AsyncSequence {
  public typealias Element = LiveSyncEvent

  /// Draws from the queue, pushes, and turns what comes of it into events.
  public struct Iterator: AsyncIteratorProtocol {
    /// What is left of the queue's last result.
    private struct Work {
      var kind: BatchKind
      var blocks: ArraySlice<BlockEnvelope<Block>>
      /// Blocks of an answer that the chain has taken.
      var adopted: [Hash256] = []
      /// Blocks of this result that were not taken: what stands on them is not pushed.
      var failed: [Hash256: PushVerdict] = [:]
    }

    private let syncer: LiveSyncer
    private var work: Work?
    /// Events that have happened and were not given out yet, first to come first.
    private var events: ArraySlice<LiveSyncEvent> = []

    init(_ syncer: LiveSyncer) {
      self.syncer = syncer
    }

    /// The next event; nil when the queue has ended, the chain's store has failed, or the task is
    /// cancelled.
    public mutating func next() async -> LiveSyncEvent? {
      while true {
        if let event = events.popFirst() { return event }
        // What the store does not take would only be fetched again and again.
        if syncer.context.chain.storeFailure != nil { return nil }
        if work != nil {
          await step()
          continue
        }
        guard let output = await syncer.queue.next() else { return nil }
        switch output {
        case .blocks(let batch): work = Work(kind: batch.kind, blocks: batch.blocks[...])
        case .chunks(let chunks): await apply(chunks)
        }
      }
    }

    /// Pushes the next block of the work, or ends the work.
    private mutating func step() async {
      guard let item = work?.blocks.popFirst() else {
        if let adopted = work?.adopted, !adopted.isEmpty {
          events.append(.receivedMissingBlocks(adopted))
        }
        work = nil
        return
      }
      let block = item.block
      var report: PushReport
      if let inherited = work?.failed[block.parentHash] {
        report = PushReport(block: item, verdict: inherited, reason: "parent_not_taken")
      } else {
        report = await syncer.context.push(item)
      }
      if report.reason != nil {
        // A bad copy says nothing about the blocks that stand on the good one.
        work?.failed[block.hash] = report.verdict == .invalid ? .invalid : .failed
      }
      syncer.record(report, kind: work?.kind ?? .head)
      await syncer.queue.pushed(report)
      await note(report)
    }

    private mutating func note(_ report: PushReport) async {
      let hash = report.block.block.hash
      switch (report.result, work?.kind) {
      case (.extended, .head), (.rebranched, .head):
        events.append(.acceptedAnnouncedBlock(hash))
      case (.extended, .buffered), (.rebranched, .buffered):
        events.append(
          .acceptedBufferedBlock(hash, bufferedCount: await syncer.queue.bufferedBlockCount))
      case (.extended, .missing), (.rebranched, .missing), (.forked, .missing):
        work?.adopted.append(hash)
      case (nil, _):
        if report.verdict == .invalid || report.verdict == .badCopy {
          events.append(.rejectedBlock(hash))
        }
      default:
        break
      }
    }

    private mutating func apply(_ chunks: [SourcedChunk]) async {
      let report = await syncer.context.push(chunks)
      await syncer.queue.applied(report)
      if report.verdict.committed > 0, let hash = chunks.first?.hash {
        events.append(.acceptedChunks(hash))
      }
    }
  }

  /// What shows that a block, which the chain has just refused, is invalid: without its body, if
  /// that is not at fault.
  private func evidence(against block: Block) -> Evidence? {
    guard let witness = context.chain.witness(of: block) else { return nil }
    let bare = Evidence.block(block.withoutBody, witness)
    return bare.check().isProven ? bare : .block(block, witness)
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(self)
  }

  /// Writes what became of a block to the log.
  fileprivate func record(_ report: PushReport, kind: BatchKind) {
    let block = report.block.block
    let source = report.block.source
    let peer = source.peer?.number
    if let reason = report.reason {
      switch report.verdict {
      case .invalid, .badCopy:
        context.recorder.record(
          .block(.rejected(block: block.number, hash: block.hash, peer: peer, reason: reason)))
        if report.provesLie, let liar = source.peer {
          context.ban(liar, reason: reason, evidence: evidence(against: block))
        }
      case .accepted, .ignored, .failed:
        context.recorder.record(
          .block(.ignored(block: block.number, hash: block.hash, peer: peer, reason: reason)))
      }
      return
    }
    switch report.result {
    case .extended, .rebranched, .forked:
      context.recorder.record(
        .block(
          .accepted(
            source: kind.source(of: source.origin), block: block.number, hash: block.hash,
            peer: peer)))
    case .known, .ignored, nil:
      context.recorder.record(
        .block(
          .ignored(
            block: block.number, hash: block.hash, peer: peer,
            reason: report.result == .known ? "known" : "ignored")))
    }
  }
}

extension BatchKind {
  fileprivate func source(of origin: BlockOrigin) -> Event.BlockSource {
    switch self {
    case .head: origin == .external ? .pushed : .announced
    case .buffered: .buffered
    case .missing: .missing
    }
  }
}
