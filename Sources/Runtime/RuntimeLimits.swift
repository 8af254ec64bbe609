/// The named limits of the runtimes. Units are part of the name.
public enum RuntimeLimits {
  /// Longest exponential draw, as a multiple of its mean: reached once in e^64 draws.
  public static let exponentialMeansMax: UInt64 = 64
  /// Default for how many jobs and timer calls one run may take.
  public static let stepsMax = 200_000_000
  /// Default for how much virtual time one run may take.
  public static let virtualTimeMax: Duration = .seconds(7 * 24 * 3600)
  /// How many jobs the tasks of a simulation may take to end after they were cancelled.
  public static let shutdownStepsMax = 10_000_000
  /// Cancelled timers kept before the timer heap is swept.
  public static let deadTimersMax = 1024
  /// How many tasks and timers a report of pending work lists by name.
  public static let pendingListedMax = 32
  /// Jobs that an event loop runs before it looks at descriptors and timers again.
  public static let loopJobsMax = 256
  /// Descriptors that an event loop takes word of at a time.
  public static let loopEventsMax = 256
}
