import Ledger
import Primitives
import StateTrie
import Storage

/// A chain that stands at a snapshot's block and whose state comes in piece by piece, in a store
/// beside the live one.
///
/// Which pieces are there is what the chain's missing ranges say, and those change in the
/// transaction of the pieces: so whenever the process ends, the next one goes on from there.
final class StagedChain {
  let chain: Blockchain
  private let store: any KeyValueStore

  /// What is being restored: format and hash of the snapshot. Removed when nothing is missing.
  private static let note = Namespace("snapshot/restoring").key()

  private init(_ chain: Blockchain, _ store: any KeyValueStore) {
    self.chain = chain
    self.store = store
  }

  private static func bytes(of offer: OfferedSnapshot) -> [UInt8] {
    var encoder = WireEncoder()
    encoder.append(offer.format)
    encoder.append(offer.hash)
    return encoder.bytes
  }

  /// What was left behind by a restore, if there is anything: nothing is known of its snapshot yet.
  static func left(
    _ stores: any RestoreStores, _ genesis: Genesis
  ) throws(SnapshotFault) -> StagedChain? {
    guard try disk({ () throws(StorageError) in try stores.hasStaging() }) else { return nil }
    let store = try disk { () throws(StorageError) in try stores.openStaging() }
    return try opened(store, genesis)
  }

  /// The chain for `offer`, which `path` leads to: what is there of it already, or a new one in the
  /// place of whatever else is there.
  static func begin(
    _ offer: OfferedSnapshot, path: MacroChain, _ stores: any RestoreStores, _ genesis: Genesis
  ) throws(SnapshotFault) -> StagedChain {
    var store = try disk { () throws(StorageError) in try stores.openStaging() }
    let wanted = bytes(of: offer)
    let found = try disk { () throws(StorageError) in
      try store.read { snapshot throws(StorageError) in try snapshot.value(of: note) }
    }
    if found != wanted {
      try disk { () throws(StorageError) in
        try store.close()
        try stores.removeStaging()
        store = try stores.openStaging()
        try store.write { transaction throws(StorageError) in try transaction.put(note, wanted) }
      }
    }
    let staged = try opened(store, genesis)
    do throws(PushError) {
      if staged.chain.headHash != path.blocks.last?.hash {
        try staged.chain.adopt(staged.chain.verify(path))
      }
    } catch {
      try staged.close()
      throw error.storeFault ?? .unproven("\(error)")
    }
    return staged
  }

  private static func opened(
    _ store: any KeyValueStore, _ genesis: Genesis
  ) throws(SnapshotFault) -> StagedChain {
    do throws(LedgerStoreError) {
      return StagedChain(
        try Blockchain(genesis: genesis, state: .missing, store: store), store)
    } catch {
      // The error that led here is the one to tell.
      try? store.close()
      throw .storage(error)
    }
  }

  /// Takes pieces in, each checked against the state root of the snapshot's block, all in one
  /// transaction.
  /// - Throws: `storage`; then nothing has changed.
  /// - Returns: what is wrong with the first piece that is wrong, and which it is.
  func take(_ pieces: [ChunkPush]) throws(SnapshotFault) -> (index: Int, error: ChunkError)? {
    do throws(PushError) { return try chain.push(chunks: pieces).failure } catch {
      throw error.storeFault ?? .storage("\(error)")
    }
  }

  /// Whether the whole state of a block is there, which is newer than block `number`.
  func isComplete(above number: UInt32) -> Bool {
    chain.headNumber > number && chain.stateComplete
  }

  /// Takes over what the live store has besides chain and state, such as what this node has signed,
  /// and forgets that anything was restored. May be done again.
  func seal(with live: any KeyValueStore) throws(SnapshotFault) {
    let own = ChainRecord.namespaces + StateTrie.namespaces
    try Self.disk { () throws(StorageError) in
      try live.read { snapshot throws(StorageError) in
        try store.write { transaction throws(StorageError) in
          try transaction.delete(Self.note)
          for namespace in snapshot.namespaces where !own.contains(namespace) {
            try transaction.delete(in: namespace.all)
            for entry in try snapshot.entries(in: namespace.all) {
              try transaction.put(namespace.key(entry.key), entry.value)
            }
          }
        }
      }
    }
  }

  func close() throws(SnapshotFault) {
    try Self.disk { () throws(StorageError) in try store.close() }
  }

  /// Runs what can only fail by the disk.
  static func disk<Output>(
    _ body: () throws(StorageError) -> Output
  ) throws(SnapshotFault) -> Output {
    do throws(StorageError) { return try body() } catch {
      throw .storage("\(error)", isFull: error.isFullDisk)
    }
  }
}

extension PushError {
  /// What is told if the disk is to blame; nil if it is not.
  fileprivate var storeFault: SnapshotFault? {
    if case .storage(let error) = kind { .storage(error) } else { nil }
  }
}

extension SnapshotFault {
  /// The store of a chain failed.
  static func storage(_ error: LedgerStoreError) -> SnapshotFault {
    .storage("\(error)", isFull: error.storage?.isFullDisk == true)
  }
}
