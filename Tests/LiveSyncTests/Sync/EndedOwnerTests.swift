import Ledger
import LiveSync
import Networking
import Peers
import Primitives
import Runtime
import Testing
import WorldSupport

/// Nobody waits for what has ended, and nobody is left out for what is over.
@Suite struct EndedOwnerTests {
  private static let unknown = Blake2b256.hash([9])

  @Test func resolve_shouldFail_whenTheQueueHasEnded() throws {
    let world = try TestWorld(seed: 101)
    world.run {
      try await world.grow(3)
      world.addHonest(1..<2)
      let queue = BlockQueue(
        context: world.context(),
        configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      let work = world.runtime.spawn("queue") { await queue.run() }
      // One waits when the queue ends, with nobody to ask, and one comes later.
      let waiting = Outcome()
      world.runtime.spawn("resolve") {
        waiting.set(await queue.resolve(Self.unknown, number: 2, firstPeer: nil))
      }
      try await world.runtime.sleep(for: .seconds(1))
      #expect(waiting.value == nil)
      work.cancel()
      try await world.runtime.sleep(for: .seconds(1))
      #expect(waiting.value == .failed)
      let late = Blake2b256.hash([8])
      #expect(await queue.resolve(late, number: 2, firstPeer: nil) == .failed)
      // What needs no waiting is still answered.
      let genesis = world.genesis.hash
      #expect(await queue.resolve(genesis, number: 0, firstPeer: nil) == .found)
    }
  }

  @Test func resolve_shouldFail_whenItsCallerIsCancelled() throws {
    let world = try TestWorld(seed: 102)
    world.run {
      let queue = BlockQueue(
        context: world.context(),
        configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      world.runtime.spawn("queue") { await queue.run() }
      let outcome = Outcome()
      let resolve = world.runtime.spawn("resolve") {
        outcome.set(await queue.resolve(Self.unknown, number: 2, firstPeer: nil))
      }
      try await world.runtime.sleep(for: .seconds(1))
      resolve.cancel()
      try await world.runtime.sleep(for: .milliseconds(10))
      #expect(outcome.value == .failed)
    }
  }

  @Test func events_shouldEnd_whenTheNodeHasEnded() throws {
    let world = try TestWorld(seed: 103)
    world.run {
      let node = world.makeNode()
      let work = world.runtime.spawn("node") { await node.run() }
      try await world.runtime.sleep(for: .seconds(1))
      work.cancel()
      try await world.runtime.sleep(for: .seconds(1))
      for await _ in node.events() { Issue.record("an event of a node that has ended") }
      let block = try #require(world.source.block(at: 0))
      #expect(!node.liveSync.push(block, from: nil))
    }
  }

  @Test func connectedPeer_shouldBeTakenIn_whenThereIsRoomAgain() throws {
    let world = try TestWorld(seed: 104)
    let limit = UInt32(PeerLimits.peersMax)
    world.run {
      try await world.grow(2)
      world.addHonest(1..<limit + 3)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      try await world.runtime.sleep(for: .seconds(2))
      #expect(node.peers == (1...limit).map { PeerID($0) })
      world.network.leave(PeerID(7))
      try await world.runtime.sleep(for: .seconds(2))
      #expect(node.peers.count == Int(limit) && node.peers.contains(PeerID(limit + 1)))
      // A banned one makes room like one that left.
      world.network.tamper(PeerID(9), .head) { _ in [255] }
      let isBanned = await world.wait(.seconds(600)) { world.bans(of: PeerID(9)) != [] }
      try await world.runtime.sleep(for: .seconds(2))
      #expect(isBanned && node.peers.contains(PeerID(limit + 2)))
    }
  }
}

/// Holds the outcome of a request once it is there.
private final class Outcome: Sendable {
  private let box = Mailbox<ResolveOutcome>(capacity: 1)
  private let seen = Mailbox<ResolveOutcome>(capacity: 1)

  func set(_ outcome: ResolveOutcome) { box.offer(outcome) }

  /// The outcome; nil while there is none.
  var value: ResolveOutcome? {
    guard let outcome = box.poll() else { return nil }
    box.offer(outcome)
    return outcome
  }
}
