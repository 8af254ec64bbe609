import Ledger
import LiveSync
import Networking
import Primitives

/// Brings an old state to that of a macro block by what the two differ in. Whoever adds one gives
/// it to the node and changes nothing else.
///
/// Macro sync asks it when the node is far behind with a state that it holds in whole or in part.
public protocol StateCarrier: NodeService {
  /// Weighs all ways to the last block of `chain`, which has its history, and perhaps takes one.
  /// - Parameters:
  ///   - facts: what following the blocks and fetching chunks take.
  ///   - peer: who proved the chain.
  func carry(
    _ facts: CatchUpFacts, to chain: VerifiedMacroChain, with peer: PeerID
  ) async -> CarryOutcome
}

/// How an old state is brought to the present.
public enum CarryOutcome: Sendable, Hashable {
  /// The node is to follow the blocks, of which the chain may have more by now.
  case blocks
  /// The node is to jump, and to fetch the state in chunks.
  case chunks
  /// The chain has jumped to the last block, and what stayed of the state is its.
  case carried
}
