/// What replication counted since the node began: with one peer, or with all.
public struct ReplicationStatistics: Sendable, Hashable {
  // MARK: Rounds

  /// Rounds that were answered, those of both sides, and those of them with equal roots.
  public var rounds: UInt64 = 0
  public var equalRounds: UInt64 = 0
  /// Rounds put off because pushes were under way.
  public var roundsPutOff: UInt64 = 0
  /// Sessions that ended, and those of them that were not complete.
  public var sessions: UInt64 = 0
  public var failedSessions: UInt64 = 0
  /// Records that sessions compared; that this node took, and that peers took.
  public var keysCompared: UInt64 = 0
  public var keysReceived: UInt64 = 0
  public var keysSent: UInt64 = 0
  /// Keys that sessions repaired on either side.
  public var keysRepaired: UInt64 { keysReceived + keysSent }

  // MARK: Pushes

  /// Pushes that were answered, and the keys in them.
  public var pushes: UInt64 = 0
  public var pushedKeys: UInt64 = 0
  /// Writes that needed no push of their own, since one of the same key waited.
  public var coalesced: UInt64 = 0
  /// Pushes that were not taken or not answered, and made again.
  public var repeated: UInt64 = 0
  /// Times that too many keys waited.
  public var overflows: UInt64 = 0
  /// Pushes that came, and their keys that were stored, were no news, or were dead.
  public var receivedPushes: UInt64 = 0
  public var stored: UInt64 = 0
  public var known: UInt64 = 0
  public var dead: UInt64 = 0
  /// Keys dropped here because a peer said that they are dead.
  public var buried: UInt64 = 0
  /// Writes of peers that were refused because their time is too far ahead.
  public var clockRefusals: UInt64 = 0
  /// Times that this node could not take anything.
  public var busy: UInt64 = 0
  /// Large values that were fetched, and their bytes.
  public var fetched: UInt64 = 0
  public var fetchedBytes: UInt64 = 0

  // MARK: The line

  /// Bytes of requests and answers, as the owner counted them.
  public var sentBytes: UInt64 = 0
  public var receivedBytes: UInt64 = 0

  public init() {}

  /// Counts and their stable names, in the order in which they are told.
  public static let names:
    [(name: String, path: any KeyPath<ReplicationStatistics, UInt64> & Sendable)] = [
      ("rounds", \.rounds), ("rounds_equal", \.equalRounds), ("rounds_put_off", \.roundsPutOff),
      ("sessions", \.sessions), ("sessions_failed", \.failedSessions),
      ("keys_compared", \.keysCompared), ("keys_received", \.keysReceived),
      ("keys_sent", \.keysSent), ("keys_repaired", \.keysRepaired), ("pushes", \.pushes),
      ("pushed_keys", \.pushedKeys), ("pushes_coalesced", \.coalesced),
      ("pushes_repeated", \.repeated), ("queue_overflows", \.overflows),
      ("pushes_received", \.receivedPushes), ("keys_stored", \.stored), ("keys_known", \.known),
      ("keys_dead", \.dead), ("keys_buried", \.buried), ("clock_refusals", \.clockRefusals),
      ("busy", \.busy), ("values_fetched", \.fetched), ("value_bytes_fetched", \.fetchedBytes),
      ("bytes_sent", \.sentBytes), ("bytes_received", \.receivedBytes),
    ]
}
