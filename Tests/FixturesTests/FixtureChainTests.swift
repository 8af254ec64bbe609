import Fixtures
import Testing

/// The shipped fixture chains.
@Suite struct FixtureChainTests {
  @Test(arguments: FixtureFiles.names)
  func replay_shouldPass_whenNothingChanged(name: String) throws {
    let fixture = try FixtureFiles.fixture(name)
    var replay = FixtureReplay(fixture)
    var done = 0
    #expect(replay.run { done = $0 } == .pass)
    #expect(done == fixture.steps.count)
  }

  @Test(arguments: FixtureFiles.names)
  func replay_shouldPass_whateverOrderTheJobsRunIn(name: String) throws {
    let fixture = try FixtureFiles.fixture(name)
    for schedule in 0..<6 as Range<UInt64> {
      var replay = FixtureReplay(fixture, scheduleSeed: schedule)
      #expect(replay.run() == .pass, "schedule \(schedule)")
    }
  }

  @Test(arguments: FixtureFiles.names)
  func generator_shouldMakeTheSameBytes(name: String) throws {
    let bytes = try FixtureFiles.bytes(name)
    let header = try Fixture(bytes: bytes).header
    #expect(header.name == name)
    #expect(header.kind.rawValue == name)
    #expect(header.generator.hasSuffix(" Fixtures/Chains/\(name).jsonl"))
    var recorder = try FixtureRecorder(
      try FixtureFiles.options(of: header.generator), name: name, generator: header.generator)
    let again = try recorder.run()
    #expect(again.bytes == bytes, "the engine changed: see Docs/Fixtures.md, `make fixtures`")
  }

  @Test(arguments: FixtureFiles.names)
  func file_shouldBeSmallAndReadBackExactly(name: String) throws {
    let bytes = try FixtureFiles.bytes(name)
    #expect(bytes.count < 600_000)
    #expect(try Fixture(bytes: bytes).bytes == bytes)
  }

  @Test(arguments: FixtureFiles.names)
  func chain_shouldHaveEveryKindOfBlockAndChange(name: String) throws {
    let facts = FixtureFacts(try FixtureFiles.fixture(name))
    #expect(facts.blocks >= 40)
    #expect(facts.skipBlocks > 0)
    #expect(facts.macroBlocks == 2)
    #expect(facts.electionBlocks == 2)
    #expect(facts.createdAccounts > 0)
    #expect(facts.deletedAccounts > 0)
    #expect(facts.bufferedChunks > 3)
    #expect(facts.acceptedChunks > 10)
    #expect(facts.discardedChunks > 0)
    #expect(facts.completions > 0)
  }

  @Test func plain_shouldHaveNoForks() throws {
    let facts = FixtureFacts(try FixtureFiles.fixture("plain"))
    #expect(facts.siblings == 0)
    #expect(facts.rebranches == 0)
    #expect(facts.reinitialisations == 0)
  }

  @Test func forks_shouldCrossChunks() throws {
    let fixture = try FixtureFiles.fixture("forks")
    let facts = FixtureFacts(fixture)
    #expect(facts.siblings >= 10)
    #expect(facts.rebranchesWhileIncomplete >= 5)
    #expect(facts.deepestRebranch == 4)
    #expect(facts.blockAnswers > 0)
    #expect(facts.discardedChunks >= 3)
    // A chunk of a block that lost its place came after the branch that replaced it.
    let lateChunks = fixture.steps.filter { step in
      guard case .chunk = step.action else { return false }
      return step.expected.chunks.contains("discarded:block_passed")
    }
    #expect(!lateChunks.isEmpty)
    // A chunk waited for a block that a branch replaced before it was announced.
    let early = fixture.steps.filter { step in
      guard case .announce = step.action else { return false }
      return step.expected.chunks.contains { $0.hasPrefix("pruned:") }
    }
    #expect(!early.isEmpty)
  }

  @Test func incompleteAgain_shouldCompleteTwice() throws {
    let fixture = try FixtureFiles.fixture("incomplete-again")
    let facts = FixtureFacts(fixture)
    #expect(facts.reinitialisations == 2)
    #expect(facts.completions == 2)
    #expect(facts.relapses == 1)
    let first = try #require(fixture.steps.firstIndex { $0.action == .reinitialise })
    #expect(fixture.steps[first - 1].expected.missing == [])
    #expect(fixture.steps[first].expected.missing == ["-"])
    // Complete means neither chunks nor diffs; given up, the state is asked for at once, and the
    // very next block needs its diff.
    #expect(fixture.steps[first].expected.chain == ["state_given_up"])
    #expect(fixture.steps[first].expected.requests.contains { $0.hasPrefix("chunk:") })
    let announced = fixture.steps.dropFirst(first).first { step in
      if case .announce = step.action { true } else { false }
    }
    #expect(announced?.expected.requests.contains { $0.hasPrefix("diff:") } == true)
    let last = try #require(fixture.steps.last)
    #expect(last.expected.missing == [])
  }

  @Test func recorder_shouldRefuse_whenOptionsAreOutOfRange() {
    for (blocks, accounts) in [(5, 300), (2_000, 300), (40, 5), (40, 1_000_000)] {
      #expect(throws: FixtureRecordingError.self) {
        try FixtureRecorder(
          FixtureOptions(seed: 1, blocks: UInt32(blocks), accounts: accounts, kind: .plain),
          name: "x", generator: "x")
      }
    }
    #expect(throws: FixtureRecordingError.self) {
      try FixtureRecorder(
        FixtureOptions(seed: 1, blocks: 40, accounts: 300, kind: .plain), name: "a\"b",
        generator: "x")
    }
  }

  @Test(arguments: FixtureKind.allCases)
  func recording_shouldReplay_whenItIsSmallOrLarge(kind: FixtureKind) throws {
    var recorded = 0
    for (seed, blocks, accounts) in [(2, 30, 100), (3, 30, 60), (4, 60, 500)] {
      var recorder = try FixtureRecorder(
        FixtureOptions(
          seed: UInt64(seed), blocks: UInt32(blocks), accounts: accounts, kind: kind),
        name: "x", generator: "x")
      do {
        let bytes = try recorder.run().bytes
        var replay = FixtureReplay(try Fixture(bytes: bytes), scheduleSeed: 99)
        #expect(replay.run() == .pass, "seed \(seed)")
        recorded += 1
      } catch let error as FixtureRecordingError where error.isForSeed {
        continue
      }
    }
    #expect(recorded >= 2)
  }
}
