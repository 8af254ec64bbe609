import EventLog
import LiveSync
import Node
import Peers

extension LogSummary {
  /// Counts one more record.
  public mutating func add(_ record: EventRecord) {
    if let event = record.event.group as? Event.Run {
      add(event)
    } else if let node, record.context.node != node {
      return
    }
    recordCount += 1
    duration = max(duration, record.time)
    switch record.event.group {
    case Event.State.reset: stateResets += 1
    case let event as Event.State: add(event, at: record.time)
    case let event as Event.Stall: add(event, at: record.time, record.context.node)
    case let event as Event.Chain: add(event, at: record.time, record.context.node)
    case let event as Event.Node: add(event, at: record.time, record.context.node)
    case let event as Event.Blocks: add(event)
    case let event as Event.MacroSync: add(event)
    case let event as Event.Peer: add(event)
    case let event as Event.Block: add(event)
    case let event as Event.Diff: add(event)
    case let event as Event.Chunk: add(event)
    case let event as Event.Request: add(event)
    default: break
    }
  }

  private mutating func add(_ event: Event.Run) {
    switch event {
    case .start: start = event
    case .end(let verdict, _, let detail):
      self.verdict = verdict
      verdictDetail = detail
    }
  }

  private mutating func add(_ event: Event.Block) {
    switch event {
    case .accepted(let source, _, _, _): count("accepted", source.rawValue)
    case .rejected(_, _, let peer, let reason):
      count("rejected", reason)
      refuse("block", peer, reason)
    case .ignored(_, _, _, let reason): count("ignored", reason)
    case .dropped(_, _, let reason): count("dropped", reason)
    case .produced(let kind, _, _, _, _): count("produced", kind.rawValue)
    case .announced, .buffered: break
    }
  }

  private mutating func count(_ outcome: String, _ reason: String) {
    blocks[Outcome(outcome: outcome, reason: reason), default: 0] += 1
  }

  private mutating func add(_ event: Event.Diff) {
    switch event {
    case .accepted(_, _, _, let entries, let bytes):
      diffs[Outcome(outcome: "accepted", reason: ""), default: Tally()].add(entries, bytes)
    case .rejected(let peer, _, _, let reason):
      diffs[Outcome(outcome: "rejected", reason: reason), default: Tally()].add(0, 0)
      refuse("diff", peer, reason)
      peers[peer, default: Service()].rejections += 1
    case .failed(_, _, let reason, _):
      diffs[Outcome(outcome: "failed", reason: reason), default: Tally()].add(0, 0)
    case .requested: break
    }
  }

  private mutating func add(_ event: Event.Chunk) {
    switch event {
    case .requested, .received, .buffered: break
    case .accepted(let chunk):
      count(chunk, "accepted", "")
      peers[chunk.peer, default: Service()].chunks.add(chunk.items, chunk.bytes)
    case .rejected(let chunk, let reason):
      count(chunk, "rejected", reason)
      refuse("chunk", chunk.peer, reason, chunk.items, chunk.bytes)
      peers[chunk.peer, default: Service()].rejections += 1
    case .ignored(let chunk, let reason): count(chunk, "ignored", reason)
    case .discarded(let chunk, let reason): count(chunk, "discarded", reason)
    case .pruned(let chunk, let reason): count(chunk, "pruned", reason)
    }
  }

  private mutating func count(_ chunk: Event.ChunkFacts, _ outcome: String, _ reason: String) {
    chunks[Outcome(outcome: outcome, reason: reason), default: Tally()].add(
      chunk.items, chunk.bytes)
    if outcome != "accepted" {
      let wasted = peers[chunk.peer, default: Service()].wastedBytes
      peers[chunk.peer, default: Service()].wastedBytes = Tally.sum(wasted, chunk.bytes)
    }
  }

  private mutating func add(_ event: Event.Request) {
    switch event {
    case .sent(let type, _, let bytes):
      traffic[type, default: Traffic()].sent.add(0, bytes)
    case .ended(let type, let peer, let outcome, let bytes, _):
      traffic[type, default: Traffic()].ended.add(0, bytes)
      peers[peer, default: Service()].outcomes[outcome, default: 0] += 1
      let total = Tally.sum(peers[peer, default: Service()].bytes, bytes)
      peers[peer, default: Service()].bytes = total
    case .served, .refused: break
    }
  }
}

extension LogSummary.Tally {
  /// One more thing of this size. A hostile log could hold any numbers, so they stop at the
  /// largest.
  mutating func add(_ items: Int, _ bytes: Int) {
    count += 1
    self.items = Self.sum(self.items, items)
    self.bytes = Self.sum(self.bytes, bytes)
  }

  static func sum(_ a: Int, _ b: Int) -> Int {
    let (sum, isTooLarge) = a.addingReportingOverflow(b)
    return isTooLarge ? .max : sum
  }
}
