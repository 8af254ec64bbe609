import Ledger
import Locking
import Primitives
import Runtime
import StateTrie
import Storage
import Testing

/// A view is the chain at one moment, whatever happens to the chain afterwards.
@Suite struct ChainViewTests {
  /// All that a view says of itself and of some blocks.
  private struct Sight: Equatable {
    let status: ChainStatus
    let root: Hash256?
    let locators: [Hash256]
    let elections: [Hash256]
    let known: [Bool]
    let onMain: [Bool]
    let blocks: [Block?]
    let heights: [Block?]

    init(_ view: ChainView, _ hashes: [Hash256]) {
      status = view.status
      root = view.stateRoot
      locators = view.locators()
      elections = view.macroLocators(World.configuration)
      known = hashes.map { view.isKnown($0) }
      onMain = hashes.map { view.isOnMainChain($0) }
      blocks = hashes.map { view.block($0) }
      heights = (0..<40).map { view.block(at: $0) }
    }
  }

  @Test(arguments: [false, true])
  func view_shouldStayTheSame_whenTheChainGoesOn(isStored: Bool) throws {
    var world = try World()
    if isStored {
      world.chain = try Blockchain(
        genesis: world.genesis, state: .complete, verifier: World.verifier,
        store: try MemoryStore(owner: .chain(world.genesis.hash)))
      world.producer = BlockProducer(chain: world.chain, keys: world.validators)
    }
    // Two whole batches, and an open one with a branch beside it and one to come.
    try world.grow(to: 18)
    let loser = try world.branch(from: 17, length: 1, amount: 3)
    try world.chain.push(loser[0].block, diff: loser[0].diff)
    let ahead = try world.branch(from: 17, length: 3, amount: 5)
    let twin = try world.copy(upTo: 17)
    for made in ahead { try twin.push(made.block) }
    var hashes = (0...18).compactMap { world.chain.block(at: $0)?.hash }
    hashes += [loser[0].block.hash] + ahead.map(\.block.hash)
    let view = world.chain.view
    let before = Sight(view, hashes)
    #expect(before.known == hashes.indices.map { $0 <= 19 })
    for made in ahead { try world.chain.push(made.block, diff: made.diff) }
    #expect(Sight(view, hashes) == before)
    #expect(Sight(world.chain.view, hashes).onMain.suffix(3) == [true, true, true])
    // Everything the view has becomes final, and the chain lets it go.
    try world.grow(to: 34)
    hashes.append(world.chain.headHash)
    let after = Sight(view, hashes)
    #expect(after.known == before.known + [false] && after.onMain == before.onMain + [false])
    #expect(after.status == before.status && after.heights == before.heights)
    #expect(after.locators == before.locators && after.elections == before.elections)
  }

  /// Lets no signature through before it is told to.
  private final class SlowVerifier: SignatureVerifier {
    let isOpen = Lock(false)
    let isWaiting = Lock(false)

    func verify(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
      while !isOpen.withLock({ $0 }) { isWaiting.withLock { $0 = true } }
      return key.verify(signature, of: message)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func reads_shouldNotWait_whileAPushIsUnderWay() async throws {
    let world = try World()
    let made = try world.grow(to: 2)
    let verifier = SlowVerifier()
    let node = try Blockchain(
      genesis: world.genesis, state: .complete, verifier: verifier,
      store: try MemoryStore(owner: .chain(world.genesis.hash)))
    let worker = SystemRuntime().worker("chain")
    async let pushed = worker.run { pushError(node, made[0].block) }
    while !verifier.isWaiting.withLock({ $0 }) { await Task.yield() }
    let genesis = world.genesis.hash
    #expect(node.headHash == genesis && node.missing.isEmpty && node.stateComplete)
    #expect(node.isKnown(genesis) && !node.isKnown(made[0].block.hash))
    #expect(node.locators() == [genesis] && node.macroLocators() == [genesis])
    #expect(node.servedBlock(genesis, includeBody: true) != nil)
    guard case .chunk(let chunk, let block) = node.chunk(from: .empty, limit: 5) else {
      Issue.record("no chunk")
      return
    }
    #expect(block.hash == genesis && chunk.items.count == 5)
    verifier.isOpen.withLock { $0 = true }
    #expect(await pushed == nil && node.headNumber == 1)
  }
}
