import Ledger
import Messages
import Networking
import Node
import Peers
import Primitives
import Runtime
import StateTrie
import Testing
import WorldSupport

@Suite struct MessageTests {
  static func expectRoundTrip<Message: WireCodable & Equatable>(_ message: Message) throws {
    #expect(try Message(wireBytes: message.wireBytes) == message)
  }

  @Test func messages_shouldReadWhatTheyWrite() throws {
    let world = try TestWorld(seed: 30)
    world.run {
      let block = try await world.produce(announce: false)
      try Self.expectRoundTrip(
        RequestMissingBlocks(
          target: block.hash, includeBody: true, locators: [.zero, block.hash],
          direction: .backward))
      try Self.expectRoundTrip(MissingBlocksResponse.blocks([block, block.withoutBody]))
      for refusal in [
        MissingBlocksResponse.targetUnknown, .targetOffMainChain, .locatorsUnknown,
        .tooManyLocators, .failed,
      ] { try Self.expectRoundTrip(refusal) }
      try Self.expectRoundTrip(RequestBlock(hash: block.hash, includeBody: false))
      try Self.expectRoundTrip(BlockResponse(block: nil))
      try Self.expectRoundTrip(BlockResponse(block: block))
      try Self.expectRoundTrip(RequestTrieDiff(blockHash: block.hash))
      guard case .diff(let diff) = world.source.trieDiff(of: block.hash) else {
        Issue.record("no diff")
        return
      }
      for answer in [TrieDiffResponse.partialDiff(diff), .unknownBlockHash, .incompleteState] {
        try Self.expectRoundTrip(answer)
      }
      try Self.expectRoundTrip(
        RequestChunk(
          startKey: KeyNibbles("1")!, endKey: KeyNibbles("2")!, limit: 5_000, edges: .both))
      guard case .chunk(let chunk, let id) = world.source.chunk(from: .empty, limit: 9) else {
        Issue.record("no chunk")
        return
      }
      try Self.expectRoundTrip(ChunkResponse.chunk(number: id.number, hash: id.hash, chunk))
      try Self.expectRoundTrip(ChunkResponse.incompleteState)
      try Self.expectRoundTrip(RequestHead())
      try Self.expectRoundTrip(
        HeadResponse(number: 7, head: block.hash, macro: .zero, election: .zero))
      try Self.expectRoundTrip(RequestMacroChain(locators: [block.hash], limit: 3))
      try Self.expectRoundTrip(MacroChainResponse.locatorsUnknown)
      try Self.expectRoundTrip(HeaderAnnouncement(of: block))
      try Self.expectRoundTrip(
        BodyAnnouncement(blockHash: block.hash, body: try #require(block.body)))
    }
  }

  @Test func requests_shouldBeRefused_whenTheyAskForTooMuch() {
    let tooMany = RequestChunk(startKey: .empty, endKey: nil, limit: 5_001, edges: .last)
    #expect(throws: WireError.self) { try RequestChunk(wireBytes: tooMany.wireBytes) }
    let none = RequestChunk(startKey: .empty, endKey: nil, limit: 0, edges: .last)
    #expect(throws: WireError.self) { try RequestChunk(wireBytes: none.wireBytes) }
    let backward = RequestChunk(
      startKey: KeyNibbles("2")!, endKey: KeyNibbles("1")!, limit: 1, edges: .both)
    #expect(throws: WireError.self) { try RequestChunk(wireBytes: backward.wireBytes) }
    let locators = RequestMissingBlocks(
      target: .zero, includeBody: false,
      locators: Array(repeating: .zero, count: MessageLimits.locatorsMax + 1),
      direction: .forward)
    #expect(throws: WireError.self) { try RequestMissingBlocks(wireBytes: locators.wireBytes) }
    #expect(throws: WireError.self) { try ChunkResponse(wireBytes: [2]) }
  }

  @Test func typeNumbers_shouldBeTheReferences() {
    #expect(RequestMacroChain.type.rawValue == 200)
    #expect(RequestBlock.type.rawValue == 207)
    #expect(RequestMissingBlocks.type.rawValue == 209)
    #expect(RequestHead.type.rawValue == 210)
    #expect(RequestChunk.type.rawValue == 212)
    #expect(RequestTrieProof.type.rawValue == 215)
    #expect(RequestBlocksProof.type.rawValue == 216)
    #expect(RequestTrieDiff.type.rawValue == 218)
  }

  @Test func server_shouldRefuse_whenAPeerAsksTooOften() throws {
    let world = try TestWorld(seed: 31)
    let context = SyncContext(
      chain: world.source, network: world.network.endpoint(PeerID(1)), runtime: world.runtime,
      recorder: .none, rateLimits: RateLimits(perType: [.head: 2]))
    RequestServer(context: context).start()
    world.network.join(PeerID(1))
    world.run {
      let network = world.network.endpoint(TestWorld.node)
      var outcomes: [String] = []
      for _ in 0..<3 {
        do throws(RequestError) {
          _ = try await network.request(RequestHead(), to: PeerID(1), timeout: .seconds(1))
          outcomes.append("answered")
        } catch { outcomes.append(error.reason) }
      }
      #expect(outcomes == ["answered", "answered", "refused"])
    }
  }
}
