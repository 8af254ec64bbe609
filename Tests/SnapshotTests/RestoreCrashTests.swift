import Ledger
import Primitives
import Snapshot
import SnapshotSupport
import Storage
import Testing

/// Bug report 18: the process ends at each point where something is written, opened, removed or put
/// in place, and the next one goes on.
@Suite struct RestoreCrashTests {
  private struct Life {
    let world: RestoreWorld
    let kept: KeptSnapshot
    let next: ProducedBlock

    init() throws {
      world = try RestoreWorld(accounts: 30)
      try world.grow(to: 12)
      kept = try world.provable(itemsPerPiece: 6, piecesPerChunk: 2)
      next = try world.grow()
    }

    /// One process: goes as far as it comes. Returns the chunks that it took in, which were not
    /// there before.
    func run(_ stores: MemoryStores) -> Int {
      guard
        let application = try? StoredApplication(
          genesis: world.genesis, stores: stores, shelf: MemoryShelf())
      else { return 0 }
      defer { application.close() }
      guard
        application.offerSnapshot(kept.offer, appHash: kept.appHash) == .accept
      else { return 0 }
      var taken = 0
      for (index, chunk) in kept.chunks.enumerated() {
        let answer = application.applySnapshotChunk(
          index: UInt32(index), chunk: chunk, sender: "a")
        guard answer == .accept else { return taken }
        taken += 1
      }
      return taken
    }

    /// What must hold after a crash: the live state is the old one or the new one, whole; and the
    /// next process brings the new one, on which the next block can be executed.
    func check(_ stores: MemoryStores, _ place: String) throws {
      stores.revive()
      let application = try StoredApplication(
        genesis: world.genesis, stores: stores, shelf: MemoryShelf())
      let info = try application.info()
      if info.height == 0 {
        let old = try application.chain()
        #expect(old.headNumber == 0, "\(place)")
        let answer = application.offerSnapshot(kept.offer, appHash: kept.appHash)
        #expect(answer == .accept, "\(place): \(answer)")
        for (index, chunk) in kept.chunks.enumerated() where try application.info().height == 0 {
          let answer = application.applySnapshotChunk(
            index: UInt32(index), chunk: chunk, sender: "a")
          #expect(answer == .accept, "\(place): \(answer)")
        }
      }
      #expect(
        try application.info()
          == ApplicationInfo(height: kept.offer.height, appHash: kept.appHash), "\(place)")
      let chain = try application.chain()
      #expect(try chain.push(next.block).result == .extended, "\(place)")
      #expect(chain.stateRoot == next.block.header.stateRoot, "\(place)")
      stores.state.withLock { state in
        #expect(state.staging == nil && state.unproven == nil, "\(place)")
      }
      application.close()
    }
  }

  @Test func restore_shouldGoOn_whenItsProcessEndsAtAnyWrite() throws {
    let life = try Life()
    let measured = MemoryStores(chain: life.world.genesis.hash)
    #expect(life.run(measured) == life.kept.chunks.count)
    // The staging disk became the live one.
    let writes = measured.state.withLock { $0.live.writes }
    #expect(writes > 100)
    for write in 1...writes {
      for fault in [StorageFaults.Write.crashBefore, .crashAfter] {
        let stores = MemoryStores(chain: life.world.genesis.hash)
        stores.state.withLock { $0.stagingFaults.writes = [write: fault] }
        _ = life.run(stores)
        try life.check(stores, "write \(write), \(fault)")
      }
    }
  }

  @Test func restore_shouldGoOn_whenItsProcessEndsAtAnyStep() throws {
    let life = try Life()
    let measured = MemoryStores(chain: life.world.genesis.hash)
    _ = life.run(measured)
    let steps = measured.state.withLock { $0.steps }
    #expect(steps >= 8)
    for step in 1...steps {
      for isAfter in [false, true] {
        let stores = MemoryStores(chain: life.world.genesis.hash)
        stores.state.withLock { $0.end = (step, isAfter) }
        _ = life.run(stores)
        try life.check(stores, "step \(step), after: \(isAfter)")
      }
    }
  }

  /// Bug report 13: nothing that was taken is taken again.
  @Test func restart_shouldTakeOnlyWhatIsMissing() throws {
    let life = try Life()
    let stores = MemoryStores(chain: life.world.genesis.hash)
    for (index, chunk) in life.kept.chunks.enumerated() {
      let application = try StoredApplication(
        genesis: life.world.genesis, stores: stores, shelf: MemoryShelf())
      #expect(
        application.offerSnapshot(life.kept.offer, appHash: life.kept.appHash) == .accept)
      // Those before are there: nobody looks at what comes for them.
      for before in 0..<index {
        #expect(
          application.applySnapshotChunk(index: UInt32(before), chunk: [], sender: "a")
            == .accept)
      }
      #expect(
        application.applySnapshotChunk(index: UInt32(index), chunk: chunk, sender: "a")
          == .accept)
      application.close()
    }
    try life.check(stores, "the end")
  }

  @Test func fullDisk_shouldAbort_andTheNextTryGoOn() throws {
    let life = try Life()
    let stores = MemoryStores(chain: life.world.genesis.hash)
    stores.state.withLock { $0.stagingFaults.writes = [60: .fullDisk] }
    let application = try StoredApplication(
      genesis: life.world.genesis, stores: stores, shelf: MemoryShelf())
    let offer = { application.offerSnapshot(life.kept.offer, appHash: life.kept.appHash) }
    #expect(offer() == .accept)
    var faults: [SnapshotFault] = []
    var index = 0
    while index < life.kept.chunks.count {
      let answer = application.applySnapshotChunk(
        index: UInt32(index), chunk: life.kept.chunks[index], sender: "a")
      if let fault = answer.fault {
        #expect(answer.verdict == .abort)
        faults.append(fault)
        #expect(offer() == .accept)
      } else {
        index += 1
      }
    }
    #expect(faults.map(\.isFullDisk) == [true])
    #expect(try application.info().height == life.kept.offer.height)
  }
}
