/// What bounds the log of operations and its messages. Units are part of the name.
public enum DeltaLimits {
  // MARK: Log

  /// Bytes of one operation.
  public static let operationBytesMax = 1 << 20
  /// Operations of other replicas that one operation names as what it stands on.
  public static let causesMax = 4_096
  /// Operations that a log holds if nothing else is said; above that the oldest are let go.
  public static let logOperationsMax = 1 << 20
  /// Bytes that a log holds if nothing else is said, with `entryBytes` for each operation.
  public static let logBytesMax = 64 << 20
  /// What an operation takes in memory beside its bytes.
  public static let entryBytes = 96
  /// The part of its bounds that a log lets go at a time when it reaches them: one in so many.
  public static let trimPart = 8
  /// Operations that are kept together in memory.
  public static let chunkEntries = 256
  /// Peers whose acknowledgements a log waits for.
  public static let peersMax = 1_024
  /// How far behind the last known operation of a replica another one may be: what is farther was
  /// not counted up by an honest replica.
  public static let aheadMax: UInt64 = 1 << 40

  // MARK: Deltas

  /// Operations of one delta.
  public static let deltaOperationsMax = 65_536
  /// Bytes of one delta's operations, unless it is one alone; and what they may have on the wire
  /// before they are compressed, with what names them.
  public static let deltaBytesMax = 2 << 20
  public static let bodyBytesMax = 6 << 20
  /// Bytes from which what describes the operations has a compressed block of its own.
  public static let ownBlockBytesMin = 512

  // MARK: Dictionaries

  /// Bytes of latest deltas that are kept to make dictionaries from and to try them on.
  public static let recentBytesMax = 256 << 10
  /// The same, deltas.
  public static let recentDeltasMax = 4_096
  /// One in so many of the latest bytes is held out: not made from, but tried on.
  public static let heldOutPart = 4
  /// Bytes that are seen before a dictionary is tried for the first time; then twice as many each
  /// time, up to the largest.
  public static let dictionaryTryBytesMin = 8 << 10
  public static let dictionaryTryBytesMax = 16 << 20
  /// Sizes that are tried, smallest first: each is so many times as large as the one before.
  public static let dictionaryBytesMin = 1 << 10
  public static let dictionaryStep = 4
  public static let dictionaryBytesMax = 64 << 10
  /// Dictionaries of one peer that are kept; the oldest gives way.
  public static let dictionariesMax = 4
  /// Times that a dictionary is sent to one peer that says it lacks it, before plain zstd is used.
  public static let dictionaryAttemptsMax = 4

  // MARK: Links

  /// Bytes of operations in one message, unless it is one alone.
  public static let pushBytesMax = 64 << 10
  /// Bytes of deltas that are under way on one link at first, at the least and at the most.
  public static let windowBytesFirst = 128 << 10
  public static let windowBytesMin = 16 << 10
  public static let windowBytesMax = 2 << 20
  /// Times in a row that an answer did not come, before the peer is taken to be away.
  public static let attemptsMax = 12
  /// Deltas in a row that were refused, here or there, before all is compared.
  public static let refusalsMax = 64

  // MARK: Strategy

  /// Operations whose records one answer names.
  public static let answerOperationsMax = 8_192
  /// Names of records in one answer: operations may change several.
  public static let answerIDsMax = 32_768
  /// Answers to one question.
  public static let answerPagesMax = 256
}
