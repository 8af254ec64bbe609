import EventLog
import Ledger
import Locking
import Messages
import Networking
import Node
import Peers
import Primitives
import Production
import Runtime
import Storage
import TestSupport
import Testing
import WorldSupport

@Suite struct SeveralProducersTests {
  /// How many blocks of each kind a chain has.
  private static func kinds(_ own: ProducerWorld, _ chain: Blockchain) -> [BlockKind: Int] {
    Dictionary(own.blocks(chain).map { ($0.kind, 1) }, uniquingKeysWith: +)
  }

  /// All that these nodes made, by what a validator signs at most once.
  private static func made(_ nodes: [ProducerWorld.Made]) -> [String: Set<Hash256>] {
    var found: [String: Set<Hash256>] = [:]
    for event in nodes.flatMap(\.sink.events) {
      guard case Event.Block.produced(let kind, let block, let hash, _, _) = event.group else {
        continue
      }
      found["\(kind) \(block)", default: []].insert(hash)
    }
    return found
  }

  /// Neither holds a quorum: every macro block needs the signatures of both.
  @Test(arguments: Backend.each)
  func twoProducers_shouldTakeTurns_andSignMacroBlocksTogether(backend: Backend) async throws {
    let own = try ProducerWorld(seed: 51 + backend.number, backend)
    await own.world.runAnywhere {
      let first = try own.producer(1, keys: Array(own.keys[..<2]), transactions: 2)
      let second = try own.producer(2, keys: Array(own.keys[2...]), transactions: 2)
      let nodes = [first, second]
      for node in nodes { own.start(node) }
      #expect(await own.wait(first.chain, for: 42))
      #expect(await own.wait(second.chain, for: 40))
      let macro = min(first.chain.macroNumber, second.chain.macroNumber)
      #expect(macro >= 40)
      #expect(first.chain.block(at: macro)?.hash == second.chain.block(at: macro)?.hash)
      let kinds = Self.kinds(own, first.chain)
      #expect(kinds[.macro] ?? 0 >= 3 && kinds[.election] == 1, "\(kinds)")
      let micro = nodes.map { node in
        node.sink.events.count { event in
          if case Event.Block.produced(.micro, _, _, _, _) = event.group { true } else { false }
        }
      }
      #expect(micro.allSatisfy { $0 > 5 }, "\(micro)")
      #expect(nodes.contains { $0.count("producer.signed") > 2 })
      #expect(Self.made(nodes).filter { $0.value.count > 1 && $0.key.hasPrefix("m") } == [:])
      if own.world.backend.isSimulated { #expect(kinds[.skip] == nil, "\(kinds)") }
      #expect(nodes.allSatisfy { $0.count("peer.banned") == 0 })
    }
  }

  /// Three hold 3, 2 and 2 of seven slots. When one is stopped the others are just a quorum.
  @Test func stoppedProducer_shouldBeSkipped_andTakeItsTurnsAgainLater() throws {
    for seed in 0..<UInt64(3) {
      let own = try ProducerWorld(seed: 60 + seed, validators: 7, slots: 7)
      own.world.run {
        let parts = [own.keys[..<3], own.keys[3..<5], own.keys[5...]]
        var nodes = try parts.enumerated().map {
          try own.producer(UInt32(1 + $0.offset), keys: Array($0.element))
        }
        var tasks = nodes.map { own.start($0) }
        #expect(await own.wait(nodes[0].chain, for: 10))
        #expect(Self.kinds(own, nodes[0].chain)[.skip] == nil)
        await own.stop(nodes[2], tasks[2])
        #expect(await own.wait(nodes[0].chain, for: 40, limit: .seconds(300)))
        let skips = Self.kinds(own, nodes[0].chain)[.skip] ?? 0
        #expect(skips >= 3, "seed \(seed)")
        // It comes back with an old chain and follows before it makes anything.
        let back = try own.producer(9, keys: Array(parts[2]), chain: nodes[2].chain)
        nodes.append(back)
        tasks.append(own.start(back))
        #expect(await own.wait(nodes[0].chain, for: 70, limit: .seconds(300)))
        #expect(back.count("block.produced") > 0, "seed \(seed)")
        #expect(back.chain.headNumber + 2 >= nodes[0].chain.headNumber, "seed \(seed)")
        let late = own.blocks(nodes[0].chain).suffix(20).count { $0.kind == .skip }
        #expect(late == 0, "seed \(seed): \(late) skip blocks")
        #expect(
          Self.made(nodes).values.allSatisfy { $0.count == 1 }, "seed \(seed)")
        #expect(nodes.allSatisfy { $0.count("peer.banned") == 0 }, "seed \(seed)")
      }
    }
  }

  @Test func withoutAQuorum_theChainShouldStandStill_andGoOnWhenItIsBack() throws {
    let own = try ProducerWorld(seed: 71)
    own.world.run {
      let first = try own.producer(1, keys: Array(own.keys[..<2]))
      let second = try own.producer(2, keys: Array(own.keys[2...]))
      own.start(first)
      let task = own.start(second)
      #expect(await own.wait(first.chain, for: 10))
      await own.stop(second, task)
      try await own.runtime.sleep(for: .seconds(60))
      let height = first.chain.headNumber
      #expect(height <= 16, "beyond the macro block that it cannot sign alone")
      #expect(first.count("producer.failed") > 0)
      let back = try own.producer(3, keys: Array(own.keys[2...]), chain: second.chain)
      own.start(back)
      #expect(await own.wait(first.chain, for: height + 20))
    }
  }

  /// Skip blocks race with micro blocks, so that branches come and go; all end on one of them.
  @Test func racingProducers_shouldMakeForks_andAgreeAllTheSame() throws {
    for seed in 0..<UInt64(3) {
      let own = try ProducerWorld(seed: 80 + seed)
      own.world.run {
        let first = try own.producer(
          1, keys: Array(own.keys[..<3]), transactions: 2, skipAfter: .milliseconds(1))
        let second = try own.producer(2, keys: [own.keys[3]], transactions: 2)
        let nodes = [first, second]
        for node in nodes { own.start(node) }
        #expect(await own.wait(second.chain, for: 60, limit: .seconds(400)), "seed \(seed)")
        #expect(await own.wait(first.chain, for: 60, limit: .seconds(400)), "seed \(seed)")
        let macro = min(first.chain.macroNumber, second.chain.macroNumber)
        #expect(macro >= 48, "seed \(seed)")
        #expect(first.chain.block(at: macro)?.hash == second.chain.block(at: macro)?.hash)
        let forks = nodes.reduce(0) {
          $0 + $1.count("chain.rebranched") + $1.count("chain.stored")
        }
        #expect(forks > 0, "seed \(seed)")
        let twice = Self.made(nodes).filter { $0.value.count > 1 && !$0.key.hasPrefix("skip") }
        #expect(twice == [:], "seed \(seed)")
      }
    }
  }

  // MARK: Single requests

  /// A producer without a node around it.
  private static func alone(
    _ own: ProducerWorld, keys: [KeyPair], sink: MemorySink = MemorySink(),
    chain: Blockchain? = nil
  ) throws -> (producer: Producer, chain: Blockchain) {
    let chain = try chain ?? own.chain(.complete)
    let context = SyncContext(
      chain: chain, network: own.world.network.endpoint(PeerID(1)), runtime: own.runtime,
      recorder: EventRecorder(sink: sink, context: .init(node: "n1", actor: "test")))
    own.world.network.join(PeerID(1))
    let producer = Producer(
      context: context,
      configuration: ProducerConfiguration(
        keys: keys, clock: WallClock(startingAt: own.file.genesis.timestamp, own.runtime),
        settle: .seconds(1)),
      store: try own.store())
    return (producer, chain)
  }

  @Test func requestsForSignatures_shouldBeSoManyAtMost() throws {
    let own = try ProducerWorld(seed: 91)
    own.world.run {
      let (producer, _) = try Self.alone(own, keys: own.keys)
      own.runtime.spawn("producer") { await producer.run() }
      let asker = own.world.network.endpoint(PeerID(2))
      own.world.network.join(PeerID(2))
      try await own.runtime.sleep(for: .milliseconds(500))
      let request = RequestSignatures(isSkip: true, parent: .zero, block: .zero, isBinding: true)
      var answers = 0
      for _ in 0..<ProductionLimits.signatureRequestsPerWindowMax + 20 {
        let answer = try? await asker.request(request, to: PeerID(1), timeout: .seconds(2))
        if answer == .refused(.otherHead) { answers += 1 }
      }
      #expect(answers == ProductionLimits.signatureRequestsPerWindowMax)
    }
  }

  @Test func producer_shouldSignOnlyWhatItWouldMakeItself_andNeverTwoOfAKind() throws {
    let own = try ProducerWorld(seed: 92, blocksPerBatch: 2)
    own.world.run {
      // It holds one key of four, which is not the owner's of the first slot.
      let genesis = own.file.genesis
      let owner = genesis.validators.producer(number: 1, parentSeed: genesis.block.header.seed)
      let others = own.keys.filter { $0.publicKey != owner.publicKey }
      let sink = MemorySink()
      let (producer, chain) = try Self.alone(own, keys: [others[0]], sink: sink)
      own.runtime.spawn("producer") { await producer.run() }
      let asker = own.world.network.endpoint(PeerID(2))
      own.world.network.join(PeerID(2))
      let blocks = BlockProducer(chain: chain, keys: own.keys)
      @Sendable func ask(
        _ isSkip: Bool, _ parent: Hash256, _ block: Hash256, binding: Bool = true
      ) async -> SignaturesResponse? {
        try? await asker.request(
          RequestSignatures(isSkip: isSkip, parent: parent, block: block, isBinding: binding),
          to: PeerID(1), timeout: .seconds(2))
      }
      try await own.runtime.sleep(for: .milliseconds(1_100))
      let skip = try blocks.proposal(isSkip: true)
      #expect(await ask(true, genesis.hash, skip.header.hash) == .refused(.tooEarly))
      try await own.runtime.sleep(for: .seconds(3))
      #expect(await ask(true, genesis.hash, .zero) == .refused(.otherBlock))
      #expect(await ask(true, .zero, skip.header.hash) == .refused(.otherHead))
      #expect(await ask(false, genesis.hash, skip.header.hash) == .refused(.otherBlock))
      let ready = await ask(true, genesis.hash, skip.header.hash, binding: false)
      guard case .ready(let signers) = ready, signers.count == 1 else {
        Issue.record("\(String(describing: ready))")
        return
      }
      guard case .signed(let signed) = await ask(true, genesis.hash, skip.header.hash) else {
        Issue.record("not signed")
        return
      }
      #expect(signed.map(\.signer) == signers && signed.allSatisfy(skip.accepts))
      #expect(skip.block(signed: signed) == nil, "one of four is no quorum")
      // Two heads with a macro block after each: only the first one is signed.
      let micro = (1...2).map { try! blocks.next(timestamp: genesis.timestamp + UInt64($0)).block }
      let ordered = micro.sorted { $1.hash < $0.hash }
      for (index, block) in ordered.enumerated() {
        try chain.push(block)
        #expect(chain.headHash == block.hash)
        let macro = try blocks.proposal(isSkip: false)
        let answer = await ask(false, block.hash, macro.header.hash)
        if index == 0 {
          guard case .signed = answer else {
            Issue.record("\(String(describing: answer))")
            return
          }
        } else {
          #expect(answer == .refused(.nobody))
        }
      }
      #expect(sink.events.count { $0.name == "producer.signed" } == 2)
      #expect(sink.events.count { $0.name == "producer.refused" } >= 5)
    }
  }

  /// Peers that do not sign are asked in turn, so that one among many is found; then it is asked
  /// first.
  @Test func producer_shouldAskSoManyPeersAtMost_andThoseThatSignedFirst() throws {
    let own = try ProducerWorld(seed: 93, blocksPerBatch: 2)
    own.world.run(.seconds(900)) {
      let (producer, chain) = try Self.alone(own, keys: Array(own.keys[..<2]))
      let helper = try own.producer(100, keys: Array(own.keys[2...]), skipAfter: .seconds(3_000))
      let asked = Lock<[(peer: UInt32, at: Moment)]>([])
      for number in UInt32(2)..<72 {
        let endpoint = own.world.network.endpoint(PeerID(number))
        endpoint.serve(RequestSignatures.self) { _, _ in
          asked.withLock { $0.append((number, own.runtime.now)) }
          return .refused(.nobody)
        }
        own.world.network.join(PeerID(number))
      }
      own.start(helper)
      own.runtime.spawn("producer") { await producer.run() }
      own.runtime.spawn("blocks") {
        // The producer has no node around it that would follow the other.
        while !Task.isCancelled {
          try? await own.runtime.sleep(for: .milliseconds(100))
          for number in 1...max(1, helper.chain.headNumber) {
            if let block = helper.chain.block(at: number), !chain.isKnown(block.hash) {
              _ = try? chain.push(block)
            }
          }
          for number in 1...max(1, chain.headNumber) {
            if let block = chain.block(at: number), !helper.chain.isKnown(block.hash) {
              _ = try? helper.chain.push(block)
            }
          }
        }
      }
      #expect(await own.wait(chain, for: 12, limit: .seconds(800)))
      let times = asked.withLock { Dictionary(grouping: $0, by: \.at) }
      let most = ProductionLimits.signaturePeersMax
      #expect(!times.isEmpty && times.values.allSatisfy { $0.count <= most })
      let distinct = asked.withLock { Set($0.map(\.peer)).count }
      #expect(distinct > most, "the others were asked in turn")
    }
  }

  /// A claim of a higher head holds a producer up for a while, and not for ever.
  @Test func producerBehindItsPeers_shouldWaitForThem() throws {
    let own = try ProducerWorld(seed: 94)
    own.world.run(.seconds(900)) {
      let sink = MemorySink()
      let (producer, chain) = try Self.alone(own, keys: own.keys, sink: sink)
      let asked = Lock<[Moment]>([])
      for number in UInt32(2)..<22 {
        let endpoint = own.world.network.endpoint(PeerID(number))
        endpoint.serve(RequestHead.self) { _, _ in
          asked.withLock { $0.append(own.runtime.now) }
          return HeadResponse(number: 1_000, head: .zero, macro: .zero, election: .zero)
        }
        own.world.network.join(PeerID(number))
      }
      own.runtime.spawn("producer") { await producer.run() }
      let patience = ProductionLimits.headPatience
      try await own.runtime.sleep(for: patience - .seconds(1))
      #expect(chain.headNumber == 0)
      let waits = sink.events.compactMap { $0.group as? Event.Producer }
      #expect(waits == [.waiting(block: 1, reason: "peers_are_ahead")])
      let rounds = asked.withLock { Dictionary(grouping: $0, by: { $0 }) }
      // One more is connected that says nothing.
      let most = ProductionLimits.headPeersMax
      #expect(rounds.values.allSatisfy { (most - 1...most).contains($0.count) })
      #expect(await own.wait(chain, for: 20, limit: .seconds(60)))
      // While blocks come nobody is asked again.
      let count = asked.withLock { $0.count }
      #expect(await own.wait(chain, for: 40, limit: .seconds(60)))
      #expect(asked.withLock { $0.count } == count)
    }
  }

  /// Without a quorum the chain stands still, and it is asked now and then whether it does so
  /// elsewhere.
  @Test func quietProducer_shouldAskAgain_afterSoManyBlockTimes() throws {
    let own = try ProducerWorld(seed: 95)
    own.world.run {
      let (producer, chain) = try Self.alone(own, keys: Array(own.keys[..<2]))
      let asked = Lock<[Moment]>([])
      let endpoint = own.world.network.endpoint(PeerID(2))
      endpoint.serve(RequestHead.self) { _, _ in
        asked.withLock { $0.append(own.runtime.now) }
        return HeadResponse(number: 0, head: .zero, macro: .zero, election: .zero)
      }
      own.world.network.join(PeerID(2))
      own.runtime.spawn("producer") { await producer.run() }
      try await own.runtime.sleep(for: .seconds(120))
      #expect(chain.headNumber < 8)
      let moments = asked.withLock { $0 }
      let pauses = zip(moments, moments.dropFirst()).map { $0.duration(to: $1) }
      let least = Duration.seconds(1) * ProductionLimits.quietBlocksMax
      #expect(pauses.count >= 5 && pauses.allSatisfy { $0 >= least }, "\(pauses)")
    }
  }
}
