import EventLog
import Ledger
import Locking
import Primitives
import Runtime

/// Takes the snapshots of a node when they are due, on a thread of its own, and removes those that
/// are too many. The rules are in `SnapshotSchedule`.
///
/// The state is read from a snapshot of the chain's store, so no change of the chain waits, except
/// when the store must grow: then the taking gives way within one piece.
public final class SnapshotTaker: Sendable {
  public let directory: SnapshotDirectory
  private let chain: Blockchain
  private let runtime: any Runtime
  private let worker: any Worker
  private let log: EventRecorder
  private let schedule: Lock<SnapshotSchedule>

  /// Looks at what `directory` has, and removes what was begun there and not finished.
  public init(
    chain: Blockchain, directory: SnapshotDirectory, options: SnapshotOptions,
    runtime: any Runtime, log: EventRecorder
  ) throws(SnapshotError) {
    self.chain = chain
    self.directory = directory
    self.runtime = runtime
    self.log = log
    worker = runtime.worker("snapshots")
    for path in try directory.removePartial() {
      log.record(.snapshot(.removed(block: chain.macroNumber, reason: "partial", detail: path)))
    }
    schedule = Lock(
      SnapshotSchedule(
        options: options, blocksPerBatch: chain.configuration.blocksPerBatch,
        kept: try directory.content().snapshots))
  }

  /// The snapshots that are there, lowest first.
  public var snapshots: [SnapshotName] { schedule.withLock { $0.kept.sorted() } }

  /// Follows the chain until the task is cancelled, which also ends a taking within one piece.
  public func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for await event in chain.events() {
          switch event {
          case .finalized(let hash), .epochFinalized(let hash):
            // Beside the following, which tells what is skipped meanwhile.
            if let block = due(hash) { group.addTask { await self.take(block) } }
          default: break
          }
        }
      }
    }
  }

  /// The block of which a snapshot is to be taken now, if one is due there.
  private func due(_ hash: Hash256) -> BlockID? {
    guard let block = chain.block(hash, includeBody: false) else { return nil }
    var due: BlockID?
    for action in schedule.withLock({ $0.finalized(block.id) }) {
      switch action {
      case .take(let block): due = block
      case .skip(let number, let reason): tell(number, reason)
      case .remove: break
      }
    }
    return due
  }

  /// Takes the snapshot of a macro block that has just become the head.
  private func take(_ block: BlockID) async {
    let begin = runtime.now
    let result = await worker.run { [self] in taken(block) }
    switch result {
    case .success(.read(let manifest)):
      log.record(
        .snapshot(
          .taken(
            block: block.number, snapshot: manifest.hash, items: Int(manifest.items),
            bytes: Int(manifest.rawBytes),
            durationNs: runtime.now.nanoseconds - begin.nanoseconds)))
    case .success(.otherHead): tell(block.number, .otherHead)
    case .success(.incomplete): tell(block.number, .incomplete)
    case .success(.unanchored): tell(block.number, .unanchored)
    case .failure(.gaveWay): tell(block.number, .gaveWay)
    case .failure(let error):
      log.record(
        .snapshot(.failed(block: block.number, reason: error.reason, detail: error.description)))
    }
    var isTaken = false
    if case .success(.read) = result { isTaken = true }
    await carryOut(schedule.withLock { $0.ended(isTaken: isTaken) })
  }

  /// On the worker's thread.
  private func taken(
    _ block: BlockID
  ) -> Result<MacroStateReading<SnapshotManifest>, SnapshotError> {
    Result { () throws(SnapshotError) in
      let options = schedule.withLock { $0.options }
      let reading: MacroStateReading<Result<SnapshotManifest, SnapshotError>>
      do throws(LedgerStoreError) {
        // Before the state is read, since growing waits for whoever reads.
        try chain.reserve(SnapshotLimits.storeRoomBytes)
        reading = try chain.readMacroState(of: block.hash) { state in
          Result { () throws(SnapshotError) in
            try SnapshotTaking.take(
              state, chain: chain.genesis.hash, into: directory, options: options
            ) { [chain] _ in !chain.isGrowthWaiting && !Task.isCancelled }
          }
        }
      } catch { throw .ledger(error) }
      switch reading {
      case .read(let manifest): return .read(try manifest.get())
      case .otherHead: return .otherHead
      case .incomplete: return .incomplete
      case .unanchored: return .unanchored
      }
    }
  }

  /// Other options count from now on.
  public func change(_ options: SnapshotOptions) async {
    await carryOut(schedule.withLock { $0.change(options) })
  }

  /// Opens a snapshot that is not removed before `unpin` is called; nil if it is not there.
  public func pin(_ name: SnapshotName) -> Bool { schedule.withLock { $0.pin(name) } }

  public func unpin(_ name: SnapshotName) async {
    await carryOut(schedule.withLock { $0.unpin(name) })
  }

  private func carryOut(_ actions: [SnapshotSchedule.Action]) async {
    for action in actions {
      guard case .remove(let name) = action else { continue }
      let failure = await worker.run { [directory] in
        Result { () throws(SnapshotError) in try directory.remove(name) }
      }
      switch failure {
      case .success:
        log.record(.snapshot(.removed(block: name.height, reason: "surplus", detail: "\(name)")))
      case .failure(let error):
        log.record(
          .snapshot(.failed(block: name.height, reason: error.reason, detail: error.description)))
      }
    }
  }

  private func tell(_ number: UInt32, _ reason: SnapshotSkip) {
    log.record(.snapshot(.skipped(block: number, reason: reason.rawValue)))
  }
}
