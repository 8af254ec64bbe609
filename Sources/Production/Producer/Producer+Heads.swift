import Ledger
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime

/// When a producer asked others where they are, and what came of it.
struct HeadSearch {
  /// The head that was found to be the network's, and when; nil while none was.
  var agreed: (head: Hash256, at: Moment)?
  /// Since when peers say that they are ahead.
  var aheadSince: Moment?
}

extension Producer {
  /// Why no block can be made now; nil if one can.
  ///
  /// A node whose state is incomplete makes none. One that begins, or has seen no new head for
  /// long, asks its peers first: they may have blocks that it lacks or has lost. What they say is
  /// only a claim, so it waits for blocks that do not come no longer than a named time.
  func obstacle(_ search: inout HeadSearch) async -> String? {
    let view = context.chain.view
    guard view.stateComplete else { return "incomplete_state" }
    let now = context.runtime.now
    let quiet = core.withLock { $0.blockTime } * ProductionLimits.quietBlocksMax
    if let agreed = search.agreed {
      guard view.headHash == agreed.head, agreed.at.duration(to: now) >= quiet else {
        if view.headHash != agreed.head { search.agreed = (view.headHash, now) }
        return nil
      }
    }
    guard await isBehindPeers(of: view) else {
      search.agreed = (view.headHash, now)
      search.aheadSince = nil
      return nil
    }
    let since = search.aheadSince ?? now
    search.aheadSince = since
    guard since.duration(to: now) >= ProductionLimits.headPatience else { return "peers_are_ahead" }
    search.agreed = (view.headHash, now)
    search.aheadSince = nil
    return nil
  }

  /// True if a peer names a head above ours.
  private func isBehindPeers(of view: ChainView) async -> Bool {
    let peers = context.network.connectedPeers().prefix(ProductionLimits.headPeersMax)
    return await withTaskGroup(of: UInt32?.self) { group in
      for peer in peers {
        group.addTask { [context] in
          try? await context.network.request(
            RequestHead(), to: peer, timeout: ProductionLimits.answerTimeout
          ).number
        }
      }
      var isBehind = false
      for await case let number? in group where number > view.headNumber { isBehind = true }
      return isBehind
    }
  }
}
