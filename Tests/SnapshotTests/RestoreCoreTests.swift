import Snapshot
import TestSupport
import Testing

/// The rules of a restore, and a plain model of them under random events.
@Suite struct RestoreCoreTests {
  private static func plan(
    _ height: UInt64 = 8, chunks: Int = 3, isOrdered: Bool = false
  ) -> RestoreCore.Plan {
    RestoreCore.Plan(
      snapshot: OfferedSnapshot(
        height: height, format: 2, chunks: UInt32(chunks), hash: [1], metadata: []),
      chunkCount: chunks, isOrdered: isOrdered)
  }

  private static func begun(_ plan: RestoreCore.Plan, applied: [UInt32] = []) -> RestoreCore {
    var core = RestoreCore()
    _ = core.handle(.offered(plan))
    _ = core.handle(.begun(applied: applied))
    return core
  }

  private static func answer(
    _ verdict: ChunkVerdict, _ fault: SnapshotFault? = nil
  ) -> RestoreCore.Action {
    .answerChunk(ChunkAnswer(verdict, fault))
  }

  /// Bug report 1 of snapshot sync.
  @Test func secondOffer_shouldReplaceTheFirst_whateverWasUnderWay() {
    for eventsBefore in 0...3 {
      var core = RestoreCore()
      let events: [RestoreCore.Event] = [
        .offered(Self.plan()), .begun(applied: []), .chunk(0, sender: "a"),
      ]
      for event in events.prefix(eventsBefore) { _ = core.handle(event) }
      let second = Self.plan(9)
      #expect(core.handle(.offered(second)) == [.begin(second)])
      #expect(core.handle(.begun(applied: [])) == [.answerOffer(.accept)])
      #expect(core.plan == second && core.missingCount == 3)
      #expect(core.handle(.chunk(0, sender: "a")) == [.check(0)])
    }
  }

  /// Bug report 7: the count is the manifest's, and no chunk beyond it is looked at.
  @Test func chunkBeyondTheManifest_shouldEndTheRestore_unlookedAt() {
    var core = Self.begun(Self.plan())
    for index: UInt32 in [3, .max] {
      #expect(
        core.handle(.chunk(index, sender: "a"))
          == [Self.answer(.abort, .unknownChunk(index, count: 3))])
    }
  }

  @Test func chunkWithoutAnOffer_shouldBeRefused() {
    var core = RestoreCore()
    #expect(
      core.handle(.chunk(0, sender: "a")) == [Self.answer(.abort, .nothingOffered)])
  }

  @Test func chunks_shouldComeInAnyOrder_andTwice_ifTheFormatAllowsIt() {
    var core = Self.begun(Self.plan())
    #expect(core.handle(.chunk(2, sender: "a")) == [.check(2)])
    #expect(core.handle(.applied) == [Self.answer(.accept)])
    #expect(core.handle(.chunk(2, sender: "b")) == [Self.answer(.accept)])
    #expect(core.handle(.chunk(0, sender: "a")) == [.check(0)])
    #expect(core.handle(.applied) == [Self.answer(.accept)])
    #expect(core.handle(.chunk(1, sender: "a")) == [.check(1)])
    #expect(core.handle(.applied) == [.finish])
    #expect(core.handle(.finished) == [Self.answer(.accept)])
    #expect(core.plan == nil)
  }

  @Test func orderedChunk_shouldWait_forTheOneBeforeIt() {
    var core = Self.begun(Self.plan(isOrdered: true))
    #expect(
      core.handle(.chunk(1, sender: "a"))
        == [
          Self.answer(
            .retry(refetch: [], rejectedSenders: []), .outOfOrder(1, expected: 0))
        ])
    #expect(core.handle(.chunk(0, sender: "a")) == [.check(0)])
    _ = core.handle(.applied)
    #expect(core.handle(.chunk(1, sender: "a")) == [.check(1)])
  }

  @Test func badChunk_shouldBeNamed_itsSenderRejected_andOnlyItFetchedAgain() {
    var core = Self.begun(Self.plan())
    _ = core.handle(.chunk(0, sender: "honest"))
    _ = core.handle(.applied)
    _ = core.handle(.chunk(1, sender: "liar"))
    let fault = SnapshotFault.corruptChunk(1, sender: "liar", "no")
    #expect(
      core.handle(.corrupt("no"))
        == [Self.answer(.retry(refetch: [1], rejectedSenders: ["liar"]), fault)])
    // What it sent before is not looked at any more.
    #expect(
      core.handle(.chunk(2, sender: "liar"))
        == [
          Self.answer(
            .retry(refetch: [2], rejectedSenders: ["liar"]), .rejectedSender(2, sender: "liar"))
        ])
    #expect(core.missingCount == 2)
    // Nobody is named where nobody is known.
    _ = core.handle(.chunk(1, sender: ""))
    #expect(
      core.handle(.corrupt("no"))
        == [
          Self.answer(
            .retry(refetch: [1], rejectedSenders: []),
            .corruptChunk(1, sender: "", "no"))
        ])
    #expect(core.handle(.chunk(1, sender: "")) == [.check(1)])
  }

  @Test func manifestThatLies_shouldEndTheSnapshot() {
    var core = Self.begun(Self.plan())
    _ = core.handle(.chunk(1, sender: "a"))
    #expect(
      core.handle(.falseManifest("no"))
        == [.discard, Self.answer(.rejectSnapshot, .falseManifest(1, "no"))])
    #expect(core.plan == nil)
  }

  @Test func badChunks_shouldEndTheSnapshot_atTheirLimit() {
    var core = Self.begun(Self.plan())
    for count in 1..<SnapshotLimits.badChunksMax {
      _ = core.handle(.chunk(0, sender: "p\(count)"))
      guard case .answerChunk(let answer)? = core.handle(.corrupt("no")).first,
        case .retry = answer.verdict
      else {
        Issue.record("no retry after \(count)")
        return
      }
    }
    _ = core.handle(.chunk(0, sender: "last"))
    #expect(
      core.handle(.corrupt("no"))
        == [Self.answer(.rejectSnapshot, .tooManyBadChunks(SnapshotLimits.badChunksMax))])
  }

  @Test func restart_shouldGoOn_whereItWas() {
    var core = Self.begun(Self.plan(), applied: [0, 2, 77])
    #expect(core.missingCount == 1)
    #expect(core.handle(.chunk(0, sender: "a")) == [Self.answer(.accept)])
    #expect(core.handle(.chunk(1, sender: "a")) == [.check(1)])
    #expect(core.handle(.applied) == [.finish])
    // All there, but the end was not reached: whatever comes first leads to it.
    var whole = Self.begun(Self.plan(), applied: [0, 1, 2])
    #expect(whole.handle(.chunk(0, sender: "a")) == [.finish])
  }

  @Test func failedDisk_shouldAbort_andLeaveWhatIsThere() {
    let fault = SnapshotFault.storage("full")
    var core = RestoreCore()
    _ = core.handle(.offered(Self.plan()))
    #expect(core.handle(.failed(fault)) == [.answerOffer(OfferAnswer(.abort, fault))])
    core = Self.begun(Self.plan())
    _ = core.handle(.chunk(0, sender: "a"))
    #expect(core.handle(.failed(fault)) == [Self.answer(.abort, fault)])
    #expect(core.plan == nil)
  }

  /// Whatever comes in whatever order: each chunk is applied once, the end comes when all are, and
  /// nothing is checked of a rejected sender.
  @Test(arguments: 0..<20)
  func restore_shouldEnd_whenAllChunksCameOnce(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = 1 + random.below(12)
    var core = Self.begun(Self.plan(chunks: count))
    var applied: Set<UInt32> = []
    var rejected: Set<String> = []
    var isOver = false
    while !isOver {
      let index = UInt32(random.below(count))
      let sender = "p\(random.below(40))"
      switch core.handle(.chunk(index, sender: sender)).first {
      case .check(index)?:
        #expect(!applied.contains(index) && !rejected.contains(sender), "seed \(seed)")
        if random.chance(40), rejected.count < 30 {
          rejected.insert(sender)
          _ = core.handle(.corrupt("no"))
        } else {
          applied.insert(index)
          isOver = core.handle(.applied) == [.finish]
          #expect(isOver == (applied.count == count), "seed \(seed)")
        }
      case .answerChunk(let answer)?:
        #expect(
          (answer.verdict == .accept) == applied.contains(index), "seed \(seed): \(answer)")
        if !applied.contains(index) { #expect(rejected.contains(sender), "seed \(seed)") }
      default: Issue.record("seed \(seed): nothing")
      }
    }
  }
}
