import Foundation
import Ledger
import Locking
import Primitives
import Snapshot
import Storage

/// Measures how long a chain in a store on disk takes for a block, while it does nothing else and
/// while a snapshot of it is taken by another thread, in turns.
struct SnapshotImportBenchmark {
  private static let batch: UInt32 = 60
  /// Blocks of the run: so many that the slowest of a hundred are some twenty of each kind.
  private static let blocks: UInt32 = 4_800

  let accounts: Int
  let directory: String
  let durability: Durability

  struct Result {
    /// Times of blocks in nanoseconds.
    var idle = ServingBenchmark.Times()
    var busy = ServingBenchmark.Times()
    var taken = 0

    /// How many times as long a block takes at the 99th percentile while a snapshot is taken.
    var ratio: Double { Double(busy.percentile(99)) / Double(max(1, idle.percentile(99))) }
  }

  func run() throws -> Result {
    let source = try TransferChain(
      accounts: accounts, batch: Self.batch, path: directory + "/chain", durability: durability)
    let chain = source.chain
    var result = Result()
    var idle: [(place: UInt32, time: Int64)] = []
    var busyPlaces: Set<UInt32> = []
    let clock = ContinuousClock()
    let taking = Taking(chain, SnapshotDirectory(path: directory + "/taken"))
    while chain.headNumber < Self.blocks {
      let block = try source.next().block
      let isBusy = taking.isUnderWay
      let time = try clock.measure { try chain.push(block) }.components
      let nanoseconds = time.seconds * 1_000_000_000 + time.attoseconds / 1_000_000_000
      guard block.kind.isMacro else {
        let place = block.number % Self.batch
        if isBusy, taking.isUnderWay {
          result.busy.add(nanoseconds)
          busyPlaces.insert(place)
        } else if !isBusy {
          idle.append((place, nanoseconds))
        }
        continue
      }
      // In every second batch, so that both are spread over the run.
      if block.number / Self.batch % 2 == 0, taking.begin() { result.taken += 1 }
    }
    try taking.end()
    try source.close()
    // What comes first in a batch may take another time than what comes last, snapshot or not.
    for block in idle where busyPlaces.contains(block.place) { result.idle.add(block.time) }
    return result
  }

  /// Takes a snapshot of the head after another, on a thread of its own.
  private final class Taking: Sendable {
    private struct State {
      var isUnderWay = false
      var failure: (any Error)?
    }

    private let chain: Blockchain
    private let directory: SnapshotDirectory
    private let state = Lock(State())

    init(_ chain: Blockchain, _ directory: SnapshotDirectory) {
      self.chain = chain
      self.directory = directory
    }

    var isUnderWay: Bool { state.withLock { $0.isUnderWay } }

    /// Begins, and returns when the state is being read; false if one is under way.
    func begin() -> Bool {
      guard !isUnderWay else { return false }
      state.withLock { $0.isUnderWay = true }
      let isReading = DispatchSemaphore(value: 0)
      Thread.detachNewThread { [self] in
        var failure: (any Error)?
        do { try take { isReading.signal() } } catch {
          failure = error
          isReading.signal()
        }
        state.withLock { $0 = State(isUnderWay: false, failure: failure ?? $0.failure) }
      }
      isReading.wait()
      return true
    }

    /// As `SnapshotTaker` does.
    private func take(_ reading: () -> Void) throws {
      try chain.reserve(SnapshotLimits.storeRoomBytes)
      let result = try chain.readMacroState { state in
        reading()
        return Swift.Result { () throws(SnapshotError) in
          try SnapshotTaking.take(
            state, chain: chain.genesis.hash, into: directory, options: SnapshotOptions()
          ) { _ in !chain.isGrowthWaiting }
        }
      }
      guard case .read(let manifest) = result else {
        throw BenchmarkError("the chain is not at a macro block")
      }
      try directory.remove(SnapshotName(height: try manifest.get().height))
    }

    func end() throws {
      while isUnderWay { usleep(1_000) }
      if let failure = state.withLock({ $0.failure }) { throw failure }
    }
  }
}
