import EventLog
import Foundation
import Ledger
import Primitives
import Runtime
import Snapshot
import TestSupport
import Testing

@Suite struct TakerTests {
  private let place = TakerPlace()

  @Test func taker_shouldTakeWhatIsDue_andKeepTheLast() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 4, keep: 2))
    place.run(taker) { [place] in
      for _ in 0..<17 {
        try world.grow()
        try await place.runtime.sleep(for: .seconds(1))
      }
    }
    #expect(taker.snapshots.map(\.height) == [12, 16])
    #expect(try world.directory.content().snapshots == taker.snapshots)
    #expect(
      place.events("snapshot.taken").count == 4 && place.events("snapshot.removed").count == 2)
    #expect(try world.directory.open(SnapshotName(height: 16)).verify())
    // A taker that is started later knows them.
    #expect(try place.taker(world, SnapshotOptions()).snapshots == taker.snapshots)
  }

  @Test func taker_shouldSkip_whenTheHeadHasMovedOn() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 4))
    place.run(taker) { [place] in
      try world.grow(to: 5)
      try await place.runtime.sleep(for: .seconds(1))
      try world.grow(to: 8)
    }
    #expect(
      place.events("snapshot.skipped") == [.snapshot(.skipped(block: 4, reason: "other_head"))])
    #expect(taker.snapshots.map(\.height) == [8])
  }

  @Test func taker_shouldTakeNone_whenTheIntervalIsZero() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 0))
    place.run(taker) { try world.grow(to: 9) }
    #expect(taker.snapshots == [] && place.sink.events == [])
  }

  @Test func taker_shouldSayWhatFailed_andGoOn() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 4))
    let blocked = world.directory.path
    place.run(taker) { [place] in
      // A file where the directory should be.
      _ = FileManager.default.createFile(atPath: blocked, contents: nil)
      try world.grow(to: 4)
      try await place.runtime.sleep(for: .seconds(1))
      try FileManager.default.removeItem(atPath: blocked)
      try world.grow(to: 8)
    }
    #expect(place.events("snapshot.failed").count == 1)
    #expect(taker.snapshots.map(\.height) == [8])
  }

  @Test func pinnedSnapshot_shouldStay_untilItIsServedNoMore() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 4, keep: 1))
    let low = SnapshotName(height: 4)
    place.run(taker) { [place] in
      try world.grow(to: 4)
      try await place.runtime.sleep(for: .seconds(1))
      #expect(taker.pin(low))
      try world.grow(to: 8)
      try await place.runtime.sleep(for: .seconds(1))
      #expect(taker.snapshots.map(\.height) == [4, 8])
      await taker.change(SnapshotOptions(interval: 100, keep: 1))
      #expect(try world.directory.open(low).verify())
      await taker.unpin(low)
      #expect(taker.snapshots.map(\.height) == [8])
      #expect(!taker.pin(low))
    }
  }

  @Test func taker_shouldRemoveWhatWasNotFinished_whenItStarts() throws {
    let world = try SnapshotWorld()
    let partial = world.directory.path + "/.partial-4-2"
    try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
    try Data([1]).write(to: URL(fileURLWithPath: partial + "/chunk-000000.zst"))
    _ = try place.taker(world, SnapshotOptions())
    #expect(
      place.sink.events == [.snapshot(.removed(block: 0, reason: "partial", detail: partial))])
    #expect(try world.directory.content() == SnapshotDirectory.Content())
  }
}
