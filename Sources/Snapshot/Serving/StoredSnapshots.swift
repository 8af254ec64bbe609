import Ledger
import Locking
import Primitives
import Runtime

/// The snapshots that a node takes and keeps in its directory, for its host. What is served stays
/// until nobody has asked for it for a while. What cannot be read is told once and left alone for
/// as long, so that no peer's requests fill the log or keep the disk busy.
public final class StoredSnapshots: SnapshotProvider {
  private struct Entry {
    /// Nil if it cannot be read.
    var files: SnapshotFiles?
    /// When a part of it was given last; nil if it is not held for that.
    var servedAt: Moment?
    /// When it could not be read; nil if it can.
    var failedAt: Moment?

    func isOver(_ since: Moment?, at now: Moment) -> Bool {
      since.map { $0.duration(to: now) >= SnapshotLimits.lease } ?? false
    }
  }

  private let taker: SnapshotTaker
  private let runtime: any Runtime
  private let entries = Lock<[SnapshotName: Entry]>([:])

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
    let over = entries.withLock { entries in
      let names = entries.filter { $1.isOver($1.servedAt, at: now) }.keys.sorted()
      for name in names { entries[name]?.servedAt = nil }
      return names
    }
    for name in over { await taker.unpin(name) }
    let known = Set(served)
    entries.withLock { entries in
      entries = entries.filter { name, entry in
        entry.servedAt != nil || known.contains(name) && !entry.isOver(entry.failedAt, at: now)
      }
    }
  }

  /// What is looked at for others, newest first: manifests are held, so it is bounded.
  private var served: [SnapshotName] {
    Array(
      taker.snapshots.reversed().prefix(SnapshotLimits.listedMax + SnapshotLimits.leasedMax))
  }

  /// The snapshots that are kept, lowest first.
  public var names: [SnapshotName] { taker.snapshots }

  public func summaries() -> [SnapshotSummary] {
    served.prefix(SnapshotLimits.listedMax).compactMap { name in
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
      failed(files.name, error)
      return nil
    }
  }

  /// The snapshot with this manifest, which stays for a while; nil if it is not kept.
  private func serving(_ hash: Hash256) -> SnapshotFiles? {
    for name in served {
      guard let files = files(name), files.hash == hash else { continue }
      let now = runtime.now
      let isNew = entries.withLock { entries in
        defer { entries[name]?.servedAt = now }
        return entries[name]?.servedAt == nil
      }
      if isNew, !taker.pin(name) { return nil }
      return files
    }
    return nil
  }

  /// The snapshot, opened once; nil if it cannot be read.
  private func files(_ name: SnapshotName) -> SnapshotFiles? {
    if let entry = entries.withLock({ $0[name] }) { return entry.files }
    do throws(SnapshotError) {
      let files = try taker.directory.open(name)
      entries.withLock { $0[name] = Entry(files: files) }
      return files
    } catch {
      failed(name, error)
      return nil
    }
  }

  /// It is not given for a while.
  private func failed(_ name: SnapshotName, _ error: SnapshotError) {
    let now = runtime.now
    entries.withLock { entries in
      entries[name, default: Entry()].files = nil
      entries[name]?.failedAt = now
    }
    taker.tell(unreadable: name, error)
  }
}
