import EventLog
import Ledger
import Networking
import Node
import Primitives
import Production
import Runtime
import Storage
import TestSupport
import Testing
import WorldSupport

@Suite struct ProducerTests {
  @Test(arguments: Backend.each)
  func producer_shouldMakeTheChain_andAJoiningNodeComplete(backend: Backend) async throws {
    let own = try ProducerWorld(seed: 11 + backend.number, backend)
    await own.world.runAnywhere {
      let producer = try own.producer(1, keys: own.keys, transactions: 5)
      own.start(producer)
      #expect(await own.wait(producer.chain, for: 10))
      let joiner = try own.follower(2)
      own.start(joiner)
      #expect(await own.world.wait(.seconds(120)) { joiner.chain.stateComplete })
      let height = producer.chain.headNumber + 20
      #expect(await own.wait(joiner.chain, for: height))
      let macro = try #require(joiner.chain.block(at: joiner.chain.macroNumber))
      #expect(producer.chain.block(at: macro.number)?.hash == macro.hash)
      #expect(producer.count("peer.banned") == 0 && joiner.count("peer.banned") == 0)
      #expect(producer.count("producer.failed") == 0)
      let made = own.blocks(producer.chain)
      #expect(made.filter { $0.kind == .micro }.allSatisfy { $0.body?.transactions.count == 5 })
      #expect(made.contains { $0.kind == .macro } && made.contains { $0.kind == .election })
      #expect(!made.contains { $0.kind == .skip })
    }
  }

  @Test func producer_shouldKeepTheBlockTime() throws {
    let own = try ProducerWorld(seed: 12)
    own.world.run {
      let producer = try own.producer(1, keys: own.keys)
      own.start(producer)
      #expect(await own.wait(producer.chain, for: 40))
      let seconds = own.runtime.now.nanoseconds / 1_000_000_000
      #expect((39...43).contains(seconds), "40 blocks took \(seconds) s")
      let times = own.blocks(producer.chain).map(\.header.timestamp)
      for (first, second) in zip(times, times.dropFirst()) {
        #expect((990...1_100).contains(second - first), "\(second - first) ms")
      }
    }
  }

  /// Killed again and again at whatever moment, a producer goes on where its store is.
  @Test func restartedProducer_shouldGoOn_andNeverSignTwice() throws {
    for seed in 0..<UInt64(6) {
      let own = try ProducerWorld(seed: 100 + seed)
      own.world.run {
        var generator = SeededGenerator(seed: seed)
        let disk = MemoryDisk()
        var seen: [UInt32: Set<Hash256>] = [:]
        for life in 0..<8 {
          let store = try own.store(on: disk)
          let chain = try own.chain(.complete, store: store)
          let number = UInt32(1 + life)
          let producer = try own.producer(
            number, keys: own.keys, transactions: 2, chain: chain, store: store)
          let task = own.start(producer)
          try await own.runtime.sleep(for: .milliseconds(2_000 + generator.below(6_000)))
          store.crash()
          await own.stop(producer, task)
          for event in producer.sink.events {
            guard case Event.Block.produced(_, let block, let hash, _, _) = event.group else {
              continue
            }
            seen[block, default: []].insert(hash)
          }
        }
        #expect(seen.count > 12, "seed \(seed): \(seen.count) blocks")
        #expect(seen.values.allSatisfy { $0.count == 1 }, "seed \(seed): \(seen)")
      }
    }
  }
}
