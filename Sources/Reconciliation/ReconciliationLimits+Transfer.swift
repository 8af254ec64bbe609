/// Limits of sending values as patches.
extension ReconciliationLimits {
  /// What an offer and the shortest patch may take, as a share of the value: values below some
  /// 2 KB go whole, since an offer is in vain if too little is left of the older value.
  public static let patchShareMax = 0.25
  /// Bytes of values for which patches are made in one answer: offers are cheap, and each lets the
  /// other side search the whole value.
  public static let patchedBytesMax = 4 << 20
  /// Patches that make another value, after which a session asks for values whole.
  public static let vainPatchesMax = 4
  /// Bytes of past values that are kept, since others may still have them.
  public static let pastValuesBytesMax = 16 << 20
}
