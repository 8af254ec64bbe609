import LiveSync
import Networking
import Primitives
import StateTrie
import Testing

@Suite struct DiffQueueCoreTests {
  typealias Action = DiffQueueAction<FakeBlock>

  static func batch(_ blocks: [FakeBlock], peer: PeerID = PeerID(1)) -> BlockBatch<FakeBlock> {
    BlockBatch(
      kind: .missing,
      blocks: blocks.map {
        BlockEnvelope(block: $0, source: BlockSource(origin: .requested, peer: peer))
      })
  }

  @Test func blocks_shouldPassWithoutDiffs_whenDiffModeIsOff() {
    var core = DiffQueueCore<FakeBlock>(isActive: false)
    let actions = core.add(Self.batch(FakeBlock.genesis.chain(3)))
    #expect(actions.deliveries.count == 1)
    #expect(actions.deliveries[0].blocks.allSatisfy { $0.diff == nil })
    #expect(actions.queries.isEmpty)
  }

  @Test func emptyDiffs_shouldNotBeAskedFor() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    var blocks = FakeBlock.genesis.chain(2)
    blocks[0].diffRoot = TrieDiff.empty.root
    let queries = core.add(Self.batch(blocks)).queries
    #expect(queries.map(\.blockHash) == [blocks[1].hash])
    let diffs = core.answered(queries[0].id, .empty).deliveries.flatMap(\.blocks).map(\.diff)
    #expect(diffs == [.empty, .empty])
  }

  @Test func atMostFiveDiffs_shouldBeInFlight() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let queries = core.add(Self.batch(FakeBlock.genesis.chain(9))).queries
    #expect(queries.count == 5)
    #expect(core.inFlightCount == 5)
    let next = core.answered(queries[2].id, .empty)
    #expect(next.queries.count == 1)
    #expect(core.inFlightCount == 5)
  }

  @Test func diff_shouldBeAskedFirstOfThePeerThatGaveTheBlock() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let block = FakeBlock.genesis.chain(1)[0]
    let queries = core.add(Self.batch([block], peer: PeerID(8))).queries
    #expect(queries.map(\.firstPeer) == [PeerID(8)])
    #expect(queries.map(\.blockHash) == [block.hash])
    #expect(queries.map(\.diffRoot) == [block.diffRoot])
  }

  @Test func batches_shouldLeaveInOrder_whenAnswersComeOutOfOrder() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let blocks = FakeBlock.genesis.chain(3)
    let queries = blocks.flatMap { core.add(Self.batch([$0])).queries }
    #expect(core.answered(queries[2].id, .empty).deliveries.isEmpty)
    #expect(core.answered(queries[1].id, .empty).deliveries.isEmpty)
    let actions = core.answered(queries[0].id, .empty)
    #expect(actions.deliveries.flatMap(\.blocks).map(\.block) == blocks)
    #expect(core.blockCount == 0)
  }

  @Test func pause_shouldDoubleFromOneSecondToThirty_whenAllPeersFail() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let query = try #require(core.add(Self.batch(FakeBlock.genesis.chain(1))).queries.first)
    var pauses: [Duration] = []
    for _ in 1..<LiveSyncLimits.diffRoundsMax {
      let actions = core.roundFailed(query.id)
      pauses += actions.pauses
      #expect(core.inFlightCount == 0)
      #expect(core.waited(query.id).queries == [query])
    }
    #expect(pauses == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
  }

  @Test func block_shouldBeGivenUpWithItsFollowers_whenNobodyHasItsDiff() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let queries = core.add(Self.batch(FakeBlock.genesis.chain(3))).queries
    _ = core.answered(queries[0].id, .empty)
    var actions: [Action] = []
    for round in 1...LiveSyncLimits.diffRoundsMax {
      actions = core.roundFailed(queries[1].id)
      if round < LiveSyncLimits.diffRoundsMax { _ = core.waited(queries[1].id) }
    }
    #expect(actions.drops == [.unavailable, .parentGivenUp])
    #expect(actions.deliveries.isEmpty)
    #expect(core.blockCount == 0)
    #expect(core.inFlightCount == 0)
  }

  @Test func laterBatches_shouldPass_whenARoundForAnEarlierOneFailed() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let stuck = try #require(
      core.add(Self.batch([FakeBlock(number: 1, parent: .zero, salt: 9)])).queries.first)
    let good = try #require(core.add(Self.batch(FakeBlock.genesis.chain(1))).queries.first)
    #expect(core.answered(good.id, .empty).deliveries.isEmpty)
    #expect(core.roundFailed(stuck.id).deliveries.count == 1)
    #expect(core.waited(stuck.id).queries.count == 1)
    #expect(core.answered(stuck.id, .empty).deliveries.count == 1)
  }

  @Test func deniedDiff_shouldHoldUpNothing_andTakeNoSlotOfOthers() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let limit = LiveSyncLimits.diffRequestsMin
    let dead = (0..<limit).map { FakeBlock(number: 1, parent: .zero, salt: UInt8(100 + $0)) }
    let stuck = dead.flatMap { core.add(Self.batch([$0])).queries }
    let main = FakeBlock.genesis.chain(2)
    #expect(stuck.count == limit && core.add(Self.batch(main)).queries.isEmpty)
    // One denial is enough for the next to be asked for; the round of the denied one goes on.
    var asked: [DiffQuery] = []
    for query in stuck { asked += core.denied(query.id).queries }
    #expect(asked.map(\.blockHash) == main.map(\.hash))
    #expect(core.denied(stuck[0].id).isEmpty)
    _ = core.answered(asked[0].id, .empty)
    #expect(core.answered(asked[1].id, .empty).deliveries.count == 1)
    // Even the denied ones may come, and have slots of their own.
    #expect(core.answered(stuck[0].id, .empty).deliveries.count == 1)
    for query in stuck.dropFirst() {
      _ = core.roundFailed(query.id)
      #expect(core.waited(query.id).queries == [query])
    }
  }

  @Test func deniedDiffs_shouldBeBounded() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    core.requestsMax = 1_000
    let all = LiveSyncLimits.diffRequestsMax + LiveSyncLimits.diffRequestsDeniedMax
    var open = (0..<300).flatMap {
      core.add(Self.batch([FakeBlock(number: 1, parent: .zero, salt: UInt8($0 % 256))])).queries
    }
    #expect(core.inFlightCount == LiveSyncLimits.diffRequestsMax)
    while let query = open.popLast() { open = core.denied(query.id).queries + open.prefix(500) }
    #expect(core.inFlightCount == all)
  }

  @Test func pauses_shouldBeginWithAnAnsweringTime_whenSomebodyMayHaveItSoon() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let query = try #require(core.add(Self.batch(FakeBlock.genesis.chain(1))).queries.first)
    var pauses: [Duration] = []
    for _ in 0..<6 {
      pauses += core.roundFailed(query.id, soon: .milliseconds(200)).pauses
      #expect(core.waited(query.id).queries == [query])
    }
    #expect(pauses == [200, 400, 800, 1_000, 2_000, 4_000].map { .milliseconds($0) })
  }

  @Test func otherBranchesOfABatch_shouldPass_whenARoundForOneBlockFailed() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let dead = FakeBlock.genesis.chain(1, salt: 9)[0]
    let main = FakeBlock.genesis.chain(3)
    let child = FakeBlock(number: 2, parent: dead.hash, salt: 9)
    // By height, as blocks leave a buffer.
    let queries = core.add(Self.batch([dead, main[0], child, main[1], main[2]])).queries
    #expect(queries.count == 5)
    var delivered: [FakeBlock] = []
    for query in queries where query.blockHash != dead.hash {
      delivered += core.answered(query.id, .empty).deliveries.flatMap(\.blocks).map(\.block)
    }
    #expect(delivered.isEmpty)
    let stuck = try #require(queries.first { $0.blockHash == dead.hash })
    #expect(core.roundFailed(stuck.id).deliveries.flatMap(\.blocks).map(\.block) == main)
    #expect(core.blockCount == 2)
  }

  @Test func theBlocksBefore_shouldPass_whenARoundForOneBlockFailed() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let blocks = FakeBlock.genesis.chain(4)
    let queries = core.add(Self.batch(blocks)).queries
    #expect(core.answered(queries[0].id, .empty).deliveries.isEmpty)
    #expect(core.answered(queries[3].id, .empty).deliveries.isEmpty)
    #expect(core.roundFailed(queries[2].id).deliveries.isEmpty)
    let before = core.answered(queries[1].id, .empty).deliveries.flatMap(\.blocks)
    #expect(before.map(\.block) == [blocks[0], blocks[1]])
    #expect(core.waited(queries[2].id).queries == [queries[2]])
    let rest = core.answered(queries[2].id, .empty).deliveries.flatMap(\.blocks)
    #expect(rest.map(\.block) == [blocks[2], blocks[3]])
    #expect(core.blockCount == 0)
  }

  @Test func aBranch_shouldWait_whenItsParentWaits() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let stem = FakeBlock.genesis.chain(2)
    let branch = FakeBlock(number: 2, parent: stem[0].hash, salt: 9)
    let queries = core.add(Self.batch([stem[0], stem[1], branch])).queries
    #expect(core.answered(queries[2].id, .empty).deliveries.isEmpty)
    #expect(core.roundFailed(queries[0].id).deliveries.isEmpty)
    #expect(core.answered(queries[1].id, .empty).deliveries.isEmpty)
    _ = core.waited(queries[0].id)
    let blocks = core.answered(queries[0].id, .empty).deliveries.flatMap(\.blocks)
    #expect(blocks.map(\.block) == [stem[0], stem[1], branch])
  }

  @Test func waitingBlocks_shouldLeaveInOrder_whenTheStateBecomesComplete() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let blocks = FakeBlock.genesis.chain(2)
    let queries = blocks.flatMap { core.add(Self.batch([$0])).queries }
    let actions = core.setActive(false)
    #expect(actions.deliveries.flatMap(\.blocks).map(\.block) == blocks)
    // A late answer changes nothing.
    #expect(core.answered(queries[0].id, .empty).isEmpty)
    #expect(core.roundFailed(queries[1].id).isEmpty)
  }

  @Test func diffs_shouldBeAskedAgain_whenTheStateBecomesIncompleteAgain() {
    var core = DiffQueueCore<FakeBlock>(isActive: false)
    _ = core.setActive(true)
    #expect(core.add(Self.batch(FakeBlock.genesis.chain(1))).queries.count == 1)
  }

  @Test func blocks_shouldBeDropped_whenTheirHeightIsFinal() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    _ = core.add(Self.batch(FakeBlock.genesis.chain(2, salt: 1)))
    var chain = FakeChain()
    chain.macroNumber = 2
    #expect(core.chainChanged(chain: chain).drops == [.finalized, .finalized])
    #expect(core.inFlightCount == 0)
  }

  @Test func blocks_shouldBeDropped_whenTheQueueIsFull() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let blocks = FakeBlock.genesis.chain(LiveSyncLimits.diffBlocksMax)
    _ = core.add(Self.batch(blocks))
    let more = blocks[blocks.count - 1].chain(1)
    #expect(core.add(Self.batch(more)).drops == [.overflow])
    #expect(core.blockCount == LiveSyncLimits.diffBlocksMax)
  }
}

extension [DiffQueueAction<FakeBlock>] {
  var deliveries: [BlockBatch<FakeBlock>] {
    compactMap { if case .deliver(let batch) = $0 { batch } else { nil } }
  }
  var queries: [DiffQuery] {
    compactMap { if case .request(let query) = $0 { query } else { nil } }
  }
  var pauses: [Duration] {
    compactMap { if case .wait(_, let pause) = $0 { pause } else { nil } }
  }
  var drops: [DiffDropReason] {
    compactMap { if case .drop(_, let reason) = $0 { reason } else { nil } }
  }
}
