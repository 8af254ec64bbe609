import Foundation
import Ledger
import Primitives
import Runtime
import Snapshot
import TestSupport
import Testing

/// What a node gives of the snapshots in its directory.
@Suite struct StoredSnapshotsTests {
  private let place = TakerPlace()

  /// Lets a node with these options take and keep snapshots while `body` makes blocks and asks.
  private func run(
    _ world: SnapshotWorld, _ options: SnapshotOptions,
    _ body: @escaping @Sendable (SnapshotTaker, StoredSnapshots) async throws -> Void
  ) throws {
    let taker = try place.taker(world, options)
    let stored = StoredSnapshots(taker, runtime: place.runtime)
    place.run({ await stored.run() }, { try await body(taker, stored) })
  }

  private func pause(_ time: Duration = .seconds(1)) async {
    try? await place.runtime.sleep(for: time)
  }

  private static let leaseEnd =
    SnapshotLimits.lease + SnapshotLimits.leaseLook + .seconds(1)

  @Test func snapshot_shouldStay_whileItIsServed_andGoAfterItsLease() throws {
    let world = try SnapshotWorld()
    try run(world, SnapshotOptions(interval: 4, keep: 1)) { taker, stored in
      try world.grow(to: 4)
      await pause()
      let summary = try #require(stored.summaries().first)
      #expect(summary.height == 4 && summary.format == SnapshotName.provable)
      let files = try world.directory.open(SnapshotName(height: 4))
      #expect(summary.hash == files.hash && summary.storedBytes == files.index.storedBytes)
      #expect(stored.manifest(summary.hash) == files.manifest.wireBytes)
      try world.grow(to: 8)
      await pause()
      // As long as somebody asks now and then, it is there.
      for _ in 0..<6 {
        await pause(SnapshotLimits.lease / 2)
        #expect(stored.piece(0, of: summary.hash) == (try files.frame(ofPiece: 0)))
        #expect(taker.snapshots.map(\.height) == [4, 8])
      }
      await pause(Self.leaseEnd)
      #expect(taker.snapshots.map(\.height) == [8])
      #expect(stored.piece(0, of: summary.hash) == nil && stored.manifest(summary.hash) == nil)
      #expect(stored.summaries().map(\.height) == [8])
      // Served again and let go again.
      let next = try #require(stored.summaries().first)
      #expect(stored.piece(0, of: next.hash) != nil)
      await pause(Self.leaseEnd)
      try world.grow(to: 12)
      await pause()
      #expect(taker.snapshots.map(\.height) == [12])
    }
    #expect(place.failures == [])
  }

  @Test func listing_shouldKeepNothing() throws {
    let world = try SnapshotWorld()
    try run(world, SnapshotOptions(interval: 4, keep: 1)) { taker, stored in
      for number in [4, 8] as [UInt32] {
        try world.grow(to: number)
        await pause()
        #expect(stored.summaries().map(\.height) == [number])
      }
      #expect(taker.snapshots.map(\.height) == [8])
    }
  }

  @Test func servedSnapshots_shouldBeRemoved_aboveTheirNumber() throws {
    let world = try SnapshotWorld()
    try run(world, SnapshotOptions(interval: 4, keep: 1)) { taker, stored in
      let last = UInt32(4 * (SnapshotLimits.leasedMax + 3))
      for number in stride(from: 4, through: last, by: 4) {
        try world.grow(to: number)
        await pause()
        for summary in stored.summaries() { #expect(stored.piece(0, of: summary.hash) != nil) }
      }
      let kept = taker.snapshots.map(\.height)
      #expect(kept.count == SnapshotLimits.leasedMax + 1 && kept.last == last)
      #expect(try world.directory.content().snapshots == taker.snapshots)
    }
    #expect(place.failures == [])
  }

  @Test func listing_shouldNameTheNewest_andNoMoreThanItsLimit() throws {
    let world = try SnapshotWorld(accounts: 10)
    try run(world, SnapshotOptions(interval: 4, keep: 0)) { taker, stored in
      let last = UInt32(4 * (SnapshotLimits.listedMax + SnapshotLimits.leasedMax + 1))
      for number in stride(from: 4, through: last, by: 4) {
        try world.grow(to: number)
        await pause()
      }
      let heights = taker.snapshots.map(\.height)
      #expect(heights.count == Int(last / 4))
      let summaries = stored.summaries()
      #expect(summaries.map(\.height) == Array(heights.suffix(SnapshotLimits.listedMax).reversed()))
      let response = SnapshotsResponse(snapshots: summaries)
      #expect(response.wireBytes.count <= SnapshotLimits.listBytesMax)
      // What is older is kept, and neither held open nor given.
      let oldest = try world.directory.open(try #require(taker.snapshots.first))
      #expect(stored.manifest(oldest.hash) == nil)
    }
  }

  @Test func whatIsNotKept_shouldNotBeGiven() throws {
    let world = try SnapshotWorld()
    try run(world, SnapshotOptions(interval: 4)) { _, stored in
      #expect(stored.summaries() == [] && stored.manifest(.zero) == nil)
      try world.grow(to: 4)
      await pause()
      let hash = try #require(stored.summaries().first).hash
      let count = try world.directory.open(SnapshotName(height: 4)).pieceCount
      #expect(stored.manifest(.zero) == nil && stored.piece(0, of: .zero) == nil)
      for index in [-1, count, Int(UInt32.max)] { #expect(stored.piece(index, of: hash) == nil) }
      #expect(stored.piece(count - 1, of: hash) != nil)
    }
    #expect(place.failures == [])
  }

  @Test func unreadablePiece_shouldBeToldOnce_andTheSnapshotComesBackWhenItIsSound() throws {
    let world = try SnapshotWorld()
    try run(world, SnapshotOptions(interval: 4)) { [place] _, stored in
      try world.grow(to: 4)
      await pause()
      let hash = try #require(stored.summaries().first).hash
      let path = world.directory.path + "/4-2/chunk-000000.zst"
      let bytes = try #require(FileManager.default.contents(atPath: path))
      try Data().write(to: URL(fileURLWithPath: path))
      for _ in 0..<50 {
        #expect(stored.piece(0, of: hash) == nil)
        #expect(stored.summaries() == [])
      }
      #expect(place.failures == ["snapshot_damaged"])
      await pause(Self.leaseEnd)
      #expect(stored.summaries() == [] && stored.manifest(hash) == nil)
      #expect(place.failures.count == 2)
      try bytes.write(to: URL(fileURLWithPath: path))
      await pause(Self.leaseEnd)
      #expect(stored.summaries().map(\.height) == [4])
      #expect(stored.piece(0, of: hash) != nil && place.failures.count == 2)
    }
  }

  @Test func damagedSnapshots_shouldNotHideTheOthers() throws {
    let world = try SnapshotWorld()
    try run(world, SnapshotOptions(interval: 4, keep: 0)) { [place] taker, stored in
      for number in [4, 8, 12, 16] as [UInt32] {
        try world.grow(to: number)
        await pause()
      }
      let path = world.directory.path
      try Data([1]).write(to: URL(fileURLWithPath: path + "/4-2/manifest"))
      try Data([1]).write(to: URL(fileURLWithPath: path + "/8-2/index"))
      try FileManager.default.removeItem(atPath: path + "/12-2")
      for _ in 0..<20 { #expect(stored.summaries().map(\.height) == [16]) }
      #expect(Set(place.failures) == ["snapshot_damaged", "snapshot_absent"])
      #expect(place.failures.count == 3)
      #expect(taker.snapshots.count == 4)
    }
  }
}
