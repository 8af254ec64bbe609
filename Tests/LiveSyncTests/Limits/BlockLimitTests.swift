import LiveSync
import Messages
import Networking
import Peers
import Primitives
import Runtime
import Testing

/// The limits of the block queue and its assembler, each driven to its end and one step further.
@Suite struct BlockLimitTests {
  @Test func windows_shouldBeSoManyBatches() {
    let configuration = QueueConfiguration(blocksPerBatch: 2, includeBody: true)
    let head: UInt32 = 40
    func queue() -> BlockQueueHarness {
      var queue = BlockQueueHarness()
      queue.core = BlockQueueCore(configuration: configuration)
      queue.chain.extend(FakeBlock.genesis.chain(Int(head)))
      return queue
    }
    func drops(_ number: UInt32) -> [DropReason] {
      var queue = queue()
      return queue.announce(FakeBlock(number: number, parent: .zero)).drops
    }
    let ahead = head + 2 * UInt32(LiveSyncLimits.windowAheadBatchesMax)
    #expect(drops(ahead) == [] && drops(ahead + 1) == [.tooFarAhead])
    let past = head - 2 * UInt32(LiveSyncLimits.tolerancePastBatchesMax)
    #expect(drops(past) == [] && drops(past - 1) == [.tooFarBehind])
    var full = queue()
    let room = 2 * LiveSyncLimits.bufferBatchesMax
    for tag in 0...room {
      let block = FakeBlock(number: head + 1, parent: .zero, salt: UInt8(tag))
      let actions = full.announce(block, by: PeerID(UInt32(tag)))
      #expect(actions.drops == (tag < room ? [] : [.bufferFull]), "\(tag)")
    }
    #expect(full.core.bufferedCount == room)
  }

  @Test func announcedBlocksOfAPeerAtAHeight_shouldBeBounded() {
    var queue = BlockQueueHarness()
    let limit = LiveSyncLimits.announcedBlocksPerPeerPerHeightMax
    for salt in 0...limit {
      let block = FakeBlock(number: 9, parent: .zero, salt: UInt8(salt))
      #expect(queue.announce(block).drops == (salt < limit ? [] : [.peerLimit]))
    }
    let requested = FakeBlock(number: 8, parent: .zero)
    #expect(queue.announce(requested).drops == [])
  }

  @Test func openRequests_shouldBeBounded() {
    var queue = BlockQueueHarness()
    let limit = LiveSyncLimits.missingBlocksRequestsMax
    for salt in 0...limit {
      let parent = FakeBlock(number: 4, parent: .zero, salt: UInt8(salt))
      let actions = queue.announce(
        FakeBlock(number: 5, parent: parent.hash), by: PeerID(UInt32(salt)))
      #expect(actions.queries.count == (salt < limit ? 1 : 0))
      #expect(actions.drops == (salt < limit ? [] : [.tooManyRequests]))
    }
    #expect(queue.core.requestCount == limit)
  }

  @Test func blocksOfOneResult_shouldBeBounded_andTheRestFollow() throws {
    var queue = BlockQueueHarness(bufferMax: 200, windowAhead: 200)
    let limit = LiveSyncLimits.blocksPerResultMax
    let blocks = FakeBlock.genesis.chain(limit + 10)
    for block in blocks.dropFirst() { queue.announce(block) }
    var waiting = queue.announce(blocks[0]).delivered
    var results: [Int] = []
    while !waiting.isEmpty {
      let actions = queue.accept(waiting)
      results += actions.deliveries.map(\.blocks.count)
      waiting = actions.delivered
    }
    #expect(results == [limit, 9])
    #expect(queue.chain.headHash == blocks[limit + 9].hash)
  }

  @Test func gossipMessagesOfABlock_shouldBeBounded() {
    let limit = LiveSyncLimits.gossipMessagesPerBlockMax
    for isBuffered in [true, false] {
      var queue = BlockQueueHarness()
      let block = isBuffered ? FakeBlock(number: 5, parent: .zero) : FakeBlock.genesis.chain(1)[0]
      var ignored = 0
      for tag in 0..<limit + 2 {
        let gossip = GossipID(topic: .blockHeader, payload: [UInt8(tag)])
        ignored += queue.announce(block, gossip: gossip).reports.count { $0 == .ignore }
      }
      // The block's own message does not count as a copy while the block is on its way.
      #expect(ignored == (isBuffered ? 2 : 1))
    }
  }

  @Test func waitersForBlocks_shouldBeBounded() {
    var queue = BlockQueueHarness(bufferMax: 200, windowAhead: 200)
    let limit = LiveSyncLimits.resolvesMax
    let blocks = FakeBlock.genesis.chain(limit + 3)
    for block in blocks.dropFirst() { queue.announce(block) }
    for (index, block) in blocks.dropFirst().prefix(limit + 1).enumerated() {
      let outcome = queue.core.resolve(
        block.hash, number: block.number, first: nil, chain: queue.chain)
      #expect(outcome.resolved == (index < limit ? [] : [.failed]))
    }
  }

  @Test func invalidBlocks_shouldBeForgotten_whenManyMoreCame() {
    var queue = BlockQueueHarness()
    let limit = UInt32(LiveSyncLimits.invalidBlocksMax)
    func refuse(_ number: UInt32) -> FakeBlock {
      let block = FakeBlock(number: number, parent: FakeBlock.genesis.hash)
      for sourced in queue.announce(block).delivered {
        queue.record(queue.core.pushed(sourced, .invalid, chain: queue.chain))
      }
      return block
    }
    let first = refuse(1)
    for number in 2...limit { _ = refuse(number) }
    #expect(queue.announce(first).rejected == [first.hash])
    _ = refuse(limit + 1)
    #expect(queue.announce(first).delivered.map(\.block) == [first])
  }

  @Test func halves_shouldBeBounded_inNumberAndTime() {
    typealias Tests = HeaderBodyAssemblerTests
    var assembler = Tests.Assembler { $0 == $1 }
    let limit = LiveSyncLimits.halvesMax
    func add(_ tag: Int) -> [Tests.Assembler.Action] {
      assembler.add(
        header: tag, of: Blake2b256.hash([UInt8(tag & 255), UInt8(tag >> 8)]),
        from: PeerID(UInt32(tag / LiveSyncLimits.halvesPerPeerMax)), gossip: Tests.gossip(tag),
        at: .start)
    }
    for tag in 0..<limit { #expect(add(tag).isEmpty) }
    guard case .drop(_, _, _, .bufferFull, .ignore)? = add(limit).first else {
      Issue.record("no limit")
      return
    }
    #expect(assembler.count == limit)
    let end = Moment.start.advanced(by: PeerLimits.halfWait)
    #expect(assembler.sweep(at: Moment(nanoseconds: end.nanoseconds - 1)).isEmpty)
    #expect(assembler.sweep(at: end).count == limit && assembler.count == 0)
  }

  @Test func answers_shouldBeRefused_whenTheyHaveTooManyBlocks() throws {
    let limit = MessageLimits.blocksPerAnswerMax
    let blocks = FakeBlock.genesis.chain(limit + 1)
    let query = MissingBlocksQuery(
      id: 1, target: blocks[limit].hash, targetNumber: UInt32(limit + 1),
      locators: [FakeBlock.genesis.hash], direction: .forward, includeBody: true, firstPeer: nil)
    try MissingBlocksCheck.verify(Array(blocks[..<limit]), answer: query)
    #expect(throws: AnswerError.tooMany) { try MissingBlocksCheck.verify(blocks, answer: query) }
  }
}
