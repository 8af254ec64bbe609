/// Limits of sketches: rateless and fixed tables, Bloom filters.
extension ReconciliationLimits {
  /// Coded symbols of one answer: some 170 KB. The policy's figures were measured with it.
  public static let symbolsPerAnswerMax = 1 << 13
  /// Coded symbols of one comparison, on both sides: enough for some 750,000 differences.
  public static let symbolsMax = 1 << 20
  /// Coded symbols that a comparison asks for first: they end a small difference at once, and tell
  /// a larger one within a quarter.
  public static let firstSymbols = 32
  /// Coded symbols that a comparison asks for at least, but for the last ones below its cap.
  public static let nextSymbolsMin = 16
  /// Requests of one comparison by sketches that are under way.
  public static let sketchRequestsMax = 8
  /// Items of a set that a sketch is of.
  public static let sketchedItemsMax = 1 << 40

  /// Coded symbols of one page in a store: 512 bytes, so that a write of one record, which changes
  /// some fifteen symbols for each id, writes some 12 KiB at most.
  public static let storedPageSymbols = 16
  /// Ids of a stored set that are handed out at a time: 1 MiB.
  public static let visitedIDsMax = 1 << 16

  /// Cells of a fixed table: some 690 KB, and enough for some 20,000 differences.
  public static let tableCellsMax = 1 << 15
  /// Tables that a comparison asks for, each twice as large as the one before.
  public static let tableAttemptsMax = 4
  /// Strata of an estimator: enough for 2^32 items.
  public static let strataMax = 32
  /// Cells of one stratum.
  public static let stratumCells = 80

  /// Blocks of 64 bytes of a Bloom filter: 1 MiB in all.
  public static let filterBlocksMax = 1 << 14
  /// Bits that a Bloom filter sets for an item.
  public static let filterProbesMax = 14
  /// Items that a Bloom filter is made for unless something else is said.
  public static let filterItemsDefault = 10_000
  /// How often a Bloom filter may say yes of an item that is not in it, unless something else is
  /// said.
  public static let filterRateDefault = 0.001
  /// Parts of a set that are exchanged as one Bloom filter each.
  public static let filterPartsMax = 1 << 16
  /// Ids that the answer to a Bloom filter gives: 1 MiB.
  public static let filterAnswerIDsMax = 1 << 16
  /// Ids that one comparison by Bloom filters takes: 32 MiB.
  public static let filterReceivedIDsMax = 1 << 21
}
