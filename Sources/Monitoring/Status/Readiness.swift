/// Whether a node can be relied on.
public enum Readiness: Sendable, Hashable {
  /// Its state is complete, and it is at the head of the network.
  case ready
  /// It is not, for this reason.
  case unready(String)

  /// Judges a node. Who cannot know the network's head, since nobody has named it, is not ready,
  /// but for a node that makes the blocks itself.
  public init(_ status: NodeStatus) {
    let state = status.state
    if let failure = status.storeFailure {
      self = .unready("the store failed: \(failure)")
    } else if !state.isComplete {
      let held = state.heldPpm / 10_000
      self = .unready(
        "the state is not complete: \(held) % held, \(state.missingRangeCount) ranges missing")
    } else if status.peerCount == 0, !status.identity.isProducer {
      self = .unready("no peer is connected")
    } else if status.networkHead == nil, !status.identity.isProducer {
      self = .unready("no peer has named a block yet")
    } else if status.lag > MonitoringLimits.readyLagBlocksMax {
      self = .unready(
        "at block \(status.head.number), \(status.lag) blocks behind the network")
    } else {
      self = .ready
    }
  }
}
