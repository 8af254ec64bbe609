import EventLog
import Ledger
import LiveSync
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie
import Testing
import WorldSupport

/// The limits of the shells, at running nodes.
@Suite struct ShellLimitTests {
  /// How long a request of each type took that was not answered in time.
  private static func timeouts(_ records: [EventRecord]) -> [String: Set<Int64>] {
    records.reduce(into: [:]) { times, record in
      if case Event.Request.ended(let type, _, .timeout, _, let duration) = record.event.group {
        times[type, default: []].insert(Int64(duration))
      }
    }
  }

  @Test func silentPeers_shouldBeWaitedForSoLong_andThenAskedLast() throws {
    let world = try TestWorld(seed: 41)
    let silent: [(UInt32, RequestType)] = [
      (1, .missingBlocks), (8, .trieDiff), (4, .macroChain), (1, .chunk), (2, .chunk),
      (3, .chunk),
    ]
    for (number, type) in silent { world.network.tamper(PeerID(number), type) { _ in nil } }
    world.run {
      try await world.grow(21)
      world.addHonest(1..<9)
      let node = FullNode(
        chain: Blockchain(genesis: world.genesis, state: .missing),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, sink: world.sink,
        configuration: NodeConfiguration(name: "s0", chunkItems: 20, strategy: .sequential))
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      let isDone = await world.wait(.seconds(300)) { node.chain.stateComplete }
      #expect(isDone)
      #expect(node.peers.contains(PeerID(1)))
      let outcome = await node.liveSync.resolveBlock(
        Blake2b256.hash([1]), number: world.source.headNumber + 30, firstPeer: PeerID(1))
      #expect(outcome == .failed || outcome == .outdated)
    }
    let timeouts = Self.timeouts(world.sink.records)
    // Every wait is within the limits of patience; what is in between follows what was measured.
    let range = [PeerLimits.patienceMin, PeerLimits.patienceMax].map(\.wholeNanoseconds)
    for type in ["missing_blocks", "chunk", "macro_chain"] {
      let waits = timeouts[type] ?? []
      #expect(
        !waits.isEmpty && waits.allSatisfy { (range[0]...range[1]).contains($0) },
        "\(type): \(waits)")
    }
    #expect(world.sink.events.contains(.peer(.demoted(peer: 8, reason: "timeout"))))
    // After a timeout a peer is not asked by the same part before the others for a while.
    let chunks = world.sink.records.compactMap { record -> Int64? in
      if case Event.Chunk.requested(3, _, _, _) = record.event.group { record.time } else { nil }
    }
    let gaps = zip(chunks, chunks.dropFirst()).map { $1 - $0 }
    let demotion = Int64(PeerLimits.demotionTime.components.seconds) * 1_000_000_000
    #expect(!chunks.isEmpty && gaps.allSatisfy { $0 >= demotion }, "\(gaps)")
  }

  @Test func halves_shouldBeSweptSoonAfterTheirTime() throws {
    let world = try TestWorld(seed: 42)
    world.run {
      try await world.grow(3)
      world.addHonest(1..<2)
      let context = world.context()
      let queue = BlockQueue(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      world.runtime.spawn("queue") { await queue.run() }
      try await world.runtime.sleep(for: .milliseconds(1_300))
      let header = HeaderAnnouncement(of: try #require(world.source.block(at: 1)))
      await world.network.endpoint(PeerID(1)).publish(.blockHeader, header.wireBytes)
      try await world.runtime.sleep(for: .seconds(30))
    }
    func time(_ name: String) -> Int64 {
      world.sink.records.first { $0.event.name == name }?.time ?? 0
    }
    let waited = time("block.ignored") - time("block.announced")
    let least = Int64(PeerLimits.halfWait.components.seconds) * 1_000_000_000
    let sweep = Int64(LiveSyncLimits.halfSweepInterval.components.seconds) * 1_000_000_000
    #expect((least...least + sweep).contains(waited), "\(waited)")
  }

  @Test func outputs_shouldBeBounded_whenNobodyTakesThem() throws {
    let world = try TestWorld(seed: 43)
    let limit = LiveSyncLimits.outputsMax
    world.run {
      let good = try world.producer.next().block
      let context = world.context()
      let queue = BlockQueue(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      for tag in 0...UInt64(limit) {
        var fields = good.header.fields
        fields.timestamp += tag
        let block = Block(
          header: BlockHeader(fields), justification: good.justification, body: good.body)
        await queue.insert(block, source: BlockSource(origin: .external, peer: nil))
      }
    }
    let refused = world.sink.events.filter { $0.name == "queue.limit_reached" }
    #expect(refused == [.queue(.limitReached(queue: "block_outputs", limit: limit))])
  }

  @Test func subscriber_shouldLoseTheOldestEvents_whenItDoesNotRead() throws {
    let world = try TestWorld(seed: 31)
    let node = world.makeNode()
    world.run {
      let stream = node.events()
      let limit = NodeLimits.subscriberEventsMax
      let work = world.runtime.spawn("node") { await node.run() }
      for _ in 0...limit {
        let block = try await world.produce(transfers: 0, announce: false)
        node.liveSync.push(block, from: nil)
        let isTaken = await world.wait(.seconds(9)) { node.chain.isKnown(block.hash) }
        #expect(isTaken)
      }
      work.cancel()
      await work.value
      var seen: [LiveSyncEvent] = []
      for await event in stream { seen.append(event) }
      #expect(seen.count == limit)
    }
  }

  @Test func findings_shouldLoseTheOldest_whenNobodyReadsThem() async {
    let list = PeerList()
    let stream = list.findings()
    let limit = PeerLimits.findingsMax
    for number in 0...UInt32(limit) {
      list.add(PeerID(number % 200))
      #expect(list.note(.behind(PeerID(number % 200))))
    }
    var count = 0
    for await finding in stream {
      count += 1
      #expect(count > 1 || finding == .behind(PeerID(1)))
      if count == limit { break }
    }
  }

  @Test func macroRounds_shouldBeBounded_whenAPeerGivesOneBlockAtATime() throws {
    let world = try TestWorld(seed: 44, accounts: 200, blocksPerBatch: 2)
    let rounds = NodeLimits.macroRoundsMax
    world.run {
      // Three batches of two blocks are an epoch.
      try await world.grow(6 * (rounds + 2))
      world.addHonest(1..<2)
      let source = world.source
      world.network.endpoint(PeerID(1)).serve(RequestMacroChain.self) { _, request in
        source.macroChain(locators: request.locators, limit: 1).map { .chain($0) }
          ?? .locatorsUnknown
      }
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      let isThere = await world.wait(.seconds(60)) {
        node.chain.headHash == world.source.headHash && node.chain.stateComplete
      }
      #expect(isThere)
    }
    let starts = world.sink.records.filter { $0.event.name == "macro_sync.started" }.map(\.time)
    let adopted = world.sink.records.filter { $0.event.name == "macro_sync.adopted" }.map(\.time)
    #expect(starts.count == 2 && adopted.count { $0 < starts[1] } == rounds)
    let pause = Int64(NodeLimits.peerRetryInterval.components.seconds) * 1_000_000_000
    #expect((adopted.filter { $0 < starts[1] }.max() ?? 0) + pause <= starts[1])
  }

  @Test func macroSync_shouldEnd_whenAPeerLeavesRequestsUnanswered() throws {
    let world = try TestWorld(seed: 47, accounts: 200)
    world.network.tamper(PeerID(1), .macroChain) { _ in nil }
    world.run {
      world.addHonest(1..<2)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      try await world.runtime.sleep(for: .seconds(120))
    }
    let sent = world.sink.events.count { event in
      if case Event.Request.sent("macro_chain", _, _) = event.group { true } else { false }
    }
    let starts = world.count("macro_sync.started")
    #expect(starts > 1 && (starts - 1) * NodeLimits.lateInRowMax <= sent)
    #expect(sent <= starts * NodeLimits.lateInRowMax)
  }

  @Test func gap_shouldBeJumped_whenItIsLongerThanTheCatchUp() throws {
    for (blocks, jumps) in [(8 * NodeLimits.catchUpBatchesMax, 0), (96, 1)] {
      let world = try TestWorld(seed: 45, accounts: 200)
      world.run {
        try await world.grow(Int(blocks))
        world.addHonest(1..<2)
        let node = BlockNode(
          chain: Blockchain(genesis: world.genesis, state: .none),
          network: world.network.endpoint(TestWorld.node), runtime: world.runtime,
          sink: world.sink, configuration: NodeConfiguration(name: "l0"))
        world.runtime.spawn("node") { await node.run() }
        let isThere = await world.wait(.seconds(60)) {
          node.chain.headHash == world.source.headHash
        }
        #expect(isThere, "\(blocks)")
      }
      #expect(world.count("macro_sync.adopted") == jumps, "\(blocks)")
    }
  }

  @Test func heads_shouldBeAskedInRounds() throws {
    let world = try TestWorld(seed: 46, accounts: 200)
    world.run {
      try await world.grow(3)
      world.addHonest(1..<13)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      try await world.runtime.sleep(for: .seconds(41))
    }
    let times = world.sink.records.compactMap { record -> Int64? in
      guard case Event.Request.sent("head", _, _) = record.event.group else { return nil }
      return record.time > 10_000_000_000 ? record.time : nil
    }
    let rounds = Set(times).sorted()
    let interval = Int64(NodeLimits.headInterval.components.seconds) * 1_000_000_000
    #expect(rounds.count >= 4)
    #expect(zip(rounds, rounds.dropFirst()).allSatisfy { $1 - $0 >= interval })
    for round in rounds {
      #expect(times.count { $0 == round } == NodeLimits.headPeersMax)
    }
  }

  @Test func unknownBlockOfAChunk_shouldBeAskedFor_afterAMoment() throws {
    let world = try TestWorld(seed: 47)
    let name = Blake2b256.hash([47])
    world.network.tamper(PeerID(1), .chunk) { bytes in
      guard case .chunk(let number, _, let chunk)? = try? ChunkResponse(wireBytes: bytes) else {
        return bytes
      }
      return ChunkResponse.chunk(number: number + 3, hash: name, chunk).wireBytes
    }
    world.run {
      try await world.grow(12)
      world.addHonest(1..<2)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      try await world.runtime.sleep(for: .seconds(20))
      #expect(!node.chain.stateComplete)
    }
    func time(_ matches: (Event) -> Bool) -> Int64 {
      world.sink.records.first { matches($0.event) }?.time ?? 0
    }
    let buffered = time { if case Event.Chunk.buffered = $0.group { true } else { false } }
    let asked = time {
      if case Event.Blocks.requested(_, _, name, _, _) = $0.group { true } else { false }
    }
    let patience = Int64(LiveSyncLimits.chunkBlockPatience.components.seconds) * 1_000_000_000
    // It is asked for once the patience is over, and soon after.
    let slack = NodeLimits.progressInterval.wholeNanoseconds
    #expect(buffered > 0 && (buffered + patience...buffered + patience + slack).contains(asked))
    #expect(world.count("peer.banned") == 0)
  }
}
