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
import Testing
import WorldSupport

/// The limits of the other cores, of messages and of lists of peers.
@Suite struct CoreLimitTests {
  @Test func diffRequests_shouldBeBounded_andTheirPausesToo() throws {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    let limit = LiveSyncLimits.diffRequestsMin
    let queries = core.add(DiffQueueCoreTests.batch(FakeBlock.genesis.chain(limit + 4))).queries
    #expect(queries.count == limit && core.inFlightCount == limit)
    var pauses: [Duration] = []
    core = DiffQueueCore<FakeBlock>(isActive: true)
    let lonely = try #require(
      core.add(DiffQueueCoreTests.batch(FakeBlock.genesis.chain(1))).queries.first)
    for _ in 1..<LiveSyncLimits.diffRoundsMax {
      pauses += core.roundFailed(lonely.id).pauses
      _ = core.waited(lonely.id)
    }
    #expect(pauses.first == LiveSyncLimits.diffBackoffFirst)
    #expect(pauses.max() == LiveSyncLimits.diffBackoffMax && pauses.last == pauses.max())
  }

  @Test func heldBatches_shouldBeBounded() {
    var queue = StateQueueCoreTests.Harness()
    let limit = LiveSyncLimits.heldBatchesMax
    for _ in 0..<LiveSyncLimits.discardsBeforeHoldMax {
      _ = queue.receive(queue.chunk(at: 15, end: StateQueueCoreTests.key))
    }
    for salt in 0..<limit {
      let block = FakeBlock(number: 21, parent: queue.chain.headHash, salt: UInt8(salt))
      #expect(queue.core.add(queue.batch(block)).isEmpty, "\(salt)")
    }
    #expect(queue.core.heldCount == limit)
    #expect(queue.core.add(queue.batch(FakeBlock(number: 22, parent: .zero))).count == limit + 1)
    #expect(queue.core.heldCount == 0)
  }

  @Test func peers_shouldBeBounded() {
    let list = PeerList()
    var syncer = SyncerCore()
    let limit = PeerLimits.peersMax
    for number in 0...limit {
      let peer = PeerID(UInt32(number))
      #expect(list.add(peer) == (number < limit))
      #expect(syncer.joined(peer).isEmpty == (number == limit))
    }
    // One that was not taken is named again when there is room.
    #expect(!syncer.isTracked(PeerID(UInt32(limit))) && !syncer.hasRoom)
    #expect(syncer.left(PeerID(3)) == [.leave(PeerID(3))] && syncer.hasRoom)
    #expect(syncer.joined(PeerID(UInt32(limit))) == [.startMacroSync(PeerID(UInt32(limit)))])
    for number in 0..<PeerLimits.bannedPeersMax { list.ban(PeerID(UInt32(number))) }
    #expect(list.isBanned(PeerID(0)))
    list.ban(PeerID(1_000_000))
    #expect(!list.isBanned(PeerID(0)) && list.isBanned(PeerID(1_000_000)))
  }

  @Test func window_shouldFollowTheBlocksOfARoundTrip_upToTheBuffer() {
    let configuration = QueueConfiguration(blocksPerBatch: 10, includeBody: true)
    #expect(configuration.widened(by: 0) == configuration)
    #expect(configuration.widened(by: 4).windowAheadMax == 20)
    let blocks = configuration.widened(by: 10).windowAheadMax
    #expect(blocks == UInt32(10 * LiveSyncLimits.windowRoundTrips))
    #expect(configuration.widened(by: .max).windowAheadMax == UInt32(configuration.bufferMax))
  }

  @Test func diffsAtOnce_shouldFollowWhatTheyAreTold_upToTheirLimit() {
    var core = DiffQueueCore<FakeBlock>(isActive: true)
    core.requestsMax = .max
    let blocks = FakeBlock.genesis.chain(LiveSyncLimits.diffRequestsMax + 9)
    #expect(
      core.add(DiffQueueCoreTests.batch(blocks)).queries.count == LiveSyncLimits.diffRequestsMax)
  }

  @Test func peers_shouldWaitForTheirNextTurn() {
    func pause(_ outcome: MacroOutcome) -> [SyncerCore.Action] {
      var core = SyncerCore()
      _ = core.joined(PeerID(1))
      return core.ended(PeerID(1), outcome)
    }
    #expect(
      pause(.outdated)
        == [.leave(PeerID(1)), .wait(PeerID(1), ticket: 1, NodeLimits.peerRecheckInterval)])
    #expect(pause(.failed) == [.wait(PeerID(1), ticket: 1, NodeLimits.peerRetryInterval)])
    #expect(pause(.banned) == [.leave(PeerID(1))])
  }

  @Test func consensus_shouldNeedSoManyPeers() {
    for peers in 1...NodeLimits.consensusPeersMin {
      var core = ConsensusCore()
      core.headRound(asked: peers, agreeing: peers)
      let isEnough = peers == NodeLimits.consensusPeersMin
      #expect(core.judge(peers: peers, stateIsComplete: true) == (isEnough ? .established : nil))
    }
  }

  @Test func chunks_shouldBeAsLargeAsTheStrategyLikesThem_ifNothingIsSaid() {
    func items(_ items: Int?, _ strategy: SyncStrategy) -> Int {
      NodeConfiguration(name: "s0", chunkItems: items, strategy: strategy).chunkItems
    }
    #expect(items(nil, .sequential) == LiveSyncLimits.chunkItemsSequential)
    #expect(items(nil, .parallel) == LiveSyncLimits.chunkItemsParallel)
    #expect(items(77, .parallel) == 77)
    #expect(LiveSyncLimits.chunkItemsParallel <= MessageLimits.chunkItemsMax)
  }

  /// Requests at their limits are read, those above are refused.
  @Test func requests_shouldBeRead_upToTheirLimits() throws {
    func isRead<Message: WireCodable>(_ message: Message) -> Bool {
      (try? Message(wireBytes: message.wireBytes)) != nil
    }
    func chunk(_ limit: Int) -> RequestChunk {
      RequestChunk(startKey: .empty, endKey: nil, limit: limit, edges: .last)
    }
    #expect(isRead(chunk(MessageLimits.chunkItemsMax)))
    #expect(!isRead(chunk(MessageLimits.chunkItemsMax + 1)))
    #expect(isRead(chunk(LiveSyncLimits.chunkItemsSequential)))
    func macro(_ locators: Int, _ limit: Int) -> RequestMacroChain {
      RequestMacroChain(locators: Array(repeating: .zero, count: locators), limit: limit)
    }
    let locators = MessageLimits.macroLocatorsMax
    let blocks = MessageLimits.macroBlocksPerAnswerMax
    #expect(isRead(macro(locators, blocks)))
    #expect(!isRead(macro(locators + 1, blocks)) && !isRead(macro(locators, blocks + 1)))
    let keys = Array(repeating: KeyNibbles("12")!, count: MessageLimits.proofKeysMax)
    #expect(isRead(RequestTrieProof(keys: keys)))
    #expect(!isRead(RequestTrieProof(keys: keys + keys)))
    let numbers = Array(repeating: UInt32(7), count: MessageLimits.provenBlocksMax)
    #expect(isRead(RequestBlocksProof(numbers: numbers)))
    #expect(!isRead(RequestBlocksProof(numbers: numbers + [7])))
  }

  /// No shell has more orders open than one for each of what it counts.
  @Test func orders_shouldHaveRoomForAllThereCanBe() {
    #expect(PeerLimits.ordersMax >= LiveSyncLimits.diffBlocksMax)
    #expect(PeerLimits.ordersMax >= LiveSyncLimits.missingBlocksRequestsMax)
    // A try of each peer, and its timers.
    #expect(PeerLimits.requestIncidentsMax >= 4 * PeerLimits.peersMax)
    #expect(PeerLimits.ordersMax >= 2 * PeerLimits.peersMax)
    #expect(PeerLimits.ordersMax >= LiveSyncLimits.bufferedChunksMax + 2)
  }

  @Test func evidence_shouldBeBounded_inSizeAndSum() throws {
    let sink = MemorySink()
    let runtime = SimulatedRuntime(seed: 1)
    let context = SyncContext(
      chain: try TestWorld(seed: 1).source,
      network: WorldNetwork(runtime, latency: .zero).endpoint(TestWorld.node), runtime: runtime,
      recorder: EventRecorder(sink: sink, context: .init(node: "s0", actor: "test")))
    // The form adds less than 16 bytes to the payload.
    let largest = PeerLimits.evidenceBytesMax - 16
    let rounds = PeerLimits.evidenceLogBytesMax / PeerLimits.evidenceBytesMax
    func ban(_ number: Int, bytes: Int) {
      let payload = [UInt8](repeating: 0xff, count: bytes)
      context.ban(
        PeerID(UInt32(number)), reason: "test",
        evidence: .undecodable(.blockHeader, payload: payload))
    }
    ban(0, bytes: PeerLimits.evidenceBytesMax)
    for number in 1...rounds { ban(number, bytes: largest) }
    ban(rounds + 1, bytes: largest)
    let parts = sink.events.compactMap { event -> Int? in
      if case Event.Peer.evidence(_, _, _, _, _, _, let parts) = event.group { parts } else { nil }
    }
    #expect(parts.map { $0 > 0 } == [false] + Array(repeating: true, count: rounds) + [false])
    let kept = sink.events.reduce(0) { sum, event in
      if case Event.Peer.evidencePart(_, _, _, let data) = event.group {
        sum + data.count
      } else {
        sum
      }
    }
    #expect(kept <= PeerLimits.evidenceLogBytesMax)
  }

  @Test func readerOfEvidence_shouldHoldSoManyPiecesAtATime() {
    var reader = EvidenceReader()
    for tag in 0...PeerLimits.evidenceOpenMax {
      let record = EventRecord(
        sequence: UInt64(tag), time: 0, context: EventContext(node: "s0", actor: "test"),
        event: .peer(
          .evidence(
            peer: PeerID(1), reporter: .simulated(0), lie: .chunk, reason: "x",
            proof: Blake2b256.hash([UInt8(tag)]), bytes: 9, parts: 1)))
      let refused = reader.take(record)?.result
      #expect(
        refused == (tag < PeerLimits.evidenceOpenMax ? nil : .failure(.tooManyOpen)))
    }
    #expect(reader.finish().count == PeerLimits.evidenceOpenMax)
  }
}
