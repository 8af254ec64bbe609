import Ledger
import MerkleTree
import Primitives

/// What a node needs besides the state to go on from a snapshot's block.
///
/// It is a hint like everything else that a peer says: `election` and `block` count once a verified
/// macro chain leads to them, the history once it has the root that `block` names.
public struct SnapshotAnchor: Sendable, Hashable {
  /// The macro (or election) block whose state the snapshot has: header, justification, and the
  /// validators that it names if it is an election block. Without its body.
  public var block: Block
  /// The election block that named the validators who signed `block`. Without its body.
  public var election: Block
  /// The frontier over the hashes of all blocks before `block`.
  public var history: MountainFrontier

  public init(block: Block, election: Block, history: MountainFrontier) {
    self.block = block
    self.election = election
    self.history = history
  }

  /// The block as the next part of a macro chain that ends in `election`.
  public var macroChain: MacroChain {
    MacroChain(blocks: [block], history: history, reachesHead: false)
  }
}

extension SnapshotAnchor: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(block)
    encoder.append(election)
    encoder.append(history)
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    let offset = decoder.offset
    block = try decoder.value()
    election = try decoder.value()
    history = try decoder.value()
    guard block.kind.isMacro, !block.hasBody, !election.hasBody, election.kind == .election,
      election.number < block.number
    else { throw .invalidValue("a snapshot is not of a macro block", at: offset) }
  }
}
