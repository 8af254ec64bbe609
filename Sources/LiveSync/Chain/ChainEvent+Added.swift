import Ledger
import Primitives

extension ChainEvent {
  /// The blocks that the chain has taken.
  var added: [Hash256] {
    switch self {
    case .extended(let hash), .finalized(let hash), .epochFinalized(let hash), .stored(let hash):
      [hash]
    case .rebranched(_, let adopted): adopted.map(\.hash)
    case .historyAdopted(let blocks): blocks.map(\.hash)
    case .stateGivenUp: []
    }
  }

  /// What the event means for the state; nil if nothing.
  var stateChange: ChainStateChange? {
    switch self {
    case .extended, .finalized, .epochFinalized: .advanced
    case .rebranched: .rebranched
    case .historyAdopted, .stateGivenUp: .replaced
    case .stored: nil
    }
  }
}
