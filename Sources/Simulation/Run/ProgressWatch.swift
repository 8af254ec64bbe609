import Runtime

/// Whether the joining node gets on once the faults of a plan are over (L2, L5, L7).
struct ProgressWatch {
  /// What changes when a node gets on.
  private struct Standing: Equatable {
    var head: UInt32
    var held: Int
    var chunks: Int
    var diffs: Int
    var restarts: Int
  }

  private var last: Standing?
  private var since = Moment.start
  /// Times that the state had become incomplete when the faults were over.
  private var resetsBefore: Int?
  /// Whether a request was open at some time since then.
  private var hadRequests = false

  /// Looked at once in each block interval: why the node does not get on; nil if it does.
  mutating func look(at world: SimulatedWorld) -> String? {
    guard world.faultsAreOver, let joiner = world.joiner else {
      last = nil
      return nil
    }
    let observer = world.observer
    let marks = observer.marks.marks
    let resets = marks["incomplete_again"] ?? 0
    let before = resetsBefore ?? resets
    resetsBefore = before
    if resets - before > SimulationLimits.resetsMax {
      return "L5: the state became incomplete \(resets - before) times after the faults, allowed "
        + "are \(SimulationLimits.resetsMax)"
    }
    let standing = Standing(
      head: joiner.chain.headNumber, held: joiner.chain.missing.absentPartsPerMillion,
      chunks: observer.tally.chunksAccepted, diffs: observer.tally.diffsAccepted,
      restarts: marks["restart"] ?? 0)
    hadRequests = hadRequests || observer.openRequestCount > 0
    guard standing == last else {
      last = standing
      since = world.runtime.now
      hadRequests = false
      return nil
    }
    let time = since.duration(to: world.runtime.now)
    guard time > SimulationLimits.standstillTime else { return nil }
    return (hadRequests ? "L2: no progress" : "L7: nothing is asked for and nothing gets on")
      + " for \(time.wholeNanoseconds / 1_000_000_000) s: \(pending(world))"
  }

  /// What is still to be done, for people.
  func pending(_ world: SimulatedWorld) -> String {
    guard let joiner = world.joiner else { return "the node is down" }
    let chain = joiner.chain
    return "head \(chain.headNumber) of \(world.producer.source.headNumber), "
      + "\(chain.missing.ranges.count) ranges missing, "
      + "\(world.observer.openRequestCount) requests open, \(joiner.peers.count) peers"
  }
}
