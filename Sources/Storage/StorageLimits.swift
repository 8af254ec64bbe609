/// Bounds of the storage room.
public enum StorageLimits {
  /// Longest key in bytes: what LMDB takes as it is built everywhere, without the byte before it
  /// that tells its namespace.
  public static let keyBytesMax = storedKeyBytesMax - 1
  /// The same with that byte.
  static let storedKeyBytesMax = 511
  /// Namespaces that a store has at most: each has a byte, and three bytes are nobody's.
  public static let namespacesMax = 253
  /// Longest name of a namespace, or of a kind of owner, in bytes.
  public static let nameBytesMax = 64
  /// Longest value in bytes.
  public static let valueBytesMax = 256 << 20
  /// Bytes of address space that a store on disk reserves when it is created. The file has this
  /// size too, but takes up only the pages that were written.
  public static let mapBytesInitial = 64 << 20
  /// Bytes of address space above which a store on disk does not grow.
  public static let mapBytesMax = 1 << 40
  /// By how much the address space is multiplied when it is full.
  static let mapGrowthFactor = 2
  /// Snapshots of a store on disk that may be open at one time.
  public static let readersMax = 1_024
  /// Named tables of a store on disk: the header and the records.
  static let tablesMax: UInt32 = 2
}
