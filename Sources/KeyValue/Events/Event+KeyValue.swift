import EventLog
import Networking

extension EventField {
  public static let result = EventField("result", "how a round with another replica ended")
  public static let compared = EventField("compared", "keys that were compared", unit: "key")
  public static let received = EventField(
    "received", "keys that were newer at the other replica, and are taken", unit: "key")
  public static let sent = EventField(
    "sent", "keys that were newer here, and are sent to the other replica", unit: "key")
  public static let dropped = EventField(
    "dropped", "deleted and expired keys that every replica has, and nobody keeps", unit: "key")
}

extension Event {
  /// What happens between the replicas of a key-value store.
  public enum KeyValue: Sendable, Hashable {
    /// Replicas may connect here.
    case replicating(address: String)
    /// A replica has proven that it belongs to the cluster.
    case linked(peer: UInt32, identity: NodeIdentity, address: String)
    /// The connection to a replica is over.
    case lost(peer: UInt32, reason: String)
    /// Somebody was refused, or refuses this node.
    case refused(address: String, reason: String)
    /// What is known of who belongs to the cluster has changed.
    case member(identity: NodeIdentity, reason: String)
    /// A round of comparing with a replica is over.
    case round(peer: UInt32, result: String, compared: Int, bytes: Int, durationNs: Int64)
    /// A round found differences, and they are no more.
    case repaired(peer: UInt32, received: Int, sent: Int)
    /// Writes of a replica were not taken.
    case notTaken(peer: UInt32, items: Int, reason: String)
    /// What was deleted everywhere is forgotten.
    case floor(dropped: Int)
    /// What else the operator is told.
    case notice(detail: String)
  }

  /// An event of this group.
  public static func keyValue(_ event: KeyValue) -> Event { Event(event) }
}

extension Event.KeyValue: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case replicating = "kv.replicating"
    case linked = "kv.linked"
    case lost = "kv.lost"
    case refused = "kv.refused"
    case member = "kv.member"
    case round = "kv.round"
    case repaired = "kv.repaired"
    case notTaken = "kv.not_taken"
    case floor = "kv.floor"
    case notice = "kv.notice"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .replicating: EventDescription(.info, "Replicas may connect here.")
    case .linked:
      EventDescription(.info, "A replica has proven that it belongs to the cluster.")
    case .lost: EventDescription(.info, "The connection to a replica is over.")
    case .refused: EventDescription(.warn, "Somebody was refused, or refuses this node.")
    case .member:
      EventDescription(.info, "What is known of who belongs to the cluster has changed.")
    case .round: EventDescription(.debug, "A round of comparing with a replica is over.")
    case .repaired:
      EventDescription(.info, "A round found differences, and they are no more.")
    case .notTaken: EventDescription(.warn, "Writes of a replica were not taken.")
    case .floor: EventDescription(.debug, "What was deleted everywhere is forgotten.")
    case .notice: EventDescription(.warn, "What else the operator is told.")
    }
  }

  public var name: Name {
    switch self {
    case .replicating: .replicating
    case .linked: .linked
    case .lost: .lost
    case .refused: .refused
    case .member: .member
    case .round: .round
    case .repaired: .repaired
    case .notTaken: .notTaken
    case .floor: .floor
    case .notice: .notice
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .replicating(let address): line.text(.address, address)
    case .linked(let peer, let identity, let address):
      line.peer(.peer, peer)
      line.publicKey(.identity, identity.key)
      line.text(.address, address)
    case .lost(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .refused(let address, let reason):
      line.text(.address, address)
      line.text(.reason, reason)
    case .member(let identity, let reason):
      line.publicKey(.identity, identity.key)
      line.text(.reason, reason)
    case .round(let peer, let result, let compared, let bytes, let durationNs):
      line.peer(.peer, peer)
      line.text(.result, result)
      line.integer(.compared, compared)
      line.integer(.bytes, bytes)
      line.integer(.durationNs, durationNs)
    case .repaired(let peer, let received, let sent):
      line.peer(.peer, peer)
      line.integer(.received, received)
      line.integer(.sent, sent)
    case .notTaken(let peer, let items, let reason):
      line.peer(.peer, peer)
      line.integer(.items, items)
      line.text(.reason, reason)
    case .floor(let dropped): line.integer(.dropped, dropped)
    case .notice(let detail): line.text(.detail, detail)
    }
  }

  public init(_ name: Name, from fields: any EventFieldReader) throws(EventLogError) {
    switch name {
    case .replicating: self = .replicating(address: try fields.text(.address))
    case .linked:
      self = .linked(
        peer: try fields.peer(.peer),
        identity: NodeIdentity(key: try fields.publicKey(.identity)),
        address: try fields.text(.address))
    case .lost: self = .lost(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .refused:
      self = .refused(address: try fields.text(.address), reason: try fields.text(.reason))
    case .member:
      self = .member(
        identity: NodeIdentity(key: try fields.publicKey(.identity)),
        reason: try fields.text(.reason))
    case .round:
      self = .round(
        peer: try fields.peer(.peer), result: try fields.text(.result),
        compared: try fields.integer(.compared), bytes: try fields.integer(.bytes),
        durationNs: try fields.integer(.durationNs))
    case .repaired:
      self = .repaired(
        peer: try fields.peer(.peer), received: try fields.integer(.received),
        sent: try fields.integer(.sent))
    case .notTaken:
      self = .notTaken(
        peer: try fields.peer(.peer), items: try fields.integer(.items),
        reason: try fields.text(.reason))
    case .floor: self = .floor(dropped: try fields.integer(.dropped))
    case .notice: self = .notice(detail: try fields.text(.detail))
    }
  }
}
