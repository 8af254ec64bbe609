import EventLog
import Ledger
import LiveSync
import Locking
import Messages
import Networking
import Node
import Primitives
import Runtime
import StateTrie
import Testing
import WorldSupport

/// Whole nodes that fill their state from many peers at once.
@Suite struct ParallelSyncTests {
  /// Seconds until a fresh node is complete.
  static func time(_ strategy: SyncStrategy, peers: UInt32, accounts: Int = 1_500) throws -> Int64 {
    let world = try TestWorld(seed: 31, accounts: accounts)
    let end = Lock<Int64>(.max)
    world.run {
      try await world.grow(20)
      world.addHonest(1..<(1 + peers))
      let node = world.makeNode(chunkItems: 20, strategy: strategy)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      let isDone = await world.wait(.seconds(300)) { node.chain.stateComplete }
      #expect(isDone, "\(strategy)")
      end.withLock { $0 = world.runtime.now.nanoseconds }
      await world.expectSameState(node)
    }
    return end.withLock { $0 }
  }

  @Test func manyRanges_shouldBeMuchFasterThanOne() throws {
    let one = try Self.time(.sequential, peers: 4)
    let many = try Self.time(.parallel, peers: 4)
    #expect(many * 2 < one, "\(many) ns against \(one) ns")
  }

  @Test(arguments: Backend.each)
  func partialState_shouldBeContinued_notFetchedAgain(backend: Backend) async throws {
    let world = try TestWorld(seed: 32 + backend.number, backend, accounts: 600)
    let chain = Blockchain(genesis: world.genesis, state: .missing)
    let held = KeyRange(start: KeyNibbles("4")!, end: KeyNibbles("c")!)
    var start = held.start
    while start < held.end! {
      guard
        case .chunk(let chunk, let block) = world.source.chunk(
          from: start, to: held.end, limit: 100, edges: .both)
      else { break }
      try chain.push(chunks: [
        ChunkPush(chunk: chunk, start: start, edges: .both, blockHash: block.hash)
      ])
      start = chunk.end ?? held.end!
    }
    let missing = chain.missing
    #expect(missing.ranges.count == 2)
    await world.runAnywhere {
      try await world.grow(12)
      world.addHonest(1..<4)
      let node = world.makeNode(chain: chain)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(120)) { node.chain.stateComplete })
      await world.expectSameState(node)
    }
    for event in world.sink.events {
      guard case Event.Chunk.requested(_, let start, let end, _) = event.group else { continue }
      #expect(missing.contains(KeyRange(start: start, end: end)), "\(start) is held")
    }
    #expect(world.count("macro_sync.adopted") == 0)
  }

  @Test(arguments: Backend.each(4))
  func rebranches_shouldCostNothing_whileRangesComeIn(backend: Backend) async throws {
    let world = try TestWorld(
      seed: 60 + backend.number, backend, accounts: backend.isSimulated ? 4_000 : 1_500,
      latency: .milliseconds(120))
    let traffic = Lock(ChunkTraffic())
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<4)
      let node = world.makeNode(chunkItems: 6)
      world.runtime.spawn("node") { await node.run() }
      for round in 0..<40 {
        try await world.pause(.milliseconds(400))
        let height = world.source.headNumber + 1
        if round % 3 == 1, !world.genesis.configuration.isMacro(at: height) {
          let fork = try world.producer.next(transactions: try world.transactions(1 + round % 3))
          let skip = try world.producer.skip()
          for block in [skip.block, fork.block] {
            try world.source.push(block)
            await world.announce(block)
            try await world.pause(.milliseconds(250))
            // In real time a busy machine may need longer; who sees both at once does not rebranch.
            if !backend.isSimulated { await world.waitForHead(of: node, block) }
          }
        } else {
          try await world.produce()
        }
      }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(120)) { node.chain.stateComplete })
      let progress = await node.progress()
      traffic.withLock { $0 = progress.traffic }
      await world.expectSameState(node)
    }
    var wasComplete = false
    var rebranchesBefore = 0
    for event in world.sink.events {
      if case Event.State.complete = event.group { wasComplete = true }
      if case Event.Chain.rebranched = event.group, !wasComplete { rebranchesBefore += 1 }
    }
    // In real time nobody knows how much of the state is there when the forks come.
    let rebranches = backend.isSimulated ? rebranchesBefore : world.count("chain.rebranched")
    #expect(rebranches > 2, "seed \(backend.number)")
    #expect(world.count("peer.banned") == 0 && world.count("chunk.rejected") == 0)
    #expect(world.count("state.reset") == 0, "seed \(backend.number)")
    let bytes = traffic.withLock { $0 }
    // In real time a busy machine may let the node fall so far behind that answers are of no use.
    let isCheap = bytes.unused * 10 < bytes.verified
    #expect(!backend.isSimulated || isCheap, "seed \(backend.number): \(bytes)")
  }

  @Test(arguments: Backend.each)
  func claims_shouldResetNothing_norHoldUpTheSync(backend: Backend) async throws {
    let world = try TestWorld(seed: 33 + backend.number, backend, accounts: 800)
    let liars: [UInt32: @Sendable (UInt32, Hash256, TrieChunk) -> ChunkResponse] = [
      1: { _, _, _ in .incompleteState },
      2: { _, hash, chunk in .chunk(number: 4_000_000, hash: Blake2b256.hash(hash.bytes), chunk) },
      3: { number, hash, chunk in
        .chunk(number: number + 3, hash: Blake2b256.hash(hash.bytes), chunk)
      },
      4: { _, hash, chunk in .chunk(number: 0, hash: Blake2b256.hash(hash.bytes), chunk) },
    ]
    for (number, lie) in liars {
      world.network.tamper(PeerID(number), .chunk) { bytes in
        guard case .chunk(let number, let hash, let chunk)? = try? ChunkResponse(wireBytes: bytes)
        else { return bytes }
        return lie(number, hash, chunk).wireBytes
      }
    }
    await world.runAnywhere {
      try await world.grow(20)
      world.addHonest(1..<7)
      await world.expectSameState(try await world.sync())
    }
    // Nothing of it is a proven lie, and nothing held was given up.
    #expect(world.count("peer.banned") == 0)
    #expect(world.count("state.reset") == 0)
    #expect(world.count("macro_sync.adopted") <= 1)
  }

  @Test func forecast_shouldBeToldAndHold_whileTheStateComesIn() throws {
    let world = try TestWorld(seed: 34, accounts: 6_000, latency: .milliseconds(250))
    let end = Lock<Double>(0)
    world.run {
      try await world.grow(20)
      world.addHonest(1..<2)
      let node = world.makeNode(chunkItems: 6)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(300)) { node.chain.stateComplete })
      end.withLock { $0 = Double(world.runtime.now.nanoseconds) / 1e9 }
      try await world.runtime.sleep(for: .seconds(12))
    }
    let truth = end.withLock { $0 }
    var last = 0
    var judged = 0
    for record in world.sink.records {
      guard
        case Event.State.forecast(let verdict, let eta, let progress, let has, _, _) = record.event
          .group
      else { continue }
      #expect(progress >= last)
      last = progress
      let time = Double(record.time) / 1e9
      guard progress >= 200_000, time < truth - 3 else { continue }
      judged += 1
      #expect(verdict == .converges && has > 0)
      let said = time + Double(eta ?? 0) / 1e9
      #expect(abs(said - truth) <= 0.15 * truth, "at \(time) s: \(said) s instead of \(truth) s")
    }
    #expect(judged >= 2 && last == 1_000_000, "\(judged) forecasts until \(truth) s, \(last) ppm")
  }

  @Test(arguments: [SyncStrategy.parallel, .sequential])
  func traffic_shouldBeWhatTheEventsSayOfTheChunks(strategy: SyncStrategy) throws {
    let world = try TestWorld(seed: 35, accounts: 600)
    world.network.tamper(PeerID(1), .chunk) { bytes in
      guard case .chunk(let number, let hash, var chunk)? = try? ChunkResponse(wireBytes: bytes),
        !chunk.items.isEmpty
      else { return bytes }
      chunk.items[0].value[0] ^= 1
      return ChunkResponse.chunk(number: number, hash: hash, chunk).wireBytes
    }
    let traffic = Lock(ChunkTraffic())
    world.run {
      try await world.grow(20)
      world.addHonest(1..<4)
      let node = world.makeNode(strategy: strategy)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await world.wait(.seconds(200)) { node.chain.stateComplete })
      // What is on its way at the end is of no use any more.
      try await world.runtime.sleep(for: .seconds(20))
      let progress = await node.progress()
      traffic.withLock { $0 = progress.traffic }
    }
    var told = ChunkTraffic()
    for case let event as Event.Chunk in world.sink.events.map(\.group) {
      switch event {
      case .received(let chunk): told.received += chunk.bytes
      case .accepted(let chunk): told.verified += chunk.bytes
      case .rejected(let chunk, _): told.refused += chunk.bytes
      case .ignored(let chunk, _), .discarded(let chunk, _), .pruned(let chunk, _):
        told.unused += chunk.bytes
      case .requested, .buffered: break
      }
    }
    #expect(told.refused > 0 && told.verified > 0)
    #expect(traffic.withLock { $0 } == told && told.pending == 0)
  }
}
