import EventLog
import Primitives
import Snapshot
import Transport

/// What a node that runs as a process is told: by its configuration file, and by options that go
/// before it.
public struct NodeSettings: Sendable, Hashable {
  /// Where the state of a new node comes from.
  public enum StateSource: String, Sendable, Hashable, CaseIterable {
    /// From peers, in verified ranges.
    case sync
    /// From the genesis file: the node executes every block from the first.
    case genesis
  }

  /// Folder of the store, the key and the event log.
  public var data = ""
  /// The genesis file.
  public var genesis = ""
  /// What the node is called in its log.
  public var name = "n0"
  /// Where connections of other nodes are taken.
  public var listen: [SocketAddress] = []
  /// Nodes that a connection is kept to.
  public var peers: [KeptPeer] = []
  /// Where people and machines ask about the node; nil: nowhere.
  public var http: SocketAddress?
  public var state = StateSource.sync
  /// File with the keys of validators that blocks are made for; nil: none are made.
  public var produce: String?
  /// Milliseconds between blocks that are made; 0: those of the chain.
  public var blockTimeMilliseconds = 0
  /// Transfers that are made up for each block.
  public var transactionsPerBlock = 0
  /// Connections of others.
  public var inboundMax = TransportLimits.inboundConnectionsMax
  /// Connections that the node makes to nodes it has heard of.
  public var outboundMax = TransportLimits.outboundConnectionsMax
  /// Whether addresses of private networks are learned and told.
  public var privateAddresses = false
  /// Records of lower levels are not shown to people.
  public var logLevel = EventLevel.info
  /// Blocks between two snapshots of the state; 0 takes none.
  public var snapshotInterval = Int(SnapshotLimits.defaultInterval)
  /// Snapshots that are kept; 0 keeps all.
  public var snapshotKeep = SnapshotLimits.defaultKeep
  /// Whether a new node joins from snapshots of others. This and the next six are CometBFT's.
  public var stateSync = true
  /// Height of a block that is known to be of the chain; 0: the genesis is.
  public var trustHeight = 0
  /// Its hash; nil if there is no height.
  public var trustHash: Hash256?
  /// Seconds for which it may be trusted.
  public var trustPeriodSeconds = Int(SnapshotLimits.trustPeriodDefault.components.seconds)
  /// Most milliseconds in which snapshots are looked for.
  public var discoveryMilliseconds =
    1_000 * Int(SnapshotLimits.discoveryTimeDefault.components.seconds)
  /// Pieces that may be on their way at a time; 0: as many as pay.
  public var chunkFetchers = 0
  /// Most milliseconds for one piece; 0: what the measured rate of its host says.
  public var chunkRequestTimeoutMilliseconds = 0
  public var eventLogBytes = DaemonLimits.eventLogBytes
  public var eventLogFiles = DaemonLimits.eventLogFiles

  public init() {}
}

/// What is wrong with a setting, and where it stands.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file and the place in it, or the option.
  public let place: String
  public let reason: String

  public var description: String { "\(place): \(reason)" }
}

/// What the program was built from, for the event log.
public struct ProgramBuild: Sendable, Hashable {
  public var version: String
  public var commit: String
  public var toolchain: String
  /// Optimisation mode.
  public var mode: String

  public init(version: String, commit: String, toolchain: String, mode: String) {
    self.version = version
    self.commit = commit
    self.toolchain = toolchain
    self.mode = mode
  }
}
