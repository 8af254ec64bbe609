import EventLog
import Foundation
import Ledger
import Primitives
import Runtime
import Snapshot
import TestSupport
import Testing

@Suite struct TakerTests {
  private let runtime = SimulatedRuntime(seed: 1)
  private let sink = MemorySink()

  private func taker(
    _ world: SnapshotWorld, _ options: SnapshotOptions
  ) throws -> SnapshotTaker {
    try SnapshotTaker(
      chain: world.chain, directory: world.directory, options: options, runtime: runtime,
      log: EventRecorder(sink: sink, context: EventContext(node: "n", actor: "snapshots")))
  }

  /// Lets the taker follow while `body` makes blocks.
  private func run(
    _ taker: SnapshotTaker, _ body: @escaping @Sendable () async throws -> Void
  ) {
    let following = runtime.spawn("taker") { await taker.run() }
    runtime.spawn("chain") { [runtime] in
      try? await runtime.sleep(for: .seconds(1))
      do { try await body() } catch { Issue.record("\(error)") }
      try? await runtime.sleep(for: .seconds(1))
      following.cancel()
    }
    #expect(runtime.run(virtualTimeMax: .seconds(600)) == .done)
  }

  private func events(_ name: String) -> [Event] { sink.events.filter { $0.name == name } }

  @Test func taker_shouldTakeWhatIsDue_andKeepTheLast() throws {
    let world = try SnapshotWorld()
    let taker = try taker(world, SnapshotOptions(interval: 4, keep: 2))
    run(taker) { [runtime] in
      for _ in 0..<17 {
        try world.grow()
        try await runtime.sleep(for: .seconds(1))
      }
    }
    #expect(taker.snapshots.map(\.height) == [12, 16])
    #expect(try world.directory.content().snapshots == taker.snapshots)
    #expect(events("snapshot.taken").count == 4 && events("snapshot.removed").count == 2)
    #expect(try world.directory.open(SnapshotName(height: 16)).verify())
    // A taker that is started later knows them.
    #expect(try self.taker(world, SnapshotOptions()).snapshots == taker.snapshots)
  }

  @Test func taker_shouldSkip_whenTheHeadHasMovedOn() throws {
    let world = try SnapshotWorld()
    let taker = try taker(world, SnapshotOptions(interval: 4))
    run(taker) { [runtime] in
      try world.grow(to: 5)
      try await runtime.sleep(for: .seconds(1))
      try world.grow(to: 8)
    }
    #expect(events("snapshot.skipped") == [.snapshot(.skipped(block: 4, reason: "other_head"))])
    #expect(taker.snapshots.map(\.height) == [8])
  }

  @Test func taker_shouldTakeNone_whenTheIntervalIsZero() throws {
    let world = try SnapshotWorld()
    let taker = try taker(world, SnapshotOptions(interval: 0))
    run(taker) { try world.grow(to: 9) }
    #expect(taker.snapshots == [] && sink.events == [])
  }

  @Test func taker_shouldSayWhatFailed_andGoOn() throws {
    let world = try SnapshotWorld()
    let taker = try taker(world, SnapshotOptions(interval: 4))
    let blocked = world.directory.path
    run(taker) { [runtime] in
      // A file where the directory should be.
      _ = FileManager.default.createFile(atPath: blocked, contents: nil)
      try world.grow(to: 4)
      try await runtime.sleep(for: .seconds(1))
      try FileManager.default.removeItem(atPath: blocked)
      try world.grow(to: 8)
    }
    #expect(events("snapshot.failed").count == 1)
    #expect(taker.snapshots.map(\.height) == [8])
  }

  @Test func pinnedSnapshot_shouldStay_untilItIsServedNoMore() throws {
    let world = try SnapshotWorld()
    let taker = try taker(world, SnapshotOptions(interval: 4, keep: 1))
    let low = SnapshotName(height: 4)
    run(taker) { [runtime] in
      try world.grow(to: 4)
      try await runtime.sleep(for: .seconds(1))
      #expect(taker.pin(low))
      try world.grow(to: 8)
      try await runtime.sleep(for: .seconds(1))
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
    _ = try taker(world, SnapshotOptions())
    #expect(
      sink.events == [.snapshot(.removed(block: 0, reason: "partial", detail: partial))])
    #expect(try world.directory.content() == SnapshotDirectory.Content())
  }
}
