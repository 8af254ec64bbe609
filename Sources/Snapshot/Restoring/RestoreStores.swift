import Primitives
import Storage

/// Where a snapshot is restored: a store of its own beside the live one, which it replaces at the
/// end. Whoever calls has both closed where that is said.
public protocol RestoreStores: Sendable {
  /// Opens the live store, a new one if there is none.
  func openLive() throws(StorageError) -> any KeyValueStore
  /// Whether a restore has left something behind.
  func hasStaging() throws(StorageError) -> Bool
  /// Opens the store that a snapshot is restored to, a new one if there is none.
  func openStaging() throws(StorageError) -> any KeyValueStore
  /// Removes the closed store that a snapshot was restored to, if there is one.
  func removeStaging() throws(StorageError)
  /// Opens a store for items that are not proven, a new one in the place of any that is there.
  func openUnproven() throws(StorageError) -> any KeyValueStore
  /// Removes that store when it is closed, if there is one.
  func removeUnproven() throws(StorageError)
  /// Makes the store that was restored the live one, in one step. Both are closed.
  func install() throws(StorageError)
}

/// The stores of a node's data directory: `store`, and `restoring` and `unproven` beside it.
public struct FolderStores: RestoreStores {
  private let folder: String
  private let chain: Hash256

  /// - Parameters:
  ///   - folder: The data directory, which is there.
  ///   - chain: Hash of block 0.
  public init(folder: String, chain: Hash256) {
    self.folder = folder
    self.chain = chain
  }

  private var live: String { folder + "/store" }
  private var staging: String { folder + "/restoring" }
  private var unproven: String { folder + "/unproven" }

  public func openLive() throws(StorageError) -> any KeyValueStore {
    try LMDBStore(path: live, owner: .chain(chain))
  }

  public func hasStaging() throws(StorageError) -> Bool { try LMDBStore.exists(path: staging) }

  /// Each commit is on the disk before a chunk is answered: otherwise a loss of power could leave a
  /// file that no restore can go on with.
  public func openStaging() throws(StorageError) -> any KeyValueStore {
    try LMDBStore(path: staging, owner: .chain(chain))
  }

  public func removeStaging() throws(StorageError) { try LMDBStore.remove(path: staging) }

  public func openUnproven() throws(StorageError) -> any KeyValueStore {
    try removeUnproven()
    return try LMDBStore(
      path: unproven, owner: StoreOwner(kind: "unproven", version: 1, identity: chain),
      options: LMDBOptions(durability: .onRequest))
  }

  public func removeUnproven() throws(StorageError) { try LMDBStore.remove(path: unproven) }

  public func install() throws(StorageError) {
    try LMDBStore.replace(path: live, with: staging)
    try removeStaging()
  }
}
