import EventLog
import Ledger
import Networking
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

/// What a node gives to those that come back.
@Suite struct StateHostTests {
  @Test func messages_shouldFitTheLimitsOfTheirRequests() throws {
    let key = KeyNibbles(bytes: [UInt8](repeating: 255, count: 63))
    let queries = [RequestSubtrees.Query](
      repeating: .init(key: key, wantsItems: true),
      count: StateReconciliationLimits.subtreesPerRequestMax)
    // Paths of accounts have 40 digits.
    let short = queries.map { RequestSubtrees.Query(key: $0.key.prefix(40), wantsItems: true) }
    #expect(
      RequestSubtrees(block: .zero, queries: short).wireBytes.count
        <= RequestSubtrees.type.requestBytesMax)
    #expect(throws: (any Error).self) {
      try RequestSubtrees(
        wireBytes: RequestSubtrees(block: .zero, queries: queries + queries).wireBytes)
    }
    let step = UInt32.max / UInt32(StateReconciliationLimits.accountsPerRequestMax)
    let accounts = (0..<StateReconciliationLimits.accountsPerRequestMax).map {
      RequestAccounts.Query(prefix: UInt32($0) * step, isKeyKnown: true)
    }
    let request = RequestAccounts(block: .zero, queries: accounts)
    #expect(request.wireBytes.count <= RequestAccounts.type.requestBytesMax)
    #expect(try RequestAccounts(wireBytes: request.wireBytes) == request)
    for type in [RequestSubtrees.type, RequestSymbols.type, RequestAccounts.type] {
      #expect(type.responseBytesMax > StateReconciliationLimits.envelopeBytesMax)
    }
    #expect(
      RequestSymbols.type.responseBytesMax
        >= StateReconciliationLimits.symbolsPerRequestMax
        * StateReconciliationLimits.symbolBytesMax)
    #expect(
      RequestAccounts.type.responseBytesMax >= StateReconciliationLimits.accountsAnswerBytesMax)
    #expect(
      RequestSubtrees.type.responseBytesMax >= StateReconciliationLimits.subtreesAnswerBytesMax)
  }

  /// No symbol is of more accounts than there are, or of less than none.
  @Test func symbolCounts_shouldBeRefused_whenNoStateHasThem() throws {
    func answer(_ counts: [Int64]) -> StateSymbols {
      StateSymbols(
        salt: SipKey(low: 1, high: 2), items: 100, available: 90, start: 7,
        symbols: counts.map { CodedSymbol(sum: ShortID(4), checksum: 5, count: $0) })
    }
    let good = answer([0, 100, 22, 1])
    #expect(try StateSymbols(wireBytes: good.wireBytes) == good)
    for count in [-1, 101, .max, .min + 1_000] as [Int64] {
      #expect(throws: WireError.self) {
        try StateSymbols(wireBytes: answer([22, count]).wireBytes)
      }
    }
  }

  @Test func largeSubtree_shouldBeGivenAsItsNode() async throws {
    let world = try TestWorld(seed: 81, accounts: StateReconciliationLimits.subtreeItemsMax * 20)
    world.run {
      let block = world.source.headHash
      func answer(_ key: KeyNibbles) throws -> SubtreePart {
        let request = RequestSubtrees(block: block, queries: [.init(key: key, wantsItems: true)])
        guard case .parts(let parts)? = StateHost.subtrees(request, of: world.source) else {
          throw WorldError.chunkMissing
        }
        return parts[0]
      }
      guard case .node(let node) = try answer(KeyNibbles.empty.appending(3)) else {
        Issue.record("a subtree of more items was given in whole")
        return
      }
      let child = try #require(node.childKeys.first)
      guard case .items(let items) = try answer(child) else {
        Issue.record("a small subtree was not given")
        return
      }
      #expect(!items.isEmpty && items.allSatisfy { child.isPrefix(of: $0.key) })
      let other = RequestSubtrees(block: .zero, queries: [.init(key: .empty, wantsItems: false)])
      #expect(StateHost.subtrees(other, of: world.source) == .unavailable)
    }
  }

  /// What is read for an answer and not given counts, however often it is asked for.
  @Test func largeSubtrees_shouldNotBeReadForEachQuery() async throws {
    let world = try TestWorld(seed: 86, accounts: StateReconciliationLimits.subtreeItemsMax * 20)
    world.run {
      func parts(_ query: RequestSubtrees.Query) throws -> Int {
        let request = RequestSubtrees(
          block: world.source.headHash,
          queries: Array(repeating: query, count: StateReconciliationLimits.subtreesPerRequestMax))
        guard case .parts(let parts)? = StateHost.subtrees(request, of: world.source) else {
          throw WorldError.chunkMissing
        }
        return parts.count
      }
      let large = KeyNibbles.empty.appending(3)
      let vain = StateReconciliationLimits.subtreeItemsMax * StateReconciliationLimits.itemBytes
      let count = try parts(.init(key: large, wantsItems: true))
      #expect(
        (1...StateReconciliationLimits.subtreesAnswerBytesMax / vain).contains(count), "\(count)")
      #expect(
        try parts(.init(key: large, wantsItems: false))
          == StateReconciliationLimits.subtreesPerRequestMax)
    }
  }

  @Test func oldState_shouldNotBeServed_afterSomeBatches() async throws {
    let world = try TestWorld(seed: 87)
    world.run {
      let batch = Int(world.source.configuration.blocksPerBatch)
      try await world.grow(batch)
      let old = world.source.headHash
      func isServed() -> [Bool] {
        let accounts = RequestAccounts(block: old, queries: [.init(prefix: 0, isKeyKnown: false)])
        let trees = RequestSubtrees(block: old, queries: [.init(key: .empty, wantsItems: false)])
        return [
          StateHost.accounts(accounts, of: world.source) != .unavailable,
          StateHost.subtrees(trees, of: world.source) != .unavailable,
        ]
      }
      try await world.grow(batch * (StateReconciliationLimits.servedBatchesMax + 1) - 1)
      #expect(isServed() == [true, true])
      try await world.grow(1)
      #expect(isServed() == [false, false])
    }
  }

  @Test func damagedStore_shouldBeTold_whenAStateIsAskedFor() throws {
    let world = try TestWorld(seed: 88)
    let store = try MemoryStore(owner: .chain(world.genesis.hash))
    let chain = try Blockchain(genesis: world.genesis, state: .complete, store: store)
    let recorder = EventRecorder(sink: world.sink, context: .init(node: "s0", actor: "test"))
    let request = RequestAccounts(
      block: world.genesis.hash, queries: [.init(prefix: 0, isKeyKnown: false)])
    #expect(StateHost.accounts(request, of: chain, recorder) == .parts([.items([])]))
    #expect(world.count("node.unreadable") == 0)
    try store.write { transaction throws(StorageError) in
      try transaction.put(ChainRecord.block(world.genesis.hash).key, [1, 2, 3])
    }
    #expect(StateHost.accounts(request, of: chain, recorder) == .unavailable)
    #expect(world.count("node.unreadable") == 1)
  }

  @Test func accountsOfOnePrefix_shouldBeGivenUpToTheirNumber() throws {
    let limit = StateReconciliationLimits.accountsPerPrefixMax
    let addresses = (0..<limit + 3).map { index in
      Address(bytes: [9, 9, 9, 9, UInt8(index)] + [UInt8](repeating: 0, count: 15))!
    }
    let key = KeyPair(seed: Blake2b256.hash([1]))
    let genesis = try Genesis(
      configuration: ChainConfiguration(blocksPerBatch: 8, batchesPerEpoch: 3, slotCount: 4),
      timestamp: 1,
      accounts: addresses.map { .init(address: $0, account: Account(balance: 1)) },
      validators: try #require(ValidatorSet([Validator(publicKey: key.publicKey, slots: 4)])))
    let chain = Blockchain(genesis: genesis, state: .complete)
    let request = RequestAccounts(
      block: genesis.hash, queries: [.init(prefix: 0x0909_0909, isKeyKnown: true)])
    guard case .parts(let parts)? = StateHost.accounts(request, of: chain),
      case .items(let items) = parts[0]
    else {
      Issue.record("no items")
      return
    }
    #expect(items.count == limit)
  }

  @Test func host_shouldRefuse_aboveItsRates() async throws {
    let world = try TestWorld(seed: 83)
    world.run {
      world.addHonest(1..<2)
      StateReturnTests.host(world, 1..<2)
      let context = world.context()
      func refused<R: Request>(_ request: R, after limit: Int) async -> Bool {
        for _ in 0..<limit {
          guard
            (try? await context.network.request(
              request, to: PeerID(1), timeout: .seconds(5))) != nil
          else { return false }
        }
        do throws(RequestError) {
          _ = try await context.network.request(request, to: PeerID(1), timeout: .seconds(5))
          return false
        } catch { return error == .refused }
      }
      // Within one window: the network of this world has no latency to speak of.
      #expect(
        await refused(
          RequestSymbols(block: .zero, start: 0, count: 1),
          after: StateReconciliationLimits.symbolRequestsPerWindowMax))
      #expect(
        RequestSubtrees.type.perWindowMax
          == StateReconciliationLimits.subtreeRequestsPerWindowMax)
      #expect(
        RequestAccounts.type.perWindowMax
          == StateReconciliationLimits.accountRequestsPerWindowMax)
    }
  }
}

extension ProofNode {
  /// Full keys of the children.
  fileprivate var childKeys: [KeyNibbles] {
    children.compactMap { $0 }.compactMap { key.appending($0.suffix) }
  }
}
