import Networking
import Peers
import Primitives
import Runtime

/// Joins the two halves of announced blocks, which come on two topics in any order.
///
/// A value: halves in, actions out, time is handed to it. A half waits for `wait`, there are at
/// most `halvesMax` of them with `halvesBytes`, and one peer has at most `halvesPerPeerMax`. If
/// there is no room, the newest of the peer that has most give way. Several bodies may claim the
/// same header; only the one that fits is used.
public struct HeaderBodyAssembler<
  Header: HeapSized & Sendable, Body: HeapSized & Sendable
>: Sendable {
  /// One half of a block.
  private enum Content: Sendable {
    case header(Header)
    case body(Body)

    var heapBytes: Int {
      switch self {
      case .header(let header): header.heapBytes
      case .body(let body): body.heapBytes
      }
    }
  }

  private struct Half: Sendable {
    let hash: Hash256
    let content: Content
    let peer: PeerID
    let gossip: GossipID
    let since: Moment
    /// What it is charged with: the memory it takes, or an equal share of all if that is more.
    let bytes: Int

    init(hash: Hash256, content: Content, peer: PeerID, gossip: GossipID, since: Moment) {
      (self.hash, self.content, self.peer) = (hash, content, peer)
      (self.gossip, self.since) = (gossip, since)
      bytes = max(
        MemoryLayout<Half>.stride + content.heapBytes,
        LiveSyncLimits.halvesBytes.total / LiveSyncLimits.halvesMax)
    }
  }

  /// Why a half was dropped.
  public enum DropReason: String, Sendable, Hashable, CaseIterable {
    /// The other half did not come in time.
    case expired = "half_expired"
    /// Its peer has too many halves waiting.
    case peerLimit = "peer_limit"
    /// Too many halves are waiting.
    case bufferFull = "buffer_full"
    /// The body is not the one its header commits to.
    case bodyMismatch = "body_mismatch"
  }

  /// What the assembler wants done.
  public enum Action: Sendable {
    /// Both halves are here; the peer is the one that sent the header.
    case assembled(Header, Body, peer: PeerID, gossip: [GossipID])
    /// A half leaves the assembler unused, and its message is judged.
    case drop(hash: Hash256, peer: PeerID, GossipID, DropReason, Acceptance)
  }

  /// Halves in order of arrival.
  private var halves: [Half] = []
  private var budget = ByteBudget<PeerID>(LiveSyncLimits.halvesBytes)
  private let fits: @Sendable (Header, Body) -> Bool

  /// - Parameter fits: true if the body is the one the header commits to.
  public init(fits: @escaping @Sendable (Header, Body) -> Bool) {
    self.fits = fits
  }

  /// How long a half waits for the other.
  package var wait = PeerLimits.halfWait
  /// Halves that wait.
  public var count: Int { halves.count }
  /// Bytes charged for them.
  public var bytes: Int { budget.total }
  /// True if a half of the block waits.
  public func isWaiting(for hash: Hash256) -> Bool { halves.contains { $0.hash == hash } }

  /// The header of block `hash` is here.
  public mutating func add(
    header: Header, of hash: Hash256, from peer: PeerID, gossip: GossipID, at now: Moment
  ) -> [Action] {
    var actions = sweep(at: now)
    for half in halves where half.hash == hash {
      guard case .body(let body) = half.content else { continue }
      remove(half.gossip)
      if fits(header, body) {
        actions.append(
          .assembled(header, body, peer: peer, gossip: [gossip, half.gossip]))
        return actions
      }
      actions.append(drop(half, .bodyMismatch, .reject))
    }
    return actions
      + keep(Half(hash: hash, content: .header(header), peer: peer, gossip: gossip, since: now))
  }

  /// A body that claims to be of block `hash` is here.
  public mutating func add(
    body: Body, of hash: Hash256, from peer: PeerID, gossip: GossipID, at now: Moment
  ) -> [Action] {
    let actions = sweep(at: now)
    let new = Half(hash: hash, content: .body(body), peer: peer, gossip: gossip, since: now)
    for half in halves where half.hash == hash {
      guard case .header(let header) = half.content else { continue }
      guard fits(header, body) else { return actions + [drop(new, .bodyMismatch, .reject)] }
      remove(half.gossip)
      return actions + [
        .assembled(header, body, peer: half.peer, gossip: [half.gossip, gossip])
      ]
    }
    return actions + keep(new)
  }

  /// Drops the halves that have waited too long.
  public mutating func sweep(at now: Moment) -> [Action] {
    let old = halves.prefix { $0.since.duration(to: now) >= wait }
    halves.removeFirst(old.count)
    for half in old { budget.release(half.bytes, of: half.peer) }
    return old.map { drop($0, .expired, .ignore) }
  }

  private mutating func keep(_ half: Half) -> [Action] {
    if halves.count(where: { $0.peer == half.peer }) >= LiveSyncLimits.halvesPerPeerMax {
      return [drop(half, .peerLimit, .ignore)]
    }
    var actions: [Action] = []
    while true {
      switch budget.admission(of: half.bytes, for: half.peer) {
      case .fits:
        budget.charge(half.bytes, to: half.peer)
        halves.append(half)
        return actions
      case .makeRoom(let peer):
        guard let newest = halves.last(where: { $0.peer == peer }) else {
          preconditionFailure("\(peer) has bytes here, but no half")
        }
        remove(newest.gossip)
        actions.append(drop(newest, .bufferFull, .ignore))
      case .refused(let refusal):
        return [drop(half, refusal == .perHolder ? .peerLimit : .bufferFull, .ignore)]
      }
    }
  }

  private mutating func remove(_ gossip: GossipID) {
    for half in halves where half.gossip == gossip { budget.release(half.bytes, of: half.peer) }
    halves.removeAll { $0.gossip == gossip }
  }

  private func drop(
    _ half: Half, _ reason: DropReason, _ acceptance: Acceptance
  ) -> Action {
    .drop(hash: half.hash, peer: half.peer, half.gossip, reason, acceptance)
  }
}
