import CRDT
import Primitives

/// What a core is made with; it draws and reads nothing itself.
public struct KeyValueSettings: Sendable {
  /// The name of this replica.
  public var replica: ReplicaID
  /// The secret by which keys are put into the table.
  public var tableKey: SipKey
  /// From what RANDOMKEY draws.
  public var seed: UInt64
  /// The password that clients have to give; nil asks for none.
  public var password: [UInt8]?
  /// Milliseconds that another replica's clock may be ahead unless something else is said: two
  /// hours, so that nodes whose clocks are an hour apart can do with each other.
  public static let clockAheadDefault: UInt64 = 7_200_000

  /// Whether what was deleted leaves a tombstone. Only a store that never had another replica does
  /// without; once it has had one, only the floor takes tombstones away. Set when the floor is
  /// raised.
  public var keepsTombstones: Bool
  /// Whether SET keeps what others write at the same time beside it, instead of the newest alone.
  public var keepsSiblings = false
  /// Milliseconds that the time of another replica's write may be ahead of the clock here; such a
  /// write is refused.
  public var clockAheadMax: UInt64 = clockAheadDefault
  /// Connections at a time.
  public var clientsMax: Int
  /// Bytes of replies that wait for all clients.
  public var waitingRepliesMax = KeyValueLimits.waitingRepliesBytesMax
  /// The port that INFO and CONFIG GET tell.
  public var port: UInt16 = 0
  /// When the log of writes is synced, in Redis' word; nil if there is none. INFO and CONFIG GET
  /// tell it.
  public var fsync: String?
  /// The version of this program.
  public var programVersion: String

  public init(
    replica: ReplicaID, tableKey: SipKey, seed: UInt64, password: [UInt8]? = nil,
    keepsTombstones: Bool = false, clientsMax: Int = KeyValueLimits.clientsDefault,
    programVersion: String = "unknown"
  ) {
    self.replica = replica
    self.tableKey = tableKey
    self.seed = seed
    self.password = password
    self.keepsTombstones = keepsTombstones
    self.clientsMax = clientsMax
    self.programVersion = programVersion
  }
}
