/// What was found in a data directory.
public struct RecoveryReport: Sendable, Hashable {
  /// The end of the log that was never safe: a write that a crash tore.
  public struct TornTail: Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// Where the log ends now.
    public let byte: Int
    public let what: String
    /// Bytes behind, those of later files counted.
    public let bytes: Int

    public var description: String {
      "torn tail in '\(file)' at byte \(byte): \(what); \(bytes) bytes are cut"
    }
  }

  public internal(set) var identity: StoreIdentity?
  /// The checkpoint's file; nil if there is none.
  public internal(set) var checkpoint: String?
  /// Entries of the checkpoint, tombstones counted.
  public internal(set) var checkpointEntries: UInt64 = 0
  /// Batches, frames and bytes of the log behind it.
  public internal(set) var batches: UInt64 = 0
  public internal(set) var frames: UInt64 = 0
  public internal(set) var logBytes = 0
  public internal(set) var tornTail: TornTail?
  /// Damage that was dropped because `repair` asked for it, and the bytes behind it.
  public internal(set) var dropped: [TornTail] = []
  /// Files that a failed sync may have left with the system alone. Before anything else happens
  /// they have to be written anew (`DurableLog.renew`).
  public internal(set) var distrusted: [String] = []
  /// The number of the last frame.
  public internal(set) var lastFrame: UInt64 = 0
}
