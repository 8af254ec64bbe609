import Primitives

/// What keeps the data of a server equal to that of other replicas, as its commands see it. On the
/// loop's thread.
package protocol ReplicationService: AnyObject {
  /// A batch of clients wrote these keys.
  func wrote(_ keys: [[UInt8]])
  /// Facts of SYNC.STATUS.
  var statusFields: [SyncField] { get }
  /// The other replicas that are known, in the order of their keys.
  var peerStatuses: [SyncPeerStatus] { get }
  /// What it counts.
  var metrics: [KeyValueMetric] { get }
  /// Begins a round with each linked replica; gives with how many.
  func beginRounds() -> Int
  /// Removes a replica from the cluster.
  /// - Throws: why not.
  func forget(_ key: PublicKey) throws(SyncRefusal)
  /// How many replicas have all writes of this one up to a time, in ticks.
  func acknowledged(_ ticks: UInt64) -> Int
}

/// Why a command of the group SYNC did nothing.
package struct SyncRefusal: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// A fact by its name.
package struct SyncField: Sendable, Hashable {
  package enum Value: Sendable, Hashable {
    case text(String)
    case number(Int64)
  }

  package let name: String
  package let value: Value

  package init(_ name: String, _ text: String) { (self.name, value) = (name, .text(text)) }
  package init(_ name: String, _ number: Int) { self.init(name, UInt64(max(0, number))) }
  package init(_ name: String, _ number: UInt64) {
    (self.name, value) = (name, .number(Int64(clamping: number)))
  }
}

/// Another replica.
package struct SyncPeerStatus: Sendable, Hashable {
  package var key: PublicKey
  /// What its operator calls it; empty: nothing.
  package var name: String
  /// Where it was, or is to be, met; empty: unknown.
  package var host: String
  package var port: UInt16
  package var isLinked: Bool
  /// It has all writes of this node up to here, in ticks.
  package var acknowledged: UInt64
  /// Further facts.
  package var fields: [SyncField]

  package init(
    key: PublicKey, name: String, host: String, port: UInt16, isLinked: Bool,
    acknowledged: UInt64, fields: [SyncField]
  ) {
    self.key = key
    self.name = name
    self.host = host
    self.port = port
    self.isLinked = isLinked
    self.acknowledged = acknowledged
    self.fields = fields
  }
}
