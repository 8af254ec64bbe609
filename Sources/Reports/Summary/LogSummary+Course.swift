import EventLog
import LiveSync
import Node
import Peers

/// What a log says of the course of a sync: where the node stands, what held it up, what was wrong.
extension LogSummary {
  mutating func add(_ event: Event.State, at time: Int64) {
    switch event {
    case .complete(let block, _, _):
      timeToComplete = timeToComplete ?? time
      standing.head = block
      standing.heldPpm = 1_000_000
      standing.missingRanges = 0
    case .incomplete(let block, _, let missingRanges, _):
      standing.head = block
      standing.missingRanges = missingRanges
    case .progress(let block, _, let missingRanges, let heldPpm, _, _):
      standing.head = block
      standing.heldPpm = heldPpm
      standing.missingRanges = missingRanges
    case .forecast(.converges, let eta?, let progress, _, _, _):
      guard timeToComplete == nil, progress >= Self.forecastFromPpm else { return }
      let (end, isTooLarge) = time.addingReportingOverflow(eta)
      let last = isTooLarge ? Int64.max : end
      let known = standing.forecastEnds ?? last...last
      standing.forecastEnds = min(known.lowerBound, last)...max(known.upperBound, last)
    case .forecast, .wrongRoot, .reset, .sources, .traffic: break
    }
  }

  /// Forecasts count from this progress on, in millionths: before it too little is known.
  static let forecastFromPpm = 200_000

  /// The largest error of a forecast, in millionths of the time from the node's start to the
  /// complete state; nil if there was no forecast, or nothing to compare it with.
  var forecastErrorPpm: Int? {
    guard let ends = standing.forecastEnds, let truth = timeToComplete,
      let start = standing.started, truth > start
    else { return nil }
    let error = max(abs(ends.lowerBound - truth), abs(ends.upperBound - truth))
    return Int(clamping: Int64(min(Double(error) / Double(truth - start), 1_000) * 1_000_000))
  }

  mutating func add(_ event: Event.Stall, at time: Int64, _ node: String) {
    switch event {
    case .detected(let blocker, let since, _):
      stalls += 1
      endStall(at: time, node)
      guard stallList.count < ReportLimits.tableRowsMax else { return }
      stallList.append(
        Stall(node: node, from: since, length: nil, blocker: blocker.rawValue))
    case .resolved: endStall(at: time, node)
    }
  }

  private mutating func endStall(at time: Int64, _ node: String) {
    let open = stallList.lastIndex { $0.node == node && $0.length == nil }
    if let open { stallList[open].length = max(0, time - stallList[open].from) }
  }

  mutating func add(_ event: Event.Chain, at time: Int64, _ node: String) {
    switch event {
    case .rebranched(let block, _, _, let depth, let adopted):
      revertDepths[depth, default: 0] += 1
      revertedBlocks = Tally.sum(revertedBlocks, depth)
      standing.head = block
      guard rebranches.count < ReportLimits.tableRowsMax else { return }
      rebranches.append(
        Rebranch(time: time, node: node, block: block, depth: depth, adopted: adopted))
    case .extended(let block, _), .historyAdopted(let block, _, _): standing.head = block
    case .stateGivenUp: standing.heldPpm = 0
    default: break
    }
  }

  mutating func add(_ event: Event.Node, at time: Int64, _ node: String) {
    switch event {
    case .started(let block, _, let missingRanges):
      standing.started = standing.started ?? time
      standing.head = block
      standing.missingRanges = missingRanges
    case .crashed:
      crashes += 1
      endStall(at: time, node)
    case .stopped, .unreadable: break
    }
  }

  mutating func add(_ event: Event.Blocks) {
    if case .rejected(let peer, _, let reason) = event { refuse("blocks", peer, reason) }
  }

  mutating func add(_ event: Event.MacroSync) {
    if case .rejected(let peer, let reason) = event { refuse("macro_chain", peer, reason) }
  }

  mutating func add(_ event: Event.Peer) {
    if case .banned(let peer, _) = event { peers[peer.number, default: Service()].bans += 1 }
  }

  mutating func refuse(
    _ kind: String, _ peer: UInt32?, _ reason: String, _ items: Int = 0, _ bytes: Int = 0
  ) {
    refusals[Refusal(kind: kind, peer: peer, reason: reason), default: Tally()].add(items, bytes)
  }
}
