import LiveSync
import Networking
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing

@Suite struct ParallelQueueCoreTests {
  typealias Core = ParallelQueueCore<FakeBlock>
  typealias Action = StateQueueAction<FakeBlock>

  /// A queue on a chain of 20 blocks (the last macro block is 10) that lacks the whole state.
  struct Harness {
    var core: Core
    var chain = FakeChain()
    let blocks = FakeBlock.genesis.chain(60)
    var view = PlannerView(now: .start, peers: [PeerID(1), PeerID(2)])
    var open: [ChunkOrder] = []

    init(isComplete: Bool = false) {
      chain.extend(Array(blocks[..<20]))
      chain.macroNumber = 10
      if isComplete { chain.missing = .none }
      core = Core(
        configuration: QueueConfiguration(
          bufferMax: 40, windowAheadMax: 20, tolerancePastMax: 5, includeBody: true),
        chunkItems: 100, isComplete: isComplete)
      _ = note(core.advance(view, chain: chain))
    }

    mutating func note(_ actions: [Action]) -> [Action] {
      open += actions.asks
      return actions
    }

    /// The answer to the first open request, of the state at `number`.
    mutating func answer(_ number: UInt32, hash: Hash256? = nil) -> SourcedChunk {
      let order = open.removeFirst()
      return SourcedChunk(
        start: order.query.start,
        chunk: TrieChunk(end: order.query.end, items: [], proof: TrieProof(nodes: [])),
        number: number, hash: hash ?? blocks[Int(number) - 1].hash, peer: order.peer,
        edges: .both, bytes: 100, request: order.query.id)
    }

    mutating func receive(_ chunk: SourcedChunk) -> [Action] {
      note(core.received(chunk.request, chunk, view, chain: chain))
    }

    mutating func applied(_ chunks: [SourcedChunk], _ verdict: ChunkVerdict) -> [Action] {
      note(core.applied(chunks, result: verdict, view, chain: chain))
    }

    /// The chain takes the chunk.
    mutating func take(_ chunk: SourcedChunk) -> [Action] {
      chain.missing.remove(KeyRange(start: chunk.start, end: chunk.chunk.end))
      return applied([chunk], ChunkVerdict(accepted: [0]))
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

  @Test func manyRanges_shouldBeAskedForAtOnce() {
    let queue = Harness()
    #expect(queue.open.count == 2 * LiveSyncLimits.chunkWindowFirst)
    #expect(Set(queue.open.map(\.peer)) == [PeerID(1), PeerID(2)])
    let ranges = queue.open.map { KeyRange(start: $0.query.start, end: $0.query.end) }
    // Half of the key space is kept for peers that come a moment later.
    #expect(KeyRangeSet(ranges).ranges.map(\.start) == [.empty])
    #expect(abs(ranges.reduce(0) { $0 + $1.share } - 0.5) < 1e-6)
    #expect(queue.core.inFlightCount == queue.open.count)
  }

  @Test func chunk_shouldBePushedAtOnce_whenItsBlockIsKnown_howeverLate() {
    var queue = Harness()
    for number in [20, 19, 12, 5] as [UInt32] {
      let chunk = queue.answer(number)
      #expect(queue.receive(chunk).heads == [[chunk]])
    }
    // Of a branch that was left.
    let left = Blake2b256.hash([7])
    queue.chain.forks = [left]
    let chunk = queue.answer(18, hash: left)
    #expect(queue.receive(chunk).heads == [[chunk]])
  }

  @Test func chunk_shouldWaitForItsBlock_andGoWithIt() {
    var queue = Harness()
    let chunk = queue.answer(21)
    let actions = queue.receive(chunk)
    #expect(actions.heads.isEmpty && actions.expected == [queue.blocks[20].hash])
    #expect(queue.core.bufferedCount == 1)
    let delivered = queue.core.add(queue.batch(queue.blocks[20]))
    #expect(delivered.deliveries.flatMap(\.blocks).map(\.chunks) == [[chunk]])
  }

  @Test func chunk_shouldGo_whenItsBlockCameAnotherWay() {
    var queue = Harness()
    let chunk = queue.answer(21)
    _ = queue.receive(chunk)
    queue.chain.extend([queue.blocks[20], queue.blocks[21]])
    let actions = queue.core.chainChanged(.advanced, queue.view, chain: queue.chain)
    #expect(actions.heads == [[chunk]])
  }

  @Test func rebranch_shouldTakeNothingBack() {
    var queue = Harness()
    let waiting = queue.answer(21)
    _ = queue.receive(waiting)
    let inFlight = queue.core.inFlightCount
    let actions = queue.core.chainChanged(.rebranched, queue.view, chain: queue.chain)
    #expect(actions.resets.isEmpty && actions.discards.isEmpty && actions.asks.isEmpty)
    #expect(queue.core.bufferedCount == 1 && queue.core.inFlightCount == inFlight)
  }

  @Test func badChunk_shouldBeRefused_andItsRangeAloneAskedForAgain() {
    var queue = Harness()
    let good = queue.answer(20)
    let bad = queue.answer(20)
    _ = queue.receive(good)
    _ = queue.receive(bad)
    queue.view.peers = [PeerID(3)]
    queue.chain.missing.remove(KeyRange(start: good.start, end: good.chunk.end))
    let verdict = ChunkVerdict(
      accepted: [0], failures: [.init(index: 1, reason: "items_mismatch")])
    let actions = queue.applied([good, bad], verdict)
    #expect(actions.refusals == ["items_mismatch"])
    #expect(actions.resets.isEmpty)
    #expect(queue.open.contains { $0.query.start == bad.start })
    #expect(!queue.open.contains { $0.query.start == good.start })
  }

  @Test func range_shouldBeFree_whenItsBlockIsNotTaken() {
    var queue = Harness()
    let chunk = queue.answer(21)
    _ = queue.receive(chunk)
    _ = queue.core.add(queue.batch(queue.blocks[20]))
    queue.view.peers = [PeerID(3)]
    let actions = queue.note(
      queue.core.pushed(
        queue.blocks[20].hash, number: 21, chunks: [chunk], result: nil, queue.view,
        chain: queue.chain))
    #expect(actions.refusals.isEmpty)
    #expect(queue.open.contains { $0.query.start == chunk.start })
  }

  @Test func noClaimOfAPeer_shouldReset_orPunishItForHonesty() {
    var queue = Harness()
    queue.chain.macroNumber = 17
    var actions: [Action] = []
    // A height far above, one far below, a final one that is not ours, a block nobody has.
    for (number, tag) in [(900, 1), (1, 2), (16, 3), (25, 4)] as [(UInt32, UInt8)] {
      let chunk = queue.answer(number, hash: Blake2b256.hash([tag]))
      actions += queue.receive(chunk)
    }
    actions += queue.note(
      queue.core.blockNeverCame(
        number: 25, hash: Blake2b256.hash([4]), queue.view, chain: queue.chain))
    #expect(actions.refusals.isEmpty && actions.resets.isEmpty)
    #expect(actions.discards == [.tooFarAhead, .tooFarBehind, .finalized])
    #expect(actions.prunes == [.blockUnknown])
    #expect(actions.behind.count == 1 && actions.ahead.count == 1)
    #expect(queue.chain.missing == .all)
  }

  @Test func chunk_shouldBeThrownAway_upToTheFinalHeight() {
    // A block that is not known there is not the one that became final.
    for (number, isFinal) in [(16, true), (17, true), (18, false)] as [(UInt32, Bool)] {
      var queue = Harness()
      queue.chain.macroNumber = 17
      let actions = queue.receive(queue.answer(number, hash: Blake2b256.hash([3])))
      #expect(actions.discards == (isFinal ? [.finalized] : []), "\(number)")
      #expect(queue.core.bufferedCount == (isFinal ? 0 : 1))
    }
  }

  @Test func peer_shouldRest_whenItNamedABlockThatNeverCame() {
    var queue = Harness()
    let chunk = queue.answer(25, hash: Blake2b256.hash([4]))
    _ = queue.receive(chunk)
    // Everything else ends, so that the peer has room.
    queue.view.peers = []
    for order in queue.open {
      _ = queue.core.failed(order.query.id, .local, queue.view, chain: queue.chain)
    }
    queue.view.peers = [chunk.peer]
    var other = queue
    #expect(!other.core.advance(queue.view, chain: queue.chain).asks.isEmpty)
    let actions = queue.core.blockNeverCame(
      number: 25, hash: chunk.hash, queue.view, chain: queue.chain)
    #expect(actions.prunes == [.blockUnknown] && actions.asks.isEmpty)
    queue.view.now = queue.view.now.advanced(by: LiveSyncLimits.emptyPauseMax)
    #expect(!queue.core.advance(queue.view, chain: queue.chain).asks.isEmpty)
  }

  @Test func state_shouldBeComplete_onlyWhenTheLastChunkIsReported() {
    var queue = Harness()
    let chunks = (0..<queue.open.count).map { _ in queue.answer(20) }
    for chunk in chunks { _ = queue.receive(chunk) }
    for chunk in chunks.dropLast() {
      queue.chain.missing.remove(KeyRange(start: chunk.start, end: chunk.chunk.end))
      _ = queue.applied([chunk], ChunkVerdict(accepted: [0]))
    }
    queue.chain.missing = .none
    #expect(!queue.core.chainChanged(.advanced, queue.view, chain: queue.chain).isCompleted)
    #expect(queue.applied([chunks.last!], ChunkVerdict(accepted: [0])).isCompleted)
    #expect(queue.core.isComplete)
    #expect(queue.core.advance(queue.view, chain: queue.chain).isEmpty)
    queue.chain.missing = .all
    queue.view.peers = [PeerID(3)]
    let again = queue.core.chainChanged(.replaced, queue.view, chain: queue.chain)
    #expect(again.isIncompleteAgain && !again.asks.isEmpty)
  }

  @Test func wake_shouldBeAskedForOnce_andEndWithTheSync() {
    var queue = Harness()
    #expect(queue.core.advance(queue.view, chain: queue.chain).wakes == 0)
    #expect(queue.core.retryDue(queue.view, chain: queue.chain).wakes == 1)
    var complete = Harness(isComplete: true)
    #expect(complete.core.retryDue(complete.view, chain: complete.chain).wakes == 0)
  }

  @Test func latePeer_shouldBeDemotedOnce() {
    var queue = Harness()
    var demotions: [PeerID] = []
    for _ in 0..<4 {
      guard let order = queue.open.first(where: { $0.peer == PeerID(1) }) else { break }
      queue.open.removeAll { $0 == order }
      demotions +=
        queue.note(
          queue.core.failed(order.query.id, .late, queue.view, chain: queue.chain)
        ).demotions
    }
    #expect(demotions == [PeerID(1)])
  }
}

extension [StateQueueAction<FakeBlock>] {
  var asks: [ChunkOrder] { compactMap { if case .ask(let order) = $0 { order } else { nil } } }
  var wakes: Int { count { if case .wake = $0 { true } else { false } } }
  var demotions: [PeerID] { compactMap { if case .demote(let peer, _) = $0 { peer } else { nil } } }
}
