import Networking
import SimulatedNetworking

/// Which of the full peers are what: liars first, then honest ones, then silent ones, then slow
/// ones.
struct PeerPlan {
  private let scenario: Scenario

  init(_ scenario: Scenario) {
    self.scenario = scenario
  }

  /// The full peers in order.
  var all: [PeerID] { (1...UInt32(scenario.fullPeers)).map { PeerID($0) } }
  /// Those that never answer for the state.
  var silent: [PeerID] { Array(all.dropLast(scenario.slowPeers).suffix(scenario.silentPeers)) }
  /// Those that send more slowly.
  var slow: [PeerID] { Array(all.suffix(scenario.slowPeers)) }

  /// Bytes a second that `peer` sends at most.
  func upload(of peer: PeerID) -> Int {
    slow.contains(peer)
      ? max(1, scenario.uploadBytesPerSecond / scenario.slowFactor) : scenario.uploadBytesPerSecond
  }

  /// Bytes a second that those of the peers who answer for the state send together, without some.
  func uploads(without away: Set<PeerID>) -> Int {
    all.filter { !silent.contains($0) && !away.contains($0) }.reduce(0) { $0 + upload(of: $1) }
  }

  /// Takes every request for a part of the state, and never answers.
  static func silence(_ message: InterceptedMessage) -> InterceptAction {
    guard message.direction == .outgoing else { return .pass }
    switch message.kind {
    case .response(.chunk), .response(.trieDiff): return .drop
    default: return .pass
    }
  }
}
