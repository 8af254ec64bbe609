/// A peer as a node handles it: who it is, and the short number that logs call it by.
///
/// Equality, hash and order are those of the identity: what is known of a peer, be it a ban or how
/// much it asked for, is known of it under any number. Prints as "p3".
public struct PeerID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Who the peer is.
  public let identity: NodeIdentity
  /// What logs call it. It stands for this identity and no other as long as the process runs; one
  /// that comes back after a long time may have another number (`PeerDirectory`).
  public let number: UInt32

  public init(identity: NodeIdentity, number: UInt32) {
    self.identity = identity
    self.number = number
  }

  public var description: String { "p\(number)" }

  public static func == (a: PeerID, b: PeerID) -> Bool { a.identity == b.identity }
  public static func < (a: PeerID, b: PeerID) -> Bool { a.identity < b.identity }
  public func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

/// A change in who is connected to the local peer.
public enum PeerEvent: Sendable, Hashable {
  /// The peer can be talked to now.
  case joined(PeerID)
  /// The connection is gone; requests to the peer that were pending have failed.
  case left(PeerID)
}
