import Ledger
import Primitives
import StateTrie
import Testing

@Suite struct PushTests {
  @Test func push_shouldSayKnownExtendedForkedRebranchedIgnored() throws {
    let world = try World()
    let main = try world.grow(to: 3)
    #expect(try world.chain.push(main[1].block).result == .known)
    let side = try world.branch(from: 1, length: 3, amount: 77)
    #expect(
      [.forked, .rebranched].contains(try world.chain.push(side[0].block).result) == true)
    _ = try world.chain.push(side[1].block)
    #expect(try world.chain.push(side[2].block).result != .extended)
    #expect(world.chain.headHash == side[2].block.hash)
    try world.grow(to: 8)
    // A fork below the last macro block is late news.
    let late = try world.branch(from: 2, length: 1, amount: 5)
    #expect(try world.chain.push(late[0].block).result == .ignored)
    #expect(world.chain.isKnown(late[0].block.hash) == false)
    // Unknown parent: orphan above the last macro block, ignored below.
    let far = try world.branch(from: 8, length: 2, amount: 5)
    #expect(pushError(world.chain, far[1].block)?.kind == .orphan)
    let older = try world.branch(from: 0, length: 3, amount: 6)
    #expect(try world.chain.push(older[2].block).result == .ignored)
  }

  /// One way to spoil the header of the next micro block, and what must be said of it.
  static let lies: [(String, String)] = [
    ("number", "invalid_successor_wrong_number"), ("time", "invalid_successor_wrong_timestamp"),
    ("kind", "invalid_successor_wrong_kind"), ("network", "invalid_block_wrong_network"),
    ("version", "invalid_block_wrong_version"), ("seed", "invalid_successor_wrong_seed"),
    ("election", "invalid_predecessor_wrong_election"),
    ("history", "invalid_predecessor_wrong_history"),
    ("body", "invalid_block_body_root_mismatch"), ("state", "state_root_mismatch"),
    ("diff", "invalid_block_wrong_diff_root"), ("noBody", "invalid_block_body_missing"),
    ("signer", "invalid_block_wrong_producer"), ("signature", "invalid_block_signature_invalid"),
    ("quorum", "invalid_block_wrong_justification"),
    ("validators", "invalid_block_wrong_validators"),
    ("transaction", "invalid_block_transaction_signature_invalid"),
    ("nonce", "accounts_wrong_nonce"), ("skip", "invalid_block_unexpected_state_change"),
    ("skipTime", "invalid_successor_wrong_timestamp"),
    ("skipBody", "invalid_block_unexpected_transactions"),
    ("skipSeed", "invalid_successor_wrong_seed"),
  ]

  @Test(arguments: lies.indices)
  func wrongBlock_shouldBeRefused_withItsReason_andChangeNothing(_ index: Int) throws {
    let world = try World()
    try world.grow(to: 10)
    let (lie, reason) = Self.lies[index]
    let transaction = world.transfer(0, to: world.address(1), 9)
    let good = try world.producer.next(transactions: [transaction]).block
    let skip = try world.producer.skip().block
    var fields = good.header.fields
    var skipFields = skip.header.fields
    var body = good.body
    var bad: Block?
    switch lie {
    case "number": fields.number += 1
    case "time": fields.timestamp = world.chain.head.header.timestamp
    case "kind": fields.kind = .macro
    case "network": fields.network = 8
    case "version": fields.version = 2
    case "seed": fields.seed = BlockSeed(.zero)
    case "election": fields.lastElectionHash = world.genesis.hash
    case "history": fields.historyRoot = .zero
    case "body": body = BlockBody(transactions: [transaction, transaction])
    case "state": fields.stateRoot = .zero
    case "diff": fields.diffRoot = .zero
    case "noBody": bad = good.withoutBody
    case "signer", "signature":
      guard case .producer(var signed) = good.justification else { return }
      if lie == "signer" { signed.signer = (signed.signer + 1) % 4 }
      if lie == "signature" { signed.signature = .zero }
      bad = good
      bad?.justification = .producer(signed)
    case "quorum":
      bad = good
      bad?.justification = skip.justification
    case "validators":
      bad = good
      bad?.nextValidators = world.genesis.validators
    case "transaction", "nonce":
      var list = [transaction]
      if lie == "transaction" { list[0].fee += 1 } else { list.append(transaction) }
      body = BlockBody(transactions: list)
      fields.bodyRoot = Block.bodyRoot(of: list)
    case "skip": skipFields.stateRoot = .zero
    case "skipTime": skipFields.timestamp += 1
    case "skipBody": skipFields.bodyRoot = good.header.bodyRoot
    default: skipFields.seed = BlockSeed(.zero)
    }
    if lie.hasPrefix("skip") { bad = try world.producer.sign(skipFields, body: .empty) }
    let block = try bad ?? world.producer.sign(fields, body: body)
    let before = Picture(world.chain, [block])
    let error = try #require(pushError(world.chain, block))
    #expect(error.reason == reason)
    #expect(error.block == block.hash)
    #expect(Picture(world.chain, [block]) == before)
    try world.chain.push(good)
    #expect(world.chain.headHash == good.hash)
  }

  @Test func quorum_shouldNeedMoreThanTwoThirdsOfTheSlots() throws {
    let world = try World()
    try world.grow(to: 7)
    let set = world.genesis.validators
    #expect(set.isQuorum(slots: 6) == false)
    #expect(set.isQuorum(slots: 7))
    let macro = try world.producer.next().block
    guard case .quorum(let signatures) = macro.justification else {
      Issue.record("a macro block without quorum")
      return
    }
    // All four sign, then those with exactly 6 of the 9 slots.
    let all = try signatures + signaturesOfOthers(world, macro, than: signatures)
    let sorted = all.sorted { $0.signer < $1.signer }
    let two = sorted.filter { set.validators[Int($0.signer)].slots == 2 }
    func reason(_ list: [BlockSignature]) -> String? {
      var block = macro
      block.justification = .quorum(list)
      return pushError(world.chain, block)?.reason
    }
    #expect(two.count == 3)
    #expect(reason(two) == "invalid_block_quorum_too_small")
    #expect(reason([]) == "invalid_block_quorum_too_small")
    #expect(reason(sorted.reversed()) == "invalid_block_quorum_malformed")
    #expect(reason(two + [two[2]]) == "invalid_block_quorum_malformed")
    #expect(
      reason(two + [BlockSignature(signer: 4, signature: .zero)])
        == "invalid_block_quorum_malformed")
    var forged = sorted
    forged[3].signature = forged[2].signature
    #expect(reason(forged) == "invalid_block_quorum_signature_invalid")
    #expect(world.chain.headNumber == 7)
    #expect(reason(sorted) == nil)
    #expect(world.chain.macroNumber == 8)
  }

  /// A producer that lacks the first signers has the others sign.
  private func signaturesOfOthers(
    _ world: World, _ block: Block, than signatures: [BlockSignature]
  ) throws -> [BlockSignature] {
    var others: [BlockSignature] = []
    let set = world.genesis.validators.validators
    for left in set.indices where !signatures.contains(where: { Int($0.signer) == left }) {
      // With any one of the earlier signers replaced by the left one there is still a quorum.
      for out in signatures.indices {
        let gone = set[Int(signatures[out].signer)].publicKey
        let producer = BlockProducer(
          chain: world.chain, keys: world.validators.filter { $0.publicKey != gone })
        guard let again = try? producer.sign(block.header.fields, body: .empty),
          case .quorum(let list) = again.justification,
          let found = list.first(where: { Int($0.signer) == left })
        else { continue }
        others.append(found)
        break
      }
    }
    return others
  }

  @Test func validators_shouldChange_withTheElectionBlock() throws {
    let world = try World()
    try world.grow(to: 15)
    let fresh = (0..<4).map { World.keys("fresh", $0) }
    let election = try world.producer.next(nextValidators: World.set(fresh)).block
    try world.chain.push(election)
    #expect(world.chain.electionHead.hash == election.hash)
    #expect(world.chain.validators(at: 17) == World.set(fresh))
    #expect(world.chain.validators(at: 16) == world.genesis.validators)
    #expect(throws: ProductionError.self) { try world.grow() }
    let next = try BlockProducer(chain: world.chain, keys: fresh).next().block
    try world.chain.push(next)
    #expect(world.chain.headNumber == 17)
  }

  @Test func secondBlockOfAProducer_shouldBeProvenOnce() async throws {
    let world = try World()
    let proofs = world.chain.forkProofs()
    try world.grow(to: 1)
    for amount in [20, 21, 22] as [UInt64] {
      let side = try world.branch(from: 0, length: 1, amount: amount)
      _ = try world.chain.push(side[0].block)
    }
    let skip = try world.branch(from: 0, length: 1, amount: 0, skipFirst: true)
    _ = try world.chain.push(skip[0].block)
    try world.grow(to: 2)
    let next = try world.branch(from: 1, length: 1, amount: 23)
    _ = try world.chain.push(next[0].block)
    let found = await drain(proofs, count: 2)
    #expect(found.map(\.first.number) == [1, 2])
    let producer = world.genesis.validators.producer(
      number: 1, parentSeed: world.genesis.block.header.seed
    ).publicKey
    #expect(found[0].verify(producer: producer, verifier: DirectSignatureVerifier()))
    let other = World.keys("stranger", 0).publicKey
    #expect(found[0].verify(producer: other, verifier: DirectSignatureVerifier()) == false)
    #expect(try ForkProof(wireBytes: found[0].wireBytes) == found[0])
  }

  @Test func events_shouldTellWhatHappened_andEndForWhoLags() async throws {
    let world = try World()
    let stream = world.chain.events()
    let lagging = world.chain.events()
    try world.grow(to: 16)
    let events = await drain(stream, count: 16)
    for (index, event) in events.enumerated() {
      let hash = try #require(world.chain.block(at: UInt32(index) + 1)).hash
      #expect(
        event
          == (index == 7 ? .finalized(hash) : index == 15 ? .epochFinalized(hash) : .extended(hash))
      )
    }
    var made = 16
    while made <= LedgerLimits.eventsBufferedMax {
      try world.grow()
      made += 1
    }
    var seen = 0
    for await _ in lagging { seen += 1 }
    #expect(seen == LedgerLimits.eventsBufferedMax)
    // Streams end with their chain.
    let orphaned = world.node().events()
    for await event in orphaned { Issue.record("unexpected \(event)") }
  }

  @Test func quorumAndBody_shouldBeCheckable_beforeTheParentIsThere() throws {
    let world = try World()
    try world.grow(to: 24)
    let node = world.node()
    var macro = try #require(world.chain.block(at: 8))
    #expect(node.checkQuorum(of: macro) == .signed)
    // Its validators are named by block 16, which the node does not have.
    let later = try #require(world.chain.block(at: 24))
    #expect(node.checkQuorum(of: later) == .unknown)
    var micro = try #require(world.chain.block(at: 9))
    #expect(node.checkQuorum(of: micro) == .unknown)
    macro.justification = later.justification
    #expect(node.checkQuorum(of: macro) == .refused(.quorumSignatureInvalid))
    #expect(micro.bodyFitsHeader && later.bodyFitsHeader && micro.withoutBody.bodyFitsHeader)
    micro.body = .empty
    #expect(!micro.bodyFitsHeader)
  }

  @Test func verifier_shouldRememberAndForget() {
    let cache = CachingSignatureVerifier(capacity: 2)
    let keys = World.keys("user", 0)
    func check(_ text: UInt8, signed: UInt8) -> Bool {
      cache.verify(keys.sign([signed]), of: [text], by: keys.publicKey)
    }
    #expect(check(1, signed: 1) && check(1, signed: 1))
    #expect(!check(1, signed: 2) && !check(1, signed: 2))
    #expect(cache.statistics == .init(hits: 2, misses: 2))
    #expect(check(3, signed: 3))
    #expect(check(1, signed: 1))
    #expect(cache.statistics == .init(hits: 2, misses: 4))
  }
}
