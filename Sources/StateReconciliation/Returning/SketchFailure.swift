import Ledger
import Networking

/// Why a sketch led nowhere.
struct SketchFailure: Error {
  /// In events.
  let reason: String
  /// Whether the peer gave what no honest peer gives, so that its symbols are not asked for again.
  var isPeers = false
  /// Whether the symbols of any other peer would lead nowhere, too.
  var isEverybodys = false

  /// Not what was asked for, or symbols that no set has, or none that can be solved.
  static let symbolsWrong = SketchFailure(reason: "symbols_lead_nowhere", isPeers: true)
  /// There are not enough for what differs.
  static let symbolsTooFew = SketchFailure(reason: "symbols_too_few")
  /// The peer does not answer, or has no symbols of this block any more.
  static let symbolsMissing = SketchFailure(reason: "symbols_missing")
  /// The peer's symbols are others than those before, as after its chain has jumped.
  static let symbolsAnew = SketchFailure(reason: "symbols_made_anew")
  /// Our state cannot be read, or is not what it was.
  static let ownStateChanged = SketchFailure(reason: "own_state_changed", isEverybodys: true)
  /// Nobody gives the accounts that the symbols name.
  static let accountsDiffer = SketchFailure(reason: "accounts_differ", isPeers: true)
  static let accountsCrowded = SketchFailure(reason: "accounts_crowded", isEverybodys: true)
  static let accountsUnanswered = SketchFailure(reason: "accounts_unanswered", isEverybodys: true)

  /// The state was not carried along. Only a wrong root says something of the symbols.
  static func notAdopted(_ error: PushError) -> SketchFailure {
    let isRoot = error.kind == .stateRootMismatch
    return SketchFailure(reason: error.reason, isPeers: isRoot, isEverybodys: !isRoot)
  }
}

/// Whose symbols were asked for to bring the state to one block.
struct SketchTries {
  var asked: Set<PeerID> = []
  /// Those that cost more than a request, since they did not say at once that they have none.
  var costly = 0
}

/// The latest peers whose symbols were wrong.
package struct DoubtedPeers: Sendable {
  private var peers: [PeerID] = []

  package init() {}

  package func contains(_ peer: PeerID) -> Bool { peers.contains(peer) }

  package mutating func insert(_ peer: PeerID) {
    guard !contains(peer) else { return }
    peers.append(peer)
    if peers.count > StateReconciliationLimits.doubtedPeersMax { peers.removeFirst() }
  }
}
