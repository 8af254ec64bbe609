/// The named limits of replicated types. Units are part of the name.
public enum CRDTLimits {
  // MARK: Clocks

  /// How far ahead of the clock here a time of another replica may be, in milliseconds: what
  /// CockroachDB allows between its nodes.
  public static let clockAheadMillisecondsMax: UInt64 = 500
  /// Counters that a replica reserves in its store at a time.
  public static let counterBlock: UInt64 = 1_024
  /// Replicas that a context, a vector or a text may know.
  public static let replicasMax = 4_096
  /// Ranges of counters that a context of its own may have on the wire, over all replicas.
  public static let contextRangesMax = 65_536
  /// Ranges of counters that the context of a value may have: while events come in no order there
  /// are up to a quarter as many as there will be events.
  public static let stateRangesMax = 1 << 20
  /// Replicas whose claims a witness keeps.
  public static let witnessedReplicasMax = 4_096

  // MARK: Values

  /// Bytes of an element, a key or a register's value.
  public static let valueBytesMax = 1 << 20
  /// Elements of a set, or fields of a map on one level.
  public static let elementsMax = 4 << 20
  /// Maps within maps, the outermost counted.
  public static let mapDepthMax = 16

  // MARK: Deltas

  /// Deltas that are kept for peers that have not acknowledged them.
  public static let bufferedDeltasMax = 4_096
  /// Bytes of these deltas in their wire form.
  public static let bufferedDeltaBytesMax = 64 << 20
  /// Peers whose acknowledgements are kept.
  public static let peersMax = 1_024

  // MARK: Text

  /// Spans of a leaf of the tree that holds a text.
  public static let textLeafSpansMax = 64
  /// Bytes of text in such a leaf before it is split.
  public static let textLeafBytesMax = 4_096
  /// Children of a branch of that tree.
  public static let textBranchChildrenMax = 32
  /// Characters of one piece of a text's join decomposition: as UTF-8, what a session sends along
  /// with its record.
  public static let textPieceCharacters: UInt64 = 256
  /// Characters that a text may ever have had, deleted ones counted.
  public static let textCharactersMax = 1 << 28
  /// Runs of characters in a text's wire form, and changes in a delta.
  public static let textRunsMax = 1 << 20
  /// Changes that wait for what they stand on.
  public static let textWaitingMax = 65_536
}
