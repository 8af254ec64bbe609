import Primitives

extension Blockchain {
  /// Checks a part of a macro chain. Nothing of the chain changes, and it is not locked while
  /// signatures are checked.
  ///
  /// - Parameter verified: What was verified before; the part may go on from any of its blocks or
  ///   from our own election block. It counts no more once our chain has gone past it.
  /// - Returns: The verified chain up to the part's end, or what was there if the part brings
  ///   nothing new.
  /// - Throws: `PushError` that names the block which breaks a rule.
  public func verify(
    _ part: MacroChain, after verified: VerifiedMacroChain? = nil
  ) throws(PushError) -> VerifiedMacroChain {
    let (own, known) = try knownPart(of: part)
    guard let validators = own.nextValidators else {
      preconditionFailure("election block \(own.id) names no validators")
    }
    let empty = VerifiedMacroChain(start: own.id, validators: validators)
    let base = verified?.rest(after: own) ?? empty
    let rest = part.blocks[known...]
    let held = rest.prefix { block in base.blocks.contains { $0.hash == block.hash } }
    let new = rest[held.endIndex...]
    if new.isEmpty, held.last?.hash != base.blocks.last?.hash { return base }
    let parent = new.first?.header.lastElectionHash ?? held.last?.hash
    // What follows none of these is told by the first rule it breaks.
    var chain = parent.flatMap { base.prefix(through: $0) } ?? empty
    if new.isEmpty, chain.blocks.isEmpty { return base }
    try chain.append(
      new, history: part.history ?? (new.isEmpty ? chain.history : nil),
      configuration: configuration, verifier: verifier)
    return chain
  }

  /// Our election block, and how many blocks of `part` bring nothing new.
  private func knownPart(of part: MacroChain) throws(PushError) -> (own: Block, known: Int) {
    do throws(LedgerStoreError) {
      let view = view
      return (view.electionHead, try view.knownCount(of: part.blocks))
    } catch {
      note(error)
      throw PushError(.storage(error), part.blocks.last?.hash ?? genesis.hash)
    }
  }
}
