import LiveSync
import Testing

/// Chunks that are on their way for longer than the chain keeps their blocks.
@Suite struct LateChunkTests {
  @Test func nextChunk_shouldBeSmaller_whenTheLastCameTooLate_andGrowAgain() {
    var queue = StateQueueCoreTests.Harness()
    #expect(queue.query.limit == 100)
    let late = queue.chunk(at: 19, end: StateQueueCoreTests.key)
    #expect(queue.receive(late).discards == [.blockPassed])
    #expect(queue.query.limit == LiveSyncLimits.chunkItemsMin)
    _ = queue.receive(queue.chunk(at: 19, end: StateQueueCoreTests.key))
    #expect(queue.query.limit == LiveSyncLimits.chunkItemsMin, "not smaller than that")
    let chunk = queue.chunk(at: 20, end: StateQueueCoreTests.key)
    _ = queue.receive(chunk)
    _ = queue.core.applied([chunk], result: ChunkVerdict(accepted: [0]), chain: queue.chain)
    #expect(queue.core.nextItems == 100, "as many as it may")
  }

  /// Who names blocks that nobody has would be asked for ever, and be of no use.
  @Test func peer_shouldBeLookedAtAgain_whenTheChainPassesUnknownBlocksOfItsChunks() {
    var queue = StateQueueCoreTests.Harness()
    let late = queue.chunk(at: 19, end: StateQueueCoreTests.key)
    let unknown = queue.chunk(at: 19, end: StateQueueCoreTests.key, fork: true)
    for _ in 0..<LiveSyncLimits.discardsBeforeHoldMax {
      #expect(queue.receive(unknown).behind.isEmpty, "it may be of a fork")
    }
    #expect(queue.receive(late).behind.isEmpty, "an honest peer is late")
    #expect(queue.receive(unknown).behind == [unknown.peer])
    let early = queue.chunk(at: 21, end: StateQueueCoreTests.key, fork: true)
    #expect(queue.receive(early).behind.isEmpty, "its block may come")
    queue.chain.extend([queue.blocks[20]])
    let actions = queue.core.chainChanged(.advanced, chain: queue.chain)
    #expect(actions.prunes == [.blockPassed] && actions.behind == [early.peer])
  }

  @Test func nextChunk_shouldNotBeSmaller_whenTheLastWasOfABlockFarAhead() {
    var queue = StateQueueCoreTests.Harness()
    let early = queue.chunk(at: 50, end: StateQueueCoreTests.key)
    #expect(queue.receive(early).discards == [.tooFarAhead])
    #expect(queue.query.limit == 100)
  }
}
