/// Decides how a snapshot that was offered comes in by chunks (Docs/Snapshots.md, "Interface").
///
/// A value type: it neither reads nor writes anything. Whoever holds it performs the actions that
/// an event leads to, in their order, and feeds back what came of `begin`, `check` and `finish`.
public struct RestoreCore: Sendable {
  /// A snapshot whose description was checked and that is to come in.
  public struct Plan: Sendable, Hashable {
    public var snapshot: OfferedSnapshot
    /// Chunks that its manifest names; what was offered says the same.
    public var chunkCount: Int
    /// Whether chunks only make sense in their order.
    public var isOrdered: Bool

    public init(snapshot: OfferedSnapshot, chunkCount: Int, isOrdered: Bool) {
      self.snapshot = snapshot
      self.chunkCount = chunkCount
      self.isOrdered = isOrdered
    }
  }

  public enum Event: Sendable, Hashable {
    /// A snapshot was offered and may come.
    case offered(Plan)
    /// The place for it was made or found; `applied` are the chunks that are there already.
    case begun(applied: [UInt32])
    /// A chunk came.
    case chunk(UInt32, sender: String)
    /// The chunk that was to be checked proved to be right, and is applied with the progress.
    case applied
    /// It is not the one the manifest names.
    case corrupt(String)
    /// It is the one the manifest names and still not the state.
    case falseManifest(String)
    /// All chunks were made the live state.
    case finished
    /// What came together is not the state that was to come.
    case mismatched(SnapshotFault)
    /// The disk failed.
    case failed(SnapshotFault)
  }

  public enum Action: Sendable, Hashable {
    /// Make or find the place for a snapshot; that of any other one is given up.
    case begin(Plan)
    /// Check the chunk that came, and apply it.
    case check(UInt32)
    /// Make what came the live state.
    case finish
    /// Give up what came of the snapshot.
    case discard
    case answerOffer(OfferAnswer)
    case answerChunk(ChunkAnswer)
  }

  private enum Step: Sendable, Hashable {
    case idle
    case beginning(Plan)
    case taking(Taking)
  }

  private struct Taking: Sendable, Hashable {
    var plan: Plan
    var isApplied: [Bool]
    var missing: Int
    /// The chunk that is being checked.
    var underWay: (UInt32, sender: String)? {
      get { underWayIndex.map { ($0, underWaySender) } }
      set { (underWayIndex, underWaySender) = (newValue?.0, newValue?.sender ?? "") }
    }
    private var underWayIndex: UInt32?
    private var underWaySender = ""
    var rejectedSenders: Set<String> = []
    var badChunks = 0

    init(_ plan: Plan, applied: [UInt32]) {
      self.plan = plan
      isApplied = Array(repeating: false, count: plan.chunkCount)
      for index in applied where index < UInt32(clamping: plan.chunkCount) {
        isApplied[Int(index)] = true
      }
      missing = isApplied.count { !$0 }
    }
  }

  private var step = Step.idle

  public init() {}

  /// What is being restored; nil if nothing is.
  public var plan: Plan? {
    switch step {
    case .idle: nil
    case .beginning(let plan): plan
    case .taking(let taking): taking.plan
    }
  }

  /// Chunks that have not been applied; nil if nothing is being restored.
  public var missingCount: Int? {
    if case .taking(let taking) = step { taking.missing } else { nil }
  }

  public mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .offered(let plan):
      // Whoever offers again has given the first one up, or was killed: it is replaced.
      step = .beginning(plan)
      return [.begin(plan)]
    case .begun(let applied): return begun(applied)
    case .chunk(let index, let sender): return take(index, sender)
    case .applied, .corrupt, .falseManifest: return checked(event)
    case .finished:
      step = .idle
      return [.answerChunk(.accept)]
    case .mismatched(let fault):
      step = .idle
      return [.discard, .answerChunk(ChunkAnswer(.rejectSnapshot, fault))]
    case .failed(let fault): return failed(fault)
    }
  }

  private mutating func begun(_ applied: [UInt32]) -> [Action] {
    guard case .beginning(let plan) = step else { return [] }
    step = .taking(Taking(plan, applied: applied))
    return [.answerOffer(.accept)]
  }

  private mutating func take(_ index: UInt32, _ sender: String) -> [Action] {
    guard case .taking(var taking) = step else {
      return [.answerChunk(ChunkAnswer(.abort, .nothingOffered))]
    }
    if taking.underWay != nil {
      return [.answerChunk(ChunkAnswer(.retry(refetch: [], rejectedSenders: []), .busy))]
    }
    guard index < UInt32(clamping: taking.plan.chunkCount) else {
      // Nobody asked for it: the count was agreed on when the snapshot was accepted.
      return [
        .answerChunk(
          ChunkAnswer(.abort, .unknownChunk(index, count: taking.plan.chunkCount)))
      ]
    }
    if taking.isApplied[Int(index)] {
      // The first chunk after a restart may be one of the last that was there before.
      return taking.missing == 0 ? [.finish] : [.answerChunk(.accept)]
    }
    if taking.rejectedSenders.contains(sender) {
      return [refusal(index, sender, .rejectedSender(index, sender: sender))]
    }
    if taking.plan.isOrdered {
      let expected = taking.plan.chunkCount - taking.missing
      guard Int(index) == expected else {
        return [
          .answerChunk(
            ChunkAnswer(
              .retry(refetch: [], rejectedSenders: []), .outOfOrder(index, expected: expected)))
        ]
      }
    }
    taking.underWay = (index, sender: sender)
    step = .taking(taking)
    return [.check(index)]
  }

  private mutating func checked(_ event: Event) -> [Action] {
    guard case .taking(var taking) = step, let (index, sender) = taking.underWay else { return [] }
    taking.underWay = nil
    defer { if case .taking = step { step = .taking(taking) } }
    switch event {
    case .applied:
      taking.isApplied[Int(index)] = true
      taking.missing -= 1
      return taking.missing == 0 ? [.finish] : [.answerChunk(.accept)]
    case .falseManifest(let reason):
      step = .idle
      return [
        .discard, .answerChunk(ChunkAnswer(.rejectSnapshot, .falseManifest(index, reason))),
      ]
    case .corrupt(let reason):
      taking.badChunks += 1
      guard taking.badChunks < SnapshotLimits.badChunksMax else {
        step = .idle
        return [
          .answerChunk(ChunkAnswer(.rejectSnapshot, .tooManyBadChunks(taking.badChunks)))
        ]
      }
      // Without a name nobody can be told apart from the others.
      if !sender.isEmpty { taking.rejectedSenders.insert(sender) }
      return [refusal(index, sender, .corruptChunk(index, sender: sender, reason))]
    default: return []
    }
  }

  /// Only this chunk is fetched anew, and from somebody else.
  private func refusal(_ index: UInt32, _ sender: String, _ fault: SnapshotFault) -> Action {
    let verdict = ChunkVerdict.retry(
      refetch: [index], rejectedSenders: sender.isEmpty ? [] : [sender])
    return .answerChunk(ChunkAnswer(verdict, fault))
  }

  /// What is on the disk stays for the next try.
  private mutating func failed(_ fault: SnapshotFault) -> [Action] {
    defer { step = .idle }
    if case .beginning = step { return [.answerOffer(OfferAnswer(.abort, fault))] }
    return [.answerChunk(ChunkAnswer(.abort, fault))]
  }
}
