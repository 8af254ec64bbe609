import Foundation
import Primitives
import StateTrie

/// Times the operations of the trie on random accounts.
struct TrieBenchmark {
  private static let chunkItems = 1_000
  private static let updates = 1_000
  private static let proofs = 1_000
  private static let rounds = 5

  let accounts: Int

  func run() -> Report {
    var generator = Generator(state: 0x5eed)
    let keys = (0..<accounts).map { _ in KeyNibbles(bytes: generator.bytes(20)) }
    let value = generator.bytes(40)
    let trie = StateTrie()
    let insert = time {
      for key in keys { try! trie.put(key, value) }
      _ = trie.rootHash()
    }

    let update = best {
      for _ in 0..<Self.updates {
        try! trie.put(keys[generator.below(keys.count)], generator.bytes(40))
      }
      _ = trie.rootHash()
    }
    let diff = makeDiff(keys, trie, &generator)
    var receipts: [DiffReceipt] = []
    let apply = time {
      receipts.append(try! trie.apply(diff))
      _ = trie.rootHash()
    }
    let revert = time {
      try! trie.revert(receipts[0])
      _ = trie.rootHash()
    }

    let stateRoot = trie.rootHash()!
    let start = keys[generator.below(keys.count)]
    var chunk = try! trie.chunk(from: start, limit: Self.chunkItems, edges: .both)
    let produce = best {
      chunk = try! trie.chunk(from: start, limit: Self.chunkItems, edges: .both)
    }
    let verify = best {
      _ = try! chunk.verify(from: start, edges: .both, stateRoot: stateRoot)
    }
    let take = fill(from: trie, stateRoot)
    let proofKeys = (0..<Self.proofs).map { _ in keys[generator.below(keys.count)] }
    let prove = best {
      for key in proofKeys {
        _ = try! trie.proof(of: [key]).verify(root: stateRoot, keys: [key])
      }
    }
    return Report(
      accounts: accounts, hash: hashTime(),
      rows: [
        .init(name: "insert and root", unit: "account", nanoseconds: insert / Double(accounts)),
        .init(name: "1000 updates and root", unit: "1000 updates", nanoseconds: update),
        .init(name: "diff apply and root", unit: "diff of 1000", nanoseconds: apply),
        .init(name: "diff revert and root", unit: "diff of 1000", nanoseconds: revert),
        .init(name: "chunk produce", unit: "chunk of 1000", nanoseconds: produce),
        .init(name: "chunk verify", unit: "chunk of 1000", nanoseconds: verify),
        .init(name: "chunk verify and apply", unit: "chunk of 1000", nanoseconds: take),
        .init(name: "proof make and verify", unit: "key", nanoseconds: prove / Double(Self.proofs)),
      ],
      facts: [
        ("proof bytes per item", Double(chunk.proof.wireBytes.count) / Double(Self.chunkItems)),
        ("chunk bytes per item", Double(chunk.wireBytes.count) / Double(Self.chunkItems)),
      ])
  }

  /// The mean time to check and apply a chunk, over a whole trie.
  private func fill(from twin: StateTrie, _ root: Hash256) -> Double {
    let partial = StateTrie(missing: .all)
    var total = 0.0
    var chunks = 0
    while let start = partial.missing.first {
      let chunk = try! twin.chunk(from: start, limit: Self.chunkItems, edges: .last)
      total += time {
        partial.apply(try! partial.verify(chunk, from: start, stateRoot: root))
        precondition(partial.rootHash() == root)
      }
      chunks += 1
    }
    return total / Double(chunks)
  }

  private func makeDiff(
    _ keys: [KeyNibbles], _ trie: StateTrie, _ generator: inout Generator
  ) -> TrieDiff {
    var changed: [KeyNibbles: TrieDiff.Entry] = [:]
    for _ in 0..<Self.updates {
      let key = keys[generator.below(keys.count)]
      guard case .present(let old) = try! trie.lookup(key) else { continue }
      changed[key] = .init(key: key, old: old, new: generator.bytes(40))
    }
    return try! TrieDiff(entries: changed.values.sorted { $0.key < $1.key })
  }

  /// One hash of 64 bytes, the unit of the report.
  private func hashTime() -> Double {
    let bytes = [UInt8](repeating: 7, count: 64)
    let count = 100_000
    return best { for _ in 0..<count { _ = Blake2b256.hash(bytes) } } / Double(count)
  }

  private func best(_ body: () -> Void) -> Double {
    (0..<Self.rounds).map { _ in time(body) }.min()!
  }

  private func time(_ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    let elapsed = clock.measure(body).components
    return Double(elapsed.seconds) * 1e9 + Double(elapsed.attoseconds) / 1e9
  }
}

/// SplitMix64, so that every run measures the same accounts.
struct Generator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z &>> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
