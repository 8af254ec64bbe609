import Ledger
import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// A chain in a store is what it was after its last committed change, whatever happens to it.
@Suite struct CrashTests {
  /// Lives that are lived with a fault at every write point; by default only at some.
  private static let lives = Campaign.seeds("LIVESYNC_LEDGER_LIVES", default: 0)
  private static let length = 24

  /// A life and the numbers of the write points of its faults.
  private func plan(_ seed: UInt64, some count: Int) throws -> (Life, [UInt64]) {
    let life = try Life(seed: seed, length: Self.length)
    let disk = MemoryDisk()
    let chain = try Life.open(life.genesis, on: disk)
    for step in life.steps { _ = try step.perform(on: chain) }
    #expect(life.rebranches > 0 && life.gapsMax > 1, "seed \(seed) gives a dull life")
    if seed <= Self.lives { return (life, Array(1...disk.writes)) }
    var random = SeededGenerator(seed: seed)
    return (life, (0..<count).map { _ in 1 + random.next() % disk.writes })
  }

  @Test(arguments: 1...max(2, lives))
  func chain_shouldBeACommittedPrefix_andGoOn_whenItCrashesAnywhere(seed: UInt64) throws {
    let (life, points) = try plan(seed, some: 12)
    for point in points {
      for fault in [StorageFaults.Write.crashBefore, .crashAfter] {
        let disk = MemoryDisk()
        disk.faults = StorageFaults(writes: [point: fault])
        try live(life, on: disk, "seed \(seed), \(fault) at write \(point)")
      }
      let torn = MemoryDisk()
      torn.faults = StorageFaults(writes: [point: .torn, point + 1: .crashBefore])
      try live(life, on: torn, "seed \(seed), torn write \(point)", isTorn: true)
    }
  }

  /// Lives through everything, opening the chain again whenever its process is gone.
  private func live(
    _ life: Life, on disk: MemoryDisk, _ what: String, isTorn: Bool = false
  ) throws {
    var done = 0
    var items = 0
    var openings = 0
    while true {
      openings += 1
      #expect(openings < 4, "\(what): it crashes again and again")
      guard openings < 4, let chain = try? Life.open(life.genesis, on: disk) else {
        if openings < 4 { continue }
        return
      }
      let found = LifeState(chain, life.cast)
      // What was told is there, but for a torn commit; what was not told is there whole or not.
      let candidates = [done, done + 1] + (isTorn ? [beforeLastChange(life, done)] : [])
      let prefix = candidates.first { life.states.indices.contains($0) && life.states[$0] == found }
      guard let prefix else {
        let words = found.differences(from: life.states[done])
        Issue.record("\(what): not the state after \(done) steps, nor a neighbour: \(words)")
        return
      }
      if prefix == done + 1 { items += life.outcomes[done].items }
      for lost in min(prefix, done)..<done { items -= life.outcomes[lost].items }
      done = prefix
      do throws(PushError) {
        while done < life.steps.count {
          let outcome = try life.steps[done].perform(on: chain)
          // Nothing that was stored is taken in again, so the same items are new as ever.
          #expect(outcome == life.outcomes[done], "\(what), step \(done)")
          items += outcome.items
          done += 1
        }
      } catch {
        #expect(error.reason == "store_closed", "\(what): \(error)")
        continue
      }
      #expect(LifeState(chain, life.cast) == life.states[done], "\(what), end")
      #expect(items == life.outcomes.reduce(0) { $0 + $1.items }, "\(what), items")
      return
    }
  }

  /// The number of steps before the last one that changed anything: that one's commit is the last.
  private func beforeLastChange(_ life: Life, _ done: Int) -> Int {
    life.states[..<done].lastIndex { $0 != life.states[done] } ?? -1
  }

  @Test(arguments: 1...max(2, lives))
  func push_shouldThrowAndChangeNothing_whenItCannotBeStored(seed: UInt64) async throws {
    let (life, points) = try plan(seed, some: 12)
    for point in points {
      for fault in [StorageFaults.Write.failed, .fullDisk] {
        let disk = MemoryDisk()
        disk.faults = StorageFaults(writes: [point: fault])
        try await refuse(life, on: disk, "seed \(seed), \(fault) at write \(point)")
      }
    }
    // A disk that is full from some commit on, until there is room again.
    let full = MemoryDisk()
    let probe = MemoryDisk()
    let chain = try Life.open(life.genesis, on: probe)
    for step in life.steps.prefix(life.steps.count / 2) { _ = try step.perform(on: chain) }
    full.faults = StorageFaults(capacity: probe.byteCount)
    try await refuse(life, on: full, "seed \(seed), a small disk")
  }

  /// Lives through everything; a step that is refused is tried again on a disk that works.
  private func refuse(_ life: Life, on disk: MemoryDisk, _ what: String) async throws {
    var refused = 0
    if (try? Life.open(life.genesis, on: disk)) == nil {
      refused += 1
      disk.faults = .none
    }
    let chain = try Life.open(life.genesis, on: disk)
    let events = chain.events()
    for (index, step) in life.steps.enumerated() {
      var outcome: LifeStep.Outcome?
      do throws(PushError) { outcome = try step.perform(on: chain) } catch {
        refused += 1
        #expect(["store_full_disk", "store_failed_write"].contains(error.reason), "\(what)")
        #expect(error.judgement == .failed && chain.storeFailure?.storage != nil)
        #expect(LifeState(chain, life.cast) == life.states[index], "\(what), step \(index)")
        disk.faults = .none
        outcome = try step.perform(on: chain)
      }
      #expect(outcome == life.outcomes[index], "\(what), step \(index)")
    }
    #expect(refused == 1, "\(what): refused \(refused) times")
    #expect(LifeState(chain, life.cast) == life.states[life.steps.count], "\(what), end")
    // What was given up was not told: each head came once.
    let heads = life.heads
    let told = await drain(events, count: heads)
    #expect(Set(told).count == heads, "\(what): an event came twice")
  }

  @Test(arguments: 1...max(2, lives))
  func wronglyReadBit_shouldGiveAnError_orTheRightAnswer(seed: UInt64) throws {
    let life = try Life(seed: seed, length: Self.length)
    let disk = MemoryDisk()
    let middle = life.steps.count * 2 / 3
    do {
      let chain = try Life.open(life.genesis, on: disk)
      for step in life.steps.prefix(middle) { _ = try step.perform(on: chain) }
    }
    let start = disk.reads
    _ = LifeState(try Life.open(life.genesis, on: disk), life.cast)
    let count = disk.reads - start
    var random = SeededGenerator(seed: seed)
    let points =
      seed <= Self.lives ? Array(1...count) : (0..<60).map { _ in 1 + random.next() % count }
    var refused = 0
    for point in points {
      disk.faults = StorageFaults(bitFlips: [disk.reads + point: random.next()])
      let what = "seed \(seed), read \(point) of \(count)"
      guard let chain = try? Life.open(life.genesis, on: disk) else {
        refused += 1
        continue
      }
      let state = LifeState(chain, life.cast)
      if state == life.states[middle] { continue }
      let isTold =
        state.failures > 0 || chain.storeFailure != nil || chain.takeServingFailure() != nil
      #expect(isTold, "\(what): a wrong answer")
      refused += 1
      // It was but read wrongly.
      #expect(LifeState(chain, life.cast) == life.states[middle], "\(what), later")
    }
    #expect(refused > 0)
  }

  /// The bug that all of this is about, planted: a crash after which a part of the last commit is
  /// there. If it could not be told from a whole one, the tests above would prove nothing.
  @Test(arguments: [1, 2] as [UInt64])
  func partOfACommit_shouldBeToldFromAWholeOne(seed: UInt64) throws {
    let life = try Life(seed: seed, length: Self.length)
    let store = try MemoryStore(owner: .chain(life.genesis.hash))
    let chain = try Life.open(life.genesis, in: store)
    var random = SeededGenerator(seed: seed)
    var before = try entries(of: store)
    var tried = 0
    for (index, step) in life.steps.enumerated() {
      _ = try step.perform(on: chain)
      let after = try entries(of: store)
      let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
        .sorted { (Self.rank($0), $0) < (Self.rank($1), $1) }
      if changed.count > 1 {
        tried += 1
        var mixed = before
        for key in changed.prefix(1 + random.below(changed.count - 1)) { mixed[key] = after[key] }
        #expect(try isNoticed(mixed, in: life), "seed \(seed), step \(index)")
      }
      before = after
    }
    #expect(tried > life.steps.count / 2)
  }

  /// The state comes first, then where the chain stands: a part without its end is told by that.
  private static func rank(_ key: StoreKey) -> Int {
    (StateTrie.namespaces + ChainRecord.namespaces).firstIndex(of: key.namespace) ?? .max
  }

  /// True if a chain with these records is refused, is found to be none of the life's states, or is
  /// found damaged by a check.
  private func isNoticed(_ records: [StoreKey: [UInt8]], in life: Life) throws -> Bool {
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: .chain(life.genesis.hash))
    try store.write { transaction throws(StorageError) in
      for (key, value) in records.sorted(by: { $0.key < $1.key }) {
        try transaction.put(key, value)
      }
    }
    let isSound = try store.read { snapshot throws(StorageError) in
      do throws(LedgerStoreError) {
        try StoredChain.check(in: snapshot)
        try StoredChain.checkState(in: snapshot)
        return true
      } catch { return false }
    }
    try store.close()
    guard isSound, let chain = try? Life.open(life.genesis, on: disk) else { return true }
    return !life.states.contains(LifeState(chain, life.cast))
  }

  private func entries(of store: MemoryStore) throws -> [StoreKey: [UInt8]] {
    let all = try store.read { snapshot throws(StorageError) in try snapshot.records() }
    return Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.value) })
  }
}
