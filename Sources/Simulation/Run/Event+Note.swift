import EventLog
import Primitives

extension Event {
  /// What a person who watches a run wants to read of this event; nil for what is not notable.
  var note: String? {
    switch self {
    case .node(.started(let block, _, let ranges)): "at block \(block), missing ranges \(ranges)"
    case .macroSync(.adopted(let block, _, _)): "jumped to macro block \(block)"
    case .macroSync(.rejected(let peer, let reason)): "p\(peer) \(reason)"
    case .block(.rejected(let block, _, let peer, let reason)):
      "#\(block)\(peer.map { " of p\($0)" } ?? "") \(reason)"
    case .diff(.rejected(let peer, let block, _, let reason)): "#\(block) of p\(peer) \(reason)"
    case .chunk(let event): event.note
    case .chain(.rebranched(_, _, let ancestor, let depth, let adopted)):
      "back to #\(ancestor): \(depth) reverted, \(adopted) adopted"
    case .chain(.epochFinalized(let block, _)): "election block #\(block)"
    case .peer(.banned(let peer, let reason)): "p\(peer) \(reason)"
    case .state(.complete(_, _, let items)): "\(items) accounts, diffs off"
    case .state(.incomplete(_, _, let ranges, let reason)): "missing ranges \(ranges): \(reason)"
    case .state(.forecast(_, _, let progress, _, _, let detail)):
      "\(percent(progress)) done, \(detail)"
    case .consensus(.established(_, _, let peers)): "\(peers) peers"
    case .consensus(.lost(_, _, let reason)): reason
    case .stall(.detected(let blocker, _, let detail)): "\(blocker.rawValue) \(detail)"
    case .stall(.resolved(let blocker, _)): blocker.rawValue
    case .queue(let event): "\(event)"
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
