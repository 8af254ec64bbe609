import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Snapshot
import StateTrie

/// Counts how often the situations of scenarios came about for the joining node.
struct SituationTally {
  private let scenario: Scenario
  private let slow: Set<UInt32>
  private let silent: Set<UInt32>
  private let liars: Set<UInt32>
  private let undialable: Set<UInt32>
  /// Whether the node had a connection to one that nobody can dial.
  private var wasDialled = false
  /// Classes of the faults that are planned.
  private let planned: [String]
  private var counts: [Situation: Int] = [:]
  private var hasDied = false
  private var isOffered = false
  /// Share of the state that the node had when its last life ended.
  private var heldLast = 0
  /// Full peers that said they lack a diff.
  private var lacking: Set<UInt32> = []
  /// Whether chunks were accepted, or the node began its life with some.
  private var holdsPart = false
  /// What accounts were before their last change; kept if the scenario is about that.
  private var olderValues: [KeyNibbles: [UInt8]?] = [:]

  /// - Parameter planned: the classes of the faults that are planned.
  init(_ scenario: Scenario, liars: Set<UInt32>, planned: [String]) {
    self.scenario = scenario
    self.liars = liars
    self.planned = planned
    let plan = PeerPlan(scenario)
    slow = Set(plan.slow.map(\.number))
    silent = Set(plan.silent.map(\.number))
    undialable = Set(plan.undialable.map(\.number))
  }

  private static let whole = 1_000_000

  private mutating func add(_ situation: Situation) { counts[situation, default: 0] += 1 }

  /// The node begins a life with this share of the state.
  mutating func begin(heldPartsPerMillion: Int) {
    if hasDied, heldPartsPerMillion > 0 { add(.restartWithState) }
    if hasDied, heldPartsPerMillion < heldLast / 2 { add(.olderState) }
    if hasDied, heldPartsPerMillion == Self.whole, (1..<Self.whole).contains(heldLast) {
      add(.finishedState)
    }
    holdsPart = heldPartsPerMillion > 0
  }

  /// A life of the node ends, with this share of the state.
  mutating func end(heldPartsPerMillion: Int) { heldLast = heldPartsPerMillion }

  /// - Parameter isComplete: whether the node's state was complete before the event.
  mutating func note(_ event: WatchedEvent, isComplete: Bool) {
    switch event.group {
    case .chunk(let event): note(event)
    case .diff(.rejected(let peer, _, _, let reason)):
      if reason == "unknown_block" {
        add(.diffLacked)
        lacking.insert(peer)
      }
      if liars.contains(peer) { add(.lieRefused) }
    case .block(.buffered): add(.headerMissing)
    case .chain(.historyAdopted): if !isComplete, holdsPart { add(.jumpWithPart) }
    case .peer(.banned(let peer, _)): if liars.contains(peer.number) { add(.lieRefused) }
    case .peer(.joined(let peer)): if undialable.contains(peer.number) { wasDialled = true }
    case .joining(.offered): isOffered = true
    case .joining(.lost): add(.snapshotLost)
    case .joining(.refused): add(.snapshotRefused)
    case .stall(.detected(.storeFailed, _, _)): add(.storeFailed)
    case .block(.rejected(_, _, let peer?, _)): if liars.contains(peer) { add(.lieRefused) }
    case .request(.sent(_, let peer, _)): if silent.contains(peer) { add(.silentAsked) }
    case .request(.ended(_, _, .timeout, _, _)): add(.timeout)
    case .request(.ended(_, _, .tooLarge, _, _)): add(.answerTooLarge)
    case .chain(.finalized), .chain(.epochFinalized):
      if !isComplete { add(.macroWhileIncomplete) }
    case .chain(.rebranched): if !isComplete { add(.rebranchWhileIncomplete) }
    case .state(.incomplete): add(.incompleteAgain)
    case .state(.forecast): add(.forecast)
    case .node(.crashed):
      hasDied = true
      if !isComplete { add(.killedWhileIncomplete) }
    default: break
    }
  }

  /// The main chain has a block with this diff more.
  mutating func note(_ diff: TrieDiff, isComplete: Bool) {
    guard scenario.needs.contains(.valueReturned) else { return }
    for entry in diff.entries {
      if let older = olderValues[entry.key], older == entry.new, !isComplete { add(.valueReturned) }
      olderValues.updateValue(entry.old, forKey: entry.key)
    }
  }

  private mutating func note(_ event: Event.Chunk) {
    switch event {
    case .buffered: add(.chunkBuffered)
    case .ignored, .discarded, .pruned: add(.chunkUnused)
    case .accepted(let chunk):
      holdsPart = true
      if chunk.items == 0 { add(.emptyChunk) }
      if slow.contains(chunk.peer) { add(.slowChunk) }
    case .rejected(let chunk, _): if liars.contains(chunk.peer) { add(.lieRefused) }
    case .requested, .received: break
    }
  }

  /// The first situation that the scenario is there for and that did not come about.
  /// - Parameters:
  ///   - marks: what else has happened.
  ///   - liesTold: lies that peers told the node.
  func missing(_ marks: RunMarks, liesTold: Int) -> Situation? {
    var counts = counts
    counts[.restartRefused] = marks.marks["restart_refused"]
    counts[.formatRefused] = marks.reasons["restart older_format"]
    counts[.lieTold] = liesTold
    if !planned.isEmpty, planned.allSatisfy({ marks.faults[$0] != nil }) {
      counts[.faultsFired] = 1
    }
    if (1...UInt32(scenario.fullPeers)).allSatisfy(lacking.contains) {
      counts[.diffLackedByAll] = 1
    }
    if !undialable.isEmpty, !wasDialled { counts[.neverConnected] = 1 }
    if scenario.fullPeers == 1 { counts[.onePeer] = 1 }
    if scenario.snapshotInterval > 0, !isOffered { counts[.noSnapshot] = 1 }
    return scenario.needs.first { counts[$0, default: 0] < $0.least }
  }
}
