import Foundation
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

/// A process that pushes to a chain on disk is killed at a random moment; what it leaves must be
/// the chain after the last change it was told is committed, or after the one it was at.
@Suite(.serialized) struct KilledChainTests {
  private static let kills = Campaign.seeds("LIVESYNC_LEDGER_KILLS", default: 10)
  private static let seed = Campaign.seeds("LIVESYNC_LEDGER_KILL_SEED", default: 1)

  @Test func chain_shouldBeACommittedPrefix_andGoOn_whenItsProcessIsKilled() async throws {
    var random = SeededGenerator(seed: Self.seed)
    var lives: UInt64 = 0
    var kills: UInt64 = 0
    var steps = 0
    while kills < Self.kills {
      lives += 1
      let folder = TemporaryFolder()
      let process = KilledPusher(path: folder.path, seed: Self.seed &* 1_000 &+ lives)
      let life = try process.life()
      var done = 0
      while done < life.steps.count, kills < Self.kills {
        kills += 1
        let what = "life \(process.seed), kill \(kills)"
        let microseconds = UInt32(random.below(60_000))
        let (path, seed, from) = (process.path, process.seed, done)
        await #expect(processExitsWith: .signal(SIGKILL), "\(what)") {
          [
            path = path as String, seed = seed as UInt64, from = from as Int,
            microseconds = microseconds as UInt32
          ] in
          try KilledPusher(path: path, seed: seed).run(from: from, microseconds: microseconds)
        }
        let told = max(process.told(), done)
        let store = try process.open(life.genesis)
        let found = LifeState(try Life.open(life.genesis, in: store), life.cast)
        let prefix = [told, told + 1].first {
          life.states.indices.contains($0) && life.states[$0] == found
        }
        try store.close()
        guard let prefix else {
          let words = found.differences(from: life.states[told])
          Issue.record("\(what): not the state after \(told) steps or one more: \(words)")
          return
        }
        steps += prefix - done
        done = prefix
      }
    }
    #expect(steps > 0, "the processes were killed before they did anything")
  }
}

/// The process that is killed, and what is known of its work.
struct KilledPusher {
  let path: String
  let seed: UInt64

  func life(isRecorded: Bool = true) throws -> Life {
    try Life(seed: seed, length: 40, isRecorded: isRecorded)
  }

  func open(_ genesis: Genesis) throws(StorageError) -> LMDBStore {
    // Small, so that growing is interrupted too.
    let options = LMDBOptions(mapBytes: 64 << 10)
    return try LMDBStore(path: path + "/store", owner: .chain(genesis.hash), options: options)
  }

  /// Number of steps that the process was told are committed.
  func told() -> Int {
    let bytes = FileManager.default.contents(atPath: path + "/told") ?? Data()
    return bytes.count < 8 ? 0 : bytes.prefix(8).reduce(0) { $0 << 8 | Int($1) }
  }

  /// Lives on from step `start` until the end comes from another thread.
  func run(from start: Int, microseconds: UInt32) throws {
    let life = try life(isRecorded: false)
    let file = Foundation.open(path + "/told", O_RDWR | O_CREAT, 0o644)
    Thread.detachNewThread {
      usleep(microseconds)
      kill(getpid(), SIGKILL)
    }
    let chain = try Life.open(life.genesis, in: try open(life.genesis))
    for index in start..<life.steps.count {
      _ = try life.steps[index].perform(on: chain)
      // One call of eight bytes: the kernel finishes it before the process dies.
      let number = (0..<8).reversed().map { UInt8(truncatingIfNeeded: (index + 1) >> (8 * $0)) }
      guard pwrite(file, number, 8, 0) == 8 else { return }
    }
    while true { sleep(1) }
  }
}
