/// Limits of replicas in memory.
extension ReconciliationLimits {
  /// Coded symbols that a replica keeps current: enough for some 3,000 differences, at some fifteen
  /// XORs a write.
  public static let cachedSymbols = 4_096
}
