/// Limits of sets of records and of comparing them by trees, in full and as logs.
extension ReconciliationLimits {
  /// Entries that are read from a set of records at a time.
  public static let pageEntriesMax = 1_024
  /// Records of a set, so that no sum of counts overflows.
  public static let recordsMax = 1 << 48
  /// Levels of a tree that are kept, below the root: 16^5 nodes are 48 MiB.
  public static let treeLevelsMax = 5
  /// Records below a node of the last kept level, in the mean, above which a set in memory gets
  /// another level.
  public static let bucketRecordsMax = 64
  /// Records of a node that is a leaf wherever it lies.
  public static let leafRecordsMax = 16
  /// Entries that are held in memory at a time while hashes are computed: 3 MiB.
  public static let subtreeEntriesMax = 65_536
  /// Records of one list in an answer.
  public static let listedRecordsMax = 4_096
  /// Nodes of one request.
  public static let batchNodesMax = 4_096
  /// Nodes that a comparison by trees keeps waiting: some 90 MiB. By default 16 x 100 x 16 x 20 at
  /// most wait, for the deepest ones are asked for first.
  public static let waitingNodesMax = 1 << 20
  /// Records that a comparison finds to differ at most.
  public static let differencesMax = 1 << 21
  /// Records of a node of which this side has none, up to which their ids are asked for at once.
  public static let wholeListMax = 64
  /// Records of a node up to which the beginnings of their ids are asked for.
  public static let shortListMax = 32
  /// Attempts at reading records and their tree of one state while others write.
  public static let viewAttemptsMax = 16
  /// Lanes of keys of a full exchange, each with a frame under way.
  public static let lanesMax = 64
  /// Bytes of a frame of a full exchange, beyond its last record.
  public static let frameBytesMax = 1 << 20
  /// Records whose keys part a set into lanes.
  public static let laneSampleMax = 512
  /// Records that are read from a set at a time.
  public static let pageRecordsMax = 256
  /// Bytes of one entry of a log.
  public static let logEntryBytesMax = 1 << 20
  /// Bytes of a page of entries of a log, beyond its last entry.
  public static let logPageBytesMax = 1 << 20
  /// Roots of one answer about a log.
  public static let logRootsMax = 15
}
