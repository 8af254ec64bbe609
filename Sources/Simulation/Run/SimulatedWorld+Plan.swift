import EventLog
import Ledger
import Networking
import Runtime
import SimulatedNetworking
import Storage

/// Does what a plan of faults says.
extension SimulatedWorld: FaultedWorld {
  var board: FaultBoard {
    guard let faultBoard else { preconditionFailure("this network takes no planned faults") }
    return faultBoard
  }

  var everyone: [PeerID] {
    [Self.joinerPeer] + plan.all + plan.companions + [plan.maker].compactMap(\.self)
  }

  /// True if no planned fault is still to come or to end, but for those that last.
  var faultsAreOver: Bool {
    guard let faultPlan else { return true }
    return runtime.now.nanoseconds >= Int64(faultPlan.end) * 1_000_000
  }

  /// Arms every fault of the plan.
  func armFaults() {
    guard let faultPlan else { return }
    for fault in faultPlan.faults {
      guard let kind = FaultClass.named(fault.kind) else { continue }
      runtime.schedule(at: .start.advanced(by: .milliseconds(fault.start))) { [unowned self] in
        begin(fault, of: kind)
      }
    }
    runtime.schedule(at: .start.advanced(by: .milliseconds(faultPlan.end))) { [unowned self] in
      joinerDisk.heal()
    }
  }

  private func begin(_ fault: PlannedFault, of kind: FaultClass) {
    note(kind.name, target(of: fault, kind), detail(of: fault, kind))
    let undo = kind.begin(fault, self) { [unowned self] in
      observer.marks.fired(kind.name)
    }
    guard kind.lasts != nil, fault.duration > 0, let undo else { return }
    runtime.schedule(after: .milliseconds(fault.duration)) { [unowned self] in
      undo()
      noteEnd(kind.name, target(of: fault, kind))
    }
  }

  private func target(of fault: PlannedFault, _ kind: FaultClass) -> String {
    let node = scenario.nodeName(fault.node)
    return switch kind.place {
    case .chain: "chain"
    case .joiner, .fresh, .peer, .node: node
    case .link: node + ">" + scenario.nodeName(fault.peer)
    }
  }

  private func detail(of fault: PlannedFault, _ kind: FaultClass) -> String {
    var words = [kind.meaning]
    if let amount = kind.amount { words.append("\(fault.amount) \(amount.unit)") }
    if kind.lasts != nil {
      words.append(fault.duration > 0 ? "for \(fault.duration) ms" : "to the end")
    }
    return words.joined(separator: ", ")
  }

  // MARK: Chain

  func replaceBlocks(_ depth: Int) {
    rebranchDue = max(1, min(depth, scenario.blocksPerBatch - 2))
  }

  func replaceBatch() { isBatchDue = true }

  func hurry(_ blocks: Int) {
    runtime.spawn("hurry") { [self] in
      do {
        for _ in 0..<blocks { try await advance() }
      } catch { failure = failure ?? error }
    }
  }

  func makeTwin(_ fired: @escaping () -> Void) { twinDue = fired }

  /// Who signed the newest block signs another one of its height, which another peer announces.
  func announceTwin() async throws {
    guard let fired = twinDue, let twin = try producer.twin() else { return }
    twinDue = nil
    fired()
    _ = try await announceByPeer([twin], passing: 1)
  }

  // MARK: Peers

  func leave(_ peer: PeerID) {
    away.insert(peer)
    network.leave(peer)
  }

  func comeBack(_ peer: PeerID) {
    away.remove(peer)
    network.join(peer)
  }

  func beginLie(_ kind: LiarKind, by peer: PeerID, fired: @escaping () -> Void) -> FaultUndo {
    let liar = Liar(
      kind, peer: peer, victim: Self.joinerPeer,
      forge: { [shelf, producer] in shelf?.forgedManifest(for: producer.source) }, onLie: fired)
    if kind == .wrongRoot { rootLiars.append(liar) }
    let undo = board.intercept(peer) { liar.intercept($0) }
    return { [self] in
      undo()
      rootLiars.removeAll { $0 === liar }
    }
  }

  // MARK: Process

  func readEvents(pausing: Duration, _ fired: @escaping () -> Void) -> FaultUndo {
    guard let joiner else { return {} }
    let reader = SlowReader(fired)
    let task = runtime.spawn("reader") { [runtime] in
      for await _ in joiner.events() {
        reader.fired()
        do throws(CancellationError) { try await runtime.sleep(for: pausing) } catch { return }
      }
    }
    tasks.append(task)
    return { task.cancel() }
  }

  func giveUpState(of peer: PeerID) -> Bool {
    let chain =
      peer == Self.joinerPeer ? joiner?.chain : companions.first { $0.peer == peer }?.chain
    guard let chain else { return false }
    do throws(PushError) { try chain.reinitialiseState() } catch { return false }
    return true
  }

  func crash(_ peer: PeerID, for milliseconds: Int, with disk: RestartDisk) {
    if peer == Self.joinerPeer {
      crashJoiner(for: milliseconds, with: disk)
    } else {
      crashCompanion(peer, for: milliseconds, with: disk)
    }
  }

  private func crashJoiner(for milliseconds: Int, with disk: RestartDisk) {
    guard joiner != nil, !isCrashing else { return }
    isCrashing = true
    endLife()
    // Never at once, so that the node is not taken apart in the middle of a call.
    runtime.schedule(after: .zero) { [self] in
      _ = observer.record(
        .node(.crashed(reason: "\(disk)")),
        context: EventContext(node: RunObserver.joinerName, actor: "node"), cause: nil,
        request: nil)
      stopJoiner()
      joinerDisk.replace(with: disk, of: otherDisks)
      restartJoiner(after: .milliseconds(milliseconds), tries: SimulationLimits.restartsMax)
    }
  }

  /// Begins a life later; if the disk cannot be opened, tries again as an operator would, with a
  /// new one if it is of an older format.
  func restartJoiner(after duration: Duration, tries: Int) {
    runtime.schedule(after: duration) { [self] in
      do {
        isCrashing = false
        try startJoiner()
        observer.marks.add("restart")
        observer.checkRestart()
      } catch  where tries > 0 {
        isCrashing = true
        observer.marks.add("restart_refused")
        if let refused = error as? StorageError {
          observer.marks.refused("restart", refused.reason)
          // What the refusal says.
          if refused.reason == "older_format" { joinerDisk.replace(with: .empty, of: [:]) }
        }
        restartJoiner(after: SimulationLimits.operatorTime, tries: tries - 1)
      } catch {
        failure = failure ?? error
      }
    }
  }

  /// Looks at the disk before an event of the joining node: true if its process has ended.
  func hasDied() -> Bool {
    guard let milliseconds = joinerDisk.look() else { return false }
    crashJoiner(for: milliseconds, with: .same)
    return true
  }

  /// An event of the joining node: one whose store has failed is started anew by its operator.
  func lookAfter(_ event: Event) {
    guard case Event.Stall.detected(.storeFailed, _, _) = event.group else { return }
    observer.marks.add("store_failed")
    runtime.schedule(after: SimulationLimits.operatorTime) { [self] in
      guard joiner?.chain.storeFailure != nil else { return }
      crashJoiner(for: 0, with: .same)
    }
  }
}

/// Somebody who reads the events of a node.
///
/// `@unchecked Sendable`: used on the simulation's thread only.
private final class SlowReader: @unchecked Sendable {
  let fired: () -> Void

  init(_ fired: @escaping () -> Void) {
    self.fired = fired
  }
}
