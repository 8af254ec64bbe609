import Storage

/// The named limits of reconciliation. Units are part of the name.
public enum ReconciliationLimits {
  /// Bytes of a record's key: what a store takes as a key.
  public static let keyBytesMax = StorageLimits.keyBytesMax
}
