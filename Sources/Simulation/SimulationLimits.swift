/// The named limits of a simulation run. Units are part of the name.
public enum SimulationLimits {
  /// Accounts whose keys the simulator holds, so that they can send.
  public static let usersMax = 512
  /// Longest scenario file that is read, in bytes.
  public static let scenarioBytesMax = 1 << 20
  /// Longest name of a scenario, in bytes.
  public static let nameBytesMax = 64
  /// Longest description of a scenario, and of the fault that it comes from, in bytes.
  public static let descriptionBytesMax = 1_024
  /// Coins each user starts with.
  static let userCoins: UInt64 = 1_000_000
  /// Fee of every transaction, in coins.
  static let fee: UInt64 = 1
  /// Most coins of a transfer that does not empty its sender's account.
  static let amountMax = 1_000
  /// Most bytes a set-data transaction writes where accounts start with fewer.
  static let dataBytesMax = 40
  /// Most bytes of data that each account starts with.
  public static let accountDataBytesMax = 1_024
  /// Scheduler steps after which a run is given up.
  static let stepsMax = 2_000_000_000
  /// Accounts that the oracle's models may hold beside their common ground before it is renewed.
  static let modelChangesMax = 1_000
  /// Results of signature checks shared by all nodes of a run.
  static let signaturesCached = 1 << 16
  /// Forks after the node joined of which it must have followed one, or the run proves too little.
  static let forksUnnoticedMax = 6
  /// Batches that are made beyond the blocks whose diffs are kept, before a node comes back.
  static let pastBatches = 4
  /// Blocks between two announcements of a peer that announces wrong blocks.
  static let wrongRootEvery = 5
  /// Records sealed with one key of the real codec before it is replaced.
  static let codecRekeyRecords = 5
  /// Bytes of plaintext sealed with one key of the real codec before it is replaced.
  static let codecRekeyBytes = 20_000
  /// Bytes that come to the receiving codec one by one; of more, in pieces of random length.
  static let codecSingleBytesMax = 16 << 10
  /// Powers of two below which the length of such a piece lies.
  static let codecPieceDoublings = 14
  /// Time that a silent peer keeps a request of the real network without an answer.
  static let silenceTime: Duration = .seconds(60)
  /// Faults in one plan.
  public static let plannedFaultsMax = 10_000
  /// Start and duration of a planned fault, in milliseconds of virtual time.
  public static let plannedMillisecondsMax = 1_000_000_000
  /// Longest file of a plan that is read, in bytes.
  public static let planBytesMax = 4 << 20
  /// Runs that are made to shrink one plan.
  public static let shrinkRunsMax = 120
  /// Events that a failure report shows.
  public static let reportedEventsMax = 12
  /// Runs of a profile that expects marks, from which on a campaign must have reached them all.
  public static let coveredRunsMin = 2_000
  /// Blocks that a failure report may show.
  package static let shownBlocksMax = 24
  /// Time after which a process begins again whose store has failed.
  static let operatorTime: Duration = .seconds(1)
  /// Tries to begin again with a store that cannot be opened.
  static let restartsMax = 100
  /// Virtual time without any progress once the faults are over that counts as standing still.
  static let standstillTime: Duration = .seconds(300)
  /// Times that a state may become incomplete once the faults are over.
  static let resetsMax = 8
}
