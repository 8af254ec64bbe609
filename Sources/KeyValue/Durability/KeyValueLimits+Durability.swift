/// What bounds log, checkpoints and recovery.
extension KeyValueLimits {
  /// Bytes of the body of a frame: the longest effect, which is a frame of its own.
  public static let frameBytesMax = valueBytesMax + (1 << 20)
  /// Bytes of a value from which on only what changed of it is logged.
  public static let partlyLoggedBytesMin = 4_096
  /// Bytes of effects from which on a frame ends and the next one begins.
  public static let frameBytesWanted = 1 << 20
  /// Bytes of a log file, from which on the next one begins.
  public static let segmentBytes = 256 << 20
  /// Files in a data directory.
  public static let dataFilesMax = 100_000
  /// Bytes that are read of a file at a time.
  public static let readAheadBytes = 1 << 20
  /// Places behind damage that may be frames and are looked at closely; beyond them it is taken for
  /// damage of what was safe.
  public static let searchedFramesMax = 65_536

  /// Bytes of effects that are kept while the disk is full.
  public static let pendingBytesMax = 256 << 20
  /// Between two syncs of `--fsync everysec`, and between two attempts to write on a full disk.
  public static let syncPause = Duration.seconds(1)
  /// Of the time that a sync took, the part that the next one waits for others to write
  /// (`--fsync always`); that of PostgreSQL's `commit_delay`, measured instead of set.
  public static let gatherShare = 4
  /// The longest such wait.
  public static let gatherPauseMax = Duration.milliseconds(5)

  /// Entries that are looked at in one slice of a checkpoint.
  public static let sliceEntries = 8_192
  /// Bytes of entries from which on a slice ends.
  public static let sliceBytes = 256 << 10
  /// Between two slices, in which clients are served.
  public static let slicePause = Duration.milliseconds(1)
  /// Log bytes in proportion to the bytes of keys and values, from which on a checkpoint is made.
  public static let checkpointRatio = 1
  /// Log bytes below which none is made by itself.
  public static let checkpointBytesMin = 64 << 20
  /// Looks at the clock (`syncPause`) before a checkpoint that failed is tried again.
  public static let checkpointRetryTicks = 60
  /// Attempts to copy a directory whose files go while they are copied.
  public static let backupAttempts = 8

  /// Requests of an AOF that become one batch.
  public static let importedPerBatch = 1_024
  /// Requests between MULTI and EXEC, of a client and of an AOF.
  public static let transactionRequestsMax = 1 << 20
  /// Bytes of such requests of an AOF.
  public static let transactionBytesMax = 512 << 20
  /// Bytes of the manifest of an AOF.
  public static let manifestBytesMax = 1 << 20
}
