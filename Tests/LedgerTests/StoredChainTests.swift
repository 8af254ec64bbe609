import Ledger
import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// What a chain in a store keeps, and what it refuses to open.
@Suite struct StoredChainTests {
  /// A chain of headers in `store`.
  private func headers(
    _ genesis: Genesis, _ store: any KeyValueStore
  ) throws(LedgerStoreError) -> Blockchain {
    try Blockchain(genesis: genesis, state: .none, verifier: World.verifier, store: store)
  }

  /// A disk with a chain of headers: final blocks, open ones, a side branch.
  private func grown(_ world: World) throws -> (MemoryDisk, side: [Block]) {
    try world.grow(to: 19)
    let side = try world.branch(from: 17, length: 1, amount: 3).map(\.block)
    let disk = MemoryDisk()
    let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
    let chain = try headers(world.genesis, store)
    for number in 1...19 as ClosedRange<UInt32> { try chain.push(world.chain.block(at: number)!) }
    for block in side { try chain.push(block) }
    #expect(chain.headNumber == 19 && chain.isKnown(side[0].hash))
    try store.close()
    return (disk, side)
  }

  private func records(_ disk: MemoryDisk, _ genesis: Genesis) throws -> [StoreRecord] {
    let store = try MemoryStore(on: disk, owner: .chain(genesis.hash))
    return try store.read { snapshot throws(StorageError) in try snapshot.records() }
  }

  private func openError(_ disk: MemoryDisk, _ genesis: Genesis, state: InitialState = .none)
    -> LedgerStoreError?
  {
    do {
      let store = try MemoryStore(on: disk, owner: .chain(genesis.hash))
      _ = try Blockchain(genesis: genesis, state: state, verifier: World.verifier, store: store)
      return nil
    } catch let error as LedgerStoreError { return error } catch { return nil }
  }

  /// They are written into stores: a renamed case must not rename them.
  @Test func namespaces_shouldKeepTheirNames() {
    #expect(StateTrie.namespaces.map(\.name) == ["state/leaves", "state/nodes", "state/counters"])
    #expect(
      ChainRecord.namespaces.map(\.name) == [
        "chain/position", "chain/block", "chain/body", "chain/main", "chain/open", "chain/diff",
        "chain/history",
      ])
  }

  /// A wing beside the chain, in its store: neither minds the other.
  @Test func chain_shouldBegin_inAStoreThatHoldsSomethingElse() throws {
    let world = try World()
    let disk = MemoryDisk()
    let notes = Namespace("test/notes")
    let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
    try store.write { transaction throws(StorageError) in try transaction.put(notes.key(), [1]) }
    let chain = try Blockchain(
      genesis: world.genesis, state: .complete, verifier: World.verifier, store: store)
    #expect(chain.stateComplete)
    try store.close()
    #expect(openError(disk, world.genesis, state: .complete) == nil)
    let found = try records(disk, world.genesis).filter { $0.key.namespace == notes }
    #expect(found.map(\.value) == [[1]])
  }

  @Test func chainOfHeaders_shouldBeTheSame_whenItIsOpenedAgain() throws {
    let world = try World()
    let (disk, side) = try grown(world)
    let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
    let chain = try headers(world.genesis, store)
    #expect(chain.headHash == world.chain.headHash && chain.macroNumber == 16)
    #expect(chain.electionHead == world.chain.electionHead && !chain.status.holdsState)
    for number in 0...19 as ClosedRange<UInt32> {
      let block = world.chain.block(at: number)!
      #expect(chain.block(at: number) == block && chain.isOnMainChain(block.hash))
      #expect(chain.block(block.hash, includeBody: false) == block.withoutBody)
      if number > 0 {
        #expect(chain.validators(at: number) == world.chain.validators(at: number))
      }
    }
    #expect(chain.isKnown(side[0].hash) && !chain.isOnMainChain(side[0].hash))
    #expect(chain.locators() == world.chain.locators())
    #expect(chain.macroLocators() == world.chain.macroLocators())
    #expect(chain.macroChain(locators: [chain.genesis.hash]) != nil)
    let pushed = try chain.push(world.chain.block(at: 5)!)
    #expect(pushed.result == .known)
    try world.grow(to: 24)
    for number in 20...24 as ClosedRange<UInt32> { try chain.push(world.chain.block(at: number)!) }
    #expect(chain.macroNumber == 24 && !chain.isKnown(side[0].hash))
    #expect(chain.storeFailure == nil)
    #expect(chain.chunk(from: .empty, limit: 5) == .incomplete(.all))
  }

  @Test func store_shouldBeRefusedAndLeftAlone_whenItIsNotThisChains() throws {
    let world = try World()
    let (disk, _) = try grown(world)
    let before = try records(disk, world.genesis)
    // As if another chain's records had come into a store with our header.
    let other = try World(users: 3).genesis
    disk.header = StoreHeader(owner: .chain(other.hash)).bytes
    #expect(openError(disk, other)?.reason == "other_chain")
    disk.header = StoreHeader(owner: .chain(world.genesis.hash)).bytes
    #expect(openError(disk, world.genesis, state: .missing)?.reason == "other_use")
    #expect(try records(disk, world.genesis) == before)

    var newer = try #require(before.first { $0.key == ChainRecord.position.key }).value
    newer[0] = 2
    try put(disk, world.genesis, ChainRecord.position.key, newer)
    #expect(openError(disk, world.genesis)?.reason == "newer_format")
    try put(disk, world.genesis, ChainRecord.position.key, nil)
    #expect(openError(disk, world.genesis)?.reason == "foreign_records")
    #expect(try records(disk, world.genesis).count == before.count - 1)
  }

  private func put(
    _ disk: MemoryDisk, _ genesis: Genesis, _ key: StoreKey, _ value: [UInt8]?
  ) throws {
    let store = try MemoryStore(on: disk, owner: .chain(genesis.hash))
    try store.write { transaction throws(StorageError) in
      if let value { try transaction.put(key, value) } else { try transaction.delete(key) }
    }
    try store.close()
  }

  @Test func damagedRecord_shouldBeNamed_orNotMatter() throws {
    let world = try World()
    let (disk, _) = try grown(world)
    let all = try records(disk, world.genesis)
    var random = SeededGenerator(seed: 5)
    var refused = 0
    for entry in all {
      for attempt in 0..<6 {
        // The first loses the record, the others damage it behind the back of its checksum.
        let value = attempt == 0 ? nil : random.mutated(entry.value)
        if value == entry.value { continue }
        try put(disk, world.genesis, entry.key, value)
        let store = try MemoryStore(on: disk, owner: .chain(world.genesis.hash))
        do throws(LedgerStoreError) {
          let chain = try headers(world.genesis, store)
          // Only what opening does not read may be wrong, and then using it tells.
          for number in 0...19 as ClosedRange<UInt32> {
            var block = chain.block(at: number)
            // Nothing but the signatures' own check could tell that one is wrong.
            if let found = world.chain.block(at: number) {
              block?.justification = found.justification
            }
            let isRight = block == world.chain.block(at: number)
            #expect(isRight || chain.storeFailure != nil || block == nil, "\(entry.key)")
          }
        } catch {
          #expect(
            [
              "damaged_record", "missing_record", "newer_format", "foreign_records",
              "other_chain", "other_use",
            ].contains(error.reason), "\(error)")
          refused += 1
        }
        try store.close()
        try put(disk, world.genesis, entry.key, entry.value)
      }
    }
    #expect(refused > 50)
    #expect(openError(disk, world.genesis) == nil)
  }
}
