import EventLog
import Networking
import Primitives

/// Decides what a finished run was worth.
struct Judge {
  let world: SimulatedWorld
  /// Tasks that did not end.
  let leaked: [String]
  /// Why the run did not get to its end, if it did not.
  let failure: String?
  /// The root of the node's state and the one in the header of its head; nil if it does not run.
  let nodeRoot: Hash256?
  let headerRoot: Hash256?
  /// The root of the oracle's accounts at the node's head, if there is one.
  let oracleRoot: Hash256?
  /// Why nobody could have got there, if that is so.
  let obstacle: Obstacle?

  /// Safety before liveness before emptiness.
  func verdict() -> (Event.RunVerdict, String) {
    if let reason = brokenSafety() { return (.safety, reason) }
    if let obstacle { return (.unwinnable, obstacle.description) }
    if let reason = brokenLiveness() { return (.liveness, reason) }
    if let reason = emptiness() { return (.vacuous, reason) }
    return (.pass, "")
  }

  private func brokenSafety() -> String? {
    let observer = world.observer
    if let violation = observer.violation { return "\(violation.check): \(violation.detail)" }
    if world.runtime.foreignJobs > 0 {
      return "\(world.runtime.foreignJobs) jobs came from another thread"
    }
    for liar in world.liars where !observer.banned.contains(liar.peer.number) {
      guard observer.refusals[liar.peer.number]?.contains(liar.kind) == true else { continue }
      return "S10: \(liar.peer) was caught in a lie and is not banned"
    }
    for peer in (world.faultPlan?.liars ?? []).map(UInt32.init).sorted() {
      let proven = (observer.refusals[peer] ?? []).subtracting([.wrongRoot])
      if !proven.isEmpty, !observer.banned.contains(peer) {
        return "S10: p\(peer) was caught in a lie and is not banned"
      }
    }
    if failure == nil, let companion = world.companions.first(where: { !$0.rootIsRight() }) {
      return "S3: the roots of node, header and oracle differ for \(companion.name) at the end"
    }
    guard failure == nil, let headerRoot else { return nil }
    guard nodeRoot == headerRoot, nodeRoot == oracleRoot else {
      return "S3: the roots of node, header and oracle differ at the end"
    }
    return nil
  }

  private func brokenLiveness() -> String? {
    if let failure { return failure.hasPrefix("L") ? failure : "L1: \(failure)" }
    if !leaked.isEmpty { return "L6: tasks did not end: \(leaked.joined(separator: ", "))" }
    if world.observer.openRequestCount > 0 {
      return "S8: \(world.observer.openRequestCount) requests never ended"
    }
    for companion in world.companions where companion.openRequestCount > 0 {
      return "S8: \(companion.openRequestCount) requests of \(companion.name) never ended"
    }
    return nil
  }

  /// A run that exercised too little proves nothing.
  private func emptiness() -> String? {
    let observer = world.observer
    if world.scenario.isReturning {
      guard observer.hasReturned else { return "the node brought no state along" }
    } else if observer.tally.chunksAccepted < 2 {
      return "only \(observer.tally.chunksAccepted) chunks were needed"
    }
    if observer.tally.diffsAccepted < 1, !world.scenario.isReturning,
      world.scenario.transactionsPerBlock > 0
    {
      return "no diff was needed: the state was complete before the next block"
    }
    if observer.comparisons < 2 { return "the oracle was hardly asked" }
    // Who tells what cannot be proven is asked by chance, and then not again.
    let unproven = world.liars.filter { !$0.kind.isProvable }
    if !unproven.isEmpty, unproven.allSatisfy({ $0.lies == 0 }) {
      return "none of those who mislead got a chance to lie"
    }
    for liar in world.liars where liar.kind.isProvable {
      if liar.lies == 0 { return "\(liar.peer) got no chance to lie" }
      if !observer.banned.contains(liar.peer.number) {
        return "no lie of \(liar.peer) was looked at"
      }
    }
    let forks = world.producer.forks - world.forksUnseen
    if observer.rebranches == 0, forks >= SimulationLimits.forksUnnoticedMax {
      return "the node followed none of \(forks) forks"
    }
    let liesTold = world.liars.reduce(0) { $0 + $1.lies }
    if let missing = observer.situations.missing(observer.marks, liesTold: liesTold) {
      return "what the scenario is there for did not come about: \(missing.rawValue)"
    }
    return nil
  }
}
