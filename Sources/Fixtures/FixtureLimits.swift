/// The named limits of fixture chains. Units are part of the name or of the type.
public enum FixtureLimits {
  /// Version of the format that is written, and the only one that is read.
  public static let formatVersion: UInt32 = 1
  /// Largest file that is read, in bytes.
  public static let fileBytesMax = 64 << 20
  /// Longest line that is read, in bytes, without the line feed.
  public static let lineBytesMax = 8 << 20
  /// Longest name and longest generator command, in bytes.
  public static let wordsBytesMax = 1_024
  /// Blocks of the main chain that can be recorded.
  public static let blocksMax = 1_000
  /// Accounts in genesis that can be recorded.
  public static let accountsMax = 10_000
  /// Steps of one fixture.
  public static let stepsMax = 100_000
  /// Longest virtual time that one step lets pass, in milliseconds.
  public static let stepMillisecondsMax: UInt32 = 600_000
  /// Jobs the engine may run in one step; more means that it does not come to rest.
  public static let jobsPerStepMax = 1_000_000
  /// Rounds of requests and answers in one step; more means that it asks without end.
  public static let roundsPerStepMax = 1_000
  /// Chunks delivered in a row to complete the state before a recording gives up.
  public static let drainChunksMax = 20_000
  /// Further orders of the engine's jobs in which a recording must give the same.
  public static let schedulesChecked: UInt64 = 4
}
