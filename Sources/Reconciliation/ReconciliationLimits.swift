/// The named limits of reconciliation. Units are part of the name.
public enum ReconciliationLimits {
  /// Bytes of a record's key: what LMDB takes as a key.
  public static let keyBytesMax = 511
}
