import Ledger
import Locking
import Primitives
import Runtime

/// The snapshots that a node takes and keeps in its directory, for its host. What is served stays
/// until nobody has asked for it for a while.
public final class StoredSnapshots: SnapshotProvider {
  private struct Open {
    var files: SnapshotFiles
    /// When a part of it was given last; nil if it is not held for that.
    var servedAt: Moment?
  }

  private let taker: SnapshotTaker
  private let runtime: any Runtime
  private let open = Lock<[SnapshotName: Open]>([:])

  public init(_ taker: SnapshotTaker, runtime: any Runtime) {
    self.taker = taker
    self.runtime = runtime
  }

  /// Takes snapshots when they are due, and lets those go that nobody asks for, until the task is
  /// cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.taker.run() }
      while !Task.isCancelled {
        try? await runtime.sleep(for: SnapshotLimits.leaseLook)
        await letGo()
      }
      group.cancelAll()
    }
  }

  private func letGo() async {
    let now = runtime.now
    let over = open.withLock { open in
      let names = open.filter { _, entry in
        entry.servedAt.map { $0.duration(to: now) >= SnapshotLimits.lease } ?? false
      }.keys.sorted()
      for name in names { open[name]?.servedAt = nil }
      return names
    }
    for name in over { await taker.unpin(name) }
    let kept = Set(taker.snapshots)
    open.withLock { open in open = open.filter { kept.contains($0.key) } }
  }

  /// The snapshots that are kept, lowest first.
  public var names: [SnapshotName] { taker.snapshots }

  public func summaries() -> [SnapshotSummary] {
    taker.snapshots.reversed().prefix(SnapshotLimits.listedMax).compactMap { name in
      guard let files = files(name) else { return nil }
      return SnapshotSummary(
        height: name.height, format: name.format, hash: files.hash,
        rawBytes: files.manifest.rawBytes, storedBytes: files.index.storedBytes, diffBytes: 0)
    }
  }

  public func manifest(_ hash: Hash256) -> [UInt8]? { serving(hash)?.manifest.wireBytes }

  public func piece(_ index: Int, of hash: Hash256) -> [UInt8]? {
    guard let files = serving(hash), (0..<files.pieceCount).contains(index) else { return nil }
    do throws(SnapshotError) { return try files.frame(ofPiece: index) } catch {
      taker.tell(unreadable: files.name, error)
      return nil
    }
  }

  /// The snapshot with this manifest, which stays for a while; nil if it is not kept.
  private func serving(_ hash: Hash256) -> SnapshotFiles? {
    for name in taker.snapshots.reversed() {
      guard let files = files(name), files.hash == hash else { continue }
      let now = runtime.now
      let isNew = open.withLock { open in
        defer { open[name]?.servedAt = now }
        return open[name]?.servedAt == nil
      }
      if isNew, !taker.pin(name) { return nil }
      return files
    }
    return nil
  }

  /// The snapshot, opened once; nil if it cannot be read.
  private func files(_ name: SnapshotName) -> SnapshotFiles? {
    if let files = open.withLock({ $0[name]?.files }) { return files }
    do throws(SnapshotError) {
      let files = try taker.directory.open(name)
      open.withLock { $0[name] = Open(files: files) }
      return files
    } catch {
      taker.tell(unreadable: name, error)
      return nil
    }
  }
}
