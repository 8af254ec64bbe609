/// Limits of sessions by which two stores become equal.
extension KeyValueLimits {
  /// Nibbles of a position by which the tree parts records: an entry has 64 bits of it.
  public static let treeDepth = 16
  /// Changes of records that are kept for views of before, some 100 bytes each, and changes that
  /// one view undoes, some 80 bytes each. A view that lives longer is given up.
  public static let viewChangesMax = 1 << 18
  /// Entries that are taken into the index over ids at a time.
  public static let namedEntriesPerTurn = 8_192
  /// Between two such times.
  public static let namingPause = Duration.milliseconds(1)
  /// How long the index over ids is kept after the last session that needed it.
  public static let namesKept = Duration.seconds(60)
  /// Ids in one answer of a full exchange: 64 KiB.
  public static let idsPerAnswerMax = 4_096
  /// Parts of a full exchange that are under way at a time.
  public static let exchangeLanes = 8
  /// Bytes of a value above which its digest is remembered, and how many are.
  public static let rememberedDigestBytesMin = 64 << 10
  public static let rememberedDigestsMax = 1_024
  /// Requests of a session that another replica may send in the window of the rate limits (10 s).
  public static let sessionRequestsPerWindowMax = 100_000
  /// Records of one request of a session.
  public static let sessionBatchRecords = 512
  /// Records of one session that are looked up again because both sides have them although the
  /// indexes said otherwise.
  public static let suspectsMax = 64

  // MARK: Values that are too long for a session

  /// Records that one request names.
  public static let largeRecordsPerRequest = 64
  /// Such records of one session on each side; the rest is for the next one.
  public static let largeRecordsMax = 1_024
  /// Bytes of a content that are fetched at a time.
  public static let contentSliceBytes = 1 << 20
  /// Between two questions whether the other side has fetched, doubled up to the second one.
  public static let settlePauseFirst = Duration.milliseconds(20)
  public static let settlePauseMax = Duration.seconds(2)
  /// Questions in a row without progress after which it is given up.
  public static let settleVainMax = 16
  /// Sessions of others whose tallies are remembered.
  public static let answeredSessionsMax = 64
}
