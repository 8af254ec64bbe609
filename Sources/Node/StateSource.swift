import Ledger
import LiveSync

/// Another way to the state than chunks of the peers' heads, which a node takes side by side with
/// them: snapshots, for one. Whoever adds one gives it to the node and changes nothing else.
///
/// What it gives is of a macro block that may be below the newest. It says at which block macro
/// sync should stop for it; from there on the node follows the chain block by block, and diffs
/// bring forward what the source gives.
public protocol StateSource: RangeSource, NodeService {
  /// The macro block to stop at on the way to the last block of `chain`, as a verified chain that
  /// has its history; nil to go on. Waits until it is known what can be had.
  func waypoint(on chain: VerifiedMacroChain) async -> VerifiedMacroChain?
  /// True until it is known what can be had: a node that holds nothing does not jump ahead of that.
  var isDeciding: Bool { get }
  /// True while jumping to a newer macro block would lose what the source gives.
  var isHolding: Bool { get }
}
