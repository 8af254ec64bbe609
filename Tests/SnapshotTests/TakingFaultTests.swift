import EventLog
import Foundation
import Glibc
import Ledger
import Snapshot
import TestSupport
import Testing

/// Full disks, and ends of the process while a snapshot is taken.
@Suite struct TakingFaultTests {
  private let place = TakerPlace()

  /// The files of a snapshot in the order in which they are written.
  private static func files(of snapshot: SnapshotFiles) -> [String] {
    snapshot.manifest.chunks.indices.map(SnapshotFiles.fileName(ofChunk:)) + ["index", "manifest"]
  }

  private static func bytes(_ file: String) throws -> Data {
    try #require(FileManager.default.contents(atPath: file))
  }

  @Test(.enabled(if: SmallDisk.isAvailable, Comment(rawValue: SmallDisk.reasonIfNone)))
  func fullDisk_shouldLeaveNothing_andTheNodeGoesOn() throws {
    let model = try SnapshotWorld(accounts: 3_000)
    try model.grow(to: 4)
    let whole = try model.take()
    // In pages: so much that each file in turn finds no room.
    let chunk = (try Self.bytes(whole.path + "/chunk-000000.zst").count + 4_095) / 4_096 * 4
    for kilobytes in [4, chunk - 4, chunk, chunk + 4] {
      let world = try SnapshotWorld(accounts: 3_000)
      let disk = try SmallDisk(kilobytes: kilobytes)
      let directory = SnapshotDirectory(path: disk.path + "/snapshots")
      let place = TakerPlace()
      let taker = try place.taker(world, SnapshotOptions(interval: 4), in: directory)
      place.run(taker) { try world.grow(to: 4) }
      #expect(place.failures == ["snapshot_not_written"], "\(kilobytes) KiB")
      #expect(try directory.content() == SnapshotDirectory.Content(), "\(kilobytes) KiB")
      try disk.resize(kilobytes: 10_000)
      place.run(taker) { try world.grow(to: 8) }
      #expect(taker.snapshots.map(\.height) == [8], "\(kilobytes) KiB")
      #expect(try directory.open(SnapshotName(height: 8)).verify(), "\(kilobytes) KiB")
      #expect(place.failures.count == 1, "\(kilobytes) KiB")
    }
  }

  /// What a kill between any two writes, or within one, leaves in the folder.
  @Test func partialSnapshot_shouldBeRemovedAndTold_wheneverTheProcessEnded() throws {
    let world = try SnapshotWorld(accounts: 6_000)
    try world.grow(to: 4)
    let whole = try world.take(SnapshotOptions(chunkBytes: 1))
    let files = Self.files(of: whole)
    #expect(files.count > 10)
    for count in 0...files.count {
      for isCut in [false, true] where count > 0 || !isCut {
        let folder = TemporaryFolder()
        let partial = folder.path + "/.partial-4-2"
        try FileManager.default.createDirectory(
          atPath: partial, withIntermediateDirectories: true)
        for (index, file) in files.prefix(count).enumerated() {
          var bytes = try Self.bytes(whole.path + "/" + file)
          if isCut, index == count - 1 { bytes.removeLast(bytes.count / 2) }
          try bytes.write(to: URL(fileURLWithPath: partial + "/" + file))
        }
        let place = TakerPlace()
        let directory = SnapshotDirectory(path: folder.path)
        #expect(try directory.content().partial == [partial])
        let taker = try place.taker(world, SnapshotOptions(), in: directory)
        #expect(taker.snapshots == [])
        #expect(
          place.sink.events == [
            .snapshot(.removed(block: 4, reason: "partial", detail: partial))
          ], "\(count) files")
        #expect(try directory.content() == SnapshotDirectory.Content(), "\(count) files")
      }
    }
  }

  /// The process ends before each piece, as by a kill.
  @Test func killedTaking_shouldBeTakenAnew() throws {
    let world = try SnapshotWorld(accounts: 12_000)
    try world.grow(to: 4)
    let directory = world.directory
    func take(_ goesOn: @escaping () -> Bool) throws -> SnapshotManifest {
      let reading = try world.chain.readMacroState { state in
        Result { () throws(SnapshotError) in
          try SnapshotTaking.take(
            state, chain: world.genesis.hash, into: directory, options: SnapshotOptions()
          ) { _ in goesOn() }
        }
      }
      guard case .read(let result) = reading else { throw SnapshotWorld.Absent(reading: "none") }
      return try result.get()
    }
    // A copy of the process has no other thread that could make what is made at first use.
    _ = try take { true }
    try directory.remove(SnapshotName(height: 4))
    for last in 1...3 {
      let end = ForkedRun.run {
        var piece = 0
        _ = try? take {
          piece += 1
          if piece == last { _exit(7) }
          return true
        }
        return 1
      }
      #expect(end == .returned(7))
      let content = try directory.content()
      #expect(content.snapshots == [] && content.partial.count == 1, "piece \(last)")
    }
    // What is left is no hindrance, even if nobody removed it before.
    let manifest = try take { true }
    #expect(try directory.content().partial == [])
    #expect(try directory.open(SnapshotName(height: 4)).manifest == manifest)
    #expect(try directory.open(SnapshotName(height: 4)).verify())
  }

  @Test func snapshot_shouldBeSkipped_whileTheOneBeforeIsTaken() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 4))
    place.run(taker) { [place] in
      // Both are final before the first is begun.
      try world.grow(to: 8)
      try await place.runtime.sleep(for: .seconds(1))
      try world.grow(to: 12)
    }
    #expect(
      Set(place.events("snapshot.skipped")) == [
        .snapshot(.skipped(block: 8, reason: SnapshotSkip.busy.rawValue)),
        .snapshot(.skipped(block: 4, reason: SnapshotSkip.otherHead.rawValue)),
      ])
    #expect(taker.snapshots.map(\.height) == [12])
  }

  @Test func changedOptions_shouldCountForTheNext_andRemoveWhatIsTooMuch() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 4, keep: 3))
    place.run(taker) { [place] in
      for number in [4, 8, 12] as [UInt32] {
        try world.grow(to: number)
        try await place.runtime.sleep(for: .seconds(1))
      }
      await taker.change(SnapshotOptions(interval: 12, keep: 1))
      #expect(taker.snapshots.map(\.height) == [12])
      for number in [16, 20, 24] as [UInt32] {
        try world.grow(to: number)
        try await place.runtime.sleep(for: .seconds(1))
      }
    }
    #expect(taker.snapshots.map(\.height) == [24])
    #expect(try world.directory.content().snapshots == taker.snapshots)
    #expect(place.events("snapshot.taken").count == 4)
    #expect(place.events("snapshot.removed").count == 3)
  }

  /// Somebody removed a snapshot by hand: that it cannot be removed is told, and the next is taken.
  @Test func snapshotThatIsGone_shouldBeTold_whenItIsToBeRemoved() throws {
    let world = try SnapshotWorld()
    let taker = try place.taker(world, SnapshotOptions(interval: 4, keep: 1))
    place.run(taker) { [place] in
      try world.grow(to: 4)
      try await place.runtime.sleep(for: .seconds(1))
      try FileManager.default.removeItem(atPath: world.directory.path + "/4-2")
      try world.grow(to: 8)
      try await place.runtime.sleep(for: .seconds(1))
      #expect(place.failures == ["snapshot_file"])
      try world.grow(to: 12)
    }
    #expect(taker.snapshots.map(\.height) == [12])
    #expect(try world.directory.content().snapshots.map(\.height) == [12])
  }
}
