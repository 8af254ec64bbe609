import Primitives

/// Checks of blocks that cannot be pushed yet because their parents are not here.
extension Blockchain {
  /// What can be said of a block's quorum.
  public enum QuorumCheck: Sendable, Equatable {
    /// Validators with more than two thirds of the slots signed it.
    case signed
    /// They did not.
    case refused(BlockFault)
    /// It is a micro block, or the validators of its epoch are not known.
    case unknown
  }

  /// Checks what holds for a transaction whatever the state: network, amount, length of its data,
  /// signature.
  public func check(_ transaction: Transaction) throws(TransactionFault) {
    try BlockRules(
      configuration: configuration, verifier: verifier, validators: genesis.validators,
      electionHash: .zero
    ).check(transaction)
  }

  /// Checks the signatures of a skip, macro or election block with the validators of its epoch.
  public func checkQuorum(of block: Block) -> QuorumCheck {
    guard block.kind != .micro, let validators = validators(at: block.number) else {
      return .unknown
    }
    // The chain is not locked meanwhile: the validators of an epoch never change.
    let rules = BlockRules(
      configuration: configuration, verifier: verifier, validators: validators,
      electionHash: .zero)
    do {
      try rules.checkQuorum(block)
      return .signed
    } catch {
      if case .invalidBlock(let fault) = error.kind { return .refused(fault) }
      return .unknown
    }
  }
}

extension Block {
  /// True if the body (if there is one) and the next validators are those the header commits to. A
  /// body is not part of the block's hash directly, so a wrong one must never be taken for the
  /// block's own. Only micro blocks have transactions, so the others show it without their bodies.
  public var bodyFitsHeader: Bool {
    guard body != nil || kind != .micro else { return nextValidators == nil }
    return Self.bodyRoot(of: body?.transactions ?? [], nextValidators: nextValidators)
      == header.bodyRoot
  }
}
