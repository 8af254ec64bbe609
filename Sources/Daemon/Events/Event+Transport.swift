import EventLog
import Networking
import Primitives

extension EventField {
  static let dialler = EventField(
    "dialler", "who made the connection: `inbound` another node, `outbound` this one")
}

extension Event {
  /// What happens to the connections of a node.
  public enum Transport: Sendable, Hashable {
    /// Other nodes may connect here.
    case listening(address: String)
    /// People and machines may ask about the node here.
    case answering(address: String)
    /// A node has shown its key, and its connection is taken.
    case connected(peer: UInt32, dialler: Dialler, address: String)
    /// The connection to a node is over.
    case disconnected(peer: UInt32, reason: String, detail: String)
    /// A connection came to nothing before it was known whose it is.
    case failed(dialler: Dialler, address: String, reason: String, detail: String)
    /// A connection was refused at once.
    case refused(address: String, reason: String)
    /// The host of a node in `peers` could not be looked up. It is tried again.
    case unresolved(address: String, reason: String)
    /// A node is kept away for a time.
    case banned(identity: NodeIdentity, reason: String)
  }

  /// Who made a connection.
  public enum Dialler: String, EventSymbol {
    case inbound
    case outbound
  }

  /// An event of this group.
  public static func transport(_ event: Transport) -> Event { Event(event) }
}

extension Event.Transport: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case listening = "transport.listening"
    case answering = "transport.answering"
    case connected = "transport.connected"
    case disconnected = "transport.disconnected"
    case failed = "transport.failed"
    case refused = "transport.refused"
    case unresolved = "transport.unresolved"
    case banned = "transport.banned"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .listening:
      EventDescription(.info, "Other nodes may connect here.")
    case .answering:
      EventDescription(.info, "People and machines may ask about the node here.")
    case .connected:
      EventDescription(.info, "A node has shown its key, and its connection is taken.")
    case .disconnected:
      EventDescription(.info, "The connection to a node is over.")
    case .failed:
      EventDescription(.debug, "A connection came to nothing before it was known whose it is.")
    case .refused:
      EventDescription(.debug, "A connection was refused at once.")
    case .unresolved:
      EventDescription(
        .warn, "The host of a node in `peers` could not be looked up. It is tried again.")
    case .banned:
      EventDescription(.warn, "A node is kept away for a time.")
    }
  }

  public var name: Name {
    switch self {
    case .listening: .listening
    case .answering: .answering
    case .connected: .connected
    case .disconnected: .disconnected
    case .failed: .failed
    case .refused: .refused
    case .unresolved: .unresolved
    case .banned: .banned
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .listening(let address), .answering(let address): line.text(.address, address)
    case .connected(let peer, let dialler, let address):
      line.peer(.peer, peer)
      line.symbol(.dialler, dialler)
      line.text(.address, address)
    case .disconnected(let peer, let reason, let detail):
      line.peer(.peer, peer)
      line.text(.reason, reason)
      line.text(.detail, detail)
    case .failed(let dialler, let address, let reason, let detail):
      line.symbol(.dialler, dialler)
      line.text(.address, address)
      line.text(.reason, reason)
      line.text(.detail, detail)
    case .refused(let address, let reason), .unresolved(let address, let reason):
      line.text(.address, address)
      line.text(.reason, reason)
    case .banned(let identity, let reason):
      line.publicKey(.identity, identity.key)
      line.text(.reason, reason)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .listening: self = .listening(address: try fields.text(.address))
    case .answering: self = .answering(address: try fields.text(.address))
    case .connected:
      self = .connected(
        peer: try fields.peer(.peer), dialler: try fields.symbol(.dialler),
        address: try fields.text(.address))
    case .disconnected:
      self = .disconnected(
        peer: try fields.peer(.peer), reason: try fields.text(.reason),
        detail: try fields.text(.detail))
    case .failed:
      self = .failed(
        dialler: try fields.symbol(.dialler), address: try fields.text(.address),
        reason: try fields.text(.reason), detail: try fields.text(.detail))
    case .refused:
      self = .refused(address: try fields.text(.address), reason: try fields.text(.reason))
    case .unresolved:
      self = .unresolved(address: try fields.text(.address), reason: try fields.text(.reason))
    case .banned:
      self = .banned(
        identity: NodeIdentity(key: try fields.publicKey(.identity)),
        reason: try fields.text(.reason))
    }
  }
}
