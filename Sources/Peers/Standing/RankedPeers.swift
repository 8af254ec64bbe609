import Networking

/// The peers of a live sync by how they answer.
public struct RankedPeers: Sendable, Hashable {
  /// Peers that answer in time, in order.
  public var prompt: [PeerID]
  /// Those of `prompt` that are asked before the others; empty if none is.
  public var preferred: Set<PeerID>
  /// Peers that lately let a request time out, in order: asked last.
  public var slow: [PeerID]
  /// Those of `slow` that never answered such a request: asked after all others.
  public var silent: Set<PeerID>

  public init(
    prompt: [PeerID], preferred: Set<PeerID> = [], slow: [PeerID] = [], silent: Set<PeerID> = []
  ) {
    self.prompt = prompt
    self.preferred = preferred
    self.slow = slow
    self.silent = silent
  }

  /// What follows from the standing of all peers for requests of `type`. If one that was late has
  /// never answered such a request, others that never did may be silent too: those that did are
  /// preferred. If all who did are late, they are still better than who never answers.
  init(_ peers: [PeerID: PeerStanding], for type: RequestType) {
    let heard = peers.values.lazy.filter { $0.isHeard(for: type) }
    let isSilenceKnown = !heard.isEmpty && peers.values.contains { $0.isSilent(for: type) }
    let isLineLate = isSilenceKnown && heard.allSatisfy { $0.isLate(for: type) }
    self.init(prompt: [])
    for peer in peers.keys.sorted() {
      guard let standing = peers[peer] else { continue }
      let isSilent = isSilenceKnown && standing.isSilent(for: type)
      let isHeard = standing.isHeard(for: type)
      if isSilent || standing.isLate(for: type) && !(isLineLate && isHeard) {
        slow.append(peer)
        if isSilent { silent.insert(peer) }
      } else {
        prompt.append(peer)
        if isHeard { preferred.insert(peer) }
      }
    }
    if slow.allSatisfy({ peers[$0]?.isHeard(for: type) ?? false }) { preferred = [] }
  }

  /// True if the peer is one of them.
  package func contains(_ peer: PeerID) -> Bool { prompt.contains(peer) || slow.contains(peer) }
}
