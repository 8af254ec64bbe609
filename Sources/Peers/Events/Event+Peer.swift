import EventLog
import Networking
import Primitives

extension Event {
  /// What a node thinks of its peers. The node is the observer. Who a peer is stands in the events
  /// that it comes, is banned and is accused with; all others call it by its number.
  public enum Peer: Sendable, Hashable {
    /// A connection to the peer is open.
    case joined(peer: PeerID)
    /// The connection to the peer is closed.
    case left(peer: UInt32, reason: String)
    /// The peer lied, which is proven, and is not used again.
    case banned(peer: PeerID, reason: String)
    /// The peer is asked later than others from now on.
    case demoted(peer: UInt32, reason: String)
    /// The peer is too far behind or incomplete; it leaves live sync.
    case behind(peer: UInt32, reason: String)
    /// The peer is too far ahead; it goes back to macro sync.
    case ahead(peer: UInt32, reason: String)
    /// The peer has caught up and is used for live sync.
    case promoted(peer: UInt32)
    /// What proves the peer's lie; its parts follow.
    case evidence(
      peer: PeerID, reporter: NodeIdentity, lie: Lie, reason: String, proof: Hash256, bytes: Int,
      parts: Int)
    /// A part of the evidence with this name.
    case evidencePart(peer: UInt32, proof: Hash256, part: Int, data: [UInt8])
  }

  /// An event of this group.
  public static func peer(_ event: Peer) -> Event { Event(event) }
}

extension Event {
  /// What a peer that was banned for a proven lie had sent.
  public enum Lie: String, EventSymbol {
    /// A chunk that does not fit the state root of the block it names.
    case chunk
    /// A diff that is not the one the block's header commits to.
    case diff
    /// A block that breaks a rule that needs no state: signature, seed, transactions, history.
    case block
    /// A skip, macro or election block without the signatures it needs.
    case quorum
    /// A body, or next validators, that the block's header does not commit to.
    case body
    /// An answer with missing blocks that is not what was asked for.
    case answer
    /// Another block than the one asked for.
    case otherBlock = "other_block"
    /// An announcement that is the wire form of nothing.
    case undecodable
  }
}

extension Event.Peer: EventGroup {
  /// The names of the events, as they stand in the log.
  public enum Name: String, CaseIterable, Sendable {
    case joined = "peer.joined"
    case left = "peer.left"
    case banned = "peer.banned"
    case demoted = "peer.demoted"
    case behind = "peer.behind"
    case ahead = "peer.ahead"
    case promoted = "peer.promoted"
    case evidence = "peer.evidence"
    case evidencePart = "peer.evidence_part"
  }

  public static func describe(_ name: Name) -> EventDescription {
    switch name {
    case .joined:
      EventDescription(.info, "A connection to the peer is open.")
    case .left:
      EventDescription(.info, "The connection to the peer is closed.")
    case .banned:
      EventDescription(.error, "The peer lied, which is proven, and is not used again.")
    case .demoted:
      EventDescription(.warn, "The peer is asked later than others from now on.")
    case .behind:
      EventDescription(.info, "The peer is too far behind or incomplete; it leaves live sync.")
    case .ahead:
      EventDescription(.info, "The peer is too far ahead; it goes back to macro sync.")
    case .promoted:
      EventDescription(.info, "The peer has caught up and is used for live sync.")
    case .evidence:
      EventDescription(.error, "What proves the peer's lie; its parts follow.")
    case .evidencePart:
      EventDescription(.debug, "A part of the evidence with this name.")
    }
  }

  public var name: Name {
    switch self {
    case .joined: .joined
    case .left: .left
    case .banned: .banned
    case .demoted: .demoted
    case .behind: .behind
    case .ahead: .ahead
    case .promoted: .promoted
    case .evidence: .evidence
    case .evidencePart: .evidencePart
    }
  }

  public func write(to line: inout JSONLine) {
    switch self {
    case .joined(let peer):
      line.peer(peer)
    case .left(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .banned(let peer, let reason):
      line.peer(peer)
      line.text(.reason, reason)
    case .demoted(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .behind(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .ahead(let peer, let reason):
      line.peer(.peer, peer)
      line.text(.reason, reason)
    case .promoted(let peer):
      line.peer(.peer, peer)
    case .evidence(
      let peer, let reporter, let lie, let reason, let proof, let bytes, let parts):
      line.peer(peer)
      line.publicKey(.reporter, reporter.key)
      line.symbol(.lie, lie)
      line.text(.reason, reason)
      line.hash(.proof, proof)
      line.integer(.bytes, bytes)
      line.integer(.parts, parts)
    case .evidencePart(let peer, let proof, let part, let data):
      line.peer(.peer, peer)
      line.hash(.proof, proof)
      line.integer(.part, part)
      line.data(.data, data)
    }
  }

  public init(
    _ name: Name, from fields: any EventFieldReader
  ) throws(EventLogError) {
    switch name {
    case .joined:
      self = .joined(peer: try fields.identifiedPeer())
    case .left:
      self = .left(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .banned:
      self = .banned(peer: try fields.identifiedPeer(), reason: try fields.text(.reason))
    case .demoted:
      self = .demoted(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .behind:
      self = .behind(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .ahead:
      self = .ahead(peer: try fields.peer(.peer), reason: try fields.text(.reason))
    case .promoted:
      self = .promoted(peer: try fields.peer(.peer))
    case .evidence:
      self = .evidence(
        peer: try fields.identifiedPeer(),
        reporter: NodeIdentity(key: try fields.publicKey(.reporter)),
        lie: try fields.symbol(.lie), reason: try fields.text(.reason),
        proof: try fields.hash(.proof), bytes: try fields.integer(.bytes),
        parts: try fields.integer(.parts))
    case .evidencePart:
      self = .evidencePart(
        peer: try fields.peer(.peer), proof: try fields.hash(.proof),
        part: try fields.integer(.part), data: try fields.data(.data))
    }
  }
}

extension JSONLine {
  /// Who the peer is and what the log calls it.
  fileprivate mutating func peer(_ peer: PeerID) {
    self.peer(.peer, peer.number)
    publicKey(.identity, peer.identity.key)
  }
}

extension EventFieldReader {
  /// The next two fields as a peer.
  fileprivate func identifiedPeer() throws(EventLogError) -> PeerID {
    let number = try peer(.peer)
    return PeerID(identity: NodeIdentity(key: try publicKey(.identity)), number: number)
  }
}
