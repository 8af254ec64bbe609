import LiveSync
import Messages
import Networking
import Peers
import Primitives
import Testing

/// Missing blocks, verdicts and chain events.
@Suite struct BlockQueueRequestTests {
  @Test func answer_shouldBeDelivered_whenItsFirstParentIsKnown() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(5)
    let query = try #require(queue.announce(blocks[4]).queries.first)
    let actions = queue.answer(query, Array(blocks[..<4]))
    #expect(actions.deliveries.map(\.kind) == [.missing])
    #expect(actions.delivered.map(\.block) == Array(blocks[..<4]))
    #expect(actions.queries.isEmpty)
    let after = queue.accept(actions.delivered)
    #expect(after.deliveries.map(\.kind) == [.buffered(remaining: 0)])
    #expect(after.delivered.map(\.block) == [blocks[4]])
  }

  @Test func partialAnswer_shouldBeFollowedByARequestFromItsLastBlock() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(9)
    let query = try #require(queue.announce(blocks[8]).queries.first)
    let actions = queue.answer(query, Array(blocks[..<3]))
    #expect(actions.queries.map(\.target) == [blocks[7].hash])
    #expect(actions.queries.first?.locators == [blocks[2].hash])
    let rest = queue.answer(try #require(actions.queries.first), Array(blocks[3..<8]))
    // Their parent is still being pushed: they wait.
    #expect(rest.deliveries.isEmpty)
    let after = queue.accept(actions.delivered)
    #expect(after.delivered.map(\.block) == Array(blocks[3...]))
  }

  @Test func gapsAboveEachOther_shouldBeAskedForFromWhatIsBelowThem() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(9)
    let first = try #require(queue.announce(blocks[4]).queries.first)
    #expect(first.locators == [FakeBlock.genesis.hash])
    // The block at the foot of the second gap is here, though not in the chain.
    let second = try #require(queue.announce(blocks[8]).queries.first)
    #expect(second.locators == [blocks[4].hash, FakeBlock.genesis.hash])
    // So is what is on its way to the chain.
    let forwarded = queue.answer(first, Array(blocks[..<2]))
    #expect(forwarded.delivered.count == 2)
    let fork = blocks[1].chain(3, salt: 1)
    let third = try #require(queue.announce(fork[2]).queries.first)
    #expect(third.locators == [blocks[1].hash, blocks[0].hash, FakeBlock.genesis.hash])
    // An answer from there on is taken, and waits for what is missing under it.
    queue.answer(second, Array(blocks[5..<8]))
    #expect(queue.core.bufferedCount == 6)
  }

  @Test func nearLocators_shouldBeBounded() throws {
    var queue = BlockQueueHarness(bufferMax: 100, windowAhead: 200)
    let limit = LiveSyncLimits.nearLocatorsMax
    let blocks = FakeBlock.genesis.chain(limit + 5)
    for block in blocks[1...(limit + 1)] { queue.announce(block) }
    let query = try #require(queue.announce(blocks[limit + 4]).queries.first)
    let near = blocks[2...(limit + 1)].reversed().map(\.hash)
    #expect(query.locators == near + [FakeBlock.genesis.hash])
  }

  @Test func answer_shouldBeBufferedAndItsPredecessorsRequested_whenItsFirstParentIsUnknown() throws
  {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(6)
    let query = try #require(queue.announce(blocks[5]).queries.first)
    let actions = queue.answer(query, Array(blocks[2..<5]))
    #expect(actions.deliveries.isEmpty)
    #expect(queue.core.bufferedCount == 4)
    #expect(actions.queries.map(\.target) == [blocks[1].hash])
  }

  @Test func requestedBlocks_shouldBeBuffered_whenTheBufferIsFull() throws {
    var queue = BlockQueueHarness(bufferMax: 1)
    let blocks = FakeBlock.genesis.chain(6)
    let query = try #require(queue.announce(blocks[5]).queries.first)
    queue.answer(query, Array(blocks[2..<5]))
    #expect(queue.core.bufferedCount == 4)
  }

  @Test func waitingChain_shouldBeDropped_whenTheRequestFailsForGood() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(6)
    let query = try #require(queue.announce(blocks[4]).queries.first)
    queue.announce(blocks[5])
    let actions = queue.record(
      queue.core.failed(query.id, offMainChain: false, chain: queue.chain))
    #expect(actions.drops == [.ancestorsUnavailable, .ancestorsUnavailable])
    #expect(actions.reports == [.ignore, .ignore])
    #expect(queue.core.bufferedCount == 0)
    // Nothing is stuck: the next announcement asks again.
    #expect(queue.announce(blocks[5]).queries.count == 1)
  }

  @Test func target_shouldBeAskedBackward_whenItIsOffTheRespondersMainChain() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(6)
    let query = try #require(queue.announce(blocks[4]).queries.first)
    let actions = queue.record(
      queue.core.failed(query.id, offMainChain: true, chain: queue.chain))
    #expect(actions.queries.map(\.direction) == [.backward])
    let last = queue.record(
      queue.core.failed(
        try #require(actions.queries.first).id, offMainChain: true, chain: queue.chain))
    #expect(last.drops == [.ancestorsUnavailable])
  }

  @Test func answer_shouldBeIgnored_whenItsTargetIsFinalByNow() throws {
    var queue = BlockQueueHarness()
    let fork = FakeBlock.genesis.chain(5, salt: 1)
    let query = try #require(queue.announce(fork[4]).queries.first)
    queue.chain.extend(FakeBlock.genesis.chain(10))
    queue.chain.macroNumber = 10
    #expect(queue.answer(query, Array(fork[..<4])).deliveries.isEmpty)
    #expect(queue.core.bufferedCount == 0)
  }

  @Test func branchBelowFinality_shouldBeDropped_whenAMacroBlockPasses() {
    var queue = BlockQueueHarness()
    let fork = FakeBlock.genesis.chain(12, salt: 1)
    queue.announce(fork[10])
    queue.announce(fork[11])
    queue.chain.extend(FakeBlock.genesis.chain(10))
    queue.chain.macroNumber = 10
    let actions = queue.record(
      queue.core.chainChanged([queue.chain.headHash], chain: queue.chain))
    #expect(actions.drops == [.belowFinality, .belowFinality])
    #expect(queue.core.bufferedCount == 0)
  }

  @Test func bufferedChildren_shouldBeReleased_whenTheChainGrowsByOtherHands() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(4)
    queue.announce(blocks[2])
    queue.announce(blocks[3])
    queue.chain.extend(Array(blocks[..<2]))
    let actions = queue.record(
      queue.core.chainChanged([blocks[1].hash], chain: queue.chain))
    #expect(actions.delivered.map(\.block) == Array(blocks[2...]))
  }

  @Test func gossip_shouldBeJudgedByThePush() {
    let verdicts: [(PushVerdict, Acceptance)] = [
      (.ignored, .ignore), (.invalid, .reject), (.badCopy, .reject), (.failed, .ignore),
    ]
    for (verdict, acceptance) in verdicts {
      var queue = BlockQueueHarness()
      let delivered = queue.announce(FakeBlock.genesis.chain(1)[0]).delivered
      let actions = queue.core.pushed(delivered[0], verdict, chain: queue.chain)
      #expect(actions.reports == [acceptance], "\(verdict)")
    }
  }

  @Test func descendants_shouldBeRejected_whenTheirAncestorIsInvalid() {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(4)
    let delivered = queue.announce(blocks[0]).delivered
    queue.announce(blocks[1])
    queue.announce(blocks[2])
    let actions = queue.record(
      queue.core.pushed(delivered[0], .invalid, chain: queue.chain))
    #expect(actions.rejected == [blocks[1].hash, blocks[2].hash])
    #expect(actions.reports == [.reject, .reject, .reject])
    #expect(queue.core.bufferedCount == 0)
    #expect(queue.announce(blocks[3]).rejected == [blocks[3].hash])
    #expect(queue.announce(blocks[1]).rejected == [blocks[1].hash])
  }

  @Test func anotherCopy_shouldBeAsked_whenOneCopyIsBadAndAChildWaits() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(2)
    let delivered = queue.announce(blocks[0]).delivered
    queue.announce(blocks[1])
    let actions = queue.record(
      queue.core.pushed(delivered[0], .badCopy, chain: queue.chain))
    #expect(actions.rejected.isEmpty)
    #expect(actions.queries.map(\.target) == [blocks[0].hash])
    let good = queue.answer(try #require(actions.queries.first), [blocks[0]])
    #expect(queue.accept(good.delivered).delivered.map(\.block) == [blocks[1]])
  }

  @Test func resolve_shouldAskOnceAndEnd_whenTheBlockArrives() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(3)
    let first = queue.core.resolve(
      blocks[2].hash, number: 3, first: PeerID(9), chain: queue.chain)
    #expect(first.queries.map(\.firstPeer) == [PeerID(9)])
    #expect(first.queries.map(\.direction) == [.backward])
    let second = queue.core.resolve(
      blocks[2].hash, number: 3, first: PeerID(9), chain: queue.chain)
    #expect(second.resolved == [.duplicate])
    let delivered = queue.answer(try #require(first.queries.first), blocks).delivered
    #expect(queue.accept(delivered).resolved == [.found])
  }

  @Test func announcedBlock_shouldAskForNothingMore_whenItIsSoughtAlready() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(5)
    let sought = queue.core.resolve(
      blocks[3].hash, number: 4, first: PeerID(9), chain: queue.chain)
    // The answer goes back to what we have, so neither the block nor its child asks again.
    #expect(queue.announce(blocks[3]).queries.isEmpty)
    #expect(queue.announce(blocks[4]).queries.isEmpty)
    let answer = queue.answer(try #require(sought.queries.first), Array(blocks[..<4]))
    let rest = queue.accept(answer.delivered)
    #expect(rest.resolved == [.found])
    #expect(rest.delivered.map(\.block) == [blocks[4]])
  }

  @Test func announcedBlock_shouldAskForItsParent_whenNobodyGivesWhatIsSought() throws {
    var queue = BlockQueueHarness()
    let blocks = FakeBlock.genesis.chain(5)
    let sought = queue.core.resolve(
      blocks[3].hash, number: 4, first: PeerID(9), chain: queue.chain)
    queue.announce(blocks[3])
    queue.announce(blocks[4])
    let query = try #require(sought.queries.first)
    let actions = queue.core.failed(query.id, offMainChain: false, chain: queue.chain)
    #expect(actions.queries.map(\.target) == [blocks[2].hash])
    #expect(actions.drops.isEmpty && queue.core.bufferedCount == 2)
  }

  @Test func resolve_shouldBeOutdated_whenTheHeightIsFinal() {
    var queue = BlockQueueHarness()
    queue.chain.extend(FakeBlock.genesis.chain(12))
    let fork = FakeBlock.genesis.chain(11, salt: 1)
    _ = queue.core.resolve(fork[10].hash, number: 11, first: nil, chain: queue.chain)
    queue.chain.macroNumber = 12
    #expect(queue.core.chainChanged([], chain: queue.chain).resolved == [.outdated])
    let late = queue.core.resolve(fork[5].hash, number: 6, first: nil, chain: queue.chain)
    #expect(late.resolved == [.outdated])
  }

  @Test func answers_shouldBeRefused_whenTheyAreNotWhatWasAsked() throws {
    let blocks = FakeBlock.genesis.chain(6)
    let query = MissingBlocksQuery(
      id: 1, target: blocks[3].hash, targetNumber: 4, locators: [FakeBlock.genesis.hash],
      direction: .forward, includeBody: true, firstPeer: nil)
    try MissingBlocksCheck.verify(Array(blocks[..<4]), answer: query)
    try MissingBlocksCheck.verify(Array(blocks[..<2]), answer: query)
    try MissingBlocksCheck.verify(Array(blocks[2..<4]), answer: query)
    func refusal(_ answer: [FakeBlock]) -> AnswerError? {
      do throws(AnswerError) {
        try MissingBlocksCheck.verify(answer, answer: query)
        return nil
      } catch { return error }
    }
    #expect(refusal([]) == .empty)
    #expect(refusal([blocks[0], blocks[2]]) == .notChained)
    #expect(refusal([blocks[1], blocks[2]]) == .wrongStart)
    #expect(refusal(Array(blocks[..<5])) == .wrongEnd)
    #expect(refusal(FakeBlock.genesis.chain(4, salt: 1)) == .wrongEnd)
    #expect(!AnswerError.wrongEnd.isOffence && AnswerError.wrongStart.isOffence)
    // The height of the target is only what an announcer says.
    var misled = query
    misled.targetNumber = 9
    try MissingBlocksCheck.verify(Array(blocks[..<4]), answer: misled)
    var macro = blocks
    macro[2].isMacro = true
    #expect(refusal(Array(macro[..<4])) == .pastMacro)
    try MissingBlocksCheck.verify(Array(macro[..<3]), answer: query)
    var bare = blocks[0]
    bare.hasBody = false
    #expect(refusal([bare]) == .bodyMismatch)
  }
}
