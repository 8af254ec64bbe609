import Primitives

extension Blockchain {
  /// What `block`, whose parent is held, is judged by; nil if its parent is not held or final.
  public func witness(of block: Block) -> BlockWitness? {
    let view = view
    guard let parent = view.content.blocks[block.parentHash],
      parent.block.number >= view.macroNumber, let history = parent.history
    else { return nil }
    return witness(.successor(of: parent.header, history: history), view)
  }

  /// What the quorum of `block` is judged by; nil if the validators of its epoch are not known.
  public func quorumWitness(of block: Block) -> BlockWitness? {
    guard block.number > 0 else { return nil }
    let content = view.content
    let number = configuration.electionNumber(before: block.number)
    guard let election = content.main[number].flatMap({ content.blocks[$0]?.block }),
      let validators = election.nextValidators
    else { return nil }
    return BlockWitness(
      configuration: configuration, election: election.header, validators: validators,
      scope: .quorum)
  }

  /// The block of `chain` with this hash and what it is judged by: the election block before it in
  /// the chain, or ours.
  public func witness(of hash: Hash256, in chain: MacroChain) -> (Block, BlockWitness)? {
    guard let index = chain.blocks.firstIndex(where: { $0.hash == hash }) else { return nil }
    let isLast = index == chain.blocks.count - 1
    let scope = BlockWitness.Scope.checkpoint(history: isLast ? chain.history : nil)
    var witness = witness(scope, view)
    if index > 0 {
      guard let validators = chain.blocks[index - 1].nextValidators else { return nil }
      witness.election = chain.blocks[index - 1].header
      witness.validators = validators
    }
    return (chain.blocks[index], witness)
  }

  private func witness(_ scope: BlockWitness.Scope, _ view: ChainView) -> BlockWitness {
    BlockWitness(
      configuration: configuration, election: view.electionHead.header,
      validators: view.content.validators, scope: scope)
  }
}
