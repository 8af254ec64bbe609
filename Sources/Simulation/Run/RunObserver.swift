import EventLog
import Ledger
import LiveSync
import Networking
import Node
import Peers
import Primitives
import Snapshot
import StateReconciliation
import StateTrie

/// Writes every event of a run to its log and checks the joining node while it works.
///
/// Every check is made in the very moment an event is recorded, when chain and state belong
/// together.
final class RunObserver: EventSink, @unchecked Sendable {
  // Unchecked: used on the simulation's thread only, like everything that it looks at.

  static let joinerName = "s0"
  /// With at most so many accounts the whole state is compared after every chunk and at every
  /// macro block. With more it is the range of the chunk, and one part in turn; all is compared on
  /// completion and at the end.
  private static let comparedWholeMax = 1_500

  /// Key space between two rows of the state's growth, in parts per million.
  private static let shownShare = 250_000

  private let writer: JSONLinesWriter
  private let producer: ChainProducer
  private let liars: Set<UInt32>
  private let comparesWhole: Bool
  /// With planned faults, whose worlds are small.
  private let comparesRebranches: Bool
  private let now: @Sendable () -> Int64
  /// Gets the rows for people; nil if nobody reads them.
  private let line: ((String) -> Void)?
  /// The joining node's chain, while the node lives.
  private(set) var chain: Blockchain?

  /// What has happened, for the coverage of many runs.
  var marks = RunMarks()
  private(set) var violation: CheckViolation?
  /// Name of the event at which it was found.
  private(set) var violationPlace: String?
  /// The event that is being recorded.
  private var current: Event?
  private(set) var completeAt: Int64?
  private(set) var isComplete = false
  private(set) var banned: Set<UInt32> = []
  /// What the node looked at and refused as wrong, by the peer that it came from.
  private(set) var refusals: [UInt32: Set<LiarKind>] = [:]
  /// The block of the snapshot that the node joined from last.
  private(set) var snapshotHeight: UInt32?
  /// Whether the node weighed how to bring an old state to the present.
  private(set) var hasReturned = false
  /// How it brought an old state to the present first.
  private(set) var carried: SimulationReport.Carried?
  /// What chunks and diffs were worth.
  private(set) var tally = SyncTally()
  /// What the node forecast until its state was complete.
  private(set) var forecasts = ForecastTrack()
  /// Where the state may have changed since it was compared.
  private var changedParts = ChangedParts()
  /// What the scenario is there for, as far as it came about.
  private(set) var situations: SituationTally
  /// Called in the moment the state is complete.
  var onComplete: () -> Void = {}
  /// Lets a check read the node's disk, which may have faults that are not meant for it.
  var reading: (() -> Void) -> Void = { $0() }
  /// What shall happen once so many parts per million of the key space are held.
  private var milestones: [(partsPerMillion: Int, action: () -> Void)] = []
  private(set) var rebranches = 0
  private(set) var rebranchesWhileIncomplete = 0
  /// The block above which the last rebranch began.
  private(set) var lastAncestor: UInt32?
  private(set) var comparisons = 0
  /// Macro blocks at which a part was compared.
  private var turn = 0
  private var macroNumber: UInt32 = 0
  /// Rows of the state's growth shown so far.
  private var shownShares = 0
  private var rules: EventRules
  /// Rules for a node that begins with nothing.
  let freshRules: EventRules
  /// Numbers of the nodes that joined together with the one that is watched.
  private let companions: Set<UInt32>
  /// Who signs blocks, as the watched node knew at its last election.
  private var validators: ValidatorSet?

  init(
    writer: JSONLinesWriter, producer: ChainProducer, scenario: Scenario, liars: Set<UInt32>,
    faults: FaultPlan? = nil, now: @escaping @Sendable () -> Int64,
    line: ((String) -> Void)?
  ) {
    self.writer = writer
    self.producer = producer
    self.liars = liars
    self.now = now
    self.line = line
    comparesRebranches = faults != nil
    situations = SituationTally(scenario, liars: liars, planned: faults?.kinds ?? [])
    companions = Set(PeerPlan(scenario).companions.map(\.number))
    comparesWhole = scenario.accounts <= Self.comparedWholeMax
    freshRules = EventRules(
      liars: liars,
      bufferedBlocksMax: QueueConfiguration(
        blocksPerBatch: UInt32(scenario.blocksPerBatch), includeBody: true
      ).bufferMax)
    rules = freshRules
  }

  /// Does `action` when the joining node holds this share of the key space.
  func whenHeld(partsPerMillion: Int, _ action: @escaping () -> Void) {
    milestones.append((partsPerMillion, action))
  }

  /// The planned rebranch is made now.
  func rebranchBegins() { tally.rebranchBegins() }

  /// The joining node begins a life with this chain.
  func follow(_ chain: Blockchain) {
    self.chain = chain
    isComplete = chain.stateComplete
    shownShares = chain.missing.absentPartsPerMillion / Self.shownShare
    changedParts.addAll()
    situations.begin(heldPartsPerMillion: chain.missing.absentPartsPerMillion)
    rules = freshRules
    rules.begin(isComplete: isComplete)
    macroNumber = chain.macroNumber
  }

  /// S11: what a node finds in its store is the state of a block that was made.
  func checkRestart() {
    guard let chain else { return }
    if !isComplete { marks.add("restart_while_incomplete") }
    guard chain.headNumber == 0 || producer.hasMade(chain.headHash) else {
      return violate("S11", "the store has block \(chain.headNumber), which nobody made")
    }
    guard let model = producer.model(after: chain.headHash) else { return }
    var found: CheckViolation?
    reading { found = StateCheck.compare(chain, with: model) }
    guard let broken = found else { return }
    violate(
      CheckViolation(
        check: "S11", detail: "after the restart: \(broken.check): \(broken.detail)",
        keyPath: broken.keyPath))
  }

  /// The joining node was killed: what it had begun does not end.
  func forgetNode() {
    situations.end(heldPartsPerMillion: chain?.missing.absentPartsPerMillion ?? 0)
    chain = nil
    isComplete = false
    rules = freshRules
  }

  /// The run is over, and nothing is compared any more.
  func letChainGo() { chain = nil }

  /// Requests of the joining node that have not ended.
  var openRequestCount: Int { rules.openRequestCount }

  func record(
    _ event: Event, context: EventContext, cause: UInt64?, request: UInt64?
  ) -> UInt64 {
    let sequence = writer.record(event, context: context, cause: cause, request: request)
    current = event
    if let line, let fault = event.group as? Event.Fault { line(row(fault)) }
    if case Event.Peer.banned(let peer, let reason) = event.group, !liars.contains(peer.number) {
      violate("S10", "\(context.node) banned the honest peer \(peer): \(reason)")
    }
    if context.node == Self.joinerName {
      let watched = WatchedEvent(event)
      let isExempt = StateCheck.isOfMadeUpHead(watched, producer.hasMade)
      if !isExempt, let broken = rules.take(watched, request: request) { violate(broken) }
      observe(watched)
    }
    return sequence
  }

  private func observe(_ watched: WatchedEvent) {
    tally.take(watched)
    marks.note(watched, isComplete: isComplete)
    situations.note(watched, isComplete: isComplete)
    switch watched.group {
    case .peer(.banned(let peer, _)): banned.insert(peer.number)
    case .chunk(.rejected(let chunk, _)):
      refusals[chunk.peer, default: []].formUnion([.wrongValue, .wrongPiece])
    case .returning(.chosen): hasReturned = true
    case .returning(.carried(_, _, let way, _, let ranges, let bytes)) where carried == nil:
      carried = .init(
        way: way, bytes: bytes, missingRanges: ranges, atNanoseconds: now())
    case .joining(.chosen(let height, _, _, _, _)): snapshotHeight = height
    case .diff(.rejected(let peer, _, _, "diff_root_mismatch")):
      refusals[peer, default: []].insert(.wrongDiff)
    case .block(.rejected(_, let hash, let peer?, _)) where !producer.hasMade(hash):
      refusals[peer, default: []].insert(.wrongRoot)
    case .chunk(.accepted(let chunk)):
      showState()
      if companions.contains(chunk.peer) { marks.add("chunk_of_joiner") }
      if let chain { passMilestones(min(chain.missing.absentPartsPerMillion, 999_999)) }
      let range = KeyRange(start: chunk.startKey, end: chunk.endKey)
      changedParts.add(range)
      compare(comparesWhole ? changedParts.take() : [range])
    case .chain(let event): observe(event)
    case .state(.complete(let number, let hash, _)):
      isComplete = true
      if completeAt == nil { completeAt = now() }
      requireMade(number, hash, "complete")
      onComplete()
      passMilestones(1_000_000)
      compare()
    case .state(.incomplete):
      isComplete = false
      changedParts.addAll()
      shownShares = 0
    case .state(.forecast(_, let eta, let progress, _, _, _))
    where !(0...1_000_000).contains(progress) || eta ?? 0 < 0:
      violate("S9", "a forecast says \(progress) millionths, and \(eta ?? 0) ns to go")
    case .state(.forecast(let forecast, let eta, let progress, _, _, _)) where completeAt == nil:
      forecasts.add(
        .init(
          atNanoseconds: now(), progressPartsPerMillion: progress, forecast: forecast,
          etaNanoseconds: eta))
    default: break
    }
    if let line, let note = watched.event.note { line(row(watched.event.name, note)) }
  }

  private func observe(_ event: Event.Chain) {
    noteChange(event)
    if isComplete, let chain,
      let broken = StateCheck.adoption(event, by: chain, producer.hasMade)
    {
      violate(broken)
    }
    if case .epochFinalized(let number, _) = event { noteValidators(at: number + 1) }
    switch event {
    case .finalized(let number, let hash), .epochFinalized(let number, let hash):
      if number < macroNumber { violate("S5", "final block \(number) after \(macroNumber)") }
      macroNumber = number
      requireMade(number, hash, "final")
      let parts = StateCheck.parts
      turn += 1
      compare(comparesWhole ? parts : [parts[turn % parts.count]])
    case .rebranched(_, _, let ancestor, _, _):
      rebranches += 1
      lastAncestor = ancestor
      // S4: the leaves are those of the branch's head, and the missing ranges account for the rest.
      if comparesRebranches { compare() }
      if !isComplete { rebranchesWhileIncomplete += 1 }
      if ancestor < macroNumber {
        violate("S5", "reverted to block \(ancestor), below the final block \(macroNumber)")
      }
    default: break
    }
  }

  private func noteValidators(at number: UInt32) {
    let elected = chain?.validators(at: number)
    if let elected, let validators, elected != validators { marks.add("validators_changed") }
    validators = elected ?? validators
  }

  /// A new block changes what its diff names; everything else may change anything.
  private func noteChange(_ event: Event.Chain) {
    guard case .extended(_, let hash) = event,
      case .diff(let diff) = producer.source.trieDiff(of: hash)
    else { return changedParts.addAll() }
    changedParts.add(diff)
    situations.note(diff, isComplete: isComplete)
  }

  /// - Parameter share: of the key space that is held, in parts per million; all only when the node
  ///   knows it.
  private func passMilestones(_ share: Int) {
    let due = milestones.filter { $0.partsPerMillion <= share }
    milestones.removeAll { $0.partsPerMillion <= share }
    for milestone in due { milestone.action() }
  }

  /// S3: a complete state, and what is final, stands on a block that was really made. (Until then a
  /// node cannot tell a wrong state root.)
  private func requireMade(_ number: UInt32, _ hash: Hash256, _ what: String) {
    if producer.hasMade(hash) { return }
    violate("S3", "the node is \(what) at block \(number) \(hash.short), which nobody made")
  }

  /// S1 to S3, for the node's head.
  func compare(_ ranges: [KeyRange] = StateCheck.parts) {
    guard let chain, let model = producer.model(after: chain.headHash) else { return }
    comparisons += 1
    var broken: CheckViolation?
    reading { broken = StateCheck.compare(chain, with: model, in: ranges) }
    if let broken { violate(broken) }
  }

  /// Notes the first broken invariant.
  func violate(_ broken: CheckViolation) {
    guard violation == nil else { return }
    violation = broken
    violationPlace = current?.name
    _ = writer.record(
      .check(.violated(check: broken.check, detail: broken.detail)), context: .run, cause: nil,
      request: nil)
  }

  private func violate(_ check: String, _ detail: String) {
    violate(CheckViolation(check: check, detail: detail))
  }

  // MARK: Lines for people

  /// One row for each quarter of the key space, instead of one for each chunk.
  private func showState() {
    guard let line, let chain else { return }
    let share = chain.missing.absentPartsPerMillion
    guard share / Self.shownShare > shownShares else { return }
    shownShares = share / Self.shownShare
    line(
      row("chunk.accepted", "\(tally.chunksAccepted) chunks, \(chain.itemCount) accounts so far"))
  }

  /// The head of the table that `line` gets the rows of.
  static let header =
    "    virtual  node   event                   head      state  note"

  private func row(_ fault: Event.Fault) -> String {
    switch fault {
    case .injected(let kind, let target, let detail):
      row("fault.injected", "\(kind): \(detail)", node: target)
    case .ended(let kind, let target): row("fault.ended", kind, node: target)
    }
  }

  private func row(
    _ event: String, _ note: String, node: String = RunObserver.joinerName
  ) -> String {
    let head = chain.map { "#\($0.headNumber)" } ?? "-"
    let share = chain.map { percent($0.missing.absentPartsPerMillion) } ?? "-"
    return left(seconds(now()), 11) + "  " + right(node, 7) + right(event, 24)
      + right(head, 8) + left(share, 7) + "  " + note
  }
}
