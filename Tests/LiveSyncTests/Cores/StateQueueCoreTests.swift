import LiveSync
import Networking
import Peers
import Primitives
import StateTrie
import Testing

@Suite struct StateQueueCoreTests {
  typealias Core = StateQueueCore<FakeBlock>
  typealias Action = StateQueueAction<FakeBlock>

  /// A queue on a chain of 20 blocks (the last macro block is 10) that lacks the whole state, and
  /// its first request.
  struct Harness {
    var core: Core
    var chain = FakeChain()
    let blocks = FakeBlock.genesis.chain(60)
    var query: ChunkQuery

    init(isComplete: Bool = false) {
      chain.extend(Array(blocks[..<20]))
      chain.macroNumber = 10
      if isComplete { chain.missing = .none }
      core = Core(
        configuration: QueueConfiguration(
          bufferMax: 40, windowAheadMax: 20, tolerancePastMax: 5, includeBody: true),
        chunkItems: 100, isComplete: isComplete)
      let first = core.advance(chain: chain).queries
      query = first.first ?? ChunkQuery(id: 0, start: .empty, end: nil, limit: 0, edges: .last)
    }

    /// A chunk of the state at `number`; `end` is nil for the last one.
    func chunk(at number: UInt32, end: KeyNibbles?, fork: Bool = false) -> SourcedChunk {
      SourcedChunk(
        start: query.start, chunk: TrieChunk(end: end, items: [], proof: TrieProof(nodes: [])),
        number: number,
        hash: fork ? Blake2b256.hash([UInt8(number)]) : blocks[Int(number) - 1].hash,
        peer: PeerID(4), edges: query.end == nil ? .last : .both, bytes: 0)
    }

    mutating func receive(_ chunk: SourcedChunk) -> [Action] {
      let actions = core.received(query.id, chunk, chain: chain)
      if let next = actions.queries.first { query = next }
      return actions
    }

    func batch(_ block: FakeBlock) -> BlockBatch<FakeBlock> {
      BlockBatch(
        kind: .head,
        blocks: [
          BlockEnvelope(
            block: block, source: BlockSource(origin: .announced, peer: PeerID(2)),
            diff: .empty)
        ])
    }
  }

  static let key = KeyNibbles("7")!
  static let late = KeyNibbles("b")!

  @Test func firstRequest_shouldStartAtTheFirstMissingKey() {
    let queue = Harness()
    #expect(queue.core.state == .reset)
    #expect(queue.query.start == .empty)
    #expect(queue.query.end == nil)
    #expect(queue.query.limit == 100)
  }

  @Test func noChunk_shouldBeAsked_whenTheStateIsComplete() {
    var queue = Harness(isComplete: true)
    #expect(queue.core.state == .complete)
    #expect(!queue.core.isRequesting)
    #expect(queue.core.chainChanged(.advanced, chain: queue.chain).isEmpty)
  }

  @Test func chunk_shouldBeAppliedAtOnce_whenItIsOfTheHead() {
    var queue = Harness()
    let chunk = queue.chunk(at: 20, end: Self.key)
    let actions = queue.receive(chunk)
    #expect(actions.heads == [[chunk]])
    #expect(queue.core.state == .continue(Self.key))
    #expect(actions.queries.map(\.start) == [Self.key])
  }

  @Test func chunk_shouldWaitForItsBlockAndGoWithIt_whenTheBlockIsToCome() {
    var queue = Harness()
    let chunk = queue.chunk(at: 21, end: Self.key)
    #expect(queue.receive(chunk).queries.map(\.start) == [Self.key])
    #expect(queue.core.bufferedCount == 1)
    let actions = queue.core.add(queue.batch(queue.blocks[20]))
    #expect(actions.deliveries.flatMap(\.blocks).map(\.chunks) == [[chunk]])
    #expect(queue.core.bufferedCount == 0)
  }

  @Test func chunk_shouldBeDiscardedAndTheChainReset_whenItsBlockIsNoLongerHead() {
    var queue = Harness()
    let actions = queue.receive(queue.chunk(at: 19, end: Self.key))
    #expect(actions.discards == [.blockPassed])
    #expect(actions.resets == [.discarded])
    #expect(actions.queries.map(\.start) == [.empty])
  }

  @Test func chunk_shouldBeDiscarded_whenItsBlockIsFinal() {
    var queue = Harness()
    queue.chain.macroNumber = 20
    #expect(queue.receive(queue.chunk(at: 18, end: nil)).discards == [.finalized])
  }

  @Test func peer_shouldBeBehind_whenItsChunkIsBelowTheTolerance() {
    var queue = Harness()
    let actions = queue.receive(queue.chunk(at: 14, end: Self.key))
    #expect(actions.discards == [.tooFarBehind])
    #expect(actions.behind == [PeerID(4)])
  }

  @Test func peer_shouldBeAhead_whenItsChunkIsAboveTheWindow() {
    var queue = Harness()
    #expect(queue.receive(queue.chunk(at: 40, end: Self.key)).ahead.isEmpty)
    let actions = queue.receive(queue.chunk(at: 41, end: Self.key))
    #expect(actions.discards == [.tooFarAhead])
    #expect(actions.ahead == [PeerID(4)])
  }

  @Test func chunk_shouldBeDiscarded_whenTheBufferIsFull() {
    var queue = Harness()
    for _ in 0..<LiveSyncLimits.bufferedChunksMax {
      #expect(queue.receive(queue.chunk(at: 30, end: Self.key)).discards.isEmpty)
    }
    #expect(queue.receive(queue.chunk(at: 30, end: Self.key)).discards == [.bufferFull])
    #expect(queue.core.bufferedCount == LiveSyncLimits.bufferedChunksMax)
  }

  @Test func requests_shouldPause_whenTheLastChunkIsHere() {
    var queue = Harness()
    let last = queue.chunk(at: 21, end: nil)
    #expect(queue.receive(last).queries.isEmpty)
    #expect(queue.core.state == .paused(number: 21, hash: last.hash))
  }

  @Test func state_shouldBeComplete_whenNothingIsMissingAfterAnEvent() {
    var queue = Harness()
    _ = queue.receive(queue.chunk(at: 20, end: nil))
    _ = queue.core.applied(
      [queue.chunk(at: 20, end: nil)], result: ChunkVerdict(accepted: [0]),
      chain: queue.chain)
    queue.chain.missing = .none
    queue.chain.extend([queue.blocks[20]])
    let actions = queue.core.chainChanged(.advanced, chain: queue.chain)
    #expect(actions.isCompleted)
    #expect(queue.core.state == .complete)
  }

  @Test func buffer_shouldBeEmptied_whenTheStateBecomesComplete() {
    var queue = Harness()
    _ = queue.receive(queue.chunk(at: 30, end: Self.key))
    queue.chain.missing = .none
    let actions = queue.core.chainChanged(.advanced, chain: queue.chain)
    #expect(actions.prunes == [.complete])
    #expect(queue.core.bufferedCount == 0)
    // The chunk on its way comes too late.
    #expect(queue.receive(queue.chunk(at: 20, end: nil)).discards == [.complete])
  }

  @Test func chain_shouldBeReset_whenTheLastChunkLeavesRangesMissing() {
    var queue = Harness()
    let last = queue.chunk(at: 20, end: nil)
    _ = queue.receive(last)
    queue.chain.missing = KeyRangeSet([KeyRange(start: Self.key, end: Self.late)])
    let actions = queue.core.applied(
      [last], result: ChunkVerdict(accepted: [0]), chain: queue.chain)
    #expect(actions.resets == [.notComplete])
    #expect(actions.queries.map(\.start) == [Self.key])
    #expect(actions.queries.map(\.end) == [Self.late])
  }

  @Test func peer_shouldBeRefusedAndTheChainReset_whenAChunkIsWrong() {
    var queue = Harness()
    let chunk = queue.chunk(at: 20, end: Self.key)
    _ = queue.receive(chunk)
    let failure = ChunkVerdict.Failure(index: 0, reason: "items_mismatch")
    let actions = queue.core.applied(
      [chunk], result: ChunkVerdict(failures: [failure]),
      chain: queue.chain)
    #expect(actions.refusals == ["items_mismatch"])
    #expect(actions.resets == [.chunkFailed])
  }

  @Test func block_shouldBeAskedFor_whenAFirstChunkWaitsForIt() {
    var queue = Harness()
    let actions = queue.receive(queue.chunk(at: 21, end: Self.key))
    #expect(actions.expected == [queue.blocks[20].hash])
    #expect(queue.receive(queue.chunk(at: 21, end: Self.late)).expected.isEmpty)
  }

  @Test func peer_shouldLeaveAndTheChainBeReset_whenNobodyHasTheBlockItNamed() {
    var queue = Harness()
    let chunk = queue.chunk(at: 30, end: nil, fork: true)
    _ = queue.receive(chunk)
    let actions = queue.core.blockNeverCame(
      number: 30, hash: chunk.hash, chain: queue.chain)
    #expect(actions.prunes == [.blockUnknown])
    #expect(actions.behind == [PeerID(4)])
    #expect(actions.queries.map(\.start) == [.empty])
    #expect(
      queue.core.blockNeverCame(number: 30, hash: chunk.hash, chain: queue.chain).isEmpty)
  }

  @Test func chain_shouldBeReset_whenAllChunksOfAPushAreIgnored() {
    var queue = Harness()
    let chunk = queue.chunk(at: 20, end: Self.key)
    _ = queue.receive(chunk)
    let actions = queue.core.applied(
      [chunk], result: ChunkVerdict(ignored: 1), chain: queue.chain)
    #expect(actions.resets == [.allIgnored])
  }

  @Test func chain_shouldBeReset_whenABlockWithChunksFails() {
    var queue = Harness()
    let chunk = queue.chunk(at: 21, end: Self.key)
    _ = queue.receive(chunk)
    _ = queue.core.add(queue.batch(queue.blocks[20]))
    let actions = queue.core.pushed(
      chunk.hash, number: 21, chunks: [chunk], result: nil, chain: queue.chain)
    #expect(actions.resets == [.blockFailed])
    let bystander = queue.core.pushed(
      .zero, number: 21, chunks: [], result: nil, chain: queue.chain)
    #expect(bystander.isEmpty)
  }

  @Test func state_shouldBeCompleteOnlyAfterItsLastChunkIsReported() {
    var queue = Harness()
    let last = queue.chunk(at: 20, end: nil)
    #expect(queue.receive(last).heads == [[last]])
    var complete = queue.chain
    complete.missing = .none
    // The chain's event overtakes the report of the push.
    #expect(queue.core.chainChanged(.advanced, chain: complete).isEmpty)
    #expect(queue.core.state != .complete)
    let actions = queue.core.applied([last], result: ChunkVerdict(accepted: [0]), chain: complete)
    #expect(actions.isCompleted && queue.core.state == .complete)
  }

  @Test func state_shouldStayIncomplete_whenItLosesARangeBeforeTheLastReport() {
    var queue = Harness()
    let last = queue.chunk(at: 20, end: nil)
    _ = queue.receive(last)
    var complete = queue.chain
    complete.missing = .none
    _ = queue.core.chainChanged(.advanced, chain: complete)
    _ = queue.core.chainChanged(.rebranched, chain: queue.chain)
    let report = ChunkVerdict(accepted: [0])
    #expect(!queue.core.applied([last], result: report, chain: queue.chain).isCompleted)
    #expect(queue.core.state != .complete && queue.core.isRequesting)
  }

  @Test func chain_shouldBeReset_whenARebranchLeavesTheStateIncomplete() {
    var queue = Harness()
    _ = queue.receive(queue.chunk(at: 20, end: Self.key))
    queue.chain.missing = KeyRangeSet([KeyRange(start: Self.key, end: nil)])
    let actions = queue.core.chainChanged(.rebranched, chain: queue.chain)
    #expect(actions.resets == [.rebranched])
    // The chunk on its way starts where the next request would: it is still of use.
    let chunk = queue.chunk(at: 20, end: Self.late)
    #expect(queue.receive(chunk).heads == [[chunk]])
  }

  @Test func chunkOnItsWay_shouldBeSuperseded_whenTheChainOfChunksWasReset() {
    var queue = Harness()
    _ = queue.receive(queue.chunk(at: 20, end: Self.key))
    _ = queue.core.chainChanged(.rebranched, chain: queue.chain)
    let actions = queue.receive(queue.chunk(at: 20, end: Self.late))
    #expect(actions.discards == [.superseded])
    #expect(actions.queries.map(\.start) == [.empty])
  }

  @Test func chunks_shouldBeAskedAgain_whenTheStateBecomesIncompleteAgain() {
    var queue = Harness(isComplete: true)
    queue.chain.missing = .all
    let actions = queue.core.chainChanged(.rebranched, chain: queue.chain)
    #expect(actions.isIncompleteAgain)
    #expect(actions.queries.map(\.start) == [.empty])
  }

  @Test func bufferedChunks_shouldBePruned_whenTheirHeightHasPassed() {
    var queue = Harness()
    _ = queue.receive(queue.chunk(at: 21, end: Self.key, fork: true))
    queue.chain.extend([queue.blocks[20]])
    let actions = queue.core.chainChanged(.advanced, chain: queue.chain)
    #expect(actions.prunes == [.blockPassed])
    #expect(actions.resets == [.discarded])
    #expect(queue.core.bufferedCount == 0)
  }

  @Test func bufferedChunk_shouldBeApplied_whenItsBlockBecameHeadWithoutIt() {
    var queue = Harness()
    let chunk = queue.chunk(at: 21, end: Self.key)
    _ = queue.receive(chunk)
    queue.chain.extend([queue.blocks[20]])
    #expect(queue.core.chainChanged(.advanced, chain: queue.chain).heads == [[chunk]])
  }

  @Test func chain_shouldBeReset_whenNothingOnItsWayCouldEndThePause() {
    var queue = Harness()
    let last = queue.chunk(at: 20, end: nil)
    _ = queue.receive(last)
    // The chunk is still to be pushed: the pause goes on.
    #expect(queue.core.chainChanged(.advanced, chain: queue.chain).resets.isEmpty)
    var complete = queue.chain
    complete.missing = .none
    _ = queue.core.applied([last], result: ChunkVerdict(accepted: [0]), chain: complete)
    // Before any event says that the state is complete, all of it is given up.
    #expect(queue.core.chainChanged(.advanced, chain: queue.chain).resets == [.notComplete])
    #expect(queue.core.isRequesting)
  }

  @Test func request_shouldBeRetriedAfterAPause_whenNobodyCouldAnswer() {
    var queue = Harness()
    let actions = queue.core.requestFailed(queue.query.id)
    #expect(actions.pauses == [PeerLimits.noPeerPause])
    #expect(queue.core.advance(chain: queue.chain).isEmpty)
    #expect(queue.core.retryDue(chain: queue.chain).queries.count == 1)
  }

  @Test func blocks_shouldBeHeldForTheChunkOnItsWay_whenChunksKeepComingLate() {
    var queue = Harness()
    for _ in 0..<LiveSyncLimits.discardsBeforeHoldMax {
      #expect(queue.receive(queue.chunk(at: 19, end: Self.key)).discards == [.blockPassed])
    }
    #expect(queue.core.add(queue.batch(queue.blocks[20])).isEmpty)
    #expect(queue.core.heldCount == 1)
    let chunk = queue.chunk(at: 21, end: Self.key)
    let actions = queue.receive(chunk)
    #expect(actions.deliveries.flatMap(\.blocks).map(\.chunks) == [[chunk]])
    #expect(queue.core.heldCount == 0)
  }

  @Test func heldBlocks_shouldGoOn_whenTheRequestFails() {
    var queue = Harness()
    for _ in 0..<LiveSyncLimits.discardsBeforeHoldMax {
      _ = queue.receive(queue.chunk(at: 19, end: Self.key))
    }
    _ = queue.core.add(queue.batch(queue.blocks[20]))
    #expect(queue.core.requestFailed(queue.query.id).deliveries.count == 1)
  }
}
