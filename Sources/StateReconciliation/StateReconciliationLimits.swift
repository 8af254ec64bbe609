import Ledger
import StateTrie

/// The named limits of bringing an old state to the present. Units are part of the name.
public enum StateReconciliationLimits {
  // MARK: Messages

  /// Bytes of a message besides what it carries.
  public static let envelopeBytesMax = 64
  /// Subtrees that one request names at most.
  public static let subtreesPerRequestMax = 256
  /// Bytes of nodes and items in one answer, unless a single one has more.
  public static let subtreesAnswerBytesMax = 1 << 20
  /// Items of a subtree that are given at a time; of a larger one its node is.
  public static let subtreeItemsMax = 1_024
  /// Requests for subtrees per peer and window of the rate limits.
  public static let subtreeRequestsPerWindowMax = 400
  /// Coded symbols that one request names at most.
  public static let symbolsPerRequestMax = 1 << 16
  /// Bytes that a coded symbol takes at most: id, checksum, count.
  public static let symbolBytesMax = 8 + 4 + 10
  /// Requests for coded symbols per peer and window of the rate limits.
  public static let symbolRequestsPerWindowMax = 60
  /// Accounts that one request names at most.
  public static let accountsPerRequestMax = 8_192
  /// Accounts that may share the digits by which they are asked for; of more the first are given.
  public static let accountsPerPrefixMax = 16
  /// Bytes of accounts in one answer, unless those of a single question have more.
  public static let accountsAnswerBytesMax = 1 << 20
  /// Requests for accounts per peer and window of the rate limits.
  public static let accountRequestsPerWindowMax = 200

  // MARK: Serving

  /// Bytes in memory of the coded symbols that are kept of one state: enough for a tenth of a
  /// million accounts.
  public static let symbolBytesKept = 6 << 20
  /// Coded symbols that are kept of the smallest state.
  public static let symbolsMin = 1 << 12
  /// Macro blocks whose symbols are kept beside the head's.
  public static let shelvesMax = 2
  /// Names of changed accounts that are kept, eight bytes each, so that blocks can be taken back.
  public static let changedNamesMax = 1 << 19
  /// Batches before the last macro block whose states are given in parts: as long as a descent may
  /// take, and what changed since is taken back for each request.
  public static let servedBatchesMax = 4
  /// Macro blocks back from the last one from which on coded symbols are made.
  public static let madeMacroBlocksMax = 2
  /// Blocks whose symbols wait to be made at most.
  public static let bookOrdersMax = 4

  // MARK: Asking

  /// Coded symbols of the first request: they show how many accounts differ, within a tenth.
  public static let symbolsFirst = 256
  /// Symbols that are asked for at once, with some to spare; of more first those that are certain.
  public static let symbolsAtOnceMax = 8_192
  /// Symbols that are asked for beyond what the estimate says, in percent.
  public static let symbolsSparePercent = 12
  /// Requests for further symbols of one state before the sketch is given up.
  public static let symbolRoundsMax = 24
  /// Times that a peer is asked again which has not made its symbols yet.
  public static let preparingMax = 20
  /// Time between two such requests, and between two looks whether somebody else is done.
  public static let lookInterval: Duration = .milliseconds(250)
  /// Accounts of one request at least, unless there are fewer: less is not worth a request.
  public static let accountsPerRequestMin = 64
  /// Requests for accounts that are on their way from one peer at a time.
  public static let accountRequestsPerPeer = 2
  /// Answers about accounts of one peer that are kept by their hashes, to be judged by the state.
  public static let doubtsPerPeerMax = 64
  /// Peers from which a sketch is tried before the trie is descended, beside those that say at once
  /// that they have none.
  public static let sketchPeersMax = 2
  /// Peers that are remembered since their symbols were wrong.
  public static let doubtedPeersMax = 64
  /// Requests for subtrees that are on their way from one peer at a time.
  public static let subtreeRequestsPerPeer = 2
  /// Subtrees that are asked for in one round of a descent at most; then its room is looked at.
  public static let subtreesPerRoundMax = 4_096
  /// Nodes of the trie that one peer is asked for to see how much differs, if nobody has symbols.
  public static let sampledNodesMax = 16
  /// Children of such nodes that must be comparable with ours, or nothing follows from them.
  public static let sampledChildrenMin = 8
  /// Rounds of a descent, or of a sketch's accounts, that bring nothing before it is given up.
  public static let idleRoundsMax = 3
  /// Items below a node from which on its children are looked at; of fewer all are fetched.
  public static let itemsWanted = 24
  /// Bytes in memory of what a descent has fetched; beyond it what differs is left to chunks.
  public static let outlineBytesMax = 48 << 20
  /// Bytes in memory of an opened node.
  public static let nodeBytes = 2_048
  /// Bytes in memory of an item beside its value.
  public static let itemBytes = 128
}
