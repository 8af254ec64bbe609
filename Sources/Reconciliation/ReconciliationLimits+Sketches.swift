/// Limits of sketches: rateless and fixed tables, Bloom filters.
extension ReconciliationLimits {
  /// Coded symbols of one answer: some 170 KB.
  public static let symbolsPerAnswerMax = 8_192
  /// Coded symbols of one comparison, on both sides: enough for some 750,000 differences.
  public static let symbolsMax = 1 << 20
  /// Coded symbols that a comparison asks for first: they end a small difference at once, and tell a
  /// larger one within a quarter.
  public static let firstSymbols = 32
  /// Coded symbols that a comparison asks for at least, but for the last ones below its cap.
  public static let nextSymbolsMin = 16
  /// Requests of one comparison by sketches that are under way.
  public static let sketchRequestsMax = 8
  /// Items of a set that a sketch is of.
  public static let sketchedItemsMax = 1 << 40
}
