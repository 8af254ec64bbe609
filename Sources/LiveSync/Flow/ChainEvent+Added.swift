import Ledger
import Primitives

/// What a chain event means for the state.
public enum ChainStateChange: Sendable, Hashable {
  /// Extended or finalized.
  case advanced
  /// The head is on another branch now.
  case rebranched
  /// Macro sync replaced the chain, or an operator gave up the state.
  case replaced
}

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
