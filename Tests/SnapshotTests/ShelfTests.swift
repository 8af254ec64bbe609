import Compression
import Foundation
import Ledger
import Primitives
import Snapshot
import SnapshotSupport
import Storage
import TestSupport
import Testing

/// Snapshots of a directory as the four calls give them, in both formats.
@Suite struct ShelfTests {
  private struct Place {
    let folder = TemporaryFolder()
    let world: RestoreWorld
    let directory: SnapshotDirectory
    let application: StoredApplication

    /// The data directory of a node at block 12 with a snapshot of each format.
    init() throws {
      world = try RestoreWorld(store: { try MemoryStore(owner: .chain($0.hash)) })
      try world.grow(to: 12)
      directory = SnapshotDirectory(path: folder.path + "/snapshots")
      let (directory, world) = (directory, world)
      let reading = try world.chain.readMacroState { state in
        Result { () throws(SnapshotError) in
          _ = try SnapshotTaking.take(
            state, chain: world.genesis.hash, into: directory, options: SnapshotOptions())
          _ = try HashOnlyTaking.take(
            state, chain: world.genesis.hash, into: directory, compression: .gzip)
        }
      }
      guard case .read(let taken) = reading else { throw RestoreWorld.Failure.state }
      try taken.get()
      let stores = MemoryStores(chain: world.genesis.hash)
      application = try StoredApplication(
        genesis: world.genesis, stores: stores, shelf: DirectoryShelf(directory))
      // What serves is the node's own chain.
      let kept = try world.provable()
      #expect(application.offerSnapshot(kept.offer, appHash: kept.appHash) == .accept)
      for (index, chunk) in kept.chunks.enumerated() {
        #expect(
          application.applySnapshotChunk(index: UInt32(index), chunk: chunk, sender: "")
            == .accept)
      }
    }

    var appHash: [UInt8] { world.chain.head.header.stateRoot.bytes }
  }

  @Test func snapshots_shouldGoFromOneDirectoryToAnother_inBothFormats() throws {
    let place = try Place()
    let offers = try place.application.listSnapshots()
    #expect(offers.map(\.format) == [2, 1])
    for offer in offers {
      let stores = MemoryStores(chain: place.world.genesis.hash)
      let receiver = try StoredApplication(
        genesis: place.world.genesis, stores: stores, shelf: MemoryShelf())
      #expect(receiver.offerSnapshot(offer, appHash: place.appHash) == .accept)
      for index in 0..<offer.chunks {
        let chunk = try place.application.loadSnapshotChunk(
          height: offer.height, format: offer.format, chunk: index)
        #expect(
          receiver.applySnapshotChunk(index: index, chunk: chunk, sender: "a") == .accept)
      }
      #expect(try receiver.info() == ApplicationInfo(height: 12, appHash: place.appHash))
    }
  }

  @Test func chunkThatIsNotThere_shouldGetATypedError() throws {
    let place = try Place()
    func reason(_ height: UInt64, _ format: UInt32, _ chunk: UInt32) -> String? {
      do throws(SnapshotFault) {
        _ = try place.application.loadSnapshotChunk(height: height, format: format, chunk: chunk)
        return nil
      } catch { return error.reason }
    }
    for format: UInt32 in [1, 2] {
      #expect(reason(12, format, 0) == nil)
      #expect(reason(12, format, 99) == "unknown_chunk")
      #expect(reason(12, format, .max) == "unknown_chunk")
      #expect(reason(13, format, 0) == "unknown_snapshot")
      #expect(reason(.max, format, 0) == "unknown_snapshot")
    }
    #expect(reason(12, 3, 0) == "unknown_snapshot")
  }

  /// Bug report 17.
  @Test func partialSnapshot_shouldNotBeListed() throws {
    let place = try Place()
    let path = place.directory.path
    let files = FileManager.default
    for (format, chunk) in [(1, "chunk-000000"), (2, "chunk-000000.zst")] {
      let name = "\(path)/12-\(format)"
      let file = name + "/" + chunk
      let whole = try #require(files.contents(atPath: file))
      try files.removeItem(atPath: file)
      let fresh = DirectoryShelf(place.directory)
      let listed = try fresh.offers(limit: 10, of: place.world.chain)
      #expect(!listed.contains { $0.format == UInt32(format) }, "format \(format)")
      try whole.write(to: URL(fileURLWithPath: file))
    }
    // What was begun and not finished, as a killed process leaves it.
    try files.moveItem(atPath: path + "/12-2", toPath: path + "/.partial-12-2")
    let listed = try DirectoryShelf(place.directory).offers(limit: 10, of: place.world.chain)
    #expect(listed.map(\.format) == [1])
  }

  @Test func offers_shouldBeSoManyAtMost_theNewestFirst() throws {
    let place = try Place()
    let files = FileManager.default
    // The same one under other names is not what its name says.
    for height in 20..<40 {
      try files.copyItem(
        atPath: place.directory.path + "/12-2", toPath: place.directory.path + "/\(height)-2")
    }
    let shelf = DirectoryShelf(place.directory)
    #expect(try shelf.offers(limit: 10, of: place.world.chain).map(\.format) == [2, 1])
    #expect(try shelf.offers(limit: 1, of: place.world.chain).map(\.format) == [2])
    #expect(try place.application.listSnapshots().count <= SnapshotLimits.offersListedMax)
  }
}
