import Messages
import Networking
import Primitives
import Testing

/// The rules for announced blocks, in their order.
@Suite struct BlockQueueAnnounceTests {
  @Test func announcement_shouldBeRejected_whenItsBodyIsMissing() {
    var queue = BlockQueueHarness()
    var block = FakeBlock.genesis.chain(1)[0]
    block.hasBody = false
    let actions = queue.announce(block)
    #expect(actions.reports == [.reject])
    #expect(actions.drops == [.bodyMismatch])
    #expect(actions.deliveries.isEmpty)
  }

  @Test func announcement_shouldBeRejected_whenItsBodyIsUnwanted() {
    var queue = BlockQueueHarness(includeBody: false)
    let actions = queue.announce(FakeBlock.genesis.chain(1)[0])
    #expect(actions.reports == [.reject])
  }

  @Test func announcement_shouldBeAccepted_whenTheBlockIsOnTheMainChain() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(3)
    queue.chain.extend(blocks)
    let actions = queue.announce(blocks[0])
    #expect(actions.reports == [.accept])
    #expect(actions.count == 1)
  }

  @Test func announcement_shouldBeIgnored_whenTheBlockIsOnAFork() {
    var queue = BlockQueueHarness()
    let block = FakeBlock.genesis.chain(1)[0]
    queue.chain.forks = [block.hash]
    let actions = queue.announce(block)
    #expect(actions.reports == [.ignore])
    #expect(actions.count == 1)
  }

  @Test func buffer_shouldBePruned_whenTheHeadPassedAMacroBlock() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(12)
    let fork = FakeBlock.genesis.chain(5, salt: 1)
    queue.announce(fork[3])
    #expect(queue.core.bufferedCount == 1)
    queue.chain.extend(Array(blocks[..<10]))
    queue.chain.macroNumber = 10
    let actions = queue.announce(blocks[10])
    #expect(actions.drops == [.finalized])
    #expect(queue.core.bufferedCount == 0)
    #expect(queue.core.requestCount == 0)
  }

  @Test func peer_shouldBeReportedBehind_whenItsBlockIsBelowTheTolerance() {
    var queue = BlockQueueHarness(tolerance: 10)
    queue.chain.extend(FakeBlock.genesis.chain(20))
    let old = FakeBlock.genesis.chain(10, salt: 1)
    #expect(queue.announce(old[9], by: PeerID(4)).behind.isEmpty)
    let actions = queue.announce(old[8], by: PeerID(4))
    #expect(actions.behind == [PeerID(4)])
    #expect(actions.reports == [.ignore])
    #expect(actions.drops == [.tooFarBehind])
  }

  @Test func block_shouldBeForwardedAsHead_whenItsParentIsKnown() {
    var queue = BlockQueueHarness()
    let block = FakeBlock.genesis.chain(1)[0]
    let actions = queue.announce(block)
    #expect(actions.deliveries.map(\.kind) == [.head])
    #expect(actions.delivered.map(\.block) == [block])
    #expect(actions.reports.isEmpty)
  }

  @Test func block_shouldBeForwardedOnce_whenItComesTwice() {
    var queue = BlockQueueHarness()
    let block = FakeBlock.genesis.chain(1)[0]
    let first = queue.announce(block)
    let other = GossipID(topic: .blockHeader, payload: [1])
    #expect(queue.announce(block, gossip: other).isEmpty)
    let actions = queue.accept(first.delivered)
    #expect(actions.reports == [.accept, .accept])
  }

  @Test func blocks_shouldBeForwardedBehindTheirParents_whereRoundTripsAreLong() {
    let blocks = FakeBlock.genesis.chain(6)
    for isEarly in [false, true] {
      var queue = BlockQueueHarness()
      queue.core.forwardsEarly = isEarly
      queue.announce(blocks[2])
      queue.announce(blocks[3])
      let first = queue.announce(blocks[0])
      #expect(first.delivered.map(\.block) == [blocks[0]])
      // The block in between brings those behind it along.
      let second = queue.announce(blocks[1])
      #expect(second.delivered.map(\.block) == (isEarly ? Array(blocks[1...3]) : []))
      #expect(queue.core.bufferedCount == (isEarly ? 0 : 3))
      let rest = queue.accept(first.delivered)
      #expect(rest.delivered.map(\.block) == (isEarly ? [] : Array(blocks[1...3])))
    }
  }

  @Test func childOfAnInvalidBlock_shouldBeRejected_thoughItIsForwarded() {
    var queue = BlockQueueHarness()
    queue.core.forwardsEarly = true
    let blocks = FakeBlock.genesis.chain(2)
    let delivered = queue.announce(blocks[0]).delivered + queue.announce(blocks[1]).delivered
    #expect(delivered.map(\.block) == blocks)
    let first = queue.core.pushed(delivered[0], .invalid, chain: queue.chain)
    let second = queue.core.pushed(delivered[1], .failed, chain: queue.chain)
    #expect((first + second).reports == [.reject, .reject])
  }

  @Test func peer_shouldBeReportedAhead_whenItsBlockIsAboveTheWindow() {
    var queue = BlockQueueHarness(windowAhead: 20)
    let blocks = FakeBlock.genesis.chain(21)
    #expect(queue.announce(blocks[19], by: PeerID(4)).ahead.isEmpty)
    let actions = queue.announce(blocks[20], by: PeerID(4))
    #expect(actions.ahead == [PeerID(4)])
    #expect(actions.drops == [.tooFarAhead])
    #expect(actions.reports == [.ignore])
  }

  @Test func block_shouldBeIgnored_whenItsHeightIsFinalAndItsParentUnknown() {
    var queue = BlockQueueHarness()
    queue.chain.extend(FakeBlock.genesis.chain(12))
    queue.chain.macroNumber = 10
    let actions = queue.announce(FakeBlock.genesis.chain(10, salt: 1)[9])
    #expect(actions.drops == [.finalized])
    #expect(actions.reports == [.ignore])
  }

  @Test func missingBlocks_shouldBeAskedOfTheAnnouncer_whenTheParentIsUnknown() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(5)
    let actions = queue.announce(blocks[4], by: PeerID(7))
    #expect(queue.core.bufferedCount == 1)
    #expect(actions.queries.count == 1)
    #expect(actions.queries.first?.target == blocks[3].hash)
    #expect(actions.queries.first?.firstPeer == PeerID(7))
    #expect(actions.queries.first?.direction == .forward)
    #expect(actions.queries.first?.locators == [FakeBlock.genesis.hash])
  }

  @Test func missingBlocks_shouldBeAskedBackward_whenTheParentIsOnAFork() {
    var queue = BlockQueueHarness()
    queue.chain.extend(FakeBlock.genesis.chain(6))
    let actions = queue.announce(FakeBlock.genesis.chain(5, salt: 1)[4])
    #expect(actions.queries.first?.direction == .backward)
  }

  @Test func missingBlocks_shouldBeAskedOnce_whenTheyAreRequestedOrBeingPushed() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(6)
    #expect(queue.announce(blocks[3]).queries.count == 1)
    #expect(queue.announce(blocks[4]).queries.isEmpty)
    #expect(queue.announce(blocks[0]).deliveries.count == 1)
    #expect(queue.announce(blocks[1]).queries.isEmpty)
  }

  @Test func ancestors_shouldBeFollowedToTheFirstMissingOne() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(6)
    queue.announce(blocks[4])
    // Block 3 comes: now 2 is the first missing under 4 as well.
    let actions = queue.announce(blocks[3])
    #expect(actions.queries.map(\.target) == [blocks[2].hash])
    #expect(queue.announce(blocks[5]).queries.isEmpty)
  }

  @Test func sixthBlockOfAPeerAtAHeight_shouldBeDropped() {
    var queue = BlockQueueHarness()
    for salt in 1...5 {
      let block = FakeBlock(number: 9, parent: .zero, salt: UInt8(salt))
      #expect(queue.announce(block, by: PeerID(3)).drops.isEmpty)
    }
    let sixth = FakeBlock(number: 9, parent: .zero, salt: 6)
    #expect(queue.announce(sixth, by: PeerID(3)).drops == [.peerLimit])
    #expect(queue.announce(sixth, by: PeerID(4)).drops.isEmpty)
  }

  @Test func blockOfTheGreediestPeer_shouldGiveWay_whenTheBufferIsFull() {
    var queue = BlockQueueHarness(bufferMax: 8, windowAhead: 100)
    for height in UInt32(5)..<13 {
      queue.announce(FakeBlock(number: height, parent: .zero, salt: 1), by: PeerID(66))
    }
    #expect(queue.core.bufferedCount == 8)
    let own = queue.announce(FakeBlock(number: 20, parent: .zero), by: PeerID(66))
    #expect(own.drops == [.bufferFull])
    let honest = FakeBlock.genesis.chain(5)[4]
    let actions = queue.announce(honest, by: PeerID(1))
    #expect(actions.drops == [.bufferFull])
    #expect(queue.core.bufferedCount == 8)
    #expect(actions.queries.map(\.target) == [honest.parentHash])
  }

  @Test func blocksThatWent_shouldNotCountForTheirPeer_whenTheBufferIsFull() {
    var queue = BlockQueueHarness(bufferMax: 8, windowAhead: 100)
    // One peer announces much that is forwarded once its ancestor comes.
    let blocks = FakeBlock.genesis.chain(9)
    for block in blocks.dropFirst() { queue.announce(block, by: PeerID(70)) }
    #expect(queue.core.bufferedCount == 8)
    var waiting = queue.announce(blocks[0], by: PeerID(70)).delivered
    while !waiting.isEmpty { waiting = queue.accept(waiting).delivered }
    #expect(queue.core.bufferedCount == 0 && queue.chain.headNumber == 9)
    // Another fills the buffer with less: it is this one that has most now.
    for height in UInt32(20)..<27 {
      queue.announce(FakeBlock(number: height, parent: .zero, salt: 1), by: PeerID(66))
    }
    queue.announce(FakeBlock(number: 20, parent: .zero, salt: 2), by: PeerID(70))
    #expect(queue.core.bufferedCount == 8)
    let actions = queue.announce(FakeBlock(number: 21, parent: .zero, salt: 3), by: PeerID(1))
    #expect(actions.drops == [.bufferFull] && queue.core.bufferedCount == 8)
    #expect(queue.core.isBuffered(FakeBlock(number: 21, parent: .zero, salt: 3).hash))
    #expect(!queue.core.isBuffered(FakeBlock(number: 26, parent: .zero, salt: 1).hash))
    #expect(queue.core.isBuffered(FakeBlock(number: 20, parent: .zero, salt: 2).hash))
  }

  @Test func child_shouldBeRejected_whenItsParentComesWithAnotherHeight() {
    for wayOfParent in ["announced", "announced buffered"] {
      var queue = BlockQueueHarness()
      let blocks = FakeBlock.genesis.chain(5)
      let parent = wayOfParent == "announced" ? blocks[0] : blocks[3]
      let liar = FakeBlock(number: 9, parent: parent.hash)
      let onLiar = FakeBlock(number: 10, parent: liar.hash)
      queue.announce(liar, by: PeerID(66))
      queue.announce(onLiar, by: PeerID(66))
      let actions = queue.announce(parent)
      #expect(actions.rejected == [liar.hash, onLiar.hash], "\(wayOfParent)")
      #expect(actions.reports == [.reject, .reject])
      #expect(queue.core.isBuffered(parent.hash) || actions.delivered.map(\.block) == [parent])
    }
  }

  @Test func answer_shouldBeTaken_whenTheAnnouncerLiedAboutTheHeight() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(5)
    let liar = FakeBlock(number: 9, parent: blocks[2].hash)
    let query = try #require(queue.announce(liar, by: PeerID(66)).queries.first)
    #expect(query.targetNumber == 8)
    let answer = Array(blocks[..<3])
    try MissingBlocksCheck.verify(answer, answer: query)
    let actions = queue.answer(query, answer)
    #expect(actions.rejected == [liar.hash])
    #expect(actions.delivered.map(\.block) == answer)
  }

  @Test func block_shouldBeRejected_whenItsHeightDoesNotFollowItsBufferedParent() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(5)
    queue.announce(blocks[3])
    let liar = FakeBlock(number: 9, parent: blocks[3].hash)
    #expect(queue.announce(liar).rejected == [liar.hash])
  }
}
