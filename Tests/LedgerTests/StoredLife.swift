import Ledger
import Primitives
import StateTrie
import Storage
import TestSupport
import Testing

/// One change of a chain, with all it needs.
enum LifeStep {
  case push(Block, TrieDiff?, [ChunkPush])
  case chunks([ChunkPush])
  case adopt(MacroChain)
  case reinitialise

  /// What came of it, and the number of items it brought.
  struct Outcome: Equatable {
    var word: String
    var items: Int
  }

  func perform(on chain: Blockchain) throws(PushError) -> Outcome {
    switch self {
    case .push(let block, let diff, let chunks):
      let outcome = try chain.push(block, diff: diff, chunks: chunks)
      return Outcome(word: "\(outcome.result)", items: outcome.chunks.items)
    case .chunks(let chunks):
      let result = try chain.push(chunks: chunks)
      return Outcome(word: "chunks", items: result.items)
    case .adopt(let macro): return Outcome(word: "\(try chain.adopt(macro: macro))", items: 0)
    case .reinitialise:
      try chain.reinitialiseState()
      return Outcome(word: "reinitialised", items: 0)
    }
  }
}

extension ChunkPushResult {
  /// Items that were new.
  var items: Int {
    outcomes.reduce(0) { if case .committed(let items) = $1 { $0 + items } else { $0 } }
  }
}

/// All that can be seen of a chain in a store, and all that it gives to others.
struct LifeState: Equatable {
  let status: ChainStatus
  let root: Hash256?
  let items: [TrieItem]
  let blocks: [Block?]
  let isOnMain: [Bool]
  let diffs: [DiffLookup]
  let chunks: [ChunkLookup]
  let accounts: [AccountLookup]
  let proofs: [ProofLookup]
  let missing: [MissingBlocksResult]
  let macro: MacroChain?
  let locators: [Hash256]

  init(_ chain: Blockchain, _ life: Life.Cast) {
    status = chain.status
    root = chain.stateRoot
    items = chain.items()
    blocks = life.hashes.map { chain.block($0) }
    isOnMain = life.hashes.map { chain.isOnMainChain($0) }
    diffs = life.hashes.map { chain.trieDiff(of: $0) }
    let gaps = chain.missing.ranges
    let starts = [.empty] + gaps.compactMap(\.end) + gaps.map(\.start)
    chunks = starts.map { chain.chunk(from: $0, limit: 3, edges: .both) }
    accounts = life.addresses.map { chain.account($0) }
    proofs = life.addresses.map { chain.proof(of: [$0.key]) }
    missing = [MissingBlocksDirection.forward, .backward].map {
      chain.missingBlocks(
        target: chain.headHash, locators: [chain.macroHead.hash, chain.genesis.hash],
        direction: $0, includeBody: true)
    }
    macro = chain.macroChain(locators: [chain.genesis.hash])
    locators = chain.macroLocators() + chain.locators()
  }

  /// Number of answers that say that the store failed.
  var failures: Int {
    diffs.count { if case .failed = $0 { true } else { false } }
      + chunks.count { if case .failed = $0 { true } else { false } }
      + accounts.count { if case .failed = $0 { true } else { false } }
      + proofs.count { if case .failed = $0 { true } else { false } }
  }

  /// What differs from another state, for messages.
  func differences(from other: LifeState) -> [String] {
    var words: [String] = []
    func compare<Value: Equatable>(_ name: String, _ part: KeyPath<LifeState, Value>) {
      if self[keyPath: part] != other[keyPath: part] { words.append(name) }
    }
    compare("status", \.status)
    compare("root", \.root)
    compare("items", \.items)
    compare("blocks", \.blocks)
    compare("main chain", \.isOnMain)
    compare("diffs", \.diffs)
    compare("chunks", \.chunks)
    compare("accounts", \.accounts)
    compare("proofs", \.proofs)
    compare("missing blocks", \.missing)
    compare("macro chain", \.macro)
    compare("locators", \.locators)
    return words
  }
}

/// A scripted life of a chain that starts with nothing but its genesis: blocks, forks, rebranches,
/// finality, chunks into several missing ranges, a jump of macro sync. Made once, from an
/// undisturbed twin; lived again with faults.
struct Life {
  /// What states are compared over.
  struct Cast {
    var hashes: [Hash256] = []
    var addresses: [Address] = []
  }

  let genesis: Genesis
  private(set) var steps: [LifeStep] = []
  /// What came of each step.
  private(set) var outcomes: [LifeStep.Outcome] = []
  /// Before the first step, and after each.
  private(set) var states: [LifeState] = []
  private(set) var cast = Cast()
  private(set) var rebranches = 0
  /// Number of events that a chain tells of in this life.
  private(set) var heads = 0
  private(set) var gapsMax = 0

  private let world: World
  /// Chunks that are still on their way.
  private var late: [ChunkPush] = []
  private var random: SeededGenerator

  /// - Parameters:
  ///   - length: Number of rounds, each of one to some steps.
  ///   - isRecorded: False if nothing will be compared.
  init(seed: UInt64, length: Int, isRecorded: Bool = true) throws {
    world = try World(users: 20)
    genesis = world.genesis
    random = SeededGenerator(seed: seed)
    let twin = try Self.open(genesis, on: MemoryDisk())
    for round in 0..<length {
      if round == length / 2, random.chance(60) {
        try jump(twin)
      } else if random.chance(30) {
        try branch(twin)
      } else {
        try follow(twin)
      }
      for _ in 0..<random.below(3) { try take(twin) }
      if random.chance(3) { try perform(.reinitialise, on: twin) }
    }
    while !twin.stateComplete { try take(twin) }
    cast.addresses = world.users.map { Address(of: $0.publicKey) }
    cast.hashes = steps.compactMap {
      if case .push(let block, _, _) = $0 { block.hash } else { nil }
    }
    if isRecorded { try record() }
  }

  /// The chain of this life in whatever `disk` holds.
  static func open(
    _ genesis: Genesis, on disk: MemoryDisk
  ) throws(LedgerStoreError) -> Blockchain {
    let store: MemoryStore
    do throws(StorageError) {
      store = try MemoryStore(on: disk, owner: .chain(genesis.hash))
    } catch { throw .storage(error) }
    return try open(genesis, in: store)
  }

  /// The chain of this life in `store`.
  static func open(
    _ genesis: Genesis, in store: any KeyValueStore
  ) throws(LedgerStoreError) -> Blockchain {
    try Blockchain(
      genesis: genesis, state: .missing, options: .init(finalDiffsKept: 10),
      verifier: World.verifier, store: store)
  }

  private mutating func perform(_ step: LifeStep, on twin: Blockchain) throws {
    let outcome = try step.perform(on: twin)
    if outcome.word == "rebranched" { rebranches += 1 }
    gapsMax = max(gapsMax, twin.missing.ranges.count)
    steps.append(step)
  }

  /// Lives it once more without a fault, now that the cast is known, and writes it down.
  private mutating func record() throws {
    let chain = try Self.open(genesis, on: MemoryDisk())
    states = [LifeState(chain, cast)]
    for step in steps {
      let outcome = try step.perform(on: chain)
      outcomes.append(outcome)
      heads += ["extended", "rebranched", "forked"].count { $0 == outcome.word }
      states.append(LifeState(chain, cast))
    }
  }

  /// The next block, sometimes with chunks of the state after it.
  private mutating func follow(_ twin: Blockchain) throws {
    let user = random.below(world.users.count)
    let isMacro = World.configuration.isMacro(at: world.chain.headNumber + 1)
    let list =
      isMacro || world.account(user) == nil
      ? []
      : [
        random.chance(30)
          ? world.data(user, random.bytes(random.below(60)))
          : world.transfer(user, to: world.address(random.below(20)), 7)
      ]
    let made = try world.grow(list)
    let chunks = random.chance(30) ? [chunk(for: twin, at: made.block.hash)].compactMap(\.self) : []
    try perform(.push(made.block, made.diff, chunks), on: twin)
  }

  /// A branch from below the head that becomes the better one, or stays one block short of it.
  private mutating func branch(_ twin: Blockchain) throws {
    let depth = min(4, Int(world.chain.headNumber - world.chain.macroNumber))
    guard depth > 0 else { return try follow(twin) }
    let back = 1 + random.below(depth)
    let side = try world.branch(
      from: world.chain.headNumber - UInt32(back), length: random.chance(70) ? back + 1 : back,
      amount: UInt64(random.below(500)) + 1, skipFirst: random.chance(30))
    for made in side {
      try world.chain.push(made.block)
      try perform(.push(made.block, made.diff, []), on: twin)
    }
  }

  /// The world goes on without the node for more than an epoch; then it jumps after it.
  private mutating func jump(_ twin: Blockchain) throws {
    try world.grow(to: world.chain.headNumber + 18)
    guard let macro = world.chain.macroChain(locators: twin.macroLocators()) else { return }
    try perform(.adopt(macro), on: twin)
    while twin.headNumber < world.chain.headNumber {
      guard let block = world.chain.block(at: twin.headNumber + 1),
        case .diff(let diff) = world.chain.trieDiff(of: block.hash)
      else { return }
      try perform(.push(block, diff, []), on: twin)
    }
  }

  /// A chunk of the head, or one that was answered some steps ago.
  private mutating func take(_ twin: Blockchain) throws {
    if let push = chunk(for: twin, at: world.chain.headHash) {
      if random.chance(20) { late.append(push) } else { try perform(.chunks([push]), on: twin) }
    }
    if late.count > 2 { try perform(.chunks([late.removeFirst()]), on: twin) }
  }

  /// A chunk of a random missing range, often not from its beginning.
  private mutating func chunk(for twin: Blockchain, at block: Hash256) -> ChunkPush? {
    guard let range = twin.missing.ranges.randomElement(using: &random) else { return nil }
    var start = range.start
    let inside = KeyNibbles(bytes: random.bytes(2))
    if random.chance(40), range.contains(inside) { start = inside }
    guard
      case .chunk(let chunk, _) = world.chain.chunk(
        from: start, to: range.end, limit: 1 + random.below(3), edges: .both)
    else { return nil }
    return ChunkPush(chunk: chunk, start: start, edges: .both, blockHash: block)
  }
}
