import EventLog
import LiveSync
import Messages
import Networking
import Peers
import Runtime
import Testing
import WorldSupport

/// Peers that answer late or never must not hold up blocks and their diffs.
@Suite struct LatePeerTests {
  /// Longest time from the announcement of a block to its acceptance, over a minute of blocks,
  /// while a state comes in slowly.
  private static func longestWait(_ world: TestWorld) async -> Int64 {
    await world.runAnywhere {
      try await world.grow(9)
      world.addHonest(1..<6)
      // The state never becomes complete, so that every block needs its diff.
      for number in UInt32(1)..<6 {
        world.network.tamper(PeerID(number), .chunk) { _ in ChunkResponse.incompleteState.wireBytes
        }
      }
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      try await world.pause(.seconds(60))
      #expect(await world.holds { node.chain.headNumber + 1 >= world.source.headNumber })
      #expect(world.count("peer.banned") == 0)
    }
    var announced: [String: Int64] = [:]
    var longest: Int64 = 0
    for record in world.sink.records {
      switch record.event.group {
      case Event.Block.announced(_, _, let hash) where announced["\(hash)"] == nil:
        announced["\(hash)"] = record.time
      case Event.Block.accepted(_, _, let hash, _):
        longest = max(longest, record.time - (announced["\(hash)"] ?? record.time))
      default: break
      }
    }
    return longest
  }

  @Test(arguments: [1, 2] as [UInt32], Backend.each)
  func silentPeers_shouldNotHoldUpBlocks(count: UInt32, backend: Backend) async throws {
    let world = try TestWorld(seed: 90 + UInt64(count) + backend.number, backend)
    for number in 1...count { world.network.tamper(PeerID(number), .trieDiff) { _ in nil } }
    let wait = await Self.longestWait(world)
    #expect(wait > 0 && wait < PeerLimits.patienceFirst.wholeNanoseconds / 2, "\(wait)")
    #expect(world.sink.events.contains(.peer(.demoted(peer: 1, reason: "timeout"))))
  }

  @Test func slowDrip_shouldNotHoldUpBlocks() async throws {
    let world = try TestWorld(seed: 95)
    // It answers rightly, and always a moment before its time is over.
    world.network.delay(PeerID(1), .trieDiff, PeerLimits.patienceMin - .milliseconds(200))
    let wait = await Self.longestWait(world)
    #expect(wait > 0 && wait < PeerLimits.patienceFirst.wholeNanoseconds / 2, "\(wait)")
  }
}
