import Ledger

/// The named limits of monitoring. Units are part of the name or of the type.
public enum MonitoringLimits {
  // MARK: Server

  /// Connections at a time.
  public static let connectionsMax = 64
  /// Connections at a time of one address.
  public static let connectionsPerAddressMax = 32
  /// Clients of the event stream.
  public static let eventClientsMax = 16
  /// Digits of a transaction that is handed in: two for each byte of the longest data, and room for
  /// its other fields.
  public static let transactionBytesMax = 2 * (LedgerLimits.dataBytesMax + 512)

  // MARK: Samples

  /// Time between two looks at the node; what is served is this old at most.
  public static let sampleInterval: Duration = .milliseconds(500)
  /// Rates are measured over this time.
  public static let rateWindow: Duration = .seconds(10)
  /// Time without a look at the node after which it is taken to be stuck.
  public static let aliveTimeMax: Duration = .seconds(15)
  /// Blocks that a node may be behind the network and be called ready.
  public static let readyLagBlocksMax: UInt32 = 2

  // MARK: What is remembered

  /// Pairs of kind and reason of rejected messages that are counted; more are counted as `other`.
  public static let rejectionKindsMax = 64
  /// Rejected messages that are shown one by one.
  public static let recentRejectionsMax = 20
  /// Stalls that are shown one by one.
  public static let recentStallsMax = 10
  /// Requests on their way that are told apart, the oldest forgotten first.
  public static let requestsTrackedMax = 4_096
  /// Peers whose height is remembered; the one that was heard of longest ago is forgotten first.
  public static let peerHeightsMax = 1_024
  /// Parts of equal width that the key space is shown in.
  public static let keySpaceParts = 256
  /// Missing ranges that are listed one by one; more are joined over their smallest gaps.
  public static let rangesListedMax = 256
  /// Peers that are listed one by one.
  public static let peersListedMax = 256
  /// Names of events and requests that are counted.
  public static let namesCountedMax = 256
}
