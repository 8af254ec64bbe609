import Ledger
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime
import Snapshot
import Testing
import WorldSupport

/// What a host answers, and how often.
@Suite struct SnapshotHostTests {
  private static let host = PeerID(1)

  /// A world whose peer keeps the snapshot of block 16.
  private func run(
    latency: Duration = .milliseconds(20),
    _ body: @escaping @Sendable (TestWorld, MemorySnapshot, SyncContext) async throws -> Void
  ) throws {
    let world = try TestWorld(seed: 71, accounts: 3_000, latency: latency)
    world.run {
      try await world.grow(16)
      let snapshot = try world.snapshot()
      try await world.grow(4)
      world.addHonest(1..<2)
      ProviderShelf([snapshot]).host(in: world, as: Self.host)
      try await body(world, snapshot, world.context())
    }
  }

  private static func reason<R: Request>(
    _ request: R, _ context: SyncContext
  ) async -> String? {
    do throws(RequestError) {
      _ = try await context.network.request(request, to: host, timeout: .seconds(5))
      return nil
    } catch { return error.reason }
  }

  @Test func host_shouldGiveWhatItKeeps_andSayWhatItDoesNot() throws {
    try run { world, snapshot, context in
      let network = context.network
      func ask<R: Request>(_ request: R) async throws -> R.Response {
        try await network.request(request, to: Self.host, timeout: .seconds(5))
      }
      let list = try await ask(RequestSnapshots())
      var summary = snapshot.summary
      // What diffs take is the host's own knowledge.
      summary.diffBytes = UInt32(
        clamping: world.source.meanDiffBytes(of: SnapshotLimits.sampledDiffsMax) ?? 0)
      summary.diffsFrom = world.source.diffsFrom
      #expect(list.snapshots == [summary] && summary.diffBytes > 0)
      let hash = snapshot.hash
      let manifest = try await ask(RequestSnapshotManifest(hash: hash))
      #expect(manifest == .bytes(snapshot.manifestBytes))
      #expect(try await ask(RequestSnapshotManifest(hash: .zero)) == .unknown)
      let count = UInt32(snapshot.frames.count)
      let last = try await ask(RequestSnapshotPiece(hash: hash, index: count - 1))
      #expect(last == .bytes(snapshot.frames[Int(count) - 1]))
      for index in [count, count + 1, UInt32(Int32.max), .max] {
        let answer = try await ask(RequestSnapshotPiece(hash: hash, index: index))
        #expect(answer == .unknown, "piece \(index)")
      }
      #expect(try await ask(RequestSnapshotPiece(hash: .zero, index: 0)) == .unknown)
    }
  }

  @Test func host_shouldRefuse_aboveItsRates_andAnswerLaterAgain() throws {
    try run(latency: .zero) { world, snapshot, context in
      func expectLimit<R: Request>(_ request: R, _ limit: Int) async throws {
        let begin = world.runtime.now
        for number in 1...limit {
          let reason = await Self.reason(request, context)
          #expect(reason == nil, "\(R.type), number \(number)")
          if reason != nil { return }
        }
        // The window must not have moved on meanwhile.
        #expect(begin.duration(to: world.runtime.now) < NetworkingLimits.rateWindow)
        #expect(await Self.reason(request, context) == "refused", "\(R.type)")
        try await world.pause(NetworkingLimits.rateWindow * 2)
        #expect(await Self.reason(request, context) == nil, "\(R.type)")
      }
      try await expectLimit(RequestSnapshots(), SnapshotLimits.listRequestsPerWindowMax)
      try await expectLimit(
        RequestSnapshotManifest(hash: snapshot.hash),
        SnapshotLimits.manifestRequestsPerWindowMax)
      try await expectLimit(
        RequestSnapshotPiece(hash: .zero, index: 0), SnapshotLimits.pieceRequestsPerWindowMax)
    }
  }

  /// No task waits for a disk.
  @Test func parts_shouldBeRead_byAWorkerOfTheirOwn() throws {
    try run { world, snapshot, context in
      let runtime = CountedWorkers(world.runtime)
      let host = SyncContext(
        chain: world.source, network: world.network.endpoint(Self.host), runtime: runtime,
        recorder: .none)
      SnapshotHost(context: host, provider: ProviderShelf([snapshot])).start()
      #expect(await Self.reason(RequestSnapshots(), context) == nil)
      #expect(await Self.reason(RequestSnapshotManifest(hash: snapshot.hash), context) == nil)
      #expect(
        await Self.reason(RequestSnapshotPiece(hash: snapshot.hash, index: 0), context) == nil)
      #expect(runtime.works.withLock { $0 } == ["snapshot_host": 3])
    }
  }

  /// The largest answers are just what a request allows.
  @Test func answers_shouldFitTheLimitsOfTheirRequests() throws {
    let manifest = SnapshotManifestResponse.bytes(
      [UInt8](repeating: 1, count: SnapshotLimits.manifestBytesMax))
    #expect(manifest.wireBytes.count <= RequestSnapshotManifest.type.responseBytesMax)
    #expect(
      manifest.wireBytes.count
        <= SnapshotLimits.manifestBytesMax + SnapshotLimits.envelopeBytesMax)
    let piece = SnapshotPieceResponse.bytes(
      [UInt8](repeating: 1, count: SnapshotLimits.frameBytesMax))
    #expect(piece.wireBytes.count <= RequestSnapshotPiece.type.responseBytesMax)
    let one = SnapshotSummary(
      height: .max, format: .max, hash: .zero, rawBytes: .max, storedBytes: .max, diffBytes: .max,
      diffsFrom: .max)
    let list = SnapshotsResponse(
      snapshots: [SnapshotSummary](repeating: one, count: SnapshotLimits.listedMax + 1))
    #expect(list.snapshots.count == SnapshotLimits.listedMax)
    #expect(list.wireBytes.count <= SnapshotLimits.listBytesMax)
    #expect(try SnapshotsResponse(wireBytes: list.wireBytes) == list)
    for bytes in [
      SnapshotManifestResponse.bytes(
        [UInt8](repeating: 1, count: SnapshotLimits.manifestBytesMax + 1)
      ).wireBytes, [2],
    ] {
      #expect(throws: WireError.self) { try SnapshotManifestResponse(wireBytes: bytes) }
    }
    for bytes in [
      SnapshotPieceResponse.bytes(
        [UInt8](repeating: 1, count: SnapshotLimits.frameBytesMax + 1)
      ).wireBytes, [2],
    ] {
      #expect(throws: WireError.self) { try SnapshotPieceResponse(wireBytes: bytes) }
    }
  }
}

/// A runtime that counts what its workers do.
private final class CountedWorkers: Runtime {
  private struct CountedWorker: Worker {
    let base: any Worker
    let count: @Sendable () -> Void

    func run<Output: Sendable>(_ work: @Sendable () -> Output) async -> Output {
      count()
      return await base.run(work)
    }
  }

  let works = Lock<[String: Int]>([:])
  private let base: any Runtime

  init(_ base: any Runtime) { self.base = base }

  var now: Moment { base.now }

  func sleep(until moment: Moment) async throws(CancellationError) {
    try await base.sleep(until: moment)
  }

  @discardableResult
  func spawn(_ name: String, _ body: @escaping @Sendable () async -> Void) -> SpawnedTask {
    base.spawn(name, body)
  }

  func worker(_ name: String) -> any Worker {
    CountedWorker(base: base.worker(name)) { self.works.withLock { $0[name, default: 0] += 1 } }
  }

  func randomStream(_ consumer: RandomConsumer) -> RandomStream { base.randomStream(consumer) }
}
