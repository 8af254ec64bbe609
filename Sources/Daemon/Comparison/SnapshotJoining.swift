import EventLog
import LiveSync
import Peers
import Primitives
import Snapshot

/// How the fresh node of a network joined from a snapshot, by what its event log says.
public struct SnapshotJoining: Sendable {
  private struct Chosen: Sendable {
    let block: UInt32
    let hash: Hash256
    let pieces: Int
  }

  /// A node whose pieces are damaged.
  public struct Liar: Sendable {
    let name: String
    let key: PublicKey

    public init(name: String, key: PublicKey) {
      self.name = name
      self.key = key
    }
  }

  private let liar: Liar?
  private var chosen: Chosen?
  /// Why no snapshot was joined from, as the node said last.
  private var refusal: String?
  /// Proven chunks of the snapshot's block, and who gave them.
  private var proven = 0
  private var hosts: Set<UInt32> = []
  /// Why the liar was banned.
  private var ban: String?

  /// - Parameter liar: the node that must have been found out; nil if none lies.
  public init(liar: Liar? = nil) { self.liar = liar }

  /// Takes an event of the fresh node.
  public mutating func add(_ event: Event) {
    switch event.group {
    case Event.Joining.chosen(let block, let hash, let pieces, _, _):
      chosen = Chosen(block: block, hash: hash, pieces: pieces)
    case Event.Joining.declined(_, let reason, let detail): refusal = "\(reason): \(detail)"
    case Event.Chunk.accepted(let facts) where facts.block == chosen?.block:
      proven += 1
      hosts.insert(facts.peer)
    case Event.Peer.banned(let peer, let reason) where peer.identity.key == liar?.key:
      ban = reason
    default: break
    }
  }

  /// True if ranges of a snapshot's block were taken in and the liar was banned.
  public var isRight: Bool { chosen != nil && proven > 0 && (liar == nil || ban != nil) }

  /// Lines for people.
  var lines: [String] {
    var lines: [String] = []
    if let chosen {
      lines.append(
        "the fresh node joined from the snapshot of block \(chosen.block), \(chosen.hash.hex): "
          + "\(proven) of \(chosen.pieces) pieces, given by \(hosts.count) of the others")
    } else {
      lines.append("the fresh node joined from NO SNAPSHOT (\(refusal ?? "it chose none"))")
    }
    if let liar {
      lines.append(
        ban.map { "the fresh node banned \(liar.name), whose pieces are damaged: \($0)" }
          ?? "the fresh node did NOT find out \(liar.name), whose pieces are damaged")
    }
    return lines
  }

  /// The value of `snapshot` in JSON; null if none was joined from.
  var json: String {
    guard let chosen else { return "null" }
    return "{\"block\":\(chosen.block),\"hash\":\"\(chosen.hash.hex)\",\"pieces\":\(chosen.pieces),"
      + "\"proven\":\(proven),\"nodes\":\(hosts.count),"
      + "\"liar_banned\":\(liar == nil ? "null" : "\(ban != nil)")}"
  }
}
