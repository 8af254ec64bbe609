import Ledger
import Primitives
import Storage

/// Does what `RestoreCore` decides, and tells it what came of that.
///
/// Not thread-safe: the owner guards it.
final class SnapshotRestorer {
  private let stores: any RestoreStores
  private let genesis: Genesis
  private var sink: (any RestoreSink)?

  init(_ stores: any RestoreStores, _ genesis: Genesis) {
    self.stores = stores
    self.genesis = genesis
  }

  /// Goes on where the last process ended: what is whole is installed, what is not waits for its
  /// snapshot to be offered again, and what can be of no more use is removed.
  func goOn(_ live: inout LiveChain) throws(SnapshotFault) {
    try StagedChain.disk { () throws(StorageError) in try stores.removeUnproven() }
    guard let left = try StagedChain.left(stores, genesis) else {
      // A process that ended while it removed what is of no more use.
      return try StagedChain.disk { () throws(StorageError) in try stores.removeStaging() }
    }
    if left.isComplete(above: try live.chain().headNumber) {
      return try install(left, &live)
    }
    let isStale =
      left.chain.headNumber > 0
      ? left.chain.headNumber <= (try live.chain().headNumber) : false
    try left.close()
    if isStale { try StagedChain.disk { () throws(StorageError) in try stores.removeStaging() } }
  }

  func begin(_ content: OfferedContent, _ offer: OfferedSnapshot) -> RestoreCore.Event {
    close()
    do throws(SnapshotFault) {
      switch content {
      case .provable(let manifest, let path):
        sink = ProvableSink(manifest, try .begin(offer, path: path, stores, genesis))
      case .hashOnly(let manifest, let path):
        sink = try HashOnlySink(manifest, offer, path: path, stores, genesis)
      }
      return .begun(applied: sink?.applied ?? [])
    } catch { return .failed(error) }
  }

  func take(_ chunk: [UInt8], at index: Int) -> RestoreCore.Event {
    guard let sink else { return .failed(.nothingOffered) }
    do throws(SnapshotFault) {
      switch try sink.take(chunk, at: index) {
      case .applied: return .applied
      case .corrupt(let reason): return .corrupt(reason)
      case .falseManifest(let reason): return .falseManifest(reason)
      }
    } catch {
      close()
      return .failed(error)
    }
  }

  func finish(_ live: inout LiveChain) -> RestoreCore.Event {
    guard let sink else { return .failed(.nothingOffered) }
    do throws(SnapshotFault) {
      let staged = try sink.finish()
      self.sink = nil
      try install(staged, &live)
      return .finished
    } catch {
      close()
      return error.isOfStore ? .failed(error) : .mismatched(error)
    }
  }

  /// One step makes what came the live state: a process that ends before it finds the old one and
  /// what came, whole; one that ends after it the new one.
  private func install(_ staged: StagedChain, _ live: inout LiveChain) throws(SnapshotFault) {
    try staged.seal(with: live.store)
    try staged.close()
    let stores = stores
    try live.replace { () throws(StorageError) in try stores.install() }
    try StagedChain.disk { () throws(StorageError) in try stores.removeUnproven() }
  }

  /// Gives up what came.
  func discard() {
    close()
    // What cannot be removed now is replaced when the next snapshot begins.
    try? stores.removeUnproven()
    try? stores.removeStaging()
  }

  /// Leaves what came where it is.
  func close() {
    sink?.close()
    sink = nil
  }
}
