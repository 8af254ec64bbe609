import EventLog
import Networking
import Runtime

/// What goes wrong by plan.
extension SimulatedWorld {
  /// Arms what happens once the joining node holds a share of the state.
  func planFaults() {
    if scenario.rebranchAtPercent > 0 {
      observer.whenHeld(partsPerMillion: scenario.rebranchAtPercent * 10_000) { [unowned self] in
        rebranchDue = scenario.rebranchDepth
        // At once, if there is room for it; else with the first block that makes room.
        guard mayRebranch else { return }
        runtime.spawn("rebranch") { [self] in
          do { try await advance() } catch { failure = failure ?? error }
        }
      }
    }
    if let shelf, scenario.snapshotGoneAtPercent > 0 {
      observer.whenHeld(partsPerMillion: scenario.snapshotGoneAtPercent * 10_000) {
        [unowned self] in
        shelf.clear()
        note("expiry", "snapshots", "nobody has them any more")
      }
    }
    if scenario.killAtPercent > 0 {
      // Never at once, so that the node is not taken apart in the middle of a call.
      let blocks = scenario.killAtPercent == 100 ? scenario.followBlocks : 0
      let delay = Duration.milliseconds(blocks * scenario.blockIntervalMilliseconds)
      observer.whenHeld(partsPerMillion: scenario.killAtPercent * 10_000) { [unowned self] in
        runtime.schedule(after: delay) { [self] in kill() }
      }
    }
  }

  private func kill() {
    isKillDue = false
    let name = RunObserver.joinerName
    note(
      "kill", name,
      "at \(scenario.killAtPercent) % of the state, for \(scenario.restartAfterMilliseconds) ms")
    _ = observer.record(
      .node(.crashed(reason: "killed")), context: EventContext(node: name, actor: "node"),
      cause: nil, request: nil)
    stopJoiner()
    runtime.schedule(after: .milliseconds(scenario.restartAfterMilliseconds)) { [self] in
      noteEnd("kill", name)
      do { try startJoiner() } catch { failure = failure ?? error }
    }
  }

  /// True if a branch is due and the last macro block is far enough below.
  private var mayRebranch: Bool {
    let source = producer.source
    guard let depth = rebranchDue else { return false }
    return Int(source.headNumber - source.macroNumber) >= depth && !producer.mustBeMacro
  }

  /// The depth of the branch that replaces all since the last macro block, if the next block is
  /// the last before another one.
  private var dueBatch: Int? {
    let source = producer.source
    guard isBatchDue, source.headNumber > source.macroNumber,
      source.configuration.isMacro(at: source.headNumber + 2)
    else { return nil }
    return Int(source.headNumber - source.macroNumber)
  }

  /// The depth of the branch that is due and possible now.
  func takeDueRebranch() -> Int? {
    if let depth = dueBatch {
      isBatchDue = false
      return depth
    }
    guard mayRebranch, let depth = rebranchDue else { return nil }
    rebranchDue = nil
    note("rebranch", "chain", "replaces \(depth) blocks")
    observer.rebranchBegins()
    return depth
  }

  /// One honest peer may leave for a while.
  func changePeers() {
    guard churn.chance(perMillion: scenario.leavePerMillion) else { return }
    let present = peers.map(\.peer).filter { peer in
      !away.contains(peer) && !liars.contains { $0.peer == peer }
    }
    // One honest peer at least stays, or nobody could go on with the chain.
    guard present.count > 2, let peer = churn.pick(present) else { return }
    away.insert(peer)
    note("leave", "\(peer)", "for \(scenario.absenceMilliseconds) ms")
    network.leave(peer)
    runtime.schedule(after: .milliseconds(scenario.absenceMilliseconds)) { [self] in
      away.remove(peer)
      noteEnd("leave", "\(peer)")
      network.join(peer)
    }
  }

  /// Writes down that a fault begins.
  func note(_ fault: String, _ target: String, _ detail: String) {
    _ = observer.record(
      .fault(.injected(fault: fault, target: target, detail: detail)), context: .run, cause: nil,
      request: nil)
  }

  /// Writes down that it ends.
  func noteEnd(_ fault: String, _ target: String) {
    _ = observer.record(
      .fault(.ended(fault: fault, target: target)), context: .run, cause: nil, request: nil)
  }
}
