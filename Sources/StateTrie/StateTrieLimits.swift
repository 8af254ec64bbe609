import Primitives

/// The named limits of the trie. Units are part of the name.
public enum StateTrieLimits {
  /// Most items in one chunk: the reference's network limit for chunk requests.
  public static let chunkItemsMax = 5_000
  /// Longest value in bytes. Account data may be large; a value must fit one network message.
  public static let valueBytesMax = 1 << 20
  /// Most nodes in one proof: the items of the largest chunk, each with a path of its own.
  public static let proofNodesMax = chunkItemsMax * 8
  /// Most nodes in the proof of a chunk: the paths of its two edges, a node a nibble.
  public static let chunkProofNodesMax = 2 * (PrimitiveLimits.keyNibblesMax + 1)
  /// Most entries in one diff: far above what the transactions of one block can change.
  public static let diffEntriesMax = 1 << 20
  /// Most ranges read from the wire into one set: a planner splits the key space at most so often.
  public static let rangesMax = 1 << 16
  /// Bytes of nodes that a trie in a store keeps in memory after a commit, if nothing else is asked
  /// for: the upper levels of ten million accounts and the paths of some ten thousand.
  public static let workingSetBytes = 64 << 20
  /// Chunks of 1,000 items to take in before they are committed together: enough that a commit's
  /// wait for the disk is small beside them, few enough that a transaction's pages stay below some
  /// 20 MB of memory and that a crash loses half a second of work.
  public static let chunksPerCommit = 64
  /// Changed nodes that are listed before they are hashed: enough to ask for memory far ahead, few
  /// enough that leaves are still in a processor's own cache when their parents are hashed.
  static let dirtyNodesMax = 2_048
  /// Paths that are walked side by side: about as many places in memory as a processor waits for
  /// at once; not more than `prefetchPaths` has room for.
  static let pathsAtOnce = 16
  /// Children of a node, one a nibble.
  public static let childrenMax = 16
  /// Longest inner node preimage in bytes: key 65, value 33, and 16 children of 98 bytes.
  static let innerPreimageBytesMax = 65 + 33 + 16 * 98
}
