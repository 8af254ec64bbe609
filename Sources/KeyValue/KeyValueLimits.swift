import RESP
import Storage

/// What bounds the store and its clients.
public enum KeyValueLimits {
  // MARK: Data

  /// Bytes of a key, so that it can be a record's key and a key of every store.
  public static let keyBytesMax = StorageLimits.keyBytesMax
  /// Bytes of a value.
  public static let valueBytesMax = RESPLimits.bulkBytesMax
  /// Bytes that a replicated value has beside a string at most: what it knows of as many replicas
  /// as there can be.
  public static let replicatedHeadBytesMax = 1 << 20
  /// Keys, tombstones counted: their numbers have 32 bits.
  public static let entriesMax = 1 << 31
  /// Replicas that wrote what is held.
  public static let replicasMax = 65_535

  // MARK: Clients

  /// Connections at a time unless something else is said.
  public static let clientsDefault = 10_000
  /// Bytes of replies that wait for a client, from which on its requests wait too.
  public static let waitingReplyBytes = 1 << 20
  /// Bytes of replies that wait for all clients after a batch: beyond it the client with most of
  /// them is closed.
  public static let waitingRepliesBytesMax = 1 << 30
  /// Bytes that were sent and are kept, before what waits is moved to their place.
  public static let sentBytesKept = 64 << 10
  /// Bytes of the reply to one request: beyond it the client is closed.
  public static let replyBytesMax = 256 << 20
  /// Bytes that are read of one client in one batch; the rest is next.
  public static let turnBytes = 1 << 20
  /// Bytes that are read at a time.
  public static let readBytes = 64 << 10
  /// Bytes of a name that a client gives itself.
  public static let clientNameBytesMax = 512
  /// Connections that are taken in one batch.
  public static let acceptedPerBatch = 256
  /// Bytes of the buffer of a batch's replies that are kept for the next one.
  public static let keptReplyBytes = 1 << 20

  /// Bytes of replies of one batch, beyond which it ends with the client at hand.
  public static let batchReplyBytes = 64 << 20
  /// How long connections wait when they could not be taken.
  public static let acceptPause = Duration.milliseconds(20)
  /// Between two looks at what is due without clients.
  public static let tickPause = Duration.milliseconds(100)

  /// Bytes of memory that requests between MULTI and EXEC of all clients take.
  public static let queuedBytesMax = 256 << 20
  /// Keys that a client watches.
  public static let watchedKeysMax = 65_536
  /// Milliseconds that WAIT waits at most: a longer time is as good as none.
  public static let waitMillisecondsMax: Int64 = 1 << 40

  // MARK: Work in one batch

  /// Bytes of a pattern of KEYS, SCAN and the like: each key costs its bytes times these at most.
  public static let patternBytesMax = 4_096
  /// Requests of a client that are read before the first of them is executed.
  public static let requestsAhead = 32

  /// Written entries that tree and sketch have yet to follow, from which on they do.
  public static let unsettledEntries = 65_536
  /// Entries that they follow at a time then, and that they catch up with at a time when little is
  /// written.
  public static let settledAtATime = 1_024
  /// Entries, and bytes of their values, of which all indexes are made anew at a time.
  public static let renewedEntriesPerTurn = 1_024
  public static let renewedBytesPerTurn = 4 << 20
  /// How long others are served in between.
  public static let settlePause = Duration.milliseconds(1)
  /// Places in lists of written entries that are kept between batches.
  public static let keptWrites = 65_536
  /// Places of the table that a call of SCAN goes through, whatever its COUNT.
  public static let scanPlacesMax = 1 << 20
  /// Entries that are looked at for expiry in one turn of it.
  public static let expiryEntriesPerTurn = 20_000
  /// Entries that are taken over into a larger tree in one batch.
  public static let treeEntriesPerBatch = 4_096
  /// Attempts of RANDOMKEY at a key that is not deleted, before it takes the next one.
  public static let randomAttempts = 64
}
