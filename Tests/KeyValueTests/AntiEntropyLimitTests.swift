import CRDT
import KeyValue
import Networking
import Primitives
import Reconciliation
import Runtime
import SimulatedNetworking
import TestSupport
import Testing

@Suite struct AntiEntropyLimitTests {
  private func record(_ content: [UInt8], version: UInt64 = 1_000_000 << 16) throws -> SyncEntry {
    SyncEntry(
      record: try #require(Record(key: [1], version: version, value: content)), value: content)
  }

  private func content(_ kind: UInt8, _ value: [UInt8], expiry: UInt8 = 0) -> [UInt8] {
    [kind] + [0, 0, 0, 0, 0, 0, 0, 7] + [0, 0, 0, 0, 0, 0, 0, expiry] + value
  }

  /// Stores entries on a node of a simulation.
  private func store(_ node: HostedNode, _ entries: [SyncEntry]) -> Result<StoreTally, StoreError> {
    final class Box: @unchecked Sendable { var result: Result<StoreTally, StoreError>? }
    let (runtime, box) = (SimulatedRuntime(seed: 1), Box())
    let replica = KeyValueReplica(node)
    _ = runtime.run {
      do throws(StoreError) { box.result = .success(try await replica.store(entries).tally) } catch
      {
        box.result = .failure(error)
      }
    }
    return box.result ?? .failure(.notCommitted("never"))
  }

  @Test func aContent_shouldBeRefusedAsAWhole_whenItIsNone() throws {
    let node = HostedNode(1)
    let good = try record(content(1, [5]))
    var other = good
    other.value[17] = 6
    let id = good.record.id
    for (entry, error) in [
      (other, ContentError.otherThanItsRecord(id)),
      (try record([1, 2, 3]), .length(3)),
      (try record(content(9, [])), .unknownKind(9)),
      (try record(content(0, [])), .unknownKind(0)),
      (try record(content(3, [1])), .notEmpty(.tombstone)),
      (try record(content(3, [], expiry: 1)), .notEmpty(.tombstone)),
      (try record(content(4, [1])), .notEmpty(.expired)),
    ] {
      #expect(store(node, [good, entry]) == .failure(.content(error)), "\(error)")
      #expect(node.entries.isEmpty && node.commits == 0)
      #expect(!"\(error)".isEmpty)
    }
    #expect(try store(node, [good]).get().changed == 1)
    #expect(try store(node, [good]).get().known == 1)
    #expect(node.node.bytes(Array("GET".utf8), [1]) == .bulk([5]))
    // A record of the store has the same content.
    let view = KeyValueReplica(node).current()
    #expect(view.record(of: [1]) == good.record)
  }

  @Test func anyBytes_shouldBeReadWithoutACrash() throws {
    var draw = SeededGenerator(seed: 11)
    let node = HostedNode(1)
    for _ in 0..<2_000 {
      let entry = try record(draw.bytes(draw.below(40)))
      _ = store(node, [entry])
    }
    let view = KeyValueReplica(node).current()
    for strategy in view.strategies {
      let responder = try #require(view.responder(of: strategy))
      for _ in 0..<2_000 {
        let bytes = draw.bytes(draw.below(30))
        do { _ = try responder.answer(bytes) } catch {
          #expect(error.kind != .contradiction, "seed 11: \(error)")
        }
      }
    }
  }

  @Test func aFullExchange_shouldGoInParts() throws {
    let world = SessionWorld(2, seed: 1)
    let count = 3 * KeyValueLimits.idsPerAnswerMax * KeyValueLimits.exchangeLanes
    var effects: [KeyValueEffect] = []
    for key in 0..<count {
      effects.append(
        .set(
          key: Array("key\(key)".utf8), kind: .bytes, value: [1],
          version: HybridTimeOf.time(1_000_000, 5), expiry: 0))
    }
    for node in world.nodes { try node.apply(effects) }
    world.nodes[0]("SET key1 other")
    let outcome = try #require(world.session(0, 1, .full))
    #expect(outcome.end == .equal && outcome.keysSent == 1 && outcome.keysCompared == count)
    let perRecord = Double(outcome.receivedBytes) / Double(count)
    #expect(perRecord > 16 && perRecord < 16.5, "\(perRecord)")
  }

  @Test func namesOfRecords_shouldBeMadeInTurns() throws {
    let node = HostedNode(1)
    var effects: [KeyValueEffect] = []
    for key in 0..<3 * KeyValueLimits.namedEntriesPerTurn - 1 {
      effects.append(
        .set(
          key: Array("key\(key)".utf8), kind: .bytes, value: [1],
          version: HybridTimeOf.time(1_000_000, 5), expiry: 0))
    }
    try node.apply(effects)
    let view = KeyValueReplica(node).current()
    let record = try #require(view.record(of: effects[5].key))
    #expect(view.record(record.id) == nil)
    #expect(node.withCore { $0.growNames() } && node.withCore { $0.growNames() })
    #expect(view.record(record.id) == record)
    #expect(!node.withCore { $0.growNames() })
    // It follows from then on.
    node("SET key1 x")
    let later = KeyValueReplica(node).current()
    let new = try #require(later.record(of: Array("key1".utf8)))
    #expect(later.record(new.id) == new)
  }

  @Test func namesOfRecords_shouldBeGivenBack() throws {
    let world = SessionWorld(2, seed: 2)
    for key in 0..<20_000 { world.nodes[0]("SET key\(key) \(key)") }
    // The tree grows by a level meanwhile.
    #expect(world.session()?.end == .equal)
    _ = world.runtime.advance(by: KeyValueLimits.namesKept * 3)
    let before = world.nodes[0].withCore { $0.overheadBytes }
    world.nodes[0]("SET key1 x")
    #expect(world.session()?.keysSent == 1)
    #expect(world.nodes[0].withCore { $0.overheadBytes } > before + 100_000)
    _ = world.runtime.advance(by: KeyValueLimits.namesKept * 3)
    #expect(world.nodes[0].withCore { $0.overheadBytes } < before + 20_000)
    world.nodes[0]("SET key1 y")
    #expect(world.session()?.keysSent == 1)
  }

  @Test func moreLargeValues_shouldGoInParts() throws {
    let world = SessionWorld(2, seed: 3)
    let count = KeyValueLimits.largeRecordsPerRequest + 2
    let value = [UInt8](repeating: 1, count: ReconciliationLimits.valueBytesMax)
    for key in 0..<count { world.nodes[0].set([UInt8(key)], value) }
    let outcome = try #require(world.session())
    #expect(outcome.end == .exchanged && outcome.keysSent == count, "\(outcome.end)")
    #expect(world.session()?.end == .equal)
  }

  @Test func aPeerThatFetchesNothing_shouldBeGivenUp() throws {
    let world = SessionWorld(2, seed: 4)
    world.nodes[0].set([1], [UInt8](repeating: 1, count: 2 << 20))
    world.nodes[0]("SET small 1")
    // The log there takes the first message, and then nothing more.
    let peer = world.nodes[1]
    peer.beforeCommit = { if peer.commits == 1 { peer.refusal = "the disk is full" } }
    let outcome = try #require(world.session())
    guard case .incomplete(.largeValues) = outcome.end else {
      Issue.record("\(outcome.end)")
      return
    }
    #expect(outcome.keysSent == 0 || outcome.keysSent == 1)
    peer.refusal = nil
    peer.beforeCommit = {}
    // What was still to be fetched may come before the next session, which then finds nothing.
    _ = world.session()
    #expect(world.session()?.end == .equal)
  }
}
