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

  /// A node that gives wrong pieces.
  public struct Liar: Sendable {
    /// What is wrong with them.
    public enum Lie: String, Sendable {
      /// They are whole and say something else than the state: only the proof can tell.
      case wrong
      /// They are no pieces.
      case damaged
    }

    let name: String
    let key: PublicKey
    let lie: Lie

    public init(name: String, key: PublicKey, lie: Lie) {
      self.name = name
      self.key = key
      self.lie = lie
    }
  }

  private let liars: [Liar]
  private var chosen: Chosen?
  /// Why no snapshot was joined from, as the node said last.
  private var refusal: String?
  /// Where proven chunks of the snapshot's block begin, and who gave them.
  private var proven: Set<KeyNibbles> = []
  private var hosts: Set<UInt32> = []
  /// Chunks that were proven and fetched again, and chunks that were refused.
  private var provenTwice = 0
  private var refused = 0
  /// Why peers were banned, and against whom there is evidence of a wrong chunk.
  private var bans: [PublicKey: String] = [:]
  private var evidence: Set<PublicKey> = []

  /// - Parameter liars: the nodes that must have been found out.
  public init(liars: [Liar] = []) { self.liars = liars }

  /// Takes an event of the fresh node.
  public mutating func add(_ event: Event) {
    switch event.group {
    case Event.Joining.chosen(let block, let hash, let pieces, _, _):
      chosen = Chosen(block: block, hash: hash, pieces: pieces)
    case Event.Joining.declined(_, let reason, let detail): refusal = "\(reason): \(detail)"
    case Event.Chunk.accepted(let facts) where facts.block == chosen?.block:
      if !proven.insert(facts.startKey).inserted { provenTwice += 1 }
      hosts.insert(facts.peer)
    case Event.Chunk.rejected(let facts, _) where facts.block == chosen?.block: refused += 1
    case Event.Peer.banned(let peer, let reason): bans[peer.identity.key] = reason
    case Event.Peer.evidence(let peer, _, .chunk, _, _, _, _): evidence.insert(peer.identity.key)
    default: break
    }
  }

  /// True if the liar was banned, with evidence if there can be any.
  private func isFoundOut(_ liar: Liar) -> Bool {
    bans[liar.key] != nil && (liar.lie == .damaged || evidence.contains(liar.key))
  }

  /// True if ranges of a snapshot's block were taken in, none of them twice, and every liar was
  /// found out.
  public var isRight: Bool {
    chosen != nil && !proven.isEmpty && provenTwice == 0 && liars.allSatisfy(isFoundOut)
  }

  /// Lines for people.
  var lines: [String] {
    var lines: [String] = []
    if let chosen {
      lines.append(
        "the fresh node joined from the snapshot of block \(chosen.block), \(chosen.hash.hex): "
          + "\(proven.count) of \(chosen.pieces) pieces, given by \(hosts.count) of the others")
    } else {
      lines.append("the fresh node joined from NO SNAPSHOT (\(refusal ?? "it chose none"))")
    }
    if refused > 0 { lines.append("it refused \(refused) and fetched those alone again") }
    if provenTwice > 0 { lines.append("it fetched \(provenTwice) AGAIN THAT WERE PROVEN") }
    for liar in liars {
      let what = "\(liar.name), whose pieces are \(liar.lie.rawValue)"
      guard isFoundOut(liar), let ban = bans[liar.key] else {
        lines.append("the fresh node did NOT find out \(what)")
        continue
      }
      let proof = evidence.contains(liar.key) ? ", with evidence" : ""
      lines.append("the fresh node banned \(what): \(ban)\(proof)")
    }
    return lines
  }

  /// The value of `snapshot` in JSON; null if none was joined from.
  var json: String {
    guard let chosen else { return "null" }
    let banned = liars.allSatisfy { bans[$0.key] != nil }
    let isProven = liars.contains { evidence.contains($0.key) }
    return "{\"block\":\(chosen.block),\"hash\":\"\(chosen.hash.hex)\",\"pieces\":\(chosen.pieces),"
      + "\"proven\":\(proven.count),\"nodes\":\(hosts.count),\"refused\":\(refused),"
      + "\"proven_twice\":\(provenTwice),"
      + "\"liar_banned\":\(liars.isEmpty ? "null" : "\(banned)"),"
      + "\"liar_evidence\":\(liars.isEmpty ? "null" : "\(isProven)")}"
  }
}
