/// What bounds a world of replicas. Units are part of the name.
public enum ReplicaSimulationLimits {
  /// Fewest and most replicas of a world.
  public static let replicasMin = 2
  public static let replicasMax = 7
  /// Fewest replicas of a cluster of key-value stores.
  public static let clusterReplicasMin = 3
  /// Events of a world before its run is ended as one that does not come to rest.
  public static let worldEventsMax = 500_000
  /// Virtual milliseconds after the faults within which all replicas must agree.
  public static let convergenceMillisecondsMax: Int64 = 30_000
  /// The same for key-value stores, which pause up to half a minute before they connect again.
  public static let keyValueConvergenceMillisecondsMax: Int64 = 120_000
  /// Ticks of about half a second that a key-value store waits for an answer or a connection.
  public static let answerTicksMax = 20
  /// Events of a run that its report shows: the last ones.
  public static let reportedEventsMax = 40
  /// Runs that the shrinking of one failing run may take.
  public static let shrinkRunsMax = 400
  /// Ticks of about half a second after which a replica with a log tries a silent line anew, or
  /// begins another session.
  public static let quietTicksMax = 8
  /// Operations that the smallest and the largest log of a run hold.
  public static let logOperationsMin = 1
  public static let logOperationsMax = 60
  /// Failures of a campaign that are kept whole; others are counted.
  public static let keptFailuresMax = 100
}
