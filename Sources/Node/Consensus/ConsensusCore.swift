/// Decides whether a node is in consensus with the network.
///
/// Established with at least `NodeLimits.consensusPeersMin` peers, a complete state, and either
/// enough accepted announcements or the same head at two thirds of the peers. Lost when peers or
/// state no longer suffice.
public struct ConsensusCore: Sendable {
  /// A change of consensus.
  public enum Change: Sendable, Hashable {
    case established
    case lost(reason: String)
  }

  /// True while consensus is established.
  public private(set) var isEstablished = false
  private var announcements = 0
  /// Peers asked for their head in the last round, and those who named ours.
  private var heads = (asked: 0, agreeing: 0)

  public init() {}

  /// An announced block became head.
  public mutating func acceptedAnnouncement() {
    announcements += 1
  }

  /// A round of head requests ended.
  public mutating func headRound(asked: Int, agreeing: Int) {
    heads = (asked, agreeing)
  }

  /// Looks at everything together.
  public mutating func judge(
    peers: Int, stateIsComplete: Bool, storeHasFailed: Bool = false
  ) -> Change? {
    if storeHasFailed { return lose("store_failed") }
    if peers < NodeLimits.consensusPeersMin { return lose("too_few_peers") }
    if !stateIsComplete { return lose("incomplete_state") }
    if isEstablished { return nil }
    let agree =
      heads.asked >= NodeLimits.consensusPeersMin && heads.agreeing * 3 >= heads.asked * 2
    guard announcements >= NodeLimits.consensusAnnouncementsMin || agree else { return nil }
    isEstablished = true
    return .established
  }

  private mutating func lose(_ reason: String) -> Change? {
    announcements = 0
    heads = (0, 0)
    guard isEstablished else { return nil }
    isEstablished = false
    return .lost(reason: reason)
  }
}
