import Primitives
import StateTrie
import TestSupport
import Testing

/// Histories of a partial trie beside a complete twin that were run through the reference, and
/// honest histories on which the reference traps, errs or tells a wrong root.
@Suite struct ScenarioVectorTests {
  /// What came of all steps, so that no case goes by unseen.
  struct Tally: Equatable {
    var chunks = 0
    var diffs = 0
    var reverts = 0
    var removals = 0
    /// Removals of ranges that hold nothing.
    var emptyRemovals = 0
    /// The reference's last steps that it did not manage.
    var faultSteps = 0
    /// Chunks with one edge that we cannot judge, because what lies left of them is not known.
    var needingBothEdges = 0
    /// Chunks that end before they start, which the reference refuses as we do.
    var endsBeforeStart = 0
    /// States compared with the reference's, and states with other missing ranges.
    var compared = 0
    var otherRanges = 0
    /// Times we know the root and the reference does not; the other way round; and times that the
    /// reference's is wrong.
    var moreRoots = 0
    var fewerRoots = 0
    var wrongRoots = 0
  }

  /// What giving up a range without items does: to the reference nothing, to us the range is
  /// missing from then on. Each history is run both ways.
  enum EmptyRange: CaseIterable {
    case isGivenUp
    case isKept
  }

  @Test(arguments: EmptyRange.allCases)
  func scenarios_shouldGiveTheReferenceStates(emptyRange: EmptyRange) throws {
    let scenarios = try VectorFile.load("partial_scenarios")["scenarios"].array
    var tally = Tally()
    for scenario in scenarios {
      try run(scenario, name: scenario["name"].text, emptyRange, mayFail: false, &tally)
    }
    guard VectorFile.isShipped else { return }
    #expect(scenarios.count == 24)
    var expected = Tally(chunks: 184, diffs: 225, reverts: 67, removals: 71)
    expected.emptyRemovals = 1
    expected.otherRanges = emptyRange == .isGivenUp ? 24 : 0
    expected.compared = 547 - expected.otherRanges
    expected.moreRoots = 28
    #expect(tally == expected)
  }

  @Test(arguments: EmptyRange.allCases)
  func faultsOfTheReference_shouldGetTheTwinsAnswer(emptyRange: EmptyRange) throws {
    let faults = try VectorFile.load("partial_scenarios")["faults"].array
    var tally = Tally()
    var kinds: [String: Int] = [:]
    for (index, fault) in faults.enumerated() {
      let name = "fault \(index) \(fault["fault"].text)"
      try run(fault, name: name, emptyRange, mayFail: true, &tally)
      kinds[
        fault["fault"].text.split(separator: " ").prefix(3).joined(separator: " "), default: 0] += 1
    }
    guard VectorFile.isShipped else { return }
    #expect(faults.count == 46)
    var expected = Tally(chunks: 75, diffs: 79, reverts: 27, removals: 33)
    expected.emptyRemovals = 4
    expected.faultSteps = 38
    expected.otherRanges = emptyRange == .isGivenUp ? 7 : 0
    expected.compared = 176 - expected.otherRanges
    expected.moreRoots = 4
    expected.fewerRoots = 5
    expected.wrongRoots = emptyRange == .isGivenUp ? 8 : 9
    #expect(tally == expected)
    #expect(
      kinds == [
        "diff error ChildDoesNotExist": 6, "diff panic no": 9, "free remove panic": 2,
        "put error ChunkHashMismatch": 5, "put error InvalidChunk(\"proof": 1,
        "put panic called": 1, "remove panic assertion": 2, "revert error ChildDoesNotExist": 1,
        "revert panic internal": 9, "root hash known": 9, "stored node counts": 1,
      ])
  }

  private func run(
    _ scenario: JSONValue, name: String, _ emptyRange: EmptyRange, mayFail: Bool,
    _ tally: inout Tally
  ) throws {
    let startsComplete = scenario["start"].text == "complete"
    var pair = TriePair(startsComplete: startsComplete)
    for item in scenario["items"].array { try pair.put(item[0].key, item[1].hexBytes) }
    var receipts: [Int: TriePair.Receipts] = [:]
    let steps = scenario["ops"].array
    for (index, step) in steps.enumerated() {
      let place = "\(name), step \(index) \(step["op"].text)"
      let isOK = [.text("ok"), .text("applied")].contains(step["result"])
      #expect(isOK || (mayFail && index == steps.count - 1), "\(place)")
      if !isOK { tally.faultSteps += 1 }
      switch step["op"].text {
      case "put_chunk":
        tally.chunks += 1
        try takeChunk(step, &pair, &tally, place)
      case "apply_diff":
        tally.diffs += 1
        receipts[index] = try pair.apply(
          step["entries"].array.map { ($0[0].key, $0[1].isNull ? nil : $0[1].hexBytes) })
      case "revert_diff":
        tally.reverts += 1
        let undone = receipts.removeValue(forKey: step["of"].integer)
        try pair.revert(try #require(undone))
      case "remove_chunk":
        tally.removals += 1
        let start = step["start"].key
        let isDone = !isOK || step["after"].optional("missing")?.key == start
        tally.emptyRemovals += isDone ? 0 : 1
        if isDone || emptyRange == .isGivenUp {
          try pair.forget(KeyRange(start: start, end: nil))
        }
      default:
        Issue.record("unknown step: \(place)")
      }
      #expect(pair.problem() == nil, "\(place)")
      // What failed was not done by the reference.
      guard isOK else { continue }
      #expect(pair.twin.rootHash() == step["twin_root"].hash, "\(place)")
      compare(pair, step["after"], emptyRange, &tally, place)
    }
    try pair.finish()
    #expect(pair.problem() == nil, "\(name)")
  }

  /// Compares with the state of the reference, where it can be compared.
  private func compare(
    _ pair: TriePair, _ after: JSONValue, _ emptyRange: EmptyRange, _ tally: inout Tally,
    _ place: String
  ) {
    let missing = after.optional("missing")?.key
    if emptyRange == .isGivenUp, pair.missing.first != missing {
      tally.otherRanges += 1
      return
    }
    let root = after.optional("root")?.hash
    tally.compared += 1
    if root == nil, pair.partial.rootHash() != nil { tally.moreRoots += 1 }
    if root != nil, pair.partial.rootHash() == nil {
      tally.fewerRoots += 1
      #expect(root != pair.twin.rootHash(), "\(place): a true root that we do not know")
    }
    if let root, root != pair.twin.rootHash() {
      // A state to be compared with the twin's only.
      tally.wrongRoots += 1
      return
    }
    #expect(pair.partial.missing.first == missing, "\(place)")
    #expect(pair.partial.itemCount == after["items"].integer, "\(place)")
    #expect(pair.partial.digest == after["digest"].hash, "\(place)")
  }

  private func takeChunk(
    _ step: JSONValue, _ pair: inout TriePair, _ tally: inout Tally, _ place: String
  ) throws {
    let start = step["start"].key
    let root = try #require(pair.twin.rootHash())
    #expect(root == step["expected_hash"].hash, "\(place)")
    let limit = step["limit"].integer
    let chunk = try pair.twin.chunk(from: start, limit: limit)
    #expect(chunk.wireBytes.count == step["length"].integer, "\(place)")
    #expect(Blake2b256.hash(chunk.wireBytes) == step["hash"].hash, "\(place)")
    if let wire = step.optional("chunk")?.hexBytes { #expect(chunk.wireBytes == wire, "\(place)") }
    if let end = chunk.end, end < start {
      // Without items a chunk may end before it starts: nobody takes that in.
      tally.endsBeforeStart += 1
      #expect(step["result"] != .text("applied"), "\(place)")
      #expect(throws: ChunkError.self, "\(place)") {
        try pair.partial.verify(chunk, from: start, stateRoot: root)
      }
      return
    }
    do throws(ChunkError) {
      pair.take(try pair.partial.verify(chunk, from: start, stateRoot: root))
    } catch {
      guard error.isHarmless else { throw error }
      tally.needingBothEdges += 1
      let whole = try pair.twin.chunk(from: start, limit: limit, edges: .both)
      pair.take(try pair.partial.verify(whole, from: start, edges: .both, stateRoot: root))
    }
  }
}
