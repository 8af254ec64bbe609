import Ledger
import Primitives

/// The named limits of making blocks: genesis and key files. Units are part of the name or of the
/// type.
public enum ProductionLimits {
  // MARK: Genesis file

  /// Longest genesis file that is read, in bytes: room for about 200,000 accounts that it lists.
  public static let genesisBytesMax = 16 << 20
  /// Longest time between blocks in milliseconds: one day.
  public static let blockIntervalMillisecondsMax: UInt64 = 86_400_000
  /// Latest time of a first block, in milliseconds since the Unix epoch, so that all later ones
  /// are whole numbers in every reader of JSON.
  public static let timestampMillisecondsMax: UInt64 = 1 << 52
  /// Accounts whose keys follow from the seed of a genesis file.
  public static let keyedAccountsMax = 4_096
  /// Bytes of data that each generated account has at most.
  public static let generatedDataBytesMax = 1_024

  // MARK: Key files

  /// Keys in one file.
  public static let keysPerFileMax = LedgerLimits.validatorsMax
  /// Longest key file in bytes: its first line, and a line of two keys for each pair.
  public static let keyFileBytesMax = 64 + keysPerFileMax * 130

  // MARK: Producer

  /// How often the pause after a block that could not be made doubles.
  public static let retryDoublingsMax = 4
  /// Transactions that are left out of one block because they cannot be executed; then it is made
  /// without any.
  public static let droppedPerBlockMax = 64
  /// Peers whose heads are asked for before the first block is made, and after a long pause.
  public static let headPeersMax = 8
  /// How long peers that say they are ahead are waited for.
  public static let headPatience: Duration = .seconds(30)
  /// Block times without a new head after which peers are asked for theirs again.
  public static let quietBlocksMax = 8
  /// How long the answer to one question of a producer is waited for.
  public static let answerTimeout: Duration = .seconds(3)

  /// How long a producer looks for other nodes before it makes the first block.
  public static let settle: Duration = .seconds(2)
  /// How long a producer that can make no block waits until it looks again.
  public static let lookAgain: Duration = .seconds(1)

  // MARK: Signatures of other processes

  /// Largest request for signatures: two hashes and two flags, and room for more.
  public static let signaturesRequestBytesMax = 128
  /// Largest answer with signatures: of all validators.
  public static let signaturesResponseBytesMax = 64 + LedgerLimits.validatorsMax * 68
  /// Requests for signatures per peer and window of the rate limits.
  public static let signatureRequestsPerWindowMax = 200
  /// Peers that are asked for signatures at one time; those that gave some before come first.
  public static let signaturePeersMax = 32

  // MARK: Workload

  /// Draws for each transfer of a workload.
  public static let triesPerTransfer = 4
  /// Fee of each, in coins.
  public static let fee: UInt64 = 1
  /// Most coins of a transfer.
  public static let amountMax = 1_000

  // MARK: Transactions that wait

  /// Bytes of transactions that wait for a block, in all and of one sender. The largest kind, with
  /// `LedgerLimits.dataBytesMax` bytes of data, has room.
  public static let poolBytes = ByteLimits(total: 8 << 20, perHolder: 1 << 20)
  /// Bytes that a transaction is charged with at least, so that `poolBytes` bounds their number
  /// too: 16,384 in all.
  public static let pooledBytesMin = 512
  /// Transactions of one sender that wait.
  public static let pooledPerSenderMax = 64
  /// Bytes on the wire of those that one block takes.
  public static let pooledBlockBytesMax = 3 << 20
  /// A transaction takes the place of one with its nonce if its fee is higher by this share of it.
  public static let replacementShare: UInt64 = 10
  /// Largest transaction that is passed on, in bytes.
  public static let transactionBytesMax = LedgerLimits.dataBytesMax + 256
}
