import Primitives
import StateTrie

/// Why a block was not taken. The chain, its state and its history are then as before.
///
/// A struct over an enum that may grow: switch over `kind` with a default, or use `judgement`.
public struct PushError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Kind: Sendable, Equatable {
    /// The parent is not known.
    case orphan
    /// The block breaks a rule by itself.
    case invalidBlock(BlockFault)
    /// The block cannot follow its parent: number, kind, time, seed.
    case invalidSuccessor(BlockFault)
    /// The block names another past than its parent's: history, last election block.
    case invalidPredecessor(BlockFault)
    /// A macro block that contradicts a final one.
    case invalidFork
    /// The state is incomplete and the block's diff was not given.
    case missingDiff
    /// The diff is not the one the header commits to.
    case diffRootMismatch
    /// The diff starts from other values than the ones held.
    case diffMismatch(TrieError)
    /// Transaction `index` cannot be executed; an index behind the last stands for the fees.
    case accounts(index: Int, TransactionFault)
    /// The state after the block has another root than the header says.
    case stateRootMismatch
    /// The state held at the parent does not have the parent's state root (see
    /// `Blockchain.giveUpWrongState()`): nothing can be built on it until it is reinitialised.
    case damagedState
    /// The block cannot be executed on a state with missing ranges.
    case incompleteTrie
    /// The store failed. Chain and state are what the store holds, as before the push.
    case storage(LedgerStoreError)
  }

  /// What the caller should make of the block.
  public enum Judgement: Sendable, Equatable {
    /// No copy of the block can be valid.
    case invalid
    /// This copy's signatures or body are bad; another copy may be good.
    case badCopy
    /// The diff that came with it is bad; with another it may be good.
    case badDiff
    /// Nothing is said about the block.
    case failed
  }

  public let kind: Kind
  /// The block at fault: the pushed one, or an earlier one of the branch it was to bring in.
  public let block: Hash256

  init(_ kind: Kind, _ block: Hash256) {
    self.kind = kind
    self.block = block
  }

  public var judgement: Judgement {
    switch kind {
    case .orphan, .missingDiff, .incompleteTrie, .damagedState, .storage: .failed
    case .invalidBlock(let fault), .invalidSuccessor(let fault), .invalidPredecessor(let fault):
      fault.isOfCopy ? .badCopy : .invalid
    case .diffRootMismatch: .badDiff
    // With an incomplete state it may also be an earlier diff that was wrong.
    case .diffMismatch: .failed
    case .invalidFork, .accounts, .stateRootMismatch: .invalid
    }
  }

  /// True if the block alone, with what it follows, shows the fault: every node that has taken the
  /// block has looked for it, whether it holds the state or not.
  public var isProvable: Bool {
    switch kind {
    case .invalidBlock(let fault): fault.needsNoState
    case .invalidSuccessor, .invalidPredecessor: true
    default: false
    }
  }

  /// Stable snake_case name.
  public var reason: String {
    switch kind {
    case .orphan: "orphan"
    case .invalidBlock(let fault): "invalid_block_" + fault.reason
    case .invalidSuccessor(let fault): "invalid_successor_" + fault.reason
    case .invalidPredecessor(let fault): "invalid_predecessor_" + fault.reason
    case .invalidFork: "invalid_fork"
    case .missingDiff: "missing_diff"
    case .diffRootMismatch: "diff_root_mismatch"
    case .diffMismatch(let error): "diff_mismatch_" + error.reason
    case .accounts(_, let fault): "accounts_" + fault.reason
    case .stateRootMismatch: "state_root_mismatch"
    case .damagedState: "damaged_state"
    case .incompleteTrie: "incomplete_trie"
    case .storage(let error): "store_" + error.reason
    }
  }

  public var description: String {
    switch kind {
    case .invalidBlock(let fault), .invalidSuccessor(let fault), .invalidPredecessor(let fault):
      "block \(block.short): \(reason) (\(fault))"
    case .accounts(let index, _): "block \(block.short): \(reason) (transaction \(index))"
    case .storage(let error): "block \(block.short): \(error)"
    default: "block \(block.short): \(reason)"
    }
  }
}
