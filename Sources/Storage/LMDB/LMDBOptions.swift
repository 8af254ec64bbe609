/// How a store on disk is opened.
public struct LMDBOptions: Sendable, Hashable {
  /// When a commit reaches the disk.
  public var durability: Durability
  /// Bytes of address space to reserve; more if the store already has more; at most
  /// `StorageLimits.mapBytesMax`.
  public var mapBytes: Int
  /// Bytes of address space above which the store does not grow; at most
  /// `StorageLimits.mapBytesMax`.
  public var mapBytesMax: Int
  /// Snapshots that may be open at one time.
  public var readersMax: Int

  public init(
    durability: Durability = .everyCommit, mapBytes: Int = StorageLimits.mapBytesInitial,
    mapBytesMax: Int = StorageLimits.mapBytesMax, readersMax: Int = StorageLimits.readersMax
  ) {
    self.durability = durability
    self.mapBytes = mapBytes
    self.mapBytesMax = mapBytesMax
    self.readersMax = readersMax
  }
}
