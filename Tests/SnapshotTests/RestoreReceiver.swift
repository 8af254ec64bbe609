import Ledger
import Snapshot
import SnapshotSupport
import Testing

extension RestoreWorld {
  /// A chain of two epochs and a snapshot of it.
  static func withSnapshot(to height: UInt32 = 12) throws -> (RestoreWorld, KeptSnapshot) {
    let world = try RestoreWorld()
    try world.grow(to: height)
    return (world, try world.provable())
  }
}

/// A process that restores, with stores in memory.
struct Receiver {
  let stores: MemoryStores
  let application: StoredApplication

  init(_ world: RestoreWorld, _ stores: MemoryStores? = nil) throws {
    self.stores = stores ?? MemoryStores(chain: world.genesis.hash)
    application = try StoredApplication(
      genesis: world.genesis, stores: self.stores, shelf: MemoryShelf())
  }

  func offer(_ kept: KeptSnapshot) -> OfferAnswer {
    application.offerSnapshot(kept.offer, appHash: kept.appHash)
  }

  func apply(_ kept: KeptSnapshot, _ index: Int, sender: String = "a") -> ChunkAnswer {
    application.applySnapshotChunk(
      index: UInt32(index), chunk: kept.chunks[index], sender: sender)
  }

  /// All chunks in their order.
  func restore(_ kept: KeptSnapshot) {
    #expect(offer(kept) == .accept)
    for index in kept.chunks.indices { #expect(apply(kept, index) == .accept) }
  }

  /// That the state of the snapshot is live.
  func expect(_ kept: KeptSnapshot) throws {
    let info = try application.info()
    #expect(info.height == kept.offer.height && info.appHash == kept.appHash)
  }

  func expectNothing() throws {
    #expect(try application.info() == ApplicationInfo(height: 0, appHash: []))
  }

  /// Bug report 12: the next block is executed on what was restored.
  func expectNextBlock(_ world: RestoreWorld) throws {
    let chain = try application.chain()
    for _ in 0..<6 {
      let made = try world.grow()
      #expect(try chain.push(made.block).result == .extended)
      #expect(chain.stateRoot == made.block.header.stateRoot)
    }
    #expect(chain.items() == world.chain.items())
  }
}
