/// What bounds the shell around replication.
extension KeyValueLimits {
  /// Bytes of the file with members and pinned keys.
  public static let membersFileBytesMax = 1 << 20
  /// Entries that are looked at for deletions that nobody needs, in one tick.
  public static let purgeEntriesPerTurn = 20_000
  /// Strangers that the operator is told of in `toldPause`, each once.
  public static let toldMax = 64
  /// Time after which a stranger is told of again.
  public static let toldPause = Duration.seconds(60)
}
