import Foundation
import Primitives
import Runtime
import StateTrie

/// Times the operations of the trie on random accounts.
struct TrieBenchmark {
  private static let chunkItems = 1_000
  private static let updates = 1_000
  private static let proofs = 1_000
  private static let rounds = 5
  private static let valueBytes = 40
  /// Chunks checked and applied at most: a sample is enough of a large trie.
  private static let chunksMax = 1_000
  /// Accounts inserted at most to repeat the measurement: a large trie is built once.
  private static let insertsMax = 20_000_000
  /// How often updates and diffs are made for one figure: each is over in a few milliseconds.
  private static let updateRounds = 20

  private let accounts: Int
  private let progress: Progress
  private let keys: [KeyNibbles]
  private let hash: Double

  init(accounts: Int, progress: Progress) {
    self.accounts = accounts
    self.progress = progress
    progress.show("\(accounts) accounts: keys")
    var random = RandomStream(seed: 0x5eed)
    keys = (0..<accounts).map { _ in KeyNibbles(bytes: random.bytes(20)) }
    hash = Self.hashTime()
  }

  func run() -> Report.Run {
    var random = RandomStream(seed: 0xacc0)
    progress.show("\(accounts) accounts: insert")
    let memoryBefore = Self.residentBytes()
    let (trie, insert) = build(random.bytes(Self.valueBytes))
    let memory = Self.residentBytes() - memoryBefore
    progress.show("\(accounts) accounts: updates and diffs")
    let changes = updateRows(trie, &random)
    progress.show("\(accounts) accounts: chunks")
    let (chunks, chunk) = chunkRows(trie, &random)
    progress.show("\(accounts) accounts: proofs")
    let proof = proofRow(trie, &random)
    // Measured before and after: a machine that was busy at one time must not make the unit large.
    let hash = min(hash, Self.hashTime())
    let rows = ([insert] + changes + chunks + [proof]).map { $0.inUnits(of: hash) }
    return Report.Run(
      accounts: accounts, hashNanoseconds: hash, rows: rows,
      facts: [
        .init(
          name: "proof bytes per item of a chunk",
          value: Double(chunk.proof.wireBytes.count) / Double(Self.chunkItems)),
        .init(
          name: "chunk bytes per item",
          value: Double(chunk.wireBytes.count) / Double(Self.chunkItems)),
        .init(name: "memory bytes per account", value: memory / Double(accounts)),
      ])
  }

  /// How often a trie is made for one figure. The first time its memory is fresh, and the kernel
  /// has to clear and back every page.
  private var rebuilds: Int { min(Self.rounds, max(1, Self.insertsMax / accounts)) }

  private func row(
    _ name: String, per unit: String, _ nanoseconds: Double, hashing: Double?
  ) -> Report.Row {
    Report.Row(name, per: unit, nanoseconds, hashing: hashing, hash: hash)
  }

  /// A trie of all keys, and what making it and its root took.
  private func build(_ value: [UInt8]) -> (StateTrie, Report.Row) {
    var trie = StateTrie()
    let time = Stopwatch.best(rounds: rebuilds) {
      trie = StateTrie()
      for start in stride(from: 0, to: keys.count, by: Self.updates) {
        let batch = keys[start..<min(start + Self.updates, keys.count)]
        try! trie.put(batch.map { TrieItem(key: $0, value: value) })
      }
      _ = trie.rootHash()
    }
    let work = sampledWork(trie)
    let row = row(
      "insert and root", per: "account", time / Double(accounts),
      hashing: work.nanoseconds / Double(work.accounts))
    return (trie, row)
  }

  /// The bare hashing time of a random part of the trie, and its number of accounts: the subtrees
  /// of one prefix, without the few nodes above.
  private func sampledWork(_ trie: StateTrie) -> (nanoseconds: Double, accounts: Int) {
    let prefix = keys[0].prefix(accounts >= 1_000_000 ? 2 : 1)
    var inside: [KeyNibbles] = []
    try! trie.forEachItem(in: KeyRange(subtree: prefix)) { item in
      inside.append(item.key)
      return true
    }
    let work = HashWork(try! trie.proof(of: inside)) { prefix.isPrefix(of: $0.key) }
    return (work.nanoseconds(), inside.count)
  }

  private func updateRows(_ trie: StateTrie, _ random: inout RandomStream) -> [Report.Row] {
    var update = Double.infinity
    var changed: [KeyNibbles] = []
    for _ in 0..<Self.updateRounds {
      changed = (0..<Self.updates).map { _ in keys[random.below(keys.count)] }
      let value = random.bytes(Self.valueBytes)
      let items = changed.map { TrieItem(key: $0, value: value) }
      let time = Stopwatch.nanoseconds {
        try! trie.put(items)
        _ = trie.rootHash()
      }
      update = min(update, time)
    }
    let work = HashWork(try! trie.proof(of: changed)).nanoseconds()
    var apply = Double.infinity
    var revert = Double.infinity
    var diffWork = work
    for _ in 0..<Self.updateRounds {
      let diff = makeDiff(trie, &random)
      var receipt: DiffReceipt?
      let applied = Stopwatch.nanoseconds {
        receipt = try! trie.apply(diff)
        _ = trie.rootHash()
      }
      let reverted = Stopwatch.nanoseconds {
        try! trie.revert(receipt!)
        _ = trie.rootHash()
      }
      apply = min(apply, applied)
      revert = min(revert, reverted)
      diffWork = HashWork(try! trie.proof(of: diff.entries.map(\.key))).nanoseconds()
    }
    return [
      row("1,000 updates and root", per: "1,000 updates", update, hashing: work),
      row("diff apply and root", per: "diff of 1,000", apply, hashing: diffWork),
      row("diff revert and root", per: "diff of 1,000", revert, hashing: diffWork),
    ]
  }

  private func makeDiff(_ trie: StateTrie, _ random: inout RandomStream) -> TrieDiff {
    var changed: [KeyNibbles: TrieDiff.Entry] = [:]
    for _ in 0..<Self.updates {
      let key = keys[random.below(keys.count)]
      guard case .present(let old) = try! trie.lookup(key) else { continue }
      changed[key] = .init(key: key, old: old, new: random.bytes(Self.valueBytes))
    }
    return try! TrieDiff(entries: changed.values.sorted { $0.key < $1.key })
  }

  private func chunkRows(
    _ trie: StateTrie, _ random: inout RandomStream
  ) -> ([Report.Row], TrieChunk) {
    let root = trie.rootHash()!
    let start = keys[random.below(keys.count)]
    var chunk = try! trie.chunk(from: start, limit: Self.chunkItems, edges: .both)
    let produce = Stopwatch.best {
      chunk = try! trie.chunk(from: start, limit: Self.chunkItems, edges: .both)
    }
    let verify = Stopwatch.best {
      _ = try! chunk.verify(from: start, edges: .both, stateRoot: root)
    }
    // Every node over the items, and once more those of the proof, which are checked first.
    let work =
      (HashWork(try! trie.proof(of: chunk.items.map(\.key))) + HashWork(chunk.proof)).nanoseconds()
    let take = (0..<rebuilds).map { _ in fill(from: trie, root) }.min() ?? 0
    let unit = "chunk of 1,000"
    return (
      [
        row("chunk produce", per: unit, produce, hashing: nil),
        row("chunk verify", per: unit, verify, hashing: work),
        row("chunk verify, apply and root", per: unit, take, hashing: work),
      ], chunk
    )
  }

  /// The mean time to check and apply a chunk and to have the new root, filling a trie from the
  /// start.
  private func fill(from twin: StateTrie, _ root: Hash256) -> Double {
    let partial = StateTrie(missing: .all)
    var total = 0.0
    var chunks = 0
    while chunks < Self.chunksMax, let start = partial.missing.first {
      let chunk = try! twin.chunk(from: start, limit: Self.chunkItems, edges: .last)
      total += Stopwatch.nanoseconds {
        partial.apply(try! partial.verify(chunk, from: start, stateRoot: root))
        precondition(partial.rootHash() == root)
      }
      chunks += 1
    }
    return total / Double(chunks)
  }

  private func proofRow(_ trie: StateTrie, _ random: inout RandomStream) -> Report.Row {
    let root = trie.rootHash()!
    let asked = (0..<Self.proofs).map { _ in keys[random.below(keys.count)] }
    let time = Stopwatch.best {
      for key in asked { _ = try! trie.proof(of: [key]).verify(root: root, keys: [key]) }
    }
    let work = asked.dropFirst().reduce(HashWork(try! trie.proof(of: [asked[0]]))) {
      $0 + HashWork(try! trie.proof(of: [$1]))
    }
    return row(
      "proof make and verify", per: "key", time / Double(Self.proofs),
      hashing: work.nanoseconds() / Double(Self.proofs))
  }

  /// One hash of 64 bytes, the unit of the report.
  private static func hashTime() -> Double {
    let bytes = [UInt8](repeating: 7, count: 64)
    let count = 100_000
    return Stopwatch.best { for _ in 0..<count { _ = Blake2b256.hash(bytes) } } / Double(count)
  }

  /// Memory of the process in bytes that is there and not swapped out.
  private static func residentBytes() -> Double {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
      return 0
    }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
  }
}
