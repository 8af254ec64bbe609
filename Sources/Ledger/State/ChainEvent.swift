import Primitives

/// What happened to the chain, in the order it happened.
public enum ChainEvent: Sendable, Hashable {
  /// A micro or skip block became head on top of the old one.
  case extended(Hash256)
  /// A macro block became head on top of the old one (no `extended` comes), or ended the branch of
  /// the `rebranched` before; all up to it is final.
  case finalized(Hash256)
  /// The same for an election block.
  case epochFinalized(Hash256)
  /// Another branch became the main chain. `reverted`: newest first; `adopted`: oldest first.
  case rebranched(reverted: [BlockID], adopted: [BlockID])
  /// The chain jumped to a later macro block. Oldest first, the new head last.
  case historyAdopted([BlockID])
  /// A block was stored on a side branch.
  case stored(Hash256)
  /// The whole state was given up, by an operator or because its root was wrong; the blocks are as
  /// before.
  case stateGivenUp
}
