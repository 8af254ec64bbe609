import EventLog
import Networking

extension ReplicationShell {
  /// What the log tells of a notice; nil: nothing.
  func event(of notice: ReplicationNotice) -> Event.KeyValue? {
    func number(_ peer: NodeIdentity) -> UInt32 { peers[peer]?.number ?? 0 }
    func place(_ peer: NodeIdentity) -> String { places[peer].map { "\($0)" } ?? "\(peer)" }
    return switch notice {
    case .linked(let peer):
      .linked(peer: number(peer), identity: peer, address: place(peer))
    // `kv.lost` tells of it.
    case .unlinked: nil
    case .memberJoined(let peer): .member(identity: peer, reason: "joined")
    case .memberRemoved(let peer): .member(identity: peer, reason: "removed")
    case .memberAged(let peer): .member(identity: peer, reason: "aged")
    case .refused(let peer, let refusal), .refusedBy(let peer, let refusal):
      .refused(address: place(peer), reason: "\(refusal)")
    case .keyChanged(let address, _, _): .refused(address: address, reason: "another key")
    case .clockAhead(let peer, _):
      .notTaken(peer: number(peer), items: 1, reason: "clock")
    case .floorRaised: nil
    case .clockRefused, .queueDropped, .sessionFailed, .fruitless, .malformed, .wrongValue:
      notice.text.map { .notice(detail: $0) }
    }
  }
}

extension ReplicationNotice {
  /// A line for the operator; nil if it is only for the log.
  var text: String? {
    switch self {
    case .memberJoined(let peer): "member \(peer) joined the cluster"
    case .memberRemoved(let peer): "member \(peer) was removed from the cluster"
    case .linked(let peer): "linked with \(peer)"
    case .unlinked(let peer): "no link with \(peer) any more"
    case .refused(let peer, let refusal): "\(peer) was refused: \(refusal)"
    case .refusedBy(let peer, let refusal): "\(peer) refuses this node: \(refusal)"
    case .keyChanged(let address, let pinned, let found):
      "at \(address) answers \(found), not \(pinned): refused; if it is to be so, SYNC.FORGET the"
        + " old key"
    case .clockAhead(let peer, let milliseconds):
      "a write of \(peer) was refused: its time is \(milliseconds) ms ahead of the clock here"
    case .clockRefused(let peer):
      "\(peer) refuses writes of this node: the clock here is too far ahead of its own"
    case .queueDropped(let peer, let keys):
      "\(keys) keys waited for \(peer), more than may: a round makes up for it"
    case .sessionFailed(let peer, let reason): "a comparison with \(peer) failed: \(reason)"
    case .fruitless(let peer):
      "the data of \(peer) differs, and comparing finds no difference: try SYNC.REPAIR on both"
    case .malformed(let peer, let what): "\(peer) sent what no node sends: \(what)"
    case .wrongValue(let peer, let key):
      "\(peer) sent a value of \(key.count) bytes of key that is not the one it announced"
    case .memberAged(let peer):
      "member \(peer) is away for so long that deletions do not wait for it any longer"
    case .floorRaised: nil
    }
  }
}
