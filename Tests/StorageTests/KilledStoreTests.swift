import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// A process that commits batches is killed at a random moment; what it leaves must be whole
/// batches, and all of those it was told were committed.
@Suite(.serialized) struct KilledStoreTests {
  private static let kills = Campaign.seeds("LIVESYNC_STORAGE_KILLS", default: 10)
  private static let seed = Campaign.seeds("LIVESYNC_STORAGE_KILL_SEED", default: 1)

  @Test func store_shouldHoldWholeBatches_whenItsProcessIsKilled() async throws {
    let folder = TemporaryFolder()
    let path = folder.path
    var generator = SeededGenerator(seed: Self.seed)
    var records: StoreRun.Records = [:]
    var batch: UInt64 = 0
    for kill in 0..<Self.kills {
      let microseconds = UInt32(generator.below(60_000))
      let seed = Self.seed
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, microseconds = microseconds as UInt32, seed = seed as UInt64] in
        try KilledProcess(path: path, seed: seed).run(microseconds: microseconds)
      }
      let process = KilledProcess(path: path, seed: Self.seed)
      let store = try process.open()
      let found = try process.batch(of: store)
      // A process begins with what it finds, told or not.
      let told = max(process.told(), batch)
      #expect(
        found == told || found == told + 1, "seed \(seed), kill \(kill): \(found) after \(told)")
      while batch < found {
        batch += 1
        for change in process.changes(batch) { records[change.key] = change.value }
      }
      let expected = StoreRun.entries(records)
      #expect(
        try store.all().filter { $0.key != KilledProcess.counter } == expected,
        "seed \(seed), kill \(kill)")
      try store.close()
    }
    #expect(batch > Self.kills, "the processes were killed before they did anything")
  }
}

/// The process that is killed, and what is known of its work.
struct KilledProcess {
  static let counter = [0] as [UInt8]

  let path: String
  let seed: UInt64

  func open() throws(StorageError) -> LMDBStore {
    // Small, so that growing is interrupted too.
    let options = LMDBOptions(mapBytes: 64 << 10)
    return try LMDBStore(path: path + "/store", owner: StorePlace.owner, options: options)
  }

  /// The changes of a batch: a nil value removes the key.
  func changes(_ batch: UInt64) -> [(key: [UInt8], value: [UInt8]?)] {
    var generator = SeededGenerator(seed: seed &* 1_000_003 &+ batch)
    return (0..<(1 + generator.below(30))).map { _ in
      let key = [1, UInt8(generator.below(256)), UInt8(generator.below(2))]
      return (key, generator.chance(30) ? nil : generator.bytes(generator.below(1_500)))
    }
  }

  func batch(of store: LMDBStore) throws(StorageError) -> UInt64 {
    let bytes = try store.read { snapshot throws(StorageError) in
      try snapshot.value(of: Self.counter)
    }
    return (bytes ?? []).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The last batch that the process was told is committed.
  func told() -> UInt64 {
    let bytes = FileManager.default.contents(atPath: path + "/told") ?? Data()
    return bytes.count < 8 ? 0 : bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Commits batches until the end comes from another thread.
  func run(microseconds: UInt32) throws {
    let store = try open()
    let file = Foundation.open(path + "/told", O_RDWR | O_CREAT, 0o644)
    var batch = try batch(of: store)
    Thread.detachNewThread {
      usleep(microseconds)
      kill(getpid(), SIGKILL)
    }
    while true {
      batch += 1
      let number = (0..<8).reversed().map { UInt8(truncatingIfNeeded: batch >> (8 * UInt64($0))) }
      try store.write { transaction throws(StorageError) in
        for change in changes(batch) {
          if let value = change.value {
            try transaction.put(change.key, value)
          } else {
            try transaction.delete(change.key)
          }
        }
        try transaction.put(Self.counter, number)
      }
      // One call of eight bytes: the kernel finishes it before the process dies.
      guard pwrite(file, number, 8, 0) == 8 else { return }
    }
  }
}
