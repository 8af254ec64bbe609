import EventLog
import Ledger
import LiveSync
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie
import TestSupport
import Testing
import WorldSupport

/// Lies that peers tell a running node, and the evidence that its log then holds.
@Suite struct EvidenceTests {
  static let liar = PeerID(1)

  /// A node joins while peer 1 changes its answers of one type; what the log proves against it.
  private static func lie(
    _ backend: Backend, seed: UInt64, type: RequestType, grow: Int = 20, chunkItems: Int = 20,
    _ change: @escaping WorldNetwork.Tamper
  ) async throws -> [EvidenceCase] {
    let world = try TestWorld(seed: seed + backend.number, backend)
    world.network.tamper(liar, type, change)
    await world.runAnywhere {
      try await world.grow(grow)
      // At first there is nobody else to ask.
      world.addHonest(1..<2)
      world.addHonest(2..<4, after: .seconds(1))
      await world.expectSameState(try await world.sync(chunkItems: chunkItems))
    }
    #expect(world.bans(of: liar).count == 1)
    #expect(world.count("peer.banned") == 1)
    return world.evidence()
  }

  /// The one piece of evidence must prove this lie.
  private func expect(
    _ cases: [EvidenceCase], _ lie: Event.Lie, _ reason: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(cases.map(\.accused) == [Self.liar], sourceLocation: location)
    #expect(cases.map(\.reporter) == [TestWorld.node.identity], sourceLocation: location)
    #expect(cases.map(\.lie) == [lie], sourceLocation: location)
    #expect(cases.map(\.reason) == [reason], sourceLocation: location)
    #expect(cases.map(\.isProven) == [true], "\(cases)", sourceLocation: location)
  }

  @Test(arguments: Backend.each)
  func wrongValueInAChunk_shouldBeProven(backend: Backend) async throws {
    let cases = try await Self.lie(backend, seed: 1, type: .chunk) { bytes in
      guard case .chunk(let number, let hash, var chunk)? = try? ChunkResponse(wireBytes: bytes),
        !chunk.items.isEmpty
      else { return bytes }
      chunk.items[0].value[0] ^= 1
      return ChunkResponse.chunk(number: number, hash: hash, chunk).wireBytes
    }
    expect(cases, .chunk, "items_mismatch")
  }

  @Test(arguments: Backend.each)
  func shortenedDiff_shouldBeProven(backend: Backend) async throws {
    let cases = try await Self.lie(
      backend, seed: 2, type: .trieDiff, chunkItems: 5, Lies.shorterDiff)
    expect(cases, .diff, "diff_root_mismatch")
  }

  @Test func gapInMissingBlocks_shouldBeProven() throws {
    let cases = try Self.missingBlocks { blocks in
      blocks.count > 2 ? [blocks[0]] + blocks[2...] : blocks
    }
    expect(cases, .answer, "answer_not_chained")
  }

  @Test func wrongBodyInMissingBlocks_shouldBeProven() throws {
    let cases = try Self.missingBlocks { blocks in
      blocks.map { block in
        block.with { if $0.body?.transactions.isEmpty == false { $0.body = .empty } }
      }
    }
    expect(cases, .body, "answer_body_mismatch")
  }

  @Test func missingQuorum_shouldBeProven() throws {
    let cases = try Self.missingBlocks { $0.map(Lies.withoutQuorum) }
    expect(cases, .quorum, "invalid_block_quorum_too_small")
  }

  @Test func forgedSignatureInMissingBlocks_shouldBeProven() throws {
    let cases = try Self.missingBlocks { blocks in
      blocks.map { $0.kind == .micro ? Lies.badlySigned($0) : $0 }
    }
    expect(cases, .block, "invalid_block_signature_invalid")
  }

  /// A node that executes asks for blocks, peer 1 first, which changes them.
  private static func missingBlocks(
    _ change: @escaping @Sendable ([Block]) -> [Block]
  ) throws -> [EvidenceCase] {
    let world = try TestWorld(seed: 25)
    world.network.tamper(liar, .missingBlocks) { bytes in
      guard case .blocks(let blocks)? = try? MissingBlocksResponse(wireBytes: bytes) else {
        return bytes
      }
      return MissingBlocksResponse.blocks(change(blocks)).wireBytes
    }
    world.run {
      try await world.grow(13)
      world.addHonest(1..<3)
      let context = world.context()
      let sync = BlockLiveSync(
        context: context, configuration: QueueConfiguration(blocksPerBatch: 8, includeBody: true))
      sync.add(liar)
      sync.add(PeerID(2))
      world.runtime.spawn("sync") { await sync.run() }
      world.runtime.spawn("pull") { for await _ in sync {} }
      let head = world.source.head
      _ = await sync.resolveBlock(head.hash, number: head.number, firstPeer: liar)
      #expect(await sync.resolveBlock(head.hash, number: head.number, firstPeer: nil) == .found)
      #expect(context.chain.headHash == head.hash)
    }
    #expect(world.bans(of: PeerID(2)) == [])
    return world.evidence()
  }

  @Test(
    arguments: [
      ("invalid_block_quorum_too_small", 0), ("invalid_predecessor_wrong_history", 1),
      ("invalid_block_quorum_signature_invalid", 2),
    ], Backend.each)
  func forgedMacroChain_shouldBeRefusedAndProven(lie: (reason: String, way: Int), backend: Backend)
    async throws
  {
    let world = try TestWorld(seed: 6 + backend.number, backend)
    world.network.tamper(Self.liar, .macroChain) { bytes in
      guard case .chain(var chain)? = try? MacroChainResponse(wireBytes: bytes),
        let last = chain.blocks.last
      else { return bytes }
      switch lie.way {
      case 0: chain.blocks = chain.blocks.map(Lies.withoutQuorum)
      case 1: chain.history?.append(leaf: [1])
      default: chain.blocks[chain.blocks.count - 1] = Lies.badlySigned(last)
      }
      return MacroChainResponse.chain(chain).wireBytes
    }
    await world.runAnywhere {
      try await world.grow(60)
      world.addHonest(1..<2)
      let node = world.makeNode()
      world.runtime.spawn("node") { await node.run() }
      let isBanned = await world.wait(.seconds(30)) { !world.bans(of: Self.liar).isEmpty }
      #expect(isBanned && node.chain.headNumber == 0)
      world.addHonest(2..<4)
      let isDone = await world.wait(.seconds(60)) {
        node.chain.stateComplete && node.chain.headHash == world.source.headHash
      }
      #expect(isDone)
      await world.expectSameState(node)
    }
    #expect(world.count("peer.banned") == 1 && world.count("macro_sync.rejected") == 1)
    let cases = world.evidence()
    expect(cases, .quorum, lie.reason)
  }

  @Test func otherBlockThanAsked_shouldBeProven() throws {
    let world = try TestWorld(seed: 7)
    world.network.tamper(Self.liar, .block) { _ in
      BlockResponse(block: world.source.block(at: 1)).wireBytes
    }
    world.run {
      try await world.grow(3)
      world.addHonest(1..<4)
      let node = try await world.sync()
      // Nobody announces, so that heads are asked for.
      world.announcers.withLock { $0 = [] }
      _ = await world.wait(.seconds(60)) { !world.bans(of: Self.liar).isEmpty }
      #expect(node.chain.headNumber > 0)
    }
    expect(world.evidence(), .otherBlock, "answer_wrong_block")
  }

  @Test func announcementOfNothing_shouldBeProven() async throws {
    let cases = try await Self.announce { _ in [(.blockHeader, [1, 2, 3])] }
    expect(cases, .undecodable, "undecodable_announcement")
  }

  @Test(arguments: Backend.each)
  func badlySignedAnnouncement_shouldBeProven(backend: Backend) async throws {
    let cases = try await Self.announce(backend) { world in
      Self.messages(Lies.badlySigned(try world.producer.next().block))
    }
    expect(cases, .block, "invalid_block_signature_invalid")
  }

  @Test func announcedBlockWithABadTransaction_shouldBeProven() async throws {
    let cases = try await Self.announce { world in
      var body = BlockBody(transactions: try world.transactions(2))
      body.transactions[1].signature = .zero
      var fields = try world.producer.next().block.header.fields
      fields.bodyRoot = Block.bodyRoot(of: body.transactions)
      return Self.messages(try world.producer.sign(fields, body: body))
    }
    expect(cases, .block, "invalid_block_transaction_signature_invalid")
  }

  @Test(arguments: Backend.each)
  func wrongValidatorsInAnAnnouncement_shouldBeProven_andNotSpoilTheBody(backend: Backend)
    async throws
  {
    let cases = try await Self.announce(backend) { world in
      let block = try world.producer.next().block
      return Self.messages(block.with { $0.nextValidators = world.genesis.validators })
    }
    expect(cases, .body, "answer_body_mismatch")
  }

  /// The two messages that announce a block.
  private static func messages(_ block: Block) -> [(Topic, [UInt8])] {
    let body = block.body ?? .empty
    return [
      (.blockBody, BodyAnnouncement(blockHash: block.hash, body: body).wireBytes),
      (.blockHeader, HeaderAnnouncement(of: block).wireBytes),
    ]
  }

  /// A node that follows gets messages of peer 1 by gossip.
  private static func announce(
    _ backend: Backend = .simulated,
    _ make: @escaping @Sendable (TestWorld) throws -> [(Topic, [UInt8])]
  ) async throws -> [EvidenceCase] {
    let world = try TestWorld(seed: 8 + backend.number, backend)
    await world.runAnywhere {
      try await world.grow(10)
      world.addHonest(1..<5)
      let node = BlockNode(
        chain: Blockchain(genesis: world.genesis, state: .complete),
        network: world.network.endpoint(TestWorld.node), runtime: world.runtime, sink: world.sink,
        configuration: NodeConfiguration(name: "s0"))
      world.runtime.spawn("node") { await node.run() }
      let isThere = await world.wait(.seconds(60)) {
        node.chain.headHash == world.source.headHash
      }
      #expect(isThere)
      for (topic, payload) in try make(world) {
        await world.network.endpoint(Self.liar).publish(topic, payload)
      }
      try await world.pause(.seconds(2))
      for _ in 0..<3 {
        try await world.produce()
        try await world.pause(.seconds(1))
      }
      #expect(await world.holds { node.chain.headHash == world.source.headHash })
    }
    #expect(world.count("peer.banned") == 1)
    return world.evidence()
  }

  @Test func partialTruth_shouldNotBeCalledALie() throws {
    let world = try TestWorld(seed: 9)
    world.run { try await world.grow(10) }
    for evidence in try Lies.honest(in: world) {
      #expect(!evidence.check().isProven, "\(evidence.lie): \(evidence.check().reason)")
      #expect(try Evidence(wireBytes: evidence.wireBytes) == evidence)
    }
  }

  /// Whatever happens to the bytes, they are refused or judged; never a trap, and a proof only ever
  /// of what the bytes then say.
  @Test func damagedEvidence_shouldBeRefusedOrJudged() throws {
    let world = try TestWorld(seed: 10)
    world.run { try await world.grow(10) }
    var random = SeededGenerator(seed: 77)
    for evidence in try Lies.honest(in: world) + Lies.lies(in: world) {
      let bytes = evidence.wireBytes
      for _ in 0..<400 {
        let damaged = random.mutated(bytes)
        guard let other = try? Evidence(wireBytes: damaged) else { continue }
        _ = other.check()
        #expect(other.wireBytes == damaged)
      }
    }
  }

  @Test func tamperedLogs_shouldProveNothing() throws {
    let world = try TestWorld(seed: 11)
    world.run { try await world.grow(10) }
    for evidence in try Lies.lies(in: world) {
      let records = Lies.records(of: evidence)
      #expect(Lies.cases(records).map(\.isProven) == [true], "\(evidence.lie)")
      #expect(Lies.cases([records[0]]).map(\.result) == [.failure(.incomplete)])
      for (index, change) in Lies.tampering.enumerated() {
        let cases = Lies.cases(records.map(change))
        #expect(cases.map(\.isProven) == [false], "\(evidence.lie), tampering \(index): \(cases)")
      }
    }
  }
}

extension TestWorld {
  /// What the log holds of evidence, checked anew.
  func evidence() -> [EvidenceCase] { Lies.cases(sink.records) }
}
