import Ledger
import LiveSync
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing
import WorldSupport

/// Each buffer driven to its bytes by the largest messages there are, from one peer and from many.
@Suite struct ByteLimitTests {
  private static let peerCounts = [1, 2, 9, 100]

  @Test func halves_shouldStayBelowTheirBytes_fromOnePeerOrMany() throws {
    let limits = LiveSyncLimits.halvesBytes
    let bodies = try LargestMessages.bodies.map { try BlockBody(wireBytes: $0.wireBytes) }
    for peers in Self.peerCounts {
      var assembler = HeaderBodyAssembler<HeaderAnnouncement, BlockBody> { _, _ in false }
      for tag in 0..<400 {
        _ = assembler.add(
          body: bodies[tag % bodies.count], of: Blake2b256.hash([UInt8(tag & 255), 1]),
          from: PeerID(UInt32(tag % peers)), gossip: HeaderBodyAssemblerTests.gossip(tag),
          at: .start)
        #expect(assembler.bytes <= (peers == 1 ? limits.perHolder : limits.total))
      }
      #expect(assembler.bytes > limits.perHolder / 2 && assembler.count > 0, "\(peers) peers")
      let end = Moment.start.advanced(by: PeerLimits.halfWait)
      _ = assembler.sweep(at: end)
      #expect(assembler.bytes == 0)
    }
  }

  private static func block(
    _ number: UInt32, parent: Hash256, salt: UInt8 = 0, bytes: Int
  ) -> FakeBlock {
    var block = FakeBlock(number: number, parent: parent, salt: salt)
    block.memoryBytes = bytes
    return block
  }

  @Test func bufferedBlocks_shouldStayBelowTheirBytes_fromOnePeerOrMany() {
    let limits = LiveSyncLimits.bufferedBlocksBytes
    for peers in Self.peerCounts {
      var queue = BlockQueueHarness(bufferMax: 1_000, windowAhead: 1_000)
      for tag in 0..<500 {
        let block = Self.block(
          UInt32(2 + tag % 100), parent: Blake2b256.hash([UInt8(tag & 255)]),
          salt: UInt8(tag / 100), bytes: 500_000)
        queue.announce(block, by: PeerID(UInt32(tag % peers)))
        #expect(queue.core.bufferedBytes <= (peers == 1 ? limits.perHolder : limits.total))
      }
      #expect(queue.core.bufferedBytes > limits.perHolder - 600_000, "\(peers) peers")
    }
  }

  @Test func strangers_shouldNotCrowdOutAnHonestPeersBlocks() {
    var queue = BlockQueueHarness(bufferMax: 1_000, windowAhead: 1_000)
    for tag in 0..<200 {
      let junk = Self.block(
        UInt32(2 + tag % 50), parent: Blake2b256.hash([UInt8(tag)]), salt: UInt8(tag % 4),
        bytes: 1 << 20)
      queue.announce(junk, by: PeerID(UInt32(50 + tag % 2)))
    }
    // What it stands on is looked for already.
    let honest = Self.block(3, parent: Blake2b256.hash([0]), bytes: 5 << 20)
    #expect(queue.announce(honest, by: PeerID(1)).drops.contains(.bufferFull))
    #expect(queue.core.isBuffered(honest.hash))
  }

  @Test func blocksForwarded_shouldStayBelowTheirBytes_andTheRestFollow() throws {
    let limits = LiveSyncLimits.forwardedBytes
    // Announced blocks on one known block.
    var queue = BlockQueueHarness(bufferMax: 1_000)
    var made: [FakeBlock] = []
    for tag in 0..<12 {
      let block = Self.block(
        1, parent: FakeBlock.genesis.hash, salt: UInt8(tag), bytes: 3 << 20)
      made.append(block)
      queue.announce(block, by: PeerID(UInt32(tag % 3)))
      #expect(queue.core.forwardedBytes <= limits.total)
    }
    let first = queue.actions.delivered
    #expect(first.count == 6 && queue.core.bufferedBytes > 0)
    for sourced in first {
      queue.record(queue.core.pushed(sourced, .failed, chain: queue.chain))
      #expect(queue.core.forwardedBytes <= limits.total)
    }
    #expect(queue.actions.delivered.count > first.count)

    // Blocks of an answer: they go on in order as those before them are pushed.
    var asking = BlockQueueHarness(bufferMax: 1_000, windowAhead: 200)
    let chain = FakeBlock.genesis.chain(7).map { block in
      var block = block
      block.memoryBytes = 3 << 20
      return block
    }
    let query = try #require(asking.announce(chain[6]).queries.first)
    asking.answer(query, Array(chain[..<6]))
    var next = asking.actions.delivered
    var order: [UInt32] = []
    while let sourced = next.first {
      order.append(sourced.block.number)
      let count = asking.actions.delivered.count
      asking.accept([sourced])
      #expect(asking.core.forwardedBytes <= limits.perHolder)
      next = Array(next.dropFirst()) + asking.actions.delivered[count...]
    }
    #expect(order == [1, 2, 3, 4, 5, 6, 7])
    #expect(asking.core.bufferedBytes == 0 && asking.core.forwardedBytes == 0)
  }

  /// A diff with values of so many bytes, a multiple of 1 MiB.
  private static func diff(_ bytes: Int) throws -> TrieDiff {
    let half = [UInt8](repeating: 1, count: 1 << 19)
    return try TrieDiff(
      entries: (0..<bytes >> 20).map {
        .init(key: LargestMessages.key($0), old: half, new: half.map { $0 + 1 })
      })
  }

  /// A late diff without room changes nothing of the rounds of its search: it is asked for again.
  @Test func lateDiff_shouldBeForgotten_andLeaveItsSearchAsItIs_whenThereIsNoRoom() throws {
    let large = try Self.diff(10 << 20)
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let queries = core.add(DiffQueueCoreTests.batch(FakeBlock.genesis.chain(3))).queries
    #expect(queries.count == 3)
    #expect(core.answered(queries[1].id, large).deliveries.isEmpty)
    // Once while its round is under way, once in the pause that follows.
    #expect(core.answered(queries[2].id, large, isLate: true).isEmpty)
    #expect(core.inFlightCount == 2)
    #expect(core.roundFailed(queries[2].id).pauses == [LiveSyncLimits.diffBackoffFirst])
    #expect(core.answered(queries[2].id, large, isLate: true).isEmpty)
    #expect(core.waited(queries[2].id).isEmpty && core.isCrowded)
    let first = core.answered(queries[0].id, .empty).deliveries.flatMap(\.blocks)
    #expect(first.count == 2)
    let bytes = first.reduce(0) { $0 + $1.diffBytes }
    #expect(core.pushed(diffBytes: bytes).queries.map(\.id) == [queries[2].id])
    #expect(core.answered(queries[2].id, large).deliveries.flatMap(\.blocks).count == 1)
  }

  @Test func diffs_shouldStayBelowTheirBytes_andAllBlocksGoOn() throws {
    let large = try Self.diff(2 << 20)
    let middle = try Self.diff(1 << 20)
    for seed: UInt64 in 0..<60 {
      var random = SeededGenerator(seed: seed)
      var core = DiffQueueCore<FakeBlock>(isActive: true)
      let blocks = FakeBlock.genesis.chain(60)
      var open: [DiffQuery] = []
      var delivered: [BlockEnvelope<FakeBlock>] = []
      var pushed = 0
      func note(_ actions: [DiffQueueAction<FakeBlock>]) {
        open += actions.queries
        delivered += actions.deliveries.flatMap(\.blocks)
        #expect(core.diffBytes <= LiveSyncLimits.diffsBytesMax, "seed \(seed)")
      }
      var rest = blocks[...]
      while !rest.isEmpty {
        let count = min(rest.count, 1 + random.below(30))
        note(core.add(DiffQueueCoreTests.batch(Array(rest.prefix(count)))))
        rest = rest.dropFirst(count)
      }
      var steps = 0
      while pushed < blocks.count, steps < 5_000 {
        steps += 1
        if !open.isEmpty, random.chance(70) {
          let query = open.remove(at: random.below(open.count))
          note(core.answered(query.id, random.chance(50) ? large : middle))
        } else if pushed < delivered.count {
          let bytes = delivered[pushed].diffBytes
          pushed += 1
          note(core.pushed(diffBytes: bytes))
        }
      }
      #expect(delivered.map(\.block.number) == blocks.map(\.number), "seed \(seed)")
      #expect(pushed == blocks.count && core.diffBytes == 0, "seed \(seed)")
    }
  }

  @Test func chunks_shouldStayBelowTheirBytes_fromOnePeerOrMany() throws {
    let limits = LiveSyncLimits.chunksBytes
    let worst = try TrieChunk(wireBytes: LargestMessages.chunks[0].wireBytes)
    for peers in [1, 2, 9] {
      var queue = ParallelQueueCoreTests.Harness()
      queue.view.peers = (1...peers).map { PeerID(UInt32($0)) }
      _ = queue.note(queue.core.advance(queue.view, chain: queue.chain))
      var discarded = 0
      for _ in 0..<200 where !queue.open.isEmpty {
        let order = queue.open.removeFirst()
        let chunk = SourcedChunk(
          start: order.query.start,
          chunk: TrieChunk(end: order.query.end, items: worst.items, proof: worst.proof),
          number: 25, hash: Blake2b256.hash([25]), peer: order.peer, edges: .both,
          bytes: 400_000, request: order.query.id)
        let actions = queue.receive(chunk)
        discarded += actions.count {
          if case .discard(_, .bufferFull) = $0 { true } else { false }
        }
        #expect(queue.core.ranges.chargedBytes <= limits.total, "\(peers) peers")
      }
      #expect(queue.core.bufferedCount * worst.memoryBytes <= limits.total)
      #expect(queue.core.bufferedCount > 4, "\(peers) peers")
    }
  }

  @Test func externalBlocks_shouldBeBoundedInBytes() throws {
    let world = try TestWorld(seed: 61)
    let body = LargestMessages.bodies[1]
    world.run {
      let sync = BlockLiveSync(
        context: world.context(),
        configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      var taken = 0
      for number in 0..<20 {
        let block = Block(
          header: LargestMessages.header(number), justification: .genesis, nextValidators: nil,
          body: body)
        if sync.push(block, from: PeerID(UInt32(number % 4))) { taken += 1 }
      }
      #expect(taken * body.memoryBytes <= LiveSyncLimits.externalBlocksBytes.total && taken == 1)
    }
    #expect(world.count("queue.limit_reached") == 19)
  }

  @Test func servedAnswers_shouldFitTheirLimits() throws {
    // Chunks and blocks are bounded by their bytes, or have one part.
    #expect(
      MessageLimits.chunkAnswerBytesMax + MessageLimits.chunkProofBytesMax + 100
        <= RequestType.chunk.responseBytesMax)
    let world = try TestWorld(seed: 62)
    let chain = world.source
    for bytes in [1, 500, 5_000, 100_000] {
      let request = RequestChunk(
        startKey: .empty, endKey: nil, limit: 5_000, edges: .both, bytesMax: bytes)
      let read = try RequestChunk(wireBytes: request.wireBytes)
      guard case .chunk(_, _, let chunk)? = RequestServer.chunk(read, of: chain) else {
        Issue.record("no chunk")
        return
      }
      let size = chunk.items.reduce(0) { $0 + $1.wireBytes.count }
      #expect(size <= bytes || chunk.items.count == 1)
      #expect(chunk.items.count == chain.itemCount || size > bytes / 3 || bytes < 300)
      #expect(chunk.wireBytes.count <= request.answerBytesMax ?? 0)
    }
  }

  @Test func blocksOfAnAnswer_shouldFitTheirBytes_butOneIsGiven() throws {
    let world = try TestWorld(seed: 63)
    world.run {
      try await world.grow(7)
      let chain = world.source
      let head = chain.headHash
      let start = world.genesis.hash
      for direction in [MissingBlocksDirection.forward, .backward] {
        for bytes in [1, 2_000, MessageLimits.blocksAnswerBytesMax] {
          let result = chain.missingBlocks(
            target: head, locators: [start], direction: direction, includeBody: true,
            bytesMax: bytes)
          guard case .blocks(let blocks) = result else {
            Issue.record("no blocks")
            return
          }
          let size = blocks.reduce(0) { $0 + $1.wireBytes.count }
          #expect(size <= bytes || blocks.count == 1, "\(direction) \(bytes)")
          #expect((blocks.count == 7) == (bytes == MessageLimits.blocksAnswerBytesMax))
        }
      }
    }
  }
}
