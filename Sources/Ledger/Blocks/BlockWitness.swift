import MerkleTree
import Primitives

/// What a block can be judged by without a chain: the validators of its epoch and, if it is known,
/// what it follows. All of it hangs together by hashes, and all of it hangs on `election`: whether
/// that block is of the real chain is for the reader to say.
public struct BlockWitness: Sendable, Hashable {
  /// What of the block is judged.
  public enum Scope: Sendable, Hashable {
    /// Everything that needs no state. The block is to follow this header; `history` is the
    /// frontier over all blocks before that one.
    case successor(of: BlockHeader, history: MountainFrontier)
    /// A macro block whose parent is not held, with the history that came with it; nil if none did.
    case checkpoint(history: MountainFrontier?)
    /// Only its quorum.
    case quorum
  }

  /// The rules of the chain.
  public var configuration: ChainConfiguration
  /// Header of the election block that named the validators; genesis counts as one.
  public var election: BlockHeader
  /// The validators of the block's epoch.
  public var validators: ValidatorSet
  public var scope: Scope

  /// True if the parts belong together and to `block`; only then `fault(of:)` says anything.
  public func isConsistent(with block: Block) -> Bool {
    guard election.kind == .election, block.number > 0,
      election.bodyRoot == Block.bodyRoot(of: [], nextValidators: validators),
      validators.slotCount == Int(configuration.slotCount),
      election.number == configuration.electionNumber(before: block.number)
    else { return false }
    guard case .successor(let parent, let history) = scope else { return block.kind != .micro }
    return parent.hash == block.parentHash && history.count == Int(parent.number)
      && history.root == parent.historyRoot
      && (parent.number != election.number || parent == election)
  }

  /// The rule that `block` breaks; nil if it breaks none of those that are judged.
  public func fault(
    of block: Block, verifier: any SignatureVerifier = DirectSignatureVerifier()
  ) -> PushError? {
    let rules = BlockRules(
      configuration: configuration, verifier: verifier, validators: validators,
      electionHash: election.hash)
    do throws(PushError) {
      switch scope {
      case .successor(let parent, let history):
        try rules.check(
          block, after: parent, history: history.appending(parent.hash), needsBody: false)
      case .checkpoint(let history): try rules.checkCheckpoint(block, history: history)
      case .quorum: try rules.checkQuorum(block)
      }
      return nil
    } catch {
      return error
    }
  }
}

extension BlockWitness: WireCodable {
  public func encode(to encoder: inout WireEncoder) {
    encoder.append(configuration)
    encoder.append(election)
    encoder.append(validators)
    switch scope {
    case .successor(let parent, let history):
      encoder.append(varint: 0)
      encoder.append(parent)
      encoder.append(history)
    case .checkpoint(let history):
      encoder.append(varint: 1)
      encoder.append(optional: history)
    case .quorum: encoder.append(varint: 2)
    }
  }

  public init(from decoder: inout WireDecoder) throws(WireError) {
    configuration = try decoder.value()
    election = try decoder.value()
    validators = try decoder.value()
    let offset = decoder.offset
    let index = try decoder.varint()
    switch index {
    case 0: scope = .successor(of: try decoder.value(), history: try decoder.value())
    case 1: scope = .checkpoint(history: try decoder.optional())
    case 2: scope = .quorum
    default: throw .invalidCase(index, of: "BlockWitness.Scope", at: offset)
    }
  }
}
