import MerkleTree
import Primitives
import StateTrie

/// The rules of a block that need no state: its own, and those towards its parent.
struct BlockRules {
  let configuration: ChainConfiguration
  let verifier: any SignatureVerifier
  /// Those who sign the block's epoch.
  let validators: ValidatorSet
  /// The election block that named them.
  let electionHash: Hash256

  /// Root of a diff that changes nothing.
  static let emptyDiffRoot = TrieDiff.empty.root
  /// Root of a body without transactions and validators.
  static let emptyBodyRoot = Block.bodyRoot(of: [])

  /// Checks all of a block that is to follow `parent`. `history` is the frontier over the blocks
  /// from genesis to the parent. The dear checks come last.
  func check(
    _ block: Block, after parent: BlockHeader, history: MountainFrontier, needsBody: Bool
  ) throws(PushError) {
    let header = block.header
    try checkIdentity(block)
    func successor(_ condition: Bool, _ fault: BlockFault) throws(PushError) {
      if !condition { throw PushError(.invalidSuccessor(fault), header.hash) }
    }
    try successor(parent.number < .max && header.number == parent.number + 1, .wrongNumber)
    try successor(configuration.allows(header.kind, at: header.number), .wrongKind)
    try successor(isTimely(header, after: parent), .wrongTimestamp)
    if header.kind != .micro {
      try successor(header.seed == parent.seed.derived(number: header.number), .wrongSeed)
      guard header.diffRoot == Self.emptyDiffRoot, header.stateRoot == parent.stateRoot else {
        throw PushError(.invalidBlock(.unexpectedStateChange), header.hash)
      }
    }
    guard header.lastElectionHash == (header.kind.isMacro ? electionHash : nil) else {
      throw PushError(.invalidPredecessor(.wrongElection), header.hash)
    }
    guard header.historyRoot == history.root else {
      throw PushError(.invalidPredecessor(.wrongHistory), header.hash)
    }
    try checkBody(block, needsBody: needsBody)
    try checkSignatures(block, parentSeed: parent.seed)
    try checkTransactionSignatures(block)
  }

  /// Checks a macro block whose parent is not held: everything but what the parent is needed for.
  func checkCheckpoint(_ block: Block, history: MountainFrontier?) throws(PushError) {
    let header = block.header
    try checkIdentity(block)
    guard header.kind.isMacro, configuration.allows(header.kind, at: header.number) else {
      throw PushError(.invalidSuccessor(.wrongKind), header.hash)
    }
    guard header.diffRoot == Self.emptyDiffRoot else {
      throw PushError(.invalidBlock(.unexpectedStateChange), header.hash)
    }
    guard header.lastElectionHash == electionHash else {
      throw PushError(.invalidPredecessor(.wrongElection), header.hash)
    }
    if let history { try Self.checkHistory(history, before: header) }
    try checkBody(block, needsBody: false)
    try checkQuorum(block)
  }

  /// Checks that `history` is the frontier over all blocks before this one.
  static func checkHistory(
    _ history: MountainFrontier, before header: BlockHeader
  ) throws(PushError) {
    guard history.count == Int(header.number), history.root == header.historyRoot else {
      throw PushError(.invalidPredecessor(.wrongHistory), header.hash)
    }
  }

  private func checkIdentity(_ block: Block) throws(PushError) {
    if block.header.network != configuration.network { throw block.invalid(.wrongNetwork) }
    if block.header.version != configuration.version { throw block.invalid(.wrongVersion) }
  }

  /// Time goes on; a skip block leaves its signers no choice, so that they all sign the same.
  private func isTimely(_ header: BlockHeader, after parent: BlockHeader) -> Bool {
    guard header.kind == .skip else { return header.timestamp > parent.timestamp }
    let (time, overflow) = parent.timestamp.addingReportingOverflow(
      max(1, configuration.blockIntervalMilliseconds))
    return !overflow && header.timestamp == time
  }

  /// Checks the body, if there is one, and the next validators against the header.
  private func checkBody(_ block: Block, needsBody: Bool) throws(PushError) {
    guard (block.kind == .election) == (block.nextValidators != nil) else {
      throw block.invalid(.wrongValidators)
    }
    if block.kind == .skip || block.kind == .macro {
      guard block.header.bodyRoot == Self.emptyBodyRoot else {
        throw block.invalid(.unexpectedTransactions)
      }
    }
    if block.body == nil, needsBody { throw block.invalid(.bodyMissing) }
    let transactions = block.body?.transactions ?? []
    // Only micro blocks have transactions, so all others can be checked without the body too.
    if block.body != nil || block.kind != .micro {
      let root = Block.bodyRoot(of: transactions, nextValidators: block.nextValidators)
      guard root == block.header.bodyRoot else { throw block.invalid(.bodyRootMismatch) }
    }
    if block.kind != .micro, !transactions.isEmpty {
      throw block.invalid(.unexpectedTransactions)
    }
    if let set = block.nextValidators, set.slotCount != Int(configuration.slotCount) {
      throw block.invalid(.wrongSlotCount)
    }
    guard transactions.count <= LedgerLimits.transactionsPerBlockMax,
      transactions.reduce(0, { $0 + $1.wireBytes.count }) <= LedgerLimits.bodyBytesMax
    else { throw block.invalid(.bodyTooLarge) }
  }

  /// Checks what holds for a transaction whatever the state.
  private func checkTransactionSignatures(_ block: Block) throws(PushError) {
    for (index, transaction) in (block.body?.transactions ?? []).enumerated() {
      do {
        try check(transaction)
      } catch {
        throw block.invalid(.transaction(index: index, error))
      }
    }
  }

  func check(_ transaction: Transaction) throws(TransactionFault) {
    if transaction.network != configuration.network { throw .wrongNetwork }
    switch transaction.action {
    case .transfer(_, let amount): if amount == 0 { throw .zeroAmount }
    case .setData(let data): if data.count > LedgerLimits.dataBytesMax { throw .dataTooLong }
    }
    guard
      verifier.verify(
        transaction.signature, of: transaction.signedBytes, by: transaction.sender)
    else { throw .signatureInvalid }
  }
}

extension Block {
  func invalid(_ fault: BlockFault) -> PushError { PushError(.invalidBlock(fault), hash) }
}
