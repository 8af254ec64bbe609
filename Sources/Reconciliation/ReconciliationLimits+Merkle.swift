/// Limits of sets of records and of comparing them by trees, in full and as logs.
extension ReconciliationLimits {
  /// Entries that are read from a set of records at a time.
  public static let pageEntriesMax = 1_024
}
