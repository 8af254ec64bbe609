import EventLog
import Ledger
import LiveSync
import Locking
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie
import Storage

/// Makes the blocks of a chain with the keys of validators, on whatever head the node has.
///
/// The shell over `ProducerCore`. One process may hold all keys; or several hold some each, make
/// blocks in turn by their slots, and give each other signatures (`RequestSignatures`). No
/// Byzantine agreement is made: `Docs/Production.md` says what is not promised.
public final class Producer: NodeService {
  /// Why no block came of a step.
  enum Failure: Error {
    /// The owner's key has signed another block at this height.
    case signedBefore
    case noQuorum(String)
    /// Another block has come meanwhile.
    case overtaken
    case production(ProductionError)
    case push(PushError)
    case storage(StorageError)
  }

  /// Whom to ask for signatures.
  struct SignerMemory {
    /// Peers that gave some, which are asked first.
    var peers: Set<PeerID> = []
    /// How far the others have been asked.
    var turn = 0
  }

  let context: SyncContext
  let blocks: BlockProducer
  let signed: SignedBlocks
  let keys: [PublicKey: KeyPair]
  let core: Lock<ProducerCore>
  let signers = Lock(SignerMemory())
  private let configuration: ProducerConfiguration
  private let workload: Lock<TransferWorkload>
  private let relay: TransactionRelay?
  /// Tells the loop that the head has changed.
  private let wake = Mailbox<Void>(capacity: 1)
  private var chain: Blockchain { context.chain }

  /// - Parameters:
  ///   - relay: what takes transactions from outside; none are put into blocks if nil.
  ///   - store: keeps what was signed, beside whatever else it holds.
  public init(
    context: SyncContext, configuration: ProducerConfiguration, relay: TransactionRelay? = nil,
    store: any KeyValueStore
  ) {
    self.context = context.actor("producer")
    self.configuration = configuration
    self.relay = relay
    let chain = context.chain
    blocks = BlockProducer(chain: chain, keys: configuration.keys)
    signed = SignedBlocks(store: store)
    keys = Dictionary(configuration.keys.map { ($0.publicKey, $0) }) { first, _ in first }
    let blockTime = max(
      .milliseconds(1), configuration.blockTime ?? chain.configuration.blockInterval)
    core = Lock(
      ProducerCore(
        blockTime: blockTime,
        skipAfter: max(.milliseconds(1), configuration.skipAfter ?? blockTime * 2)))
    workload = Lock(
      TransferWorkload(
        keys: configuration.testKeys, network: chain.configuration.network,
        random: context.runtime.randomStream(RandomConsumer(.workload))))
  }

  /// Works until the task is cancelled, or until the store has failed.
  public func run() async {
    serveSignatures()
    await withDiscardingTaskGroup { group in
      group.addTask { await self.watchChain() }
      await self.produce()
      group.cancelAll()
    }
  }

  private func watchChain() async {
    while !Task.isCancelled {
      for await _ in chain.events() { wake.offer(()) }
    }
  }

  private func produce() async {
    guard (try? await context.runtime.sleep(for: configuration.settle)) != nil else { return }
    var sync = HeadSearch()
    var told: String?
    while !Task.isCancelled, chain.storeFailure == nil {
      let reason = await obstacle(&sync)
      if let reason, reason != told {
        context.recorder.record(
          .producer(.waiting(block: chain.headNumber &+ 1, reason: reason)))
      }
      told = reason
      guard reason == nil, let sight = look() else {
        await pause(until: context.runtime.now.advanced(by: ProductionLimits.lookAgain))
        continue
      }
      switch core.withLock({ $0.step(sight) }) {
      case .wait(let moment): await pause(until: moment)
      case .micro(let time):
        await finish(.micro, await makeMicro(on: sight.parent, milliseconds: time))
      case .skip: await finish(.skip, await makeQuorumBlock(isSkip: true, on: sight.parent))
      case .macro: await finish(.macro, await makeQuorumBlock(isSkip: false, on: sight.parent))
      }
    }
  }

  private func pause(until moment: Moment) async {
    let time = context.runtime.now.duration(to: moment)
    _ = await context.runtime.withTimeout(time) { await self.wake.next() }
  }

  /// What the core is told; nil if the validators are not known.
  private func look() -> ProducerCore.Sight? {
    let head = chain.view.head
    let number = head.number &+ 1
    guard let validators = chain.validators(at: number) else { return nil }
    let owner = validators.producer(number: number, parentSeed: head.header.seed)
    return ProducerCore.Sight(
      parent: head.hash, parentMilliseconds: head.header.timestamp,
      isMacro: chain.configuration.isMacro(at: number),
      ownsSlot: keys[owner.publicKey] != nil, now: context.runtime.now,
      milliseconds: configuration.clock.milliseconds)
  }

  /// Tells of a block that was made, or the core that none was.
  private func finish(_ kind: BlockKind, _ result: Result<Block, Failure>) async {
    switch result {
    case .success(let block):
      await context.network.announce(block)
    case .failure(.overtaken): return
    case .failure(let failure):
      let now = context.runtime.now
      var isForfeit = false
      if case .signedBefore = failure { isForfeit = kind == .micro }
      core.withLock { $0.failed(at: now, isForfeit: isForfeit) }
      context.recorder.record(
        .producer(
          .failed(
            kind: kind.symbol, block: chain.headNumber &+ 1, reason: failure.reason,
            detail: failure.detail)))
    }
  }
}

// MARK: Micro blocks

extension Producer {
  private func makeMicro(
    on parent: Hash256, milliseconds: UInt64
  ) async -> Result<Block, Failure> {
    await context.writer.run { [self] in
      Result { () throws(Failure) in try micro(on: parent, milliseconds: milliseconds) }
    }
  }

  private func micro(on parent: Hash256, milliseconds: UInt64) throws(Failure) -> Block {
    guard chain.headHash == parent else { throw .overtaken }
    let made = try fill(on: parent, milliseconds: milliseconds)
    guard let owner = chain.validators(at: made.block.number)?.validators,
      case .producer(let signature) = made.block.justification,
      Int(signature.signer) < owner.count
    else { throw .signedBefore }
    // Noted before anybody can see it.
    let free = try claim(made.block.header, [owner[Int(signature.signer)].publicKey])
    guard !free.isEmpty else { throw .signedBefore }
    return try take(made.block, entries: made.diff.entries.count)
  }

  /// A block with what waits and what the workload makes up. What cannot be executed is left out.
  private func fill(on parent: Hash256, milliseconds: UInt64) throws(Failure) -> ProducedBlock {
    var list = relay?.next() ?? []
    let busy = Set(list.map { Address(of: $0.sender) })
    let room = min(
      configuration.transactionsPerBlock, LedgerLimits.transactionsPerBlockMax - list.count)
    list += workload.withLock { workload in
      workload.transactions(room, busy: busy) { address in
        if case .present(let account) = chain.account(address) { account } else { nil }
      }
    }
    for _ in 0..<ProductionLimits.droppedPerBlockMax {
      do throws(ProductionError) {
        return try blocks.next(on: parent, transactions: list, timestamp: milliseconds)
      } catch {
        guard let index = error.transaction?.index, !list.isEmpty else {
          throw .production(error)
        }
        if index < list.count {
          relay?.drop(list[index])
          list.remove(at: index)
        } else {
          // All of them together are too much.
          list.removeLast((list.count + 1) / 2)
        }
      }
    }
    do throws(ProductionError) {
      return try blocks.next(on: parent, timestamp: milliseconds)
    } catch { throw .production(error) }
  }

  /// Notes that `keys` sign the block; the keys that may.
  func claim(_ header: BlockHeader, _ keys: [PublicKey]) throws(Failure) -> [PublicKey] {
    do throws(StorageError) {
      return try signed.claim(header, keys: keys, final: chain.macroNumber)
    } catch { throw .storage(error) }
  }

  /// Puts a block that was made here into the chain, as its new head. To be called where the node
  /// changes its chain, so that nothing comes between.
  func take(_ block: Block, entries: Int) throws(Failure) -> Block {
    guard chain.headHash == block.parentHash else { throw .overtaken }
    do throws(PushError) { try chain.push(block) } catch { throw .push(error) }
    context.recorder.record(
      .block(
        .produced(
          kind: block.kind.symbol, block: block.number, hash: block.hash,
          transactions: block.body?.transactions.count ?? 0, entries: entries)))
    return block
  }
}

extension Producer.Failure {
  /// Stable snake_case name.
  var reason: String {
    switch self {
    case .signedBefore: "signed_before"
    case .noQuorum: "no_quorum"
    case .overtaken: "overtaken"
    case .production: "not_made"
    case .push(let error): error.reason
    case .storage: "store_failed"
    }
  }

  /// Facts for people.
  var detail: String {
    switch self {
    case .signedBefore: "the key has signed another block at this height"
    case .noQuorum(let detail): detail
    case .overtaken: "another block has come"
    case .production(let error): error.description
    case .push(let error): error.description
    case .storage(let error): error.description
    }
  }
}

extension BlockKind {
  /// The kind as the event log names it.
  var symbol: Event.BlockKind {
    switch self {
    case .micro: .micro
    case .skip: .skip
    case .macro: .macro
    case .election: .election
    }
  }
}
