import LiveSync
import Messages
import Networking
import Primitives
import TestSupport
import Testing

@Suite struct BlockQueuePropertyTests {
  /// Blocks of a chain and of side branches arrive in any order, from several peers, some twice,
  /// while requests are answered in parts or fail: the chain must come out whole and in order, the
  /// buffer must stay within its limits, and each gossip message must be judged exactly once.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func chain_shouldComeOutInOrder_whateverTheOrderOfArrival(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let length = 12 + random.below(20)
    let blocks = FakeBlock.genesis.chain(length)
    let bufferMax = 12 + random.below(40)
    var queue = BlockQueueHarness(bufferMax: bufferMax, windowAhead: 60, tolerance: 60)
    var arrivals = blocks + blocks.filter { _ in random.chance(30) }
    for _ in 0..<4 {
      let base = blocks[random.below(length)]
      arrivals += base.chain(2, salt: 7)
    }
    var announced: [GossipID] = []
    var waiting: [BlockEnvelope<FakeBlock>] = []
    var open: [MissingBlocksQuery] = []

    func take(_ actions: [BlockQueueAction<FakeBlock>]) {
      waiting += actions.delivered
      open += actions.queries
    }
    while !arrivals.isEmpty || !waiting.isEmpty || !open.isEmpty {
      #expect(
        queue.core.bufferedCount <= bufferMax + length + 8, "seed \(seed): the buffer overflows")
      switch random.below(3) {
      case 0 where !arrivals.isEmpty:
        let block = arrivals.remove(at: random.below(arrivals.count))
        let gossip = GossipID(
          topic: .blockHeader, payload: [UInt8(announced.count & 255), UInt8(announced.count >> 8)])
        announced.append(gossip)
        take(queue.announce(block, by: PeerID(UInt32(random.below(4))), gossip: gossip))
      case 1 where !waiting.isEmpty:
        take(push(waiting.removeFirst(), on: &queue))
      case 2 where !open.isEmpty:
        let query = open.remove(at: random.below(open.count))
        take(answer(query, blocks, on: &queue, &random))
      default: break
      }
    }
    // Whatever was given up meanwhile is asked for again with the next announcement.
    for _ in 0..<64 where queue.chain.headNumber < UInt32(length) {
      take(queue.announce(blocks[length - 1], gossip: nil))
      while let query = open.popLast() { take(answer(query, blocks, on: &queue, &random)) }
      while !waiting.isEmpty { take(push(waiting.removeFirst(), on: &queue)) }
    }
    #expect(queue.chain.main.map(\.hash) == ([.genesis] + blocks).map(\.hash), "seed \(seed)")
    #expect(queue.core.waitingCount == 0, "seed \(seed)")
    let judged = queue.actions.reduce(into: [GossipID: Int]()) { counts, action in
      if case .report(let ids, _) = action { for id in ids { counts[id, default: 0] += 1 } }
    }
    let twice = announced.filter { (judged[$0] ?? 0) > 1 }
    #expect(twice.isEmpty, "seed \(seed): judged more than once")
    #expect(
      announced.count { judged[$0] == nil } <= queue.core.bufferedCount * 8,
      "seed \(seed): messages were lost")
  }

  /// The chain takes a block on its head, keeps one beside it as a fork, and refuses an orphan.
  private func push(
    _ sourced: BlockEnvelope<FakeBlock>, on queue: inout BlockQueueHarness
  ) -> [BlockQueueAction<FakeBlock>] {
    let block = sourced.block
    var verdict = PushVerdict.failed
    if queue.chain.isKnown(block.hash) {
      verdict = .accepted
    } else if block.parentHash == queue.chain.headHash, sourced.block.isMain {
      queue.chain.extend([block])
      verdict = .accepted
    } else if queue.chain.isKnown(block.parentHash) {
      if block.isMain {
        Issue.record("block \(block.number) of the chain came out of order")
      }
      queue.chain.forks.insert(block.hash)
      verdict = .ignored
    } else {
      Issue.record("orphan \(block.number) was forwarded")
    }
    return queue.record(queue.core.pushed(sourced, verdict, chain: queue.chain))
  }

  private func answer(
    _ query: MissingBlocksQuery, _ blocks: [FakeBlock], on queue: inout BlockQueueHarness,
    _ random: inout SeededGenerator
  ) -> [BlockQueueAction<FakeBlock>] {
    guard !random.chance(20), let end = blocks.firstIndex(where: { $0.hash == query.target }) else {
      return queue.record(
        queue.core.failed(query.id, offMainChain: random.chance(50), chain: queue.chain))
    }
    var start = 0
    if let locator = blocks.lastIndex(where: { query.locators.contains($0.hash) }) {
      start = locator + 1
    }
    guard start <= end else {
      return queue.record(queue.core.failed(query.id, offMainChain: false, chain: queue.chain))
    }
    let last =
      query.direction == .forward ? start + random.below(end - start + 1) : end
    let answer = Array(blocks[start...last])
    #expect(throws: Never.self) { try MissingBlocksCheck.verify(answer, answer: query) }
    return queue.answer(query, answer)
  }
}

extension FakeBlock {
  /// True for the blocks of the chain; side branches have a salt.
  fileprivate var isMain: Bool { self == FakeBlock(number: number, parent: parentHash) }
}
