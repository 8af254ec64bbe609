import Fixtures
import Primitives
import StateTrie
import Testing

/// A fixture that lies must be found out, and the message must say where.
@Suite struct FixtureTamperTests {
  /// Index of the first step with a chunk that is taken, from `start` on.
  private func acceptedChunk(_ fixture: Fixture, from start: Int = 0) throws -> Int {
    try #require(
      fixture.steps.indices.dropFirst(start).first { index in
        guard case .chunk(let reply) = fixture.steps[index].action else { return false }
        return fixture.steps[index].expected.chunks.contains { $0.hasPrefix("accepted") }
          && reply.chunk.items.count > 1
      })
  }

  private func changeChunk(
    _ fixture: inout Fixture, at index: Int, _ change: (inout FixtureChunk) -> Void
  ) throws {
    guard case .chunk(var reply) = fixture.steps[index].action else {
      throw FixtureTestError.passes
    }
    change(&reply)
    fixture.steps[index].action = .chunk(reply)
  }

  @Test func replay_shouldDiffer_whenAValueOfAChunkChanged() throws {
    var fixture = try FixtureFiles.fixture("plain")
    let index = try acceptedChunk(fixture)
    try changeChunk(&fixture, at: index) { $0.chunk.items[0].value[0] ^= 1 }
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == UInt32(index))
    #expect(mismatch.line == fixture.steps[index].line)
    #expect(mismatch.differences[0].field == "refused")
    #expect(mismatch.differences[0].actual.contains("chunk.rejected:items_mismatch"))
    #expect(mismatch.differences[0].actual.contains("peer.banned:items_mismatch"))
    #expect(mismatch.description.contains("step \(index) (chunk of "))
  }

  @Test func replay_shouldDiffer_whenAnItemOfAChunkIsLeftOut() throws {
    var fixture = try FixtureFiles.fixture("forks")
    let index = try acceptedChunk(fixture)
    try changeChunk(&fixture, at: index) { _ = $0.chunk.items.remove(at: 0) }
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == UInt32(index))
    #expect(mismatch.differences[0].actual.contains("chunk.rejected:items_mismatch"))
  }

  @Test func replay_shouldDiffer_whenADiffChanged() throws {
    var fixture = try FixtureFiles.fixture("plain")
    let index = try #require(
      fixture.steps.indices.first { index in
        fixture.steps[index].blocks.contains { block in
          block.diff.entries.count > 1
            && fixture.steps[index].expected.requests.contains("diff:\(block.block.hash)")
        }
      })
    let blockIndex = try #require(
      fixture.steps[index].blocks.firstIndex { $0.diff.entries.count > 1 })
    let entries = Array(fixture.steps[index].blocks[blockIndex].diff.entries.dropLast())
    fixture.steps[index].blocks[blockIndex].diff = try TrieDiff(entries: entries)
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == UInt32(index))
    #expect(mismatch.differences[0].field == "refused")
    #expect(mismatch.differences[0].actual.contains(":diff_root_mismatch"))
  }

  @Test func replay_shouldDiffer_whenARecordedRootChanged() throws {
    var fixture = try FixtureFiles.fixture("plain")
    let index = try #require(fixture.steps.indices.last { fixture.steps[$0].expected.root != nil })
    fixture.steps[index].expected.root = Blake2b256.hash([1])
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == UInt32(index))
    #expect(mismatch.differences.map(\.field) == ["root"])
    #expect(mismatch.differences[0].expected == Blake2b256.hash([1]).hex)
  }

  @Test func replay_shouldNameTheField_whenAnyExpectationChanged() throws {
    let original = try FixtureFiles.fixture("forks")
    let index = original.steps.count / 2
    let changes: [(String, (inout FixtureObservation) -> Void)] = [
      ("number", { $0.number += 1 }), ("head", { $0.head = .zero }), ("macro", { $0.macro += 1 }),
      ("items", { $0.items += 1 }), ("held", { $0.held = .zero }),
      ("missing", { $0.missing.append("f-") }), ("chain", { $0.chain.append("x") }),
      ("live", { $0.live.append("x") }), ("chunks", { $0.chunks.append("x") }),
      ("state", { $0.state.append("x") }), ("requests", { $0.requests.append("x") }),
      ("refused", { $0.refused.append("x") }), ("gossip", { $0.gossip.append("x") }),
    ]
    for (field, change) in changes {
      var fixture = original
      change(&fixture.steps[index].expected)
      let mismatch = try FixtureFiles.mismatch(fixture)
      #expect(mismatch.step == UInt32(index))
      #expect(mismatch.differences.map(\.field) == [field])
    }
  }

  @Test func replay_shouldDiffer_whenAStepIsMissing() throws {
    var fixture = try FixtureFiles.fixture("plain")
    let index = try acceptedChunk(fixture)
    fixture.steps.remove(at: index)
    for place in index..<fixture.steps.count { fixture.steps[place].number = UInt32(place) }
    let again = try Fixture(bytes: fixture.bytes)
    let mismatch = try FixtureFiles.mismatch(again)
    #expect(mismatch.step == UInt32(index))
    #expect(mismatch.differences.contains { $0.field == "missing" })
  }

  @Test func replay_shouldDiffer_whenChunksChangePlaces() throws {
    var fixture = try FixtureFiles.fixture("plain")
    let first = try acceptedChunk(fixture)
    let second = try acceptedChunk(fixture, from: first + 1)
    let action = fixture.steps[first].action
    fixture.steps[first].action = fixture.steps[second].action
    fixture.steps[second].action = action
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == UInt32(first))
    #expect(mismatch.differences[0].field == "open chunk request")
    guard case .chunk(let reply) = fixture.steps[first].action else { return }
    #expect(mismatch.differences[0].expected == reply.request)
  }

  @Test func replay_shouldDiffer_whenTheFileHasNoAnswer() throws {
    var fixture = try FixtureFiles.fixture("forks")
    let index = try #require(fixture.steps.firstIndex { !$0.answers.isEmpty })
    fixture.steps[index].answers = []
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == UInt32(index))
    #expect(mismatch.differences[0].field == "answered request")
    #expect(mismatch.differences[0].actual.hasPrefix("blocks:"))
  }

  @Test func replay_shouldDiffer_whenNobodyAsksForAnAnswer() throws {
    var fixture = try FixtureFiles.fixture("forks")
    let index = try #require(fixture.steps.firstIndex { !$0.answers.isEmpty })
    let answer = fixture.steps[index].answers[0]
    fixture.steps[index - 1].answers.append(answer)
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == UInt32(index - 1))
    #expect(mismatch.differences[0].field == "answered request")
    #expect(mismatch.differences[0].expected == answer.request)
    #expect(mismatch.differences[0].actual == "not sent")
  }

  @Test func replay_shouldDiffer_whenTheEndStateChanged() throws {
    var fixture = try FixtureFiles.fixture("plain")
    fixture.end.items[3].value[0] ^= 1
    let mismatch = try FixtureFiles.mismatch(fixture)
    #expect(mismatch.step == nil)
    #expect(mismatch.differences.map(\.field) == ["item"])
    #expect(mismatch.description.hasPrefix("the end state differs"))
  }
}
