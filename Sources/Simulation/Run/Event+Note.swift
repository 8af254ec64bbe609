import EventLog
import LiveSync
import Node
import Peers
import Primitives
import Snapshot
import StateReconciliation

extension Event {
  /// What a person who watches a run wants to read of this event; nil for what is not notable.
  var note: String? {
    switch group {
    case Event.Node.started(let block, _, let ranges): "at block \(block), missing ranges \(ranges)"
    case Event.MacroSync.adopted(let block, _, _): "jumped to macro block \(block)"
    case Event.MacroSync.rejected(let peer, let reason): "p\(peer) \(reason)"
    case Event.Block.rejected(let block, _, let peer, let reason):
      "#\(block)\(peer.map { " of p\($0)" } ?? "") \(reason)"
    // A peer that has not seen a block yet has nothing for it.
    case Event.Diff.rejected(_, _, _, "unknown_block"): nil
    case Event.Diff.rejected(let peer, let block, _, let reason): "#\(block) of p\(peer) \(reason)"
    case let event as Event.Chunk: event.note
    case Event.Chain.rebranched(_, _, let ancestor, let depth, let adopted):
      "back to #\(ancestor): \(depth) reverted, \(adopted) adopted"
    case Event.Chain.epochFinalized(let block, _): "election block #\(block)"
    case Event.Peer.banned(let peer, let reason): "\(peer) \(reason)"
    case Event.State.complete(_, _, let items): "\(items) accounts, diffs off"
    case Event.State.incomplete(_, _, let ranges, let reason): "missing ranges \(ranges): \(reason)"
    case Event.State.forecast(_, _, let progress, _, _, let detail):
      "\(percent(progress)) done, \(detail)"
    case Event.Consensus.established(_, _, let peers): "\(peers) peers"
    case Event.Consensus.lost(_, _, let reason): reason
    case Event.Stall.detected(let blocker, _, let detail): "\(blocker.rawValue) \(detail)"
    case Event.Stall.resolved(let blocker, _): blocker.rawValue
    case Event.Joining.chosen(let block, _, let pieces, let hosts, let detail):
      "block \(block), \(pieces) pieces at \(hosts) peers: \(detail)"
    case Event.Joining.declined(let block, let reason, let detail): "#\(block) \(reason): \(detail)"
    case Event.Joining.refused(let block, _, let reason): "#\(block) \(reason)"
    case Event.Joining.lost(let peer, let block, _): "p\(peer) has #\(block) no more"
    case Event.Returning.chosen(_, let way, _, let differences, let detail):
      "by \(way), \(differences) differences: \(detail)"
    case Event.Returning.carried(let block, _, let way, let items, let ranges, let bytes):
      "#\(block) by \(way): \(items) accounts, missing ranges \(ranges), \(bytes) bytes"
    case Event.Returning.failed(_, let way, let reason): "\(way) \(reason)"
    case let event as Event.Queue: "\(event)"
    default: nil
    }
  }
}

extension Event.Chunk {
  fileprivate var note: String? {
    switch self {
    case .rejected(let chunk, let reason):
      "from \(chunk.startKey.prefix(8)) of p\(chunk.peer) \(reason)"
    default: nil
    }
  }
}
