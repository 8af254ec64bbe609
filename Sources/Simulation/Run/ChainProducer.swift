import Ledger
import Primitives
import Runtime
import StateTrie

/// Makes the chain of a simulated network and keeps the oracle's accounts for each of its blocks.
///
/// It holds all validators' keys and a chain of its own, from which the blocks are handed to the
/// peers. Draws from the `chain` stream (what kind of block) and the `workload` stream (what in
/// it).
final class ChainProducer {
  private(set) var genesis: Genesis
  private let scenario: Scenario
  /// Its chain and what makes the blocks of it; nil once they are given back.
  private var making: (chain: Blockchain, producer: BlockProducer)?
  /// The sets of validators that elections name in turn; one if they do not change.
  private let electable: [ValidatorSet]
  private var workload: Workload
  private var random: RandomStream
  /// Accounts after each block since the last macro block.
  private var models: [Hash256: AccountModel] = [:]
  private var modelHeights: [(number: UInt32, hash: Hash256)] = []
  private(set) var forks = 0
  /// Bytes of the accounts, keys and values, that the last branch of a given depth made different.
  private(set) var divergedBytes = 0
  /// Hashes of all blocks made so far, on whatever branch.
  private var made: Set<Hash256> = []
  /// The blocks made last, oldest first, for people.
  private(set) var newest: [MadeBlock] = []

  /// Where a block stands.
  struct MadeBlock {
    let number: UInt32
    let hash: Hash256
    let parent: Hash256
  }

  init(
    _ scenario: Scenario, shape: WorldShape = WorldShape(), runtime: any Runtime,
    verifier: any SignatureVerifier, executedBlocks: ExecutedBlocks
  ) throws {
    self.scenario = scenario
    var identities = runtime.randomStream(RandomConsumer(.identities))
    let keys = (0..<scenario.validators).map { _ in
      KeyPair(seed: Hash256(bytes: identities.bytes(32))!)
    }
    // Drawn after those of the start, which so are the same whether they change or not.
    let others = (0..<(scenario.changingValidators == 0 ? 0 : scenario.validators + 1)).map { _ in
      KeyPair(seed: Hash256(bytes: identities.bytes(32))!)
    }
    let pool = keys + others
    electable = (0..<(others.isEmpty ? 1 : pool.count)).compactMap { first in
      let elected = (0..<keys.count).map { pool[(first + $0) % pool.count] }
      return Self.validators(elected, slots: scenario.slots)
    }
    guard let validators = electable.first else {
      throw ScenarioError.contradiction("slots and validators")
    }
    let configuration = ChainConfiguration(
      blocksPerBatch: UInt32(scenario.blocksPerBatch),
      batchesPerEpoch: UInt32(scenario.batchesPerEpoch), slotCount: UInt16(scenario.slots),
      blockIntervalMilliseconds: UInt64(scenario.blockIntervalMilliseconds))
    workload = Workload(
      scenario, shape: shape, network: configuration.network,
      random: runtime.randomStream(RandomConsumer(.workload)))
    let start = try Genesis.withState(
      configuration: configuration, timestamp: 1_700_000_000_000,
      accounts: workload.takeAccounts(), validators: validators)
    genesis = start.genesis
    let chain = Blockchain(
      genesis: genesis.withoutAccounts, taking: start.state, verifier: verifier,
      executedBlocks: executedBlocks)
    making = (chain, BlockProducer(chain: chain, keys: pool))
    random = runtime.randomStream(RandomConsumer(.chain))
    remember(AccountModel(genesis), after: genesis.block)
  }

  /// These validators share the slots as evenly as they can.
  private static func validators(_ keys: [KeyPair], slots: Int) -> ValidatorSet? {
    let (share, rest) = slots.quotientAndRemainder(dividingBy: keys.count)
    return ValidatorSet(
      keys.enumerated().map { index, key in
        Validator(publicKey: key.publicKey, slots: UInt16(share + (index < rest ? 1 : 0)))
      })
  }

  /// Whom an election in block `number` names: one of the present ones goes and another comes.
  private func elected(at number: UInt32) -> ValidatorSet? {
    guard genesis.configuration.isElection(at: number) else { return nil }
    let epoch = Int(number) / (scenario.blocksPerBatch * scenario.batchesPerEpoch)
    return electable[epoch % electable.count]
  }

  /// The chain that it makes; not to be asked for after `letChainGo()`.
  var source: Blockchain { present.chain }

  private var producer: BlockProducer { present.producer }

  private var present: (chain: Blockchain, producer: BlockProducer) {
    guard let making else { preconditionFailure("the maker of the chain has given it back") }
    return making
  }

  /// Gives the chain back, with its state, once everything has ended. The oracle's accounts stay.
  func letChainGo() { making = nil }

  /// Gives the list of the accounts of the start back: nothing begins with them any more.
  func letAccountsGo() { genesis = genesis.withoutAccounts }

  /// The oracle's accounts after the block `hash`, if it is not below the last macro block.
  func model(after hash: Hash256) -> AccountModel? { models[hash] }

  /// True if the block is one of the chain's, on whatever branch, and not a liar's.
  func hasMade(_ hash: Hash256) -> Bool { made.contains(hash) }

  /// Makes the blocks that are there before the run begins: as many as change `accounts` accounts,
  /// and more than anybody keeps diffs of.
  func makePast(changing accounts: Int) throws {
    let batch = scenario.blocksPerBatch
    let kept = LedgerLimits.finalDiffsKeptDefault + SimulationLimits.pastBatches * batch
    // One in each batch has no transactions.
    let room = kept / batch * (batch - 1)
    var left = accounts
    while Int(source.headNumber) < kept {
      let number = source.headNumber + 1
      guard !mustBeMacro, let model = models[source.headHash] else {
        _ = try next(on: source.head)
        continue
      }
      let count = min(left, (accounts + room - 1) / room)
      left -= count
      let given = workload.gifts(count, on: model, number: number)
      _ = try take(producer.next(on: source.headHash, transactions: given))
    }
  }

  /// True if the next block is a macro block.
  var mustBeMacro: Bool { genesis.configuration.isMacro(at: source.headNumber + 1) }

  /// Makes the next block or a whole fork, and returns the blocks in the order of announcement.
  /// - Parameter depth: if not nil, a longer branch that replaces so many blocks is made; they must
  ///   not be final.
  func advance(replacing depth: Int? = nil) throws -> [Block] {
    if let depth {
      let blocks = try branch(replacing: depth)
      if !blocks.isEmpty { return blocks }
    }
    let isMicro = !mustBeMacro
    if isMicro, random.chance(perMillion: scenario.forkPerMillion), let blocks = try fork() {
      return blocks
    }
    if isMicro, random.chance(perMillion: scenario.skipPerMillion) {
      return [try take(producer.skip())]
    }
    return [try next(on: source.head)]
  }

  /// A branch from 1…`forkDepthMax` blocks below the head: mostly longer than what it replaces, so
  /// that it wins; sometimes shorter. Nil where the last macro block is too near.
  private func fork() throws -> [Block]? {
    let room = Int(source.headNumber - source.macroNumber)
    guard room > 0 else { return nil }
    let depth = 1 + random.below(min(room, scenario.forkDepthMax))
    let isLonger = random.below(4) > 0
    let blocks = try branch(depth: depth, count: isLonger ? depth + 1 : max(1, depth - 1))
    return blocks.isEmpty ? nil : blocks
  }

  private func branch(replacing depth: Int) throws -> [Block] {
    let reverted = (0..<UInt32(depth)).compactMap { source.block(at: source.headNumber - $0) }
    let adopted = try branch(depth: depth, count: depth + 1)
    var sizes: [KeyNibbles: Int] = [:]
    for block in reverted + adopted {
      guard case .diff(let diff) = source.trieDiff(of: block.hash) else { continue }
      for entry in diff.entries {
        let value = entry.new ?? entry.old ?? []
        sizes[entry.key] = TrieItem(key: entry.key, value: value).wireBytes.count
      }
    }
    divergedBytes = sizes.values.reduce(0, +)
    return adopted
  }

  /// `count` blocks on the main chain's block `depth` below the head.
  private func branch(depth: Int, count: Int) throws -> [Block] {
    guard var tip = source.block(at: source.headNumber - UInt32(depth)) else {
      preconditionFailure("no block \(depth) below head \(source.headNumber)")
    }
    var blocks: [Block] = []
    for _ in 0..<count {
      tip = try next(on: tip)
      // A chain keeps so many blocks beside it and no more: then the branch ends here.
      guard source.isKnown(tip.hash) else { break }
      blocks.append(tip)
    }
    if !blocks.isEmpty { forks += 1 }
    return blocks
  }

  /// Another block of the newest one's height and parent, signed by the same validator; nil where
  /// that is no micro block, or there is nothing else to put into it.
  func twin() throws -> Block? {
    guard source.head.kind == .micro, let parent = source.block(source.head.parentHash) else {
      return nil
    }
    let twin = try next(on: parent)
    return twin.hash != source.headHash && source.isKnown(twin.hash) ? twin : nil
  }

  private func next(on parent: Block) throws -> Block {
    guard let model = models[parent.hash] else {
      preconditionFailure("no accounts kept after block \(parent.number)")
    }
    let number = parent.number + 1
    let isMicro = !genesis.configuration.isMacro(at: number)
    let transactions = isMicro ? workload.transactions(on: model, number: number) : []
    return try take(
      producer.next(
        on: parent.hash, transactions: transactions, nextValidators: elected(at: number)))
  }

  private func take(_ produced: ProducedBlock) throws -> Block {
    let block = produced.block
    try source.push(block)
    guard var model = models[block.parentHash], let parent = source.block(block.parentHash) else {
      preconditionFailure("no accounts kept before block \(block.number)")
    }
    if block.kind == .micro, let body = block.body,
      let validators = source.validators(at: block.number)
    {
      let signer = validators.producer(number: block.number, parentSeed: parent.header.seed)
      model.apply(body.transactions, number: block.number, producer: signer.address)
    }
    remember(model, after: block)
    return block
  }

  /// Keeps the accounts after `block`, and drops those that no node can be at any more: below the
  /// macro block before the last one, which a node that is a little behind may still be at.
  private func remember(_ model: AccountModel, after block: Block) {
    made.insert(block.hash)
    newest.append(MadeBlock(number: block.number, hash: block.hash, parent: block.parentHash))
    if newest.count > SimulationLimits.shownBlocksMax { newest.removeFirst() }
    models[block.hash] = model
    modelHeights.append((block.number, block.hash))
    let kept = UInt32(4 * scenario.blocksPerBatch)
    guard block.kind.isMacro, block.number > kept else { return }
    let floor = block.number - kept
    for entry in modelHeights where entry.number < floor { models[entry.hash] = nil }
    modelHeights.removeAll { $0.number < floor }
    // A macro block stands on the main chain alone, so all models that are left come after it.
    if let ground = source.block(at: floor, includeBody: false).flatMap({ models[$0.hash] }) {
      models = ground.ground(of: models)
    }
  }

  /// A well-signed block on the head whose state root is wrong; nil where a macro block is due.
  func blockWithWrongRoot() throws -> Block? {
    guard !genesis.configuration.isMacro(at: source.headNumber + 1),
      let model = models[source.headHash]
    else { return nil }
    let transactions = workload.transactions(on: model, number: source.headNumber + 1)
    let good = try producer.next(transactions: transactions).block
    var fields = good.header.fields
    fields.stateRoot = Blake2b256.hash(fields.stateRoot.bytes)
    return try producer.sign(fields, body: good.body)
  }
}
