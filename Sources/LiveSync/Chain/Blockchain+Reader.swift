import Ledger
import Primitives
import StateTrie

extension Block: SyncBlock {}

extension Blockchain: ChainReader {}

extension Blockchain {
  /// Number of held items of the state.
  var itemCount: Int { items().count }
}

extension Block {
  /// True if the body (if there is one) and the next validators are those the header commits to.
  /// A body is not part of the block's hash directly, so a wrong one must never be taken for the
  /// block's own.
  var bodyFitsHeader: Bool {
    guard let body else { return true }
    return Block.bodyRoot(of: body.transactions, nextValidators: nextValidators) == header.bodyRoot
  }
}
