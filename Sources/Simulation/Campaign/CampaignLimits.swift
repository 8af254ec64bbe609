/// The named limits of a campaign. Units are part of the name.
public enum CampaignLimits {
  /// Most seeds of one campaign.
  public static let seedsMax = 10_000_000
  /// Most shares that it is cut into.
  public static let shardsMax = 100_000
  /// Most processes that run seeds at the same time.
  public static let jobsMax = 1_024
  /// Longest line of a file of results, in bytes.
  public static let lineBytesMax = 256 << 10
  /// Longest reason or place in a result, in bytes; the rest is left out.
  public static let textBytesMax = 4_096
  /// Most seeds of one kind that a summary names; the others are counted.
  public static let seedsNamedMax = 200
  /// Most seeds that a summary names for one class of failures.
  public static let seedsOfClassMax = 8
  /// Most classes of failures that a summary tells apart; the others are one class.
  public static let classesMax = 100
  /// Most seeds that a summary names because they took long.
  public static let slowSeedsMax = 10
  /// Steps of a histogram of times, four for each doubling of the least possible time; longer runs
  /// are counted together.
  public static let ratioStepsMax = 33
  /// How often a seed is tried whose process ended without a result.
  public static let triesMax = 2
}
