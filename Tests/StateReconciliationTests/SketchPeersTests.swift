import EventLog
import Ledger
import Networking
import Node
import Peers
import Primitives
import Reconciliation
import Runtime
import StateReconciliation
import StateTrie
import Storage
import TestSupport
import Testing
import WorldSupport

/// Whose symbols a node that comes back asks for, and of whom it thinks ill.
@Suite struct SketchPeersTests {
  private static func world(
    _ seed: UInt64, _ ways: Set<ReturnWay> = [.sketch, .descent],
    _ prepare: @escaping @Sendable (TestWorld) throws -> Void,
    then check: @escaping @Sendable (TestWorld) -> Void
  ) throws {
    let world = try TestWorld(seed: seed, accounts: 3_000)
    world.run {
      try await world.grow(StateReturnTests.absence)
      world.addHonest(1..<6)
      StateReturnTests.host(world, 1..<6)
      try prepare(world)
      let node = StateReturnTests.node(
        world, Blockchain(genesis: world.genesis, state: .complete), ways)
      world.runtime.spawn("node") { await node.run() }
      world.runtime.spawn("chain") { await world.produceForever() }
      #expect(await StateReturnTests.isSynced(node, world))
      #expect((StateReturnTests.chunkItems(world) == 0) == ways.contains(.descent))
      #expect((1..<6).allSatisfy { world.bans(of: PeerID($0)).isEmpty })
      await world.expectSameState(node)
      check(world)
    }
  }

  private static func serve<R: Request>(
    _ type: R.Type, _ world: TestWorld, as peer: UInt32,
    _ answer: @escaping @Sendable (R) -> R.Response?
  ) {
    SyncContext(
      chain: world.source, network: world.network.endpoint(PeerID(peer)), runtime: world.runtime,
      recorder: .none
    ).serve(type, answer)
  }

  /// Requests for symbols, by whom they went to.
  private static func asked(_ world: TestWorld) -> [UInt32: Int] {
    var asked: [UInt32: Int] = [:]
    for event in world.sink.events {
      guard case Event.Request.sent("state_symbols", let peer, _) = event.group else { continue }
      asked[peer, default: 0] += 1
    }
    return asked
  }

  private static func failures(_ world: TestWorld) -> [String] {
    world.sink.events.compactMap {
      guard case Event.Returning.failed(_, _, let reason) = $0.group else { return nil }
      return reason
    }
  }

  /// None, others than asked for, fewer than there are, none for ever.
  @Test(arguments: 0..<4)
  func wrongFirstSymbols_shouldBeTriedOfFewPeers(_ kind: Int) throws {
    try Self.world(101) { world in
      for peer in 1..<6 as Range<UInt32> {
        Self.serve(RequestSymbols.self, world, as: peer) { request in
          if kind == 3 { return .preparing }
          let count = [0, Int(request.count), 1][kind]
          return .symbols(
            StateSymbols(
              salt: SipKey(low: 1, high: 2), items: 3_000, available: 4_096,
              start: kind == 1 ? request.start + 1 : request.start,
              symbols: (0..<count).map { _ in CodedSymbol() }))
        }
      }
    } then: { world in
      let asked = Self.asked(world)
      #expect(asked.count == StateReconciliationLimits.sketchPeersMax, "\(asked)")
      let wrong = asked.keys.map { _ in "symbols_lead_nowhere" }
      #expect(Self.failures(world) == (kind == 3 ? [] : wrong))
      #expect(StateReturnTests.carried(world).map(\.way) == ["descent"])
    }
  }

  /// Who has no symbols says so at once, and costs nothing.
  @Test func symbolsOfTheLastPeer_shouldBeFound_whenNobodyElseHasAny() throws {
    try Self.world(102) { world in
      for peer in 1..<5 as Range<UInt32> {
        Self.serve(RequestSymbols.self, world, as: peer) { _ in .unavailable }
      }
    } then: { world in
      #expect(StateReturnTests.carried(world).map(\.way) == ["sketch"])
    }
  }

  /// With the counts of our own symbols little seems to differ, and no sum ever fits.
  @Test func symbolsWithoutEnd_shouldBeGivenUp() throws {
    try Self.world(103, [.sketch]) { world in
      let salt = SipKey(low: 5, high: 6)
      let old = Blockchain(genesis: world.genesis, state: .complete)
      let reading = try old.readState { (state) throws(LedgerStoreError) in
        try StateSketch(state, names: LeafNames(salt: salt), length: 4_096)
      }
      guard case .read(let sketch) = reading else { throw WorldError.chunkMissing }
      for peer in 1..<6 as Range<UInt32> {
        Self.serve(RequestSymbols.self, world, as: peer) { request in
          guard peer == 1 else { return .unavailable }
          let range = Int(request.start)..<Int(request.start + request.count)
          return .symbols(
            StateSymbols(
              salt: salt, items: UInt32(sketch.prefix.itemCount), available: 4_096,
              start: request.start,
              symbols: sketch.prefix.symbols[range].map {
                CodedSymbol(
                  sum: ShortID(~$0.sum.word), checksum: $0.checksum & 0xffff_ffff, count: $0.count)
              }))
        }
      }
    } then: { world in
      #expect(Self.asked(world)[1] == 1 + StateReconciliationLimits.symbolRoundsMax)
      #expect(Self.failures(world) == ["symbols_lead_nowhere"])
    }
  }

  /// Nobody gives accounts, or all say that too many share their digits: that says nothing of the
  /// symbols, nor would those of another help.
  @Test(arguments: [false, true])
  func accountsThatNobodyGives_shouldBeNobodysFault(_ isCrowded: Bool) throws {
    try Self.world(104) { world in
      let crowd = (0..<UInt8(StateReconciliationLimits.accountsPerPrefixMax)).map {
        TrieItem(key: KeyNibbles(bytes: [UInt8](repeating: $0, count: 20)), value: [1])
      }
      for peer in 1..<6 as Range<UInt32> {
        Self.serve(RequestAccounts.self, world, as: peer) { request in
          isCrowded ? .parts(request.queries.map { _ in .items(crowd) }) : .unavailable
        }
      }
    } then: { world in
      #expect(Self.asked(world).count == 1)
      let reason = isCrowded ? "accounts_crowded" : "accounts_unanswered"
      #expect(Self.failures(world) == [reason])
      #expect(StateReturnTests.carried(world).map(\.way) == ["descent"])
    }
  }

  /// A damaged store of its own: the node says so, and blames no peer.
  @Test func ownStore_shouldBeNamed_whenItCannotBeRead() throws {
    let world = try TestWorld(seed: 105, accounts: 3_000)
    world.run {
      try await world.grow(StateReturnTests.absence)
      world.addHonest(1..<4)
      StateReturnTests.host(world, 1..<4)
      let store = try MemoryStore(owner: .chain(world.genesis.hash))
      let chain = try Blockchain(genesis: world.genesis, state: .complete, store: store)
      try store.write { transaction throws(StorageError) in
        try transaction.put(ChainRecord.block(world.genesis.hash).key, [1, 2, 3])
      }
      let node = StateReturnTests.node(world, chain, [.sketch])
      world.runtime.spawn("node") { await node.run() }
      let isTold = await world.wait(.seconds(100)) { Self.failures(world).isEmpty == false }
      #expect(isTold && Self.failures(world).first == "own_state_changed")
      let reasons = world.sink.events.compactMap { event -> String? in
        guard case Event.Returning.unreadable(_, let reason, _) = event.group else { return nil }
        return reason
      }
      #expect(reasons.first == "damaged_record")
      #expect((1..<4).allSatisfy { world.bans(of: PeerID($0)).isEmpty })
    }
  }

  @Test func doubtedPeers_shouldBeTheLatestOnes() {
    let limit = UInt32(StateReconciliationLimits.doubtedPeersMax)
    var peers = DoubtedPeers()
    for number in 0..<limit + 3 { peers.insert(PeerID(number)) }
    peers.insert(PeerID(limit))
    #expect((0..<limit + 3).filter { peers.contains(PeerID($0)) } == Array(3..<limit + 3))
  }

  @Test func answer_shouldHaveAllSymbolsThatWereAskedFor() throws {
    func symbols(_ start: UInt32, _ count: Int, available: UInt32 = 300) -> StateSymbols {
      StateSymbols(
        salt: SipKey(low: 0, high: 0), items: 9, available: available, start: start,
        symbols: (0..<count).map { _ in CodedSymbol(sum: ShortID(7), checksum: 7, count: 3) })
    }
    var core = SketchCore()
    #expect(core.fitness(of: symbols(0, 256), asked: 256) == .next)
    #expect(core.fitness(of: symbols(0, 100, available: 100), asked: 256) == .next)
    for wrong in [symbols(0, 0), symbols(0, 255), symbols(0, 257), symbols(1, 256)] {
      #expect(core.fitness(of: wrong, asked: 256) == .wrong)
    }
    #expect(core.fitness(of: symbols(0, 0, available: 0), asked: 256) == .wrong)
    let local = (0..<256).map { _ in CodedSymbol<ShortID>() }
    try core.take(symbols(0, 256), local: local[...])
    #expect(core.fitness(of: symbols(256, 44), asked: 99) == .next)
    #expect(core.fitness(of: symbols(256, 43), asked: 99) == .wrong)
    #expect(core.fitness(of: symbols(0, 44), asked: 99) == .wrong)
    #expect(core.fitness(of: symbols(256, 44, available: 400), asked: 99) == .anew)
  }
}
