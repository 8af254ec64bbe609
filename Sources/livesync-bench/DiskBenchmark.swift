import Foundation
import Primitives
import Runtime
import StateTrie
import Storage

/// Syncs a trie into an empty store on disk by verified chunks, and measures it.
///
/// The chunks are made by a second store in the same process, from snapshots, one at a time: the
/// source is on disk too and weighs no more than the working set it is built with.
struct DiskBenchmark {
  private static let chunkItems = 1_000
  private static let updates = 1_000
  private static let rounds = 5
  private static let owner = StoreOwner(kind: "bench", version: 1)

  let accounts: Int
  /// Where the two stores are made; they are removed afterwards.
  let directory: String
  let durability: Durability

  /// What the sync took. Times in seconds.
  struct Sync {
    var made = 0.0
    var taken = 0.0
    /// Of that, until a commit begins.
    var applied = 0.0
    var takenCPU = 0.0
    var commits = 0
    var chunks = 0
    var peakBytes = 0
  }

  func run() throws -> DiskReport {
    let source = directory + "/source"
    let target = directory + "/target"
    for path in [source, target] { try? FileManager.default.removeItem(atPath: path) }
    defer {
      for path in [source, target] { try? FileManager.default.removeItem(atPath: path) }
    }
    let root = try makeSource(source)
    let (sync, open) = try fill(target, from: source, root)
    let bytes = try Measure.bytesOnDisk(target + "/data.mdb")
    let updates = try update(target)
    let hash = Measure.hashTime()
    return DiskReport(
      accounts: accounts, durability: durability, hash: hash, sync: sync, openSeconds: open,
      updateSeconds: updates, fileBytes: bytes)
  }

  /// The accounts in key order: one at a random place in each of as many equal parts of the space.
  private func account(_ index: Int) -> TrieItem {
    var generator = RandomStream(seed: UInt64(index) &* 0x9e37_79b9 &+ 0x5eed)
    let part = UInt64.max / UInt64(accounts)
    let place = UInt64(index) * part + generator.next() % part
    let head = (0..<8).map { UInt8(truncatingIfNeeded: place >> UInt64(56 - 8 * $0)) }
    return TrieItem(
      key: KeyNibbles(bytes: head + generator.bytes(12)), value: generator.bytes(40))
  }

  /// Builds the trie that is synced from, and returns its root.
  private func makeSource(_ path: String) throws -> Hash256 {
    let store = try LMDBStore(
      path: path, owner: Self.owner, options: LMDBOptions(durability: .onRequest))
    let trie = try StateTrie(store: store, missing: .none)
    let batch = Self.chunkItems * StateTrieLimits.chunksPerCommit
    for index in 0..<accounts {
      let item = account(index)
      try trie.put(item.key, item.value)
      if (index + 1) % batch == 0 { try Self.commit(trie, store) }
    }
    try Self.commit(trie, store)
    try store.close()
    guard let root = trie.rootHash() else { throw BenchmarkError("the source has no root") }
    return root
  }

  private static func commit(_ trie: StateTrie, _ store: LMDBStore) throws {
    try store.write { transaction throws(StorageError) in try trie.save(to: &transaction) }
    trie.committed()
  }

  /// Syncs, and opens the result again.
  private func fill(
    _ path: String, from sourcePath: String, _ root: Hash256
  ) throws -> (sync: Sync, open: Double) {
    let source = try LMDBStore(
      path: sourcePath, owner: Self.owner, options: LMDBOptions(durability: .onRequest))
    let options = LMDBOptions(durability: durability)
    let store = try LMDBStore(path: path, owner: Self.owner, options: options)
    let trie = try StateTrie(store: store)
    var sync = Sync()
    while let start = trie.missing.first {
      var chunk: TrieChunk?
      sync.made += try Measure.seconds {
        chunk = try source.read { snapshot throws(StorageError) in
          Result { () throws(TrieError) in
            try StateTrie.chunk(in: snapshot, from: start, limit: Self.chunkItems, edges: .both)
          }
        }.get()
      }
      guard let chunk else { break }
      let before = Measure.processorSeconds()
      let applied = try Measure.seconds {
        trie.apply(try chunk.verify(from: start, edges: .both, stateRoot: root))
        guard trie.rootHash() == root else { throw BenchmarkError("the root differs") }
      }
      sync.applied += applied
      sync.chunks += 1
      sync.taken += applied
      sync.taken += try Measure.seconds {
        if sync.chunks % StateTrieLimits.chunksPerCommit == 0 || trie.isComplete {
          var peak = 0
          try store.write { transaction throws(StorageError) in
            try trie.save(to: &transaction)
            peak = Measure.anonymousBytes()
          }
          trie.committed()
          sync.commits += 1
          sync.peakBytes = max(sync.peakBytes, peak)
        }
      }
      sync.takenCPU += Measure.processorSeconds() - before
      sync.peakBytes = max(sync.peakBytes, Measure.anonymousBytes())
    }
    guard trie.itemCount == accounts else { throw BenchmarkError("accounts are missing") }
    sync.taken += try Measure.seconds { try store.close() }
    try source.close()
    let open = try Measure.seconds {
      let store = try LMDBStore(path: path, owner: Self.owner, options: options)
      guard try StateTrie(store: store).rootHash() == root else {
        throw BenchmarkError("the stored root differs")
      }
      try store.close()
    }
    return (sync, open)
  }

  /// Seconds of rounds of random updates with root and commit.
  private func update(_ path: String) throws -> [Double] {
    let store = try LMDBStore(
      path: path, owner: Self.owner, options: LMDBOptions(durability: durability))
    let trie = try StateTrie(store: store)
    var generator = RandomStream(seed: 0xfeed)
    var times: [Double] = []
    for _ in 0..<Self.rounds {
      let items = (0..<Self.updates).map { _ in
        TrieItem(key: account(generator.below(accounts)).key, value: generator.bytes(40))
      }.sorted { $0.key < $1.key }
      times.append(
        try Measure.seconds {
          for item in items { try trie.put(item.key, item.value) }
          guard trie.rootHash() != nil else { throw BenchmarkError("no root after updates") }
          try Self.commit(trie, store)
        })
    }
    try store.close()
    return times
  }
}

/// A benchmark that cannot go on.
package struct BenchmarkError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

/// What the process took so far.
enum Measure {
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let elapsed = try clock.measure(body).components
    return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  }

  /// Time of all threads in user and system mode.
  static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Resident memory of the process that is no mapped file.
  static func anonymousBytes() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") }),
      let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    else { return 0 }
    return (Int(kilobytes) ?? 0) * 1_024
  }

  /// Bytes that a file takes up, without its holes.
  static func bytesOnDisk(_ file: String) throws -> Int {
    var status = stat()
    guard stat(file, &status) == 0 else { throw BenchmarkError("\(file) is not there") }
    return Int(status.st_blocks) * 512
  }

  /// One hash of 64 bytes in nanoseconds, the unit of reports.
  static func hashTime() -> Double {
    let bytes = [UInt8](repeating: 7, count: 64)
    let count = 100_000
    let times = (0..<5).map { _ in
      seconds { for _ in 0..<count { _ = Blake2b256.hash(bytes) } }
    }
    return (times.min() ?? 0) / Double(count) * 1e9
  }
}
