import EventLog
import Ledger
import LiveSync
import Messages
import Networking
import Primitives
import Runtime
import StateTrie
import Testing
import WorldSupport

/// Answers that come after another was used are judged like those that came first.
@Suite struct SecondAnswerTests {
  /// A world in which peer 1 answers requests of a type late and wrongly.
  private static func run(
    _ world: TestWorld, _ type: RequestType, delay: Duration,
    _ lie: @escaping WorldNetwork.Tamper
  ) async {
    world.network.delay(PeerID(1), type, delay)
    world.network.tamper(PeerID(1), type, lie)
    await world.runAnywhere {
      try await world.grow(9)
      world.addHonest(1..<5)
      // The state never becomes complete, so that every block needs its diff.
      for number in UInt32(1)..<5 {
        world.network.tamper(PeerID(number), .chunk) { _ in ChunkResponse.incompleteState.wireBytes
        }
      }
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      let isBanned = await world.wait(.seconds(120)) { !world.bans(of: PeerID(1)).isEmpty }
      #expect(isBanned, "the lie was not looked at")
      #expect(await world.holds { node.chain.headNumber + 1 >= world.source.headNumber })
    }
  }

  @Test(arguments: Backend.each)
  func wrongDiff_shouldBePunished_thoughAnotherPeersWasUsed(backend: Backend) async throws {
    let world = try TestWorld(seed: 111 + backend.number, backend)
    await Self.run(world, .trieDiff, delay: .seconds(2)) { bytes in
      guard case .partialDiff(let diff)? = try? TrieDiffResponse(wireBytes: bytes),
        let shorter = try? TrieDiff(entries: Array(diff.entries.dropLast()))
      else { return bytes }
      return TrieDiffResponse.partialDiff(shorter).wireBytes
    }
    #expect(world.bans(of: PeerID(1)) == ["diff_root_mismatch"])
    #expect(world.count("peer.evidence") == 1)
    // Every diff that was used came from somebody else, before the lie was here.
    let used = world.sink.events.contains {
      if case Event.Diff.accepted(1, _, _, _, _) = $0.group { true } else { false }
    }
    #expect(!used)
  }

  @Test(arguments: Backend.each)
  func wrongBlocks_shouldBePunished_thoughAnotherPeersWereUsed(backend: Backend) async throws {
    let world = try TestWorld(seed: 112 + backend.number, backend)
    world.network.delay(PeerID(1), .missingBlocks, .seconds(3))
    world.network.tamper(PeerID(1), .missingBlocks) { bytes in
      guard case .blocks(var blocks)? = try? MissingBlocksResponse(wireBytes: bytes),
        let index = blocks.firstIndex(where: { !($0.body?.transactions.isEmpty ?? true) })
      else { return bytes }
      blocks[index].body?.transactions.removeLast()
      return MissingBlocksResponse.blocks(blocks).wireBytes
    }
    await world.runAnywhere {
      try await world.grow(6)
      world.addHonest(1..<4)
      let context = world.context()
      for number in UInt32(1)..<4 { context.peers.add(PeerID(number)) }
      let queue = BlockQueue(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      world.runtime.spawn("queue") { await queue.run() }
      let target = try #require(world.source.block(at: 6))
      world.runtime.spawn("resolve") {
        _ = await queue.resolve(target.hash, number: target.number, firstPeer: PeerID(1))
      }
      let output = await queue.next()
      guard case .blocks(let batch)? = output else {
        Issue.record("no blocks came")
        return
      }
      #expect(batch.blocks.allSatisfy { $0.source.peer != PeerID(1) })
      #expect(world.bans(of: PeerID(1)).isEmpty)
      let isBanned = await world.wait(.seconds(10)) { !world.bans(of: PeerID(1)).isEmpty }
      #expect(isBanned)
    }
    #expect(world.bans(of: PeerID(1)) == ["answer_body_mismatch"])
  }

  @Test func lateDiff_shouldBeUsed_whenItsRoundHasFailed() throws {
    let world = try TestWorld(seed: 113)
    // Only peer 1 has diffs, and it takes its time; the others deny them at once.
    world.network.delay(PeerID(1), .trieDiff, .seconds(3))
    for number in UInt32(2)..<6 {
      world.network.tamper(PeerID(number), .trieDiff) { _ in
        TrieDiffResponse.unknownBlockHash.wireBytes
      }
    }
    world.run {
      try await world.grow(9)
      world.addHonest(1..<6)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever(every: .seconds(4)) }
      let isDone = await world.wait(.seconds(120)) { node.chain.stateComplete }
      #expect(isDone)
    }
    #expect(world.count("diff.failed") > 0 && world.count("peer.banned") == 0)
  }
}
