import Ledger
import Messages
import Node
import Primitives
import Runtime
import StateTrie

/// Makes a fixture: lets a chain grow, lets a node follow it step by step, and writes down what
/// must be seen. The held items and roots come from a plain dictionary, not from the node, and
/// recording fails where the two differ.
public struct FixtureRecorder {
  private let options: FixtureOptions
  private let header: FixtureHeader
  private let session: FixtureSession
  var chain: FixtureChain
  var random: RandomStream
  private var steps: [FixtureStep] = []
  /// Blocks made since the last step.
  private var fresh: [FixtureBlock] = []

  /// - Parameters:
  ///   - name: Name of the fixture.
  ///   - generator: The command that makes it; both `FixtureHeader.isPlain`.
  public init(
    _ options: FixtureOptions, name: String, generator: String
  ) throws(FixtureRecordingError) {
    guard (FixtureOptions.blocksMin...UInt32(FixtureLimits.blocksMax)).contains(options.blocks),
      (FixtureOptions.accountsMin...FixtureLimits.accountsMax).contains(options.accounts)
    else { throw FixtureRecordingError("blocks or accounts are out of range: \(options)") }
    guard FixtureHeader.isPlain(name), FixtureHeader.isPlain(generator) else {
      throw FixtureRecordingError("name or command are empty, too long or not plain ASCII")
    }
    self.options = options
    chain = try FixtureChain(options)
    random = RandomStream(seed: options.seed, consumer: RandomConsumer(.chain))
    let chunks = Double(options.blocks) * options.kind.chunksPerBlock
    header = FixtureHeader(
      name: name, kind: options.kind, seed: options.seed,
      chunkItems: min(
        MessageLimits.chunkItemsMax, max(1, Int(Double(options.accounts) / chunks))),
      generator: generator)
    session = FixtureSession(
      genesis: chain.genesis, chunkItems: header.chunkItems, seed: options.seed)
  }

  /// Records the whole fixture. A recorder runs once.
  /// - Parameter progress: called with the height of the chain.
  public mutating func run(
    progress: (UInt32) -> Void = { _ in }
  ) throws(FixtureRecordingError) -> Fixture {
    try perform(.start)
    // The last two blocks come after all chunks, so that the node sees that it is complete.
    let lastBusy = options.blocks - 2
    var script = FixtureScript(kind: options.kind, lastBusy: lastBusy)
    while chain.twin.headNumber < lastBusy {
      try script.next(&self)
      progress(chain.twin.headNumber)
    }
    try drain()
    while chain.twin.headNumber < options.blocks { try extend() }
    try perform(.wait, milliseconds: 60_000)
    progress(options.blocks)
    let fixture = Fixture(
      header: header, genesis: chain.genesis, steps: steps, end: try end())
    if let reason = FixtureFacts(fixture).isVacuous(for: options.kind) {
      throw .seed(reason)
    }
    try checkSchedules(fixture)
    return fixture
  }

  // MARK: What scripts are made of

  /// The height of the network's chain, which is where the node is unless blocks wait.
  var headNumber: UInt32 { chain.twin.headNumber }
  var macroNumber: UInt32 { chain.twin.macroNumber }
  /// The missing ranges of the node's state.
  var missing: KeyRangeSet { session.chain.missing }

  func isMacro(at number: UInt32) -> Bool { chain.twin.configuration.isMacro(at: number) }

  /// True with this probability.
  mutating func chance(percent: Int) -> Bool { random.chance(perMillion: percent * 10_000) }

  /// Makes a block that the peer has from the next step on.
  mutating func make(
    on parent: Hash256? = nil, skip: Bool = false
  ) throws(FixtureRecordingError) -> Block {
    let (block, isNew) = try chain.make(on: parent, skip: skip)
    if isNew { fresh.append(block) }
    return block.block
  }

  mutating func announce(
    _ block: Block, milliseconds: UInt32 = 0
  ) throws(FixtureRecordingError) {
    try perform(.announce(block.hash), milliseconds: milliseconds)
  }

  /// Makes the next block and announces it.
  mutating func extend() throws(FixtureRecordingError) {
    let skip = chance(percent: 8)
    try announce(try make(skip: skip), milliseconds: 1_000)
  }

  /// The answer that the peer gives now to the open chunk request; nil if none is open.
  func reply() -> FixtureChunk? {
    guard let (request, pending) = session.pendingChunk,
      case .chunk(let number, let hash, let chunk)? = RequestServer.chunk(request, of: chain.twin)
    else { return nil }
    return FixtureChunk(
      request: pending.request.word, number: number, hash: hash, chunk: chunk)
  }

  mutating func deliver(_ reply: FixtureChunk?) throws(FixtureRecordingError) {
    if let reply { try perform(.chunk(reply)) }
  }

  /// Delivers chunks of the head until nothing is missing.
  mutating func drain() throws(FixtureRecordingError) {
    for _ in 0..<FixtureLimits.drainChunksMax {
      guard !missing.isEmpty, let reply = reply() else { return }
      try deliver(reply)
    }
    throw FixtureRecordingError("the state does not become complete")
  }

  mutating func reinitialise() throws(FixtureRecordingError) {
    try perform(.reinitialise)
  }

  // MARK: Steps

  private mutating func perform(
    _ action: FixtureAction, milliseconds: UInt32 = 0
  ) throws(FixtureRecordingError) {
    let number = UInt32(steps.count)
    session.pass(milliseconds: milliseconds)
    switch action {
    case .start: session.start()
    case .wait: break
    case .reinitialise:
      do throws(PushError) { try session.chain.reinitialiseState() } catch {
        throw FixtureRecordingError("step \(number): \(error)")
      }
    case .announce(let hash):
      guard let block = chain.blocks[hash] else {
        throw FixtureRecordingError("step \(number) announces an unknown block")
      }
      session.announce(block.block)
    case .chunk(let reply):
      session.pendingChunk?.pending.answer(
        ChunkResponse.chunk(number: reply.number, hash: reply.hash, reply.chunk).wireBytes)
    }
    let answers = try answerRequests(number)
    guard session.hasPeer else {
      throw .seed("makes the node give its only peer up in step \(number)")
    }
    let observation = session.observe()
    try check(observation, step: number)
    steps.append(
      FixtureStep(
        number: number, milliseconds: milliseconds, action: action, blocks: fresh,
        answers: answers, expected: observation))
    fresh = []
  }

  /// Answers requests for diffs and blocks until the node waits for something else.
  private func answerRequests(
    _ step: UInt32
  ) throws(FixtureRecordingError) -> [FixtureAnswer] {
    var answers: [FixtureAnswer] = []
    for _ in 0..<FixtureLimits.roundsPerStepMax {
      guard session.rest() else {
        throw FixtureRecordingError("step \(step): the node does not come to rest")
      }
      var isAnswered = false
      for pending in session.pending {
        switch pending.request {
        case .chunk: continue
        case .other(let type):
          throw FixtureRecordingError("step \(step): a request of type \(type)")
        case .diff(let request):
          guard let block = chain.blocks[request.blockHash] else {
            throw FixtureRecordingError("step \(step): the diff of an unknown block is wanted")
          }
          pending.answer(TrieDiffResponse.partialDiff(block.diff).wireBytes)
        case .blocks(let request):
          let response = RequestServer.missingBlocks(request, of: chain.twin)
          var hashes: [Hash256] = []
          if case .blocks(let blocks) = response { hashes = blocks.map(\.hash) }
          answers.append(
            FixtureAnswer(
              request: pending.request.word, blocks: hashes, outcome: response.reason))
          pending.answer(response.wireBytes)
        }
        isAnswered = true
      }
      if !isAnswered { return answers }
    }
    throw FixtureRecordingError("step \(step): the node asks without end")
  }

  /// What is recorded must be right, and not only what the node says.
  private func check(
    _ seen: FixtureObservation, step: UInt32
  ) throws(FixtureRecordingError) {
    // The network may have dropped a branch that the node, behind it, still stands on.
    let header = chain.blocks[seen.head]?.block.header ?? chain.genesis.block.header
    guard header.hash == seen.head, let state = chain.state(after: seen.head) else {
      throw FixtureRecordingError("step \(step): the node has a head of its own")
    }
    let missing = session.chain.missing
    let held = items(of: state.filter { !missing.contains($0.key) })
    guard Int(seen.items) == held.items.count, seen.held == held.digest else {
      throw FixtureRecordingError("step \(step): the node holds other items than it must")
    }
    guard seen.root == header.stateRoot || (seen.root == nil && !missing.isEmpty) else {
      throw FixtureRecordingError("step \(step): the node's state has another root")
    }
  }

  /// What is recorded must hold in whatever order the engine's jobs run.
  private func checkSchedules(_ fixture: Fixture) throws(FixtureRecordingError) {
    for schedule in 1...FixtureLimits.schedulesChecked {
      var replay = FixtureReplay(fixture, scheduleSeed: options.seed &+ schedule)
      if case .differs(let mismatch) = replay.run() {
        throw .seed("depends on the order of jobs (\(mismatch))")
      }
    }
  }

  private func end() throws(FixtureRecordingError) -> FixtureEnd {
    let head = chain.twin.head
    guard session.chain.headHash == head.hash, session.chain.stateComplete,
      let state = chain.state(after: head.hash)
    else { throw FixtureRecordingError("the node is not complete at the end of the chain") }
    if let fault = session.shutdown() { throw FixtureRecordingError(fault) }
    return FixtureEnd(
      number: head.number, head: head.hash, root: head.header.stateRoot,
      items: items(of: state).items)
  }

  private func items(of state: FixtureChain.State) -> FixtureItems {
    FixtureItems(
      items: state.sorted { $0.key < $1.key }.map { TrieItem(key: $0.key, value: $0.value) })
  }
}

extension FixtureKind {
  /// Chunks the state is cut into, for each block of the chain: so few that the state is complete
  /// before the chain ends, and so many that most blocks find it incomplete.
  fileprivate var chunksPerBlock: Double {
    switch self {
    case .plain: 0.45
    case .forks: 0.4
    case .incompleteAgain: 0.2
    }
  }
}
