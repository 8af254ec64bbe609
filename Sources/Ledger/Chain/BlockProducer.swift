import MerkleTree
import Primitives
import StateTrie

/// A block that was made here, and its diff.
public struct ProducedBlock: Sendable, Hashable {
  public var block: Block
  public var diff: TrieDiff
}

/// Makes blocks on top of the head, or of any other stored block that is not below the last macro
/// block (to make forks). Making a block changes nothing in the chain; push it to do so.
public struct BlockProducer: Sendable {
  private let chain: Blockchain
  private let keys: [PublicKey: KeyPair]

  /// A producer that signs with `keys`. The chain needs a complete state for blocks with
  /// transactions only.
  public init(chain: Blockchain, keys: [KeyPair]) {
    self.chain = chain
    self.keys = Dictionary(keys.map { ($0.publicKey, $0) }) { first, _ in first }
  }

  /// The block that regularly follows `parent` (the head if nil): micro, macro or election by its
  /// height.
  ///
  /// - Parameters:
  ///   - transactions: For micro blocks; all go in, or the error says which cannot.
  ///   - timestamp: Milliseconds; by default one block interval after the parent.
  ///   - nextValidators: For election blocks; by default the present ones.
  public func next(
    on parent: Hash256? = nil, transactions: [Transaction] = [], timestamp: UInt64? = nil,
    nextValidators: ValidatorSet? = nil
  ) throws(ProductionError) -> ProducedBlock {
    let ground = try ground(parent)
    let number = try ground.number
    let kind: BlockKind =
      chain.configuration.isElection(at: number)
      ? .election : chain.configuration.isMacro(at: number) ? .macro : .micro
    return try make(
      kind, on: ground, transactions: transactions, timestamp: timestamp,
      nextValidators: nextValidators)
  }

  /// A skip block in place of the micro block after `parent` (the head if nil).
  public func skip(on parent: Hash256? = nil) throws(ProductionError) -> ProducedBlock {
    try make(
      .skip, on: try ground(parent), transactions: [], timestamp: nil, nextValidators: nil)
  }

  /// Signs a header that the caller made up: by the producer or a quorum, as its kind demands. Its
  /// parent must be stored and not below the last macro block. Nothing else is checked, so that
  /// tests can make well-signed blocks that are wrong.
  public func sign(
    _ fields: BlockHeader.Fields, nextValidators: ValidatorSet? = nil, body: BlockBody?
  ) throws(ProductionError) -> Block {
    let header = BlockHeader(fields)
    let ground = try ground(fields.parentHash)
    let justification: Justification =
      fields.kind == .micro
      ? .producer(try producerSignature(header, on: ground))
      : .quorum(try quorum(header, of: ground.validators))
    return Block(
      header: header, justification: justification, nextValidators: nextValidators, body: body)
  }

  private func make(
    _ kind: BlockKind, on ground: Ground, transactions: [Transaction], timestamp: UInt64?,
    nextValidators: ValidatorSet?
  ) throws(ProductionError) -> ProducedBlock {
    guard kind == .micro || transactions.isEmpty else { throw .unexpectedTransactions }
    let next = kind == .election ? nextValidators ?? ground.validators : nil
    var fields = try fields(kind, on: ground, nextValidators: next)
    if let timestamp { fields.timestamp = timestamp }
    var diff = TrieDiff.empty
    if !transactions.isEmpty {
      fields.bodyRoot = Block.bodyRoot(of: transactions)
      let outcome = try outcome(of: transactions, bodyRoot: fields.bodyRoot, on: ground)
      diff = outcome.executed.diff
      fields.diffRoot = outcome.executed.root
      fields.stateRoot = outcome.stateRoot
    }
    if kind == .micro {
      let signature = try producerKeys(on: ground).keys.sign(ground.parent.seed.signedBytes)
      fields.seed = BlockSeed(signature)
    }
    let block = try sign(
      fields, nextValidators: next, body: BlockBody(transactions: transactions))
    return ProducedBlock(block: block, diff: diff)
  }

  /// The fields of a block without transactions, one block interval after its parent. A micro block
  /// still lacks its seed.
  private func fields(
    _ kind: BlockKind, on ground: Ground, nextValidators: ValidatorSet?
  ) throws(ProductionError) -> BlockHeader.Fields {
    let number = try ground.number
    let parent = ground.parent
    guard chain.configuration.allows(kind, at: number) else { throw .wrongHeight(number) }
    let interval = max(1, chain.configuration.blockIntervalMilliseconds)
    let (time, overflow) = parent.timestamp.addingReportingOverflow(interval)
    guard !overflow else { throw .wrongHeight(number) }
    return .init(
      kind: kind, number: number, timestamp: time, network: chain.configuration.network,
      version: chain.configuration.version, parentHash: parent.hash,
      lastElectionHash: kind.isMacro ? ground.electionHash : nil, stateRoot: parent.stateRoot,
      diffRoot: TrieDiff.empty.root,
      bodyRoot: Block.bodyRoot(of: [], nextValidators: nextValidators),
      historyRoot: ground.history.root, seed: parent.seed.derived(number: number))
  }

  /// What a quorum is to sign on `parent` (the head if nil): a skip block, or the macro or election
  /// block that belongs there, with the present validators as the next ones. Needs no keys.
  public func proposal(
    isSkip: Bool, on parent: Hash256? = nil
  ) throws(ProductionError) -> QuorumProposal {
    let ground = try ground(parent)
    let number = try ground.number
    let kind: BlockKind =
      isSkip ? .skip : chain.configuration.isElection(at: number) ? .election : .macro
    let next = kind == .election ? ground.validators : nil
    let fields = try fields(kind, on: ground, nextValidators: next)
    return QuorumProposal(
      header: BlockHeader(fields), validators: ground.validators, nextValidators: next)
  }
}

extension BlockProducer {
  /// What a block stands on.
  private struct Ground {
    let parent: BlockHeader
    let history: MountainFrontier
    let validators: ValidatorSet
    let electionHash: Hash256

    var number: UInt32 {
      get throws(ProductionError) {
        guard parent.number < .max else { throw .wrongHeight(parent.number) }
        return parent.number + 1
      }
    }
  }

  private func ground(_ parent: Hash256?) throws(ProductionError) -> Ground {
    try chain.state.withLock { (state) throws(ProductionError) in
      let hash = parent ?? state.head.hash
      guard let entry = state.blocks[hash], entry.block.number >= state.macroHead.number else {
        throw .unknownParent(hash)
      }
      return Ground(
        parent: entry.header, history: state.historyAfter(entry), validators: state.validators,
        electionHash: state.electionHead.hash)
    }
  }

  private func producerKeys(
    on ground: Ground
  ) throws(ProductionError) -> (index: Int, keys: KeyPair) {
    let index = ground.validators.producerIndex(
      number: try ground.number, parentSeed: ground.parent.seed)
    let key = ground.validators.validators[index].publicKey
    guard let pair = keys[key] else { throw .noKey(key) }
    return (index, pair)
  }

  private func producerSignature(
    _ header: BlockHeader, on ground: Ground
  ) throws(ProductionError) -> BlockSignature {
    let (index, pair) = try producerKeys(on: ground)
    return BlockSignature(
      signer: UInt16(index), signature: pair.sign(SigningDomain.microBlock.message(header.hash)))
  }

  /// Signatures of the first validators whose keys are here, as few as are enough.
  private func quorum(
    _ header: BlockHeader, of set: ValidatorSet
  ) throws(ProductionError) -> [BlockSignature] {
    let message = SigningDomain.quorum.message(header.hash)
    var signatures: [BlockSignature] = []
    var slots = 0
    for (index, validator) in set.validators.enumerated() {
      if set.isQuorum(slots: slots) { break }
      guard let pair = keys[validator.publicKey] else { continue }
      slots += Int(validator.slots)
      signatures.append(.init(signer: UInt16(index), signature: pair.sign(message)))
    }
    guard set.isQuorum(slots: slots) else { throw .noQuorum(slots: slots) }
    return signatures
  }

  /// What executing transactions on the parent's state gives, and the root of the state after them.
  private func outcome(
    of transactions: [Transaction], bodyRoot: Hash256, on ground: Ground
  ) throws(ProductionError) -> (executed: ExecutedBlocks.Answer, stateRoot: Hash256) {
    let number = try ground.number
    let producer = ground.validators.producer(number: number, parentSeed: ground.parent.seed)
    do {
      return try chain.change(ground.parent.hash) { (state) throws(PushError) in
        guard let parent = state.blocks[ground.parent.hash],
          parent.block.number >= state.macroHead.number
        else { throw PushError(.orphan, ground.parent.hash) }
        return try state.preview(
          .init(
            parent: parent.block.hash, bodyRoot: bodyRoot, number: number,
            producer: producer.address, transactions: transactions))
      }
    } catch { throw .rejected(error) }
  }
}
