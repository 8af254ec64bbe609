import Networking
import SimulatedNetworking
import Snapshot

/// Which of the full peers are what: liars first, then honest ones, then silent ones, then slow
/// ones.
struct PeerPlan {
  private let scenario: Scenario

  init(_ scenario: Scenario) {
    self.scenario = scenario
  }

  /// The full peers in order.
  var all: [PeerID] { (1...UInt32(scenario.fullPeers)).map { PeerID($0) } }
  /// Fresh nodes that join beside the one that the run is about.
  var companions: [PeerID] {
    (0..<scenario.companions).map { PeerID(UInt32(scenario.nodes + $0)) }
  }
  /// The chain's maker, where it is a node of the network.
  var maker: PeerID? {
    scenario.producerGossips > 0 ? PeerID(UInt32(scenario.nodes + scenario.companions)) : nil
  }
  /// Those that keep snapshots, in a world where any do.
  var hosts: [PeerID] {
    scenario.snapshotHosts > 0 ? Array(all.prefix(scenario.snapshotHosts)) : all
  }
  /// Those that never answer for the state.
  var silent: [PeerID] { Array(all.dropLast(scenario.slowPeers).suffix(scenario.silentPeers)) }
  /// Those that send more slowly.
  var slow: [PeerID] { Array(all.suffix(scenario.slowPeers)) }

  /// Those that nobody can dial; the joining node has no connection to them.
  var undialable: [PeerID] {
    Array(all.dropFirst(scenario.liars.count).prefix(scenario.undialablePeers))
  }
  /// Those that the joining node can have a connection to.
  var reachable: [PeerID] {
    let undialable = undialable
    return all.filter { !undialable.contains($0) }
  }

  /// Bytes a second that `peer` sends at most.
  func upload(of peer: PeerID) -> Int {
    slow.contains(peer)
      ? max(1, scenario.uploadBytesPerSecond / scenario.slowFactor) : scenario.uploadBytesPerSecond
  }

  /// Bytes a second that can come to the joining node from those who answer for the state and are
  /// not away, other fresh nodes among them: what they send together, or what the node receives, if
  /// that is less.
  func bytesPerSecond(without away: Set<PeerID> = []) -> Int {
    let present = reachable.filter { !silent.contains($0) && !away.contains($0) } + companions
    return min(present.reduce(0) { $0 + upload(of: $1) }, scenario.downloadBytesPerSecond)
  }

  /// Takes every request for a part of the state, and never answers.
  static func silence(_ message: InterceptedMessage) -> InterceptAction {
    guard message.direction == .outgoing else { return .pass }
    switch message.kind {
    case .response(.chunk), .response(.trieDiff), .response(RequestSnapshotPiece.type):
      return .drop
    default: return .pass
    }
  }
}

extension Scenario {
  /// What the node of this number is called: the joining one s0, full peers p1 and so on, then
  /// those that join together with s0 and the chain's maker, as far as there are such.
  func nodeName(_ number: Int) -> String {
    switch number {
    case 0: "s0"
    case ...fullPeers: "p\(number)"
    case ...(fullPeers + companions): "s\(number - fullPeers)"
    default: "maker"
    }
  }
}
